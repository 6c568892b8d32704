//! Buyers in their order: the Pareto curve, and the grid of how lately and how often they bought.

use super::{Buyer, Share};
use crate::money::{Currency, Money};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A point of the Pareto curve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pareto {
    /// The best so many percent of the buyers by revenue: 10, 20, … 100.
    pub best: i64,
    /// What they bring of the revenue.
    pub revenue: Share,
}

/// A field of the grid. 5 is best: bought last, bought most often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cell {
    /// The quintile of the last order, 1 to 5.
    pub recency: i64,
    /// The quintile of the number of orders, 1 to 5.
    pub frequency: i64,
    /// How many stand there.
    pub buyers: i64,
    /// What they paid.
    pub revenue: Money,
}

/// Ten points; none where nobody bought. A tenth that falls between two buyers takes both.
pub fn pareto(buyers: &[Buyer]) -> Vec<Pareto> {
    let mut sums: Vec<i64> = buyers.iter().map(|buyer| buyer.revenue).collect();
    sums.sort_unstable_by(|one, other| other.cmp(one));
    let all = sums.iter().copied().fold(0, i64::saturating_add);
    if sums.is_empty() {
        return Vec::new();
    }
    let points = (1..=10_usize).map(|tenth| {
        let first = sums.len().saturating_mul(tenth).div_ceil(10);
        let of = sums.iter().take(first).copied().fold(0, i64::saturating_add);
        let best = i64::try_from(tenth).unwrap_or_default().saturating_mul(10);
        Pareto { best, revenue: Share::new(of, all) }
    });
    points.collect()
}

/// The quintile of each value: one more than the fifths of all that lie wholly below it. Equals stand
/// in the same one, so a quintile may be empty.
fn quintiles<T: Ord + Copy>(values: impl Iterator<Item = T>) -> BTreeMap<T, i64> {
    let mut counts: BTreeMap<T, i64> = BTreeMap::new();
    let mut all = 0_i64;
    for value in values {
        let count = counts.entry(value).or_default();
        *count = count.saturating_add(1);
        all = all.saturating_add(1);
    }
    let mut below = 0_i64;
    for count in counts.values_mut() {
        let quintile = below.saturating_mul(5).checked_div(all).unwrap_or_default();
        below = below.saturating_add(*count);
        *count = quintile.saturating_add(1);
    }
    counts
}

/// The fields in which somebody stands, best first.
pub fn rfm(buyers: &[Buyer], currency: Currency) -> Vec<Cell> {
    let recency = quintiles(buyers.iter().map(|buyer| buyer.last));
    let frequency = quintiles(buyers.iter().map(|buyer| buyer.orders));
    let mut cells: BTreeMap<(i64, i64), (i64, i64)> = BTreeMap::new();
    for buyer in buyers {
        let of = |quintile: Option<&i64>| quintile.copied().unwrap_or(1);
        let place = (of(recency.get(&buyer.last)), of(frequency.get(&buyer.orders)));
        let cell = cells.entry(place).or_default();
        *cell = (cell.0.saturating_add(1), cell.1.saturating_add(buyer.revenue));
    }
    let told = |((recency, frequency), (buyers, minor))| Cell {
        recency,
        frequency,
        buyers,
        revenue: currency.clamped(minor),
    };
    cells.into_iter().rev().map(told).collect()
}
