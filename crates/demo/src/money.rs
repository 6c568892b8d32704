//! [`Money`] as the shop keeps and shows it: whole cents and a currency.

use serde::{Deserialize, Serialize};

use crate::text::Lang;

/// The currencies the shop sells in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Currency {
    /// US dollars, what the shop opens with.
    #[default]
    #[serde(rename = "USD")]
    Usd,
    /// Euros.
    #[serde(rename = "EUR")]
    Eur,
}

impl Currency {
    /// Both, in the order of the switch.
    pub const ALL: [Self; 2] = [Self::Usd, Self::Eur];

    /// The code of ISO 4217.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Eur => "EUR",
        }
    }

    /// The currency with this code, if we sell in it.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.code() == code)
    }

    /// So many cents of it.
    pub const fn cents(self, minor: i64) -> Money {
        Money { minor, currency: self }
    }
}

/// An amount as it stands in Habitué's API: `{ "minor": 1999, "currency": "EUR" }` is €19.99.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Cents.
    pub minor: i64,
    /// Of which currency.
    pub currency: Currency,
}

impl Money {
    /// As the browser’s `Intl` writes it with `narrowSymbol`, so that shop and widget look alike.
    pub fn show(self, lang: Lang) -> String {
        let sign = if self.minor < 0 { "−" } else { "" };
        let (whole, cents) = (self.minor.unsigned_abs() / 100, self.minor.unsigned_abs() % 100);
        match (lang, self.currency) {
            (Lang::En, Currency::Usd) => format!("{sign}${}.{cents:02}", grouped(whole, ',')),
            (Lang::En, Currency::Eur) => format!("{sign}€{}.{cents:02}", grouped(whole, ',')),
            (Lang::Fr, currency) => {
                let symbol = match currency {
                    Currency::Usd => "$",
                    Currency::Eur => "€",
                };
                // French groups by a narrow space and keeps the symbol on the same line.
                let whole = grouped(whole, '\u{202f}');
                format!("{sign}{whole},{cents:02}\u{a0}{symbol}")
            }
        }
    }
}

/// A number of points as the language writes it: `2,490`.
pub fn count(points: i64, lang: Lang) -> String {
    let separator = if lang == Lang::Fr { '\u{202f}' } else { ',' };
    grouped(points.unsigned_abs(), separator)
}

/// Digits in groups of three: 1234567 → `1,234,567`.
fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_the_language_writes_them() {
        assert_eq!(Currency::Usd.cents(1_290).show(Lang::En), "$12.90");
        assert_eq!(Currency::Eur.cents(5).show(Lang::En), "€0.05");
        assert_eq!(Currency::Usd.cents(123_456_789).show(Lang::En), "$1,234,567.89");
        assert_eq!(Currency::Eur.cents(123_450).show(Lang::Fr), "1\u{202f}234,50\u{a0}€");
        assert_eq!(Currency::Usd.cents(-1_000).show(Lang::Fr), "−10,00\u{a0}$");
    }

    #[test]
    fn amounts_travel_in_cents_with_their_currency() {
        let money: Money = serde_json::from_str(r#"{"minor":1999,"currency":"EUR"}"#).unwrap();
        assert_eq!(money, Currency::Eur.cents(1_999));
    }
}
