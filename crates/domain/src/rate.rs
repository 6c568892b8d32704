//! [`Rate`]: an exact ratio, such as 10 % (10/100) or a multiplier of 1.5 (3/2).

use crate::money::parse_decimal;
use core::fmt;
use core::str::FromStr;

/// A non-negative ratio `num / den`, with `den` at least 1. Written `"10%"`, `"1.5"` or `"3/2"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    num: u32,
    den: u32,
}

impl Rate {
    /// One: leaves an amount as it is.
    pub const ONE: Self = Self { num: 1, den: 1 };
    /// Zero: leaves nothing of an amount.
    pub const ZERO: Self = Self { num: 0, den: 1 };

    /// The ratio in lowest terms; `None` where `den` is 0.
    pub const fn new(num: u32, den: u32) -> Option<Self> {
        if den == 0 {
            return None;
        }
        let shared = gcd(num, den);
        match (num.checked_div(shared), den.checked_div(shared)) {
            (Some(num), Some(den)) => Some(Self { num, den }),
            _ => None,
        }
    }

    /// The numerator.
    pub const fn num(self) -> u32 {
        self.num
    }

    /// The denominator, at least 1.
    pub const fn den(self) -> u32 {
        self.den
    }

    /// The product in lowest terms; `None` where it does not fit.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let left = Self::new(self.num, other.den)?;
        let right = Self::new(other.num, self.den)?;
        Self::new(left.num.checked_mul(right.num)?, left.den.checked_mul(right.den)?)
    }

    /// The larger of the two.
    #[must_use]
    pub fn larger(self, other: Self) -> Self {
        let product = |one: u32, two: u32| u64::from(one).saturating_mul(u64::from(two));
        if product(other.num, self.den) > product(self.num, other.den) { other } else { self }
    }

    /// `⌊amount × self⌋` for an amount that is not negative; `None` on overflow.
    pub fn floor(self, amount: i64) -> Option<i64> {
        let product = i128::from(amount).checked_mul(i128::from(self.num))?;
        i64::try_from(product.checked_div_euclid(i128::from(self.den))?).ok()
    }

    /// `amount × self` rounded half up, for an amount that is not negative; `None` on overflow.
    pub fn half_up(self, amount: i64) -> Option<i64> {
        let twice = i128::from(amount).checked_mul(i128::from(self.num))?.checked_mul(2)?;
        let den = i128::from(self.den);
        i64::try_from(twice.checked_add(den)?.checked_div_euclid(den.checked_mul(2)?)?).ok()
    }

    /// The smallest whole number `n` with `⌊n × self⌋ ≥ amount`; `None` where the rate is zero.
    pub fn least_reaching(self, amount: i64) -> Option<i64> {
        if self.num == 0 {
            return None;
        }
        let num = i128::from(self.num);
        let product = i128::from(amount).checked_mul(i128::from(self.den))?;
        let least = product.checked_add(num.checked_sub(1)?)?.checked_div_euclid(num)?;
        i64::try_from(least).ok()
    }
}

const fn gcd(mut a: u32, mut b: u32) -> u32 {
    while let Some(rest) = a.checked_rem(b) {
        (a, b) = (b, rest);
    }
    if a == 0 { 1 } else { a }
}

impl FromStr for Rate {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "not a rate such as \"10%\", \"1.5\" or \"3/2\"";
        let text = text.trim();
        if let Some((num, den)) = text.split_once('/') {
            let read = |part: &str| part.trim().parse::<u32>().map_err(|_| SHAPE);
            return Self::new(read(num)?, read(den)?).ok_or("a rate cannot be divided by zero");
        }
        let (number, unit) = match text.strip_suffix('%') {
            Some(number) => (number.trim_end(), 100_000),
            None => (text, 1_000),
        };
        let thousandths = parse_decimal(number, 3).ok_or(SHAPE)?;
        Self::new(u32::try_from(thousandths).map_err(|_| SHAPE)?, unit).ok_or(SHAPE)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}/{}", self.num, self.den)
    }
}

crate::serde_as_text!(Rate);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("10%", 1, 10)]
    #[case("10.5 %", 21, 200)]
    #[case("1.5", 3, 2)]
    #[case("3/2", 3, 2)]
    #[case("0", 0, 1)]
    fn a_rate_is_read_in_three_ways(#[case] text: &str, #[case] num: u32, #[case] den: u32) {
        let rate: Rate = text.parse().unwrap();
        assert_eq!((rate.num(), rate.den()), (num, den));
    }

    #[rstest]
    #[case("")]
    #[case("-1")]
    #[case("1/0")]
    #[case("1e3")]
    #[case("1.5555")]
    #[case("99999999999")]
    fn what_is_no_rate_is_refused(#[case] text: &str) {
        assert!(text.parse::<Rate>().is_err());
    }

    #[test]
    fn rule_2_4_percent_rounds_half_up() {
        let ten: Rate = "10%".parse().unwrap();
        assert_eq!(ten.half_up(1_005), Some(101));
        assert_eq!(ten.half_up(1_004), Some(100));
    }

    #[test]
    fn the_larger_rate_is_found_without_dividing() {
        let rate = |text: &str| text.parse::<Rate>().unwrap();
        assert_eq!(rate("3/2").larger(rate("5/3")), rate("5/3"));
        assert_eq!(rate("2").larger(rate("1.999")), rate("2"));
        assert_eq!(Rate::ZERO.larger(Rate::ONE), Rate::ONE);
    }

    proptest! {
        #[test]
        fn the_least_number_reaching_an_amount_is_least(
            num in 1..1000_u32, den in 1..1000_u32, amount in 0..1_000_000_i64
        ) {
            let rate = Rate::new(num, den).unwrap();
            let least = rate.least_reaching(amount).unwrap();
            prop_assert!(rate.floor(least).unwrap() >= amount);
            prop_assert!(least == 0 || rate.floor(least - 1).unwrap() < amount);
        }

        #[test]
        fn what_is_shown_is_read_back(num: u32, den in 1..u32::MAX) {
            let rate = Rate::new(num, den).unwrap();
            prop_assert_eq!(rate.to_string().parse::<Rate>(), Ok(rate));
        }
    }
}
