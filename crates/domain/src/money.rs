//! [`Money`] and [`Currency`]: integers of the smallest unit, never a float.

use crate::points::LIMIT;
use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Serialize};

/// The active codes of ISO 4217, three letters each, in order. Checked against `iso_currency`.
const CODES: &str = "AEDAFNALLAMDAOAARSAUDAWGAZNBAMBBDBDTBHDBIFBMDBNDBOBBOVBRLBSDBTNBWPBYNBZD\
CADCDFCHECHFCHWCLFCLPCNYCOPCOUCRCCUPCVECZKDJFDKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGNFGTQ\
GYDHKDHNLHTGHUFIDRILSINRIQDIRRISKJMDJODJPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBPLKRLRDLSLLYDMADMDL\
MGAMKDMMKMNTMOPMRUMURMVRMWKMXNMXVMYRMZNNADNGNNIONOKNPRNZDOMRPABPENPGKPHPPKRPLNPYGQARRONRSDRUB\
RWFSARSBDSCRSDGSEKSGDSHPSLESOSSRDSSPSTNSVCSYPSZLTHBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUSNUYIUYU\
UYWUZSVEDVESVNDVUVWSTXAFXCDXCGXOFXPFYERZARZMWZWG";
/// Currencies without a minor unit.
const WITHOUT_MINOR: &str = "BIFCLPDJFGNFISKJPYKMFKRWPYGRWFUGXUYIVNDVUVXAFXOFXPF";
/// Currencies whose minor unit is a thousandth.
const THOUSANDTHS: &str = "BHDIQDJODKWDLYDOMRTND";
/// Currencies (units of account) whose minor unit is a ten-thousandth.
const TEN_THOUSANDTHS: &str = "CLFUYW";

fn stands_in(code: &str, list: &str) -> bool {
    list.as_bytes().chunks_exact(3).any(|entry| entry == code.as_bytes())
}

/// A currency of ISO 4217, such as `EUR`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The three letters.
    pub fn code(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimals the minor unit has: JPY 0, EUR 2, KWD 3.
    pub fn exponent(self) -> u32 {
        let code = self.code();
        if stands_in(code, WITHOUT_MINOR) {
            0
        } else if stands_in(code, THOUSANDTHS) {
            3
        } else if stands_in(code, TEN_THOUSANDTHS) {
            4
        } else {
            2
        }
    }

    /// An amount in this currency; `None` outside ±10¹² minor units.
    pub const fn amount(self, minor: i64) -> Option<Money> {
        if minor > LIMIT || minor < -LIMIT { None } else { Some(Money { minor, currency: self }) }
    }
}

impl Currency {
    /// The nearest amount within ±10¹² minor units.
    pub const fn clamped(self, minor: i64) -> Money {
        Money { minor: crate::points::Points::clamped(minor).get(), currency: self }
    }
}

impl FromStr for Currency {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = text.len() == 3 && stands_in(text, CODES);
        let bytes = <[u8; 3]>::try_from(text.as_bytes());
        match (known, bytes) {
            (true, Ok(bytes)) => Ok(Self(bytes)),
            _ => Err("not a currency code of ISO 4217 in capitals, such as EUR"),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.code())
    }
}

crate::serde_as_text!(Currency);

/// An amount in minor units of its currency: `{ "minor": 1999, "currency": "EUR" }` is 19.99 €.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "MoneyFields", into = "MoneyFields")]
pub struct Money {
    minor: i64,
    currency: Currency,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MoneyFields {
    minor: i64,
    currency: Currency,
}

impl TryFrom<MoneyFields> for Money {
    type Error = &'static str;
    fn try_from(fields: MoneyFields) -> Result<Self, Self::Error> {
        fields.currency.amount(fields.minor).ok_or("amounts must lie between -10^12 and 10^12")
    }
}

impl From<Money> for MoneyFields {
    fn from(money: Money) -> Self {
        Self { minor: money.minor, currency: money.currency }
    }
}

impl Money {
    /// The amount in minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }
}

/// Reads `"10.00 USD"`: digits, a point and exactly as many decimals as the currency has (or none).
impl FromStr for Money {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "not an amount such as \"10.00 EUR\"";
        let (number, code) = text.trim().rsplit_once(' ').ok_or(SHAPE)?;
        let currency: Currency = code.parse()?;
        let minor = parse_decimal(number.trim(), currency.exponent()).ok_or(
            "the number of decimals does not fit the currency, or the amount is too large",
        )?;
        currency.amount(minor).ok_or("amounts must lie between -10^12 and 10^12")
    }
}

/// Reads a non-negative decimal number as an integer of `exponent` decimals: `("2.5", 2)` is 250.
///
/// `None` for anything but digits and one point, for more decimals than asked, or on overflow.
pub fn parse_decimal(text: &str, exponent: u32) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) {
        return None;
    }
    if text.contains('.') && decimals.is_empty() {
        return None;
    }
    let missing = exponent.checked_sub(u32::try_from(decimals.len()).ok()?)?;
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = if decimals.is_empty() { 0 } else { decimals.parse().ok()? };
    let part = part.checked_mul(10_i64.checked_pow(missing)?)?;
    whole.checked_mul(10_i64.checked_pow(exponent)?)?.checked_add(part)
}

impl fmt::Display for Money {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = self.currency.exponent();
        let unit = 10_i64.saturating_pow(exponent);
        let sign = if self.minor < 0 { "-" } else { "" };
        let whole = self.minor.saturating_abs().checked_div(unit).unwrap_or_default();
        let part = self.minor.saturating_abs().checked_rem(unit).unwrap_or_default();
        if exponent == 0 {
            return write!(to, "{sign}{whole} {}", self.currency);
        }
        let width = usize::try_from(exponent).unwrap_or_default();
        write!(to, "{sign}{whole}.{part:0width$} {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iso_currency::{Currency as Iso, IntoEnumIterator};
    use proptest::prelude::*;

    #[test]
    fn every_exponent_agrees_with_iso_4217() {
        for iso in Iso::iter().filter(|iso| iso.exponent().is_some()) {
            if let Ok(ours) = iso.code().parse::<Currency>() {
                let theirs = u32::from(iso.exponent().unwrap());
                assert_eq!(ours.exponent(), theirs, "{}", iso.code());
            }
        }
        for code in ["EUR", "USD", "JPY", "KWD", "GBP", "CHF", "XOF"] {
            assert!(code.parse::<Currency>().is_ok(), "{code}");
        }
    }

    #[test]
    fn a_code_that_straddles_two_others_is_unknown() {
        assert!("EDA".parse::<Currency>().is_err());
        assert!("eur".parse::<Currency>().is_err());
        assert!("EURO".parse::<Currency>().is_err());
    }

    #[test]
    fn amounts_are_read_by_the_decimals_of_their_currency() {
        let minor = |text: &str| text.parse::<Money>().map(Money::minor);
        assert_eq!(minor("10.00 USD"), Ok(1000));
        assert_eq!(minor("10 USD"), Ok(1000));
        assert_eq!(minor("7 JPY"), Ok(7));
        assert_eq!(minor("1.234 KWD"), Ok(1234));
        assert!(minor("1.234 EUR").is_err());
        assert!(minor("-1.00 EUR").is_err());
        assert!(minor("1. EUR").is_err());
        assert!(minor("99999999999999999999 EUR").is_err());
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(minor in 0..=LIMIT, code in "EUR|JPY|KWD|CLF") {
            let money = code.parse::<Currency>().unwrap().amount(minor).unwrap();
            prop_assert_eq!(money.to_string().parse::<Money>(), Ok(money));
        }
    }
}
