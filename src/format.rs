//! Numbers, amounts and days as the shopper's language writes them: always by the browser's `Intl`,
//! which costs no byte. Amounts go there as decimal text, never as floats.

use crate::i18n::Texts;
use habitue_domain::money::Money;
use habitue_domain::points::Points;
use habitue_domain::rate::Rate;
use habitue_domain::time::Timestamp;
use js_sys::{Date, Object};
use wasm_bindgen::prelude::*;

use crate::client::set;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Intl)]
    type NumberFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl)]
    fn new(locale: &str, options: &Object) -> NumberFormat;
    #[wasm_bindgen(method)]
    fn format(this: &NumberFormat, decimal: &str) -> String;

    #[wasm_bindgen(js_namespace = Intl)]
    type DateTimeFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl)]
    fn new(locale: &str, options: &Object) -> DateTimeFormat;
    #[wasm_bindgen(method, js_name = format)]
    fn format_date(this: &DateTimeFormat, date: &Date) -> String;

    /// Chooses the plural form.
    #[wasm_bindgen(js_namespace = Intl)]
    pub type PluralRules;
    #[wasm_bindgen(constructor, js_namespace = Intl)]
    pub fn new(locale: &str) -> PluralRules;
    #[wasm_bindgen(method)]
    pub fn select(this: &PluralRules, count: f64) -> String;
}

/// A number to read, and to choose the plural form by.
pub struct Quantity {
    /// Only for the plural form.
    pub value: f64,
    /// What is shown.
    pub text: String,
}

fn options(entries: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in entries {
        set(&object, name, &(*value).into());
    }
    object
}

#[expect(clippy::cast_precision_loss, reason = "chooses a plural form, or is below 2^53")]
const fn float(number: i64) -> f64 {
    number as f64
}

impl Texts {
    #[inline(never)]
    fn decimal(&self, decimal: &str, entries: &[(&str, &str)]) -> String {
        NumberFormat::new(&self.locale, &options(entries)).format(decimal)
    }

    /// A whole number: `1,250`.
    pub fn number(&self, number: i64) -> Quantity {
        Quantity { value: float(number), text: self.decimal(&number.to_string(), &[]) }
    }

    /// A number of points.
    pub fn quantity(&self, points: Points) -> Quantity {
        self.number(points.get())
    }

    /// A difference with its sign: `+180`, `−27`.
    pub fn difference(&self, points: Points) -> String {
        let amount = self.number(points.get().saturating_abs()).text;
        let sign = if points.is_positive() { "+" } else { "−" };
        [sign, &amount].concat()
    }

    /// What was added or taken in money: `+2.50 €`.
    pub fn money_difference(&self, money: Money) -> String {
        let sign = if money.minor() > 0 { "+" } else { "−" };
        let size = money.currency().clamped(money.minor().saturating_abs());
        [sign, &self.money(size)].concat()
    }

    /// An amount: `12.50 €`, and `10 €` where `short` and nothing stands after the point.
    fn amount(&self, money: Money, short: bool) -> String {
        let text = money.to_string();
        let (decimal, currency) = text.split_once(' ').unwrap_or_default();
        let whole = decimal.split_once('.').is_none_or(|(_, part)| part.bytes().all(|b| b == b'0'));
        let digits =
            if short && whole { "0".to_owned() } else { money.currency().exponent().to_string() };
        let entries = [
            ("style", "currency"),
            ("currency", currency),
            ("currencyDisplay", "narrowSymbol"),
            ("minimumFractionDigits", &digits),
            ("maximumFractionDigits", &digits),
        ];
        self.decimal(decimal, &entries)
    }

    /// An amount to pay: `12.50 €`.
    pub fn money(&self, money: Money) -> String {
        self.amount(money, false)
    }

    /// An amount to name: `10 €`.
    pub fn short_money(&self, money: Money) -> String {
        self.amount(money, true)
    }

    /// A ratio as a number with at most two decimals: `1.5`.
    pub fn factor(&self, num: i64, den: i64) -> Quantity {
        let value = float(num) / float(den.max(1));
        let entries = [("maximumFractionDigits", "2")];
        Quantity { value, text: self.decimal(&ratio(num, den, 2), &entries) }
    }

    /// A share: `15 %`.
    pub fn percent(&self, rate: Rate) -> String {
        let share = ratio(i64::from(rate.num()), i64::from(rate.den()), 4);
        self.decimal(&share, &[("style", "percent"), ("maximumFractionDigits", "2")])
    }

    #[inline(never)]
    fn date(&self, at: Timestamp, entries: &[(&str, &str)]) -> String {
        let millis = float(at.micros().div_euclid(1000));
        let date = Date::new(&JsValue::from_f64(millis));
        DateTimeFormat::new(&self.locale, &options(entries)).format_date(&date)
    }

    /// A day: `December 5`, with its year where it is not that of `now`.
    pub fn day(&self, at: Timestamp, now: Timestamp) -> String {
        const MONTHS_8: i64 = 240 * 86_400;
        let near = (at.seconds() - now.seconds()).abs() < MONTHS_8;
        let entries = [("day", "numeric"), ("month", "long"), ("year", "numeric")];
        self.date(at, if near { &entries[..2] } else { &entries })
    }

    /// The last day of a time that ends, exclusively, at `end`.
    pub fn last_day(&self, end: Timestamp, now: Timestamp) -> String {
        self.day(end.plus_seconds(-1), now)
    }

    /// A month: `November 2026`.
    pub fn month(&self, at: Timestamp) -> String {
        self.date(at, &[("month", "long"), ("year", "numeric")])
    }

    /// A time of day: `14:05`.
    pub fn time(&self, at: Timestamp) -> String {
        self.date(at, &[("hour", "numeric"), ("minute", "2-digit")])
    }
}

/// `num / den` with `decimals` decimals, rounded half up, as decimal text.
fn ratio(num: i64, den: i64, decimals: u32) -> String {
    let (den, scale) = (den.max(1), 10_i64.saturating_pow(decimals));
    let twice = num.saturating_mul(scale).saturating_mul(2).saturating_add(den);
    let rounded = twice.div_euclid(den.saturating_mul(2));
    let part = (rounded.rem_euclid(scale) + scale).to_string();
    let whole = rounded.div_euclid(scale).to_string();
    // The leading 1 keeps the zeros; the point takes its place.
    [&whole, ".", part.get(1..).unwrap_or_default()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_become_decimal_text_without_a_float() {
        assert_eq!(ratio(3, 2, 2), "1.50");
        assert_eq!(ratio(1, 3, 2), "0.33");
        assert_eq!(ratio(2, 3, 2), "0.67");
        assert_eq!(ratio(1, 200, 2), "0.01");
        assert_eq!(ratio(5, 1, 2), "5.00");
        assert_eq!(ratio(21, 200, 4), "0.1050");
    }
}
