//! What an order earns: `floor` once per order, by the rule in force when it was placed.

use crate::money::Currency;
use crate::order::{Order, OrderLine};
use crate::points::Points;
use crate::program::{EarnRate, Program};
use crate::rate::Rate;
use crate::share::of_first_units;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod document;
mod rule;
pub use document::{BonusDocument, CampaignDocument};
pub use rule::{Bonus, Campaign, Days, Earning, Multipliers, Share, Tax};

/// Thousandths of a whole: what a line's multiplier is counted in.
const WHOLE: i64 = 1_000;

/// The rule an order earns by, frozen with it (rules §4.3): returns use it, never today's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// Version of the program in force when the order was placed.
    pub version: i64,
    /// Points for each minor unit paid, before the multiplier.
    pub points_per_minor: Rate,
    /// The multiplier of the tier and the campaigns of that time.
    pub multiplier: Rate,
    /// Days until what it earns may be spent.
    pub pending_days: i64,
    /// Whether tax earned.
    #[serde(default, skip_serializing_if = "Tax::is_included")]
    pub tax: Tax,
    /// The most the order earns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Points>,
    /// How each line earns, by its id; empty where all earn alike.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<String, Share>,
}

/// The basis for an order placed at `placed_at` by a member of `tier`; `None` where its currency
/// has no rate, which earns nothing (rules §4.9).
pub fn basis(
    program: &Program,
    order: &Order,
    tier: Option<&str>,
    placed_at: Timestamp,
) -> Option<Basis> {
    let rate = program.earn.iter().find(|rate| rate.currency == order.currency)?;
    let mut basis = Basis {
        version: program.version,
        points_per_minor: rate.points_per_minor,
        multiplier: program.earning.multiplier(multiplier_of(program, tier), placed_at),
        pending_days: program.pending_days,
        tax: program.earning.tax,
        cap: program.earning.cap,
        lines: BTreeMap::new(),
    };
    basis.cover(program, order, placed_at);
    Some(basis)
}

impl Basis {
    /// Freezes how the lines earn that are not frozen yet, by the `program` of its own version: a
    /// line that an edit adds earns by the rule of its order (rules §6.5).
    pub fn cover(&mut self, program: &Program, order: &Order, placed_at: Timestamp) {
        for line in &order.lines {
            if self.lines.contains_key(&line.id) {
                continue;
            }
            if let Some(share) = program.earning.share(line, order.currency, placed_at) {
                self.lines.insert(line.id.clone(), share);
            }
        }
    }

    /// Points for the pieces kept of each line: what was paid for them, times the line's share, the
    /// rate and the multiplier, plus the line's points for each piece; rounded down once for the
    /// whole order, and never above the cap.
    pub fn points<'a>(&self, kept: impl Iterator<Item = (&'a OrderLine, i64)>) -> Points {
        let (mut thousandths, mut besides) = (0_i128, 0_i64);
        for (line, pieces) in kept {
            let share = self.lines.get(&line.id).copied().unwrap_or(Share::PLAIN);
            let counted = self.tax.counted(line);
            let paid = of_first_units(counted, line.quantity, pieces);
            let each = share.multiplier.floor(WHOLE).unwrap_or_default();
            let part = i128::from(paid.max(0)).saturating_mul(i128::from(each));
            thousandths = thousandths.saturating_add(part);
            // What costs nothing brings nothing.
            if counted > 0 {
                besides = besides.saturating_add(share.per_piece.saturating_mul(pieces.max(0)));
            }
        }
        let points = self.rounded_down(thousandths).saturating_add(besides);
        self.cap.map_or(Points::clamped(points), |cap| Points::clamped(points).min(cap))
    }

    /// `⌊paid × rate × multiplier⌋`, of thousandths of minor units.
    fn rounded_down(&self, thousandths: i128) -> i64 {
        let (rate, multiplier) = (self.points_per_minor, self.multiplier);
        let num = i128::from(rate.num()).saturating_mul(i128::from(multiplier.num()));
        let den = i128::from(rate.den()).saturating_mul(i128::from(multiplier.den())).max(1);
        let den = den.saturating_mul(i128::from(WHOLE));
        i64::try_from(thousandths.saturating_mul(num).div_euclid(den)).unwrap_or(i64::MAX)
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
///
/// It says what an amount earns that counts: neither campaigns and bonuses, nor exclusions and the
/// cap, which depend on the day, the product and the whole order.
pub fn rate_card(program: &Program, tier: Option<&str>) -> Vec<RateRow> {
    let multiplier = multiplier_of(program, tier);
    let row = |rate: &EarnRate| RateRow {
        currency: rate.currency,
        num: u64::from(rate.points_per_minor.num()).saturating_mul(multiplier.num().into()),
        den: u64::from(rate.points_per_minor.den()).saturating_mul(multiplier.den().into()),
    };
    program.earn.iter().map(row).collect()
}

fn multiplier_of(program: &Program, tier: Option<&str>) -> Rate {
    tier.and_then(|id| program.tier(id)).map_or(Rate::ONE, |tier| tier.multiplier)
}

#[cfg(test)]
mod tests;
