//! What an order earns: `floor` once per order, at the rate in force when it was placed.

use crate::money::Currency;
use crate::points::Points;
use crate::program::Program;
use crate::rate::Rate;
use serde::{Deserialize, Serialize};

/// The rule an order earns by, frozen with it (rules §4.3): returns use it, never today's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Basis {
    /// Version of the program in force when the order was placed.
    pub version: i64,
    /// Points for each minor unit paid, before the multiplier.
    pub points_per_minor: Rate,
    /// The tier's multiplier at that time.
    pub multiplier: Rate,
    /// Days until what it earns may be spent.
    pub pending_days: i64,
}

/// The basis for an order in `currency` by a member of `tier`; `None` where the currency has no
/// rate, which earns nothing (rules §4.9).
pub fn basis(program: &Program, currency: Currency, tier: Option<&str>) -> Option<Basis> {
    let rate = program.earn.iter().find(|rate| rate.currency == currency)?;
    let multiplier = tier.and_then(|id| program.tier(id)).map_or(Rate::ONE, |tier| tier.multiplier);
    Some(Basis {
        version: program.version,
        points_per_minor: rate.points_per_minor,
        multiplier,
        pending_days: program.pending_days,
    })
}

impl Basis {
    /// Points for `paid` minor units of goods: `⌊paid × rate × multiplier⌋`, once per order.
    pub fn points(&self, paid: i64) -> Points {
        let (rate, multiplier) = (self.points_per_minor, self.multiplier);
        let num = i128::from(rate.num()).saturating_mul(i128::from(multiplier.num()));
        let den = i128::from(rate.den()).saturating_mul(i128::from(multiplier.den())).max(1);
        let exact = i128::from(paid.max(0)).saturating_mul(num).div_euclid(den);
        Points::clamped(i64::try_from(exact).unwrap_or(i64::MAX))
    }
}

/// One row of the rate card that the loader multiplies by on product pages: points for an amount
/// are `⌊minor × num ÷ den⌋`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RateRow {
    /// The currency of the amount.
    pub currency: Currency,
    /// Numerator.
    pub num: u64,
    /// Denominator, at least 1.
    pub den: u64,
}

/// The rate card for somebody of `tier` (or nobody): first match counts.
pub fn rate_card(program: &Program, tier: Option<&str>) -> Vec<RateRow> {
    let row = |currency| {
        let basis = basis(program, currency, tier)?;
        let (rate, multiplier) = (basis.points_per_minor, basis.multiplier);
        Some(RateRow {
            currency,
            num: u64::from(rate.num()).saturating_mul(u64::from(multiplier.num())),
            den: u64::from(rate.den()).saturating_mul(u64::from(multiplier.den())),
        })
    };
    program.earn.iter().filter_map(|rate| row(rate.currency)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn basis(rate: &str, multiplier: &str) -> Basis {
        Basis {
            version: 1,
            points_per_minor: rate.parse().unwrap(),
            multiplier: multiplier.parse().unwrap(),
            pending_days: 14,
        }
    }

    #[test]
    fn rule_4_2_points_are_rounded_down_once_after_the_multiplier() {
        assert_eq!(basis("1/100", "1").points(1_999).get(), 19);
        assert_eq!(basis("1/100", "3/2").points(1_999).get(), 29);
        assert_eq!(basis("5/100", "1").points(0).get(), 0);
        assert_eq!(basis("5/100", "1").points(-100).get(), 0);
    }

    proptest! {
        #[test]
        fn rule_4_2_splitting_an_order_never_earns_more(
            first in 0..1_000_000_i64, second in 0..1_000_000_i64, num in 1..100_u32, den in 1..1000_u32
        ) {
            let basis = Basis {
                version: 1,
                points_per_minor: Rate::new(num, den).unwrap(),
                multiplier: Rate::ONE,
                pending_days: 0,
            };
            let apart = basis.points(first).get() + basis.points(second).get();
            prop_assert!(apart <= basis.points(first + second).get());
        }
    }
}
