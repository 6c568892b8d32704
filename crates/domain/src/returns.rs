//! What is left of an order after any returns: a function of the kept units alone (rules §6.3).

use crate::earn::Basis;
use crate::order::{Order, OrderLine, OrderState};
use crate::points::Points;
use crate::refusal::Refusal;
use crate::share::{largest_remainder, of_first_units};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Units of one line that came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReturnedLine {
    /// The order line's id.
    pub line: String,
    /// Pieces, at least 1.
    pub quantity: i64,
}

/// What an order is to have earned and redeemed, given the units kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Points it is to have earned.
    pub earned: Points,
    /// Of the points redeemed on it, those that stay redeemed.
    pub redeemed: Points,
    /// Whether anything was kept; if not, the uses of its coupons go back.
    pub keeps_any: bool,
}

/// Sums up `returns` per line and checks them against the order.
///
/// # Errors
/// [`Refusal::ReturnExceedsOrder`] for an unknown line, a quantity below 1, or more than bought.
pub fn returned(
    order: &Order,
    returns: &[Vec<ReturnedLine>],
) -> Result<BTreeMap<String, i64>, Refusal> {
    let mut sums = BTreeMap::new();
    for line in returns.iter().flatten() {
        let bought = order.lines.iter().find(|bought| bought.id == line.line);
        let bought = bought.map_or(0, |bought| bought.quantity);
        let sum: &mut i64 = sums.entry(line.line.clone()).or_default();
        *sum = sum.saturating_add(line.quantity);
        if line.quantity < 1 || *sum > bought {
            return Err(Refusal::ReturnExceedsOrder);
        }
    }
    Ok(sums)
}

/// Every unit of the order, for a full return.
pub fn everything(lines: &[OrderLine]) -> Vec<ReturnedLine> {
    lines
        .iter()
        .map(|line| ReturnedLine { line: line.id.clone(), quantity: line.quantity })
        .collect()
}

/// Where the order's points are to end, given what came back (`returned`: pieces by line).
///
/// `redeemed` are the points redeemed on the order in all; they lie on the lines in proportion to
/// `redeemed_on` (what the points took off each line), or to what was paid where it is empty.
pub fn target(
    order: &Order,
    returned: &BTreeMap<String, i64>,
    basis: Option<&Basis>,
    redeemed: Points,
    redeemed_on: &BTreeMap<String, i64>,
) -> Target {
    let kept = |line: &OrderLine| {
        let back = returned.get(&line.id).copied().unwrap_or_default();
        line.quantity.saturating_sub(back).max(0)
    };
    let live = order.state != OrderState::Cancelled;
    let keeps_any = live && order.lines.iter().any(|line| kept(line) > 0);
    if !keeps_any {
        return Target { earned: Points::ZERO, redeemed: Points::ZERO, keeps_any };
    }
    let paid = order.lines.iter().fold(0_i64, |sum, line| {
        sum.saturating_add(of_first_units(line.paid, line.quantity, kept(line)))
    });
    let weight = |line: &OrderLine| {
        if redeemed_on.is_empty() {
            line.paid
        } else {
            redeemed_on.get(&line.id).copied().unwrap_or_default()
        }
    };
    let weights: Vec<i64> = order.lines.iter().map(weight).collect();
    let shares = largest_remainder(redeemed.get(), &weights);
    let stays = order.lines.iter().zip(shares).fold(0_i64, |sum, (line, share)| {
        sum.saturating_add(of_first_units(share, line.quantity, kept(line)))
    });
    let earns = order.state == OrderState::Paid;
    let earned = basis.filter(|_| earns).map_or(Points::ZERO, |basis| basis.points(paid));
    Target { earned, redeemed: Points::clamped(stays), keeps_any }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate::Rate;
    use proptest::prelude::*;

    fn order(lines: &[(i64, i64)]) -> Order {
        let line = |(place, (quantity, paid)): (usize, &(i64, i64))| OrderLine {
            id: place.to_string(),
            product: "p".to_owned(),
            quantity: *quantity,
            paid: *paid,
        };
        Order {
            state: OrderState::Paid,
            currency: "EUR".parse().unwrap(),
            lines: lines.iter().enumerate().map(line).collect(),
        }
    }

    fn basis() -> Basis {
        let points_per_minor = Rate::new(1, 100).unwrap();
        Basis { version: 1, points_per_minor, multiplier: Rate::ONE, pending_days: 14 }
    }

    fn back(line: &str, quantity: i64) -> ReturnedLine {
        ReturnedLine { line: line.to_owned(), quantity }
    }

    fn end(order: &Order, returns: &[Vec<ReturnedLine>], redeemed: i64) -> Target {
        let sums = returned(order, returns).unwrap();
        target(order, &sums, Some(&basis()), Points::clamped(redeemed), &BTreeMap::new())
    }

    #[test]
    fn rule_6_3_nothing_kept_is_never_bought() {
        let order = order(&[(2, 2_001), (1, 999)]);
        let whole = end(&order, &[], 500);
        assert_eq!((whole.earned.get(), whole.redeemed.get(), whole.keeps_any), (30, 500, true));
        let none = end(&order, &[everything(&order.lines)], 500);
        assert_eq!((none.earned.get(), none.redeemed.get(), none.keeps_any), (0, 0, false));
    }

    #[test]
    fn a_return_of_more_than_was_bought_is_refused() {
        let order = order(&[(2, 2_000)]);
        for bad in [back("0", 3), back("0", 0), back("0", -1), back("1", 1)] {
            assert_eq!(returned(&order, &[vec![bad]]), Err(Refusal::ReturnExceedsOrder));
        }
        let twice = [vec![back("0", 1)], vec![back("0", 2)]];
        assert_eq!(returned(&order, &twice), Err(Refusal::ReturnExceedsOrder));
    }

    proptest! {
        #[test]
        fn rule_6_3_the_end_depends_on_the_kept_units_alone(
            lines in prop::collection::vec((1..6_i64, 0..10_000_i64), 1..5),
            picks in prop::collection::vec((0..5_usize, 1..3_i64), 0..10),
            redeemed in 0..1000_i64
        ) {
            let order = order(&lines);
            let mut steps: Vec<Vec<ReturnedLine>> = Vec::new();
            for (place, quantity) in picks {
                let mut longer = steps.clone();
                longer.push(vec![back(&place.to_string(), quantity)]);
                if returned(&order, &longer).is_ok() {
                    steps = longer;
                }
            }
            let forward = end(&order, &steps, redeemed);
            steps.reverse();
            prop_assert_eq!(forward, end(&order, &steps, redeemed));
            let at_once = vec![steps.concat()];
            prop_assert_eq!(forward, end(&order, &at_once, redeemed));
            let whole = end(&order, &[], redeemed);
            prop_assert!(forward.earned <= whole.earned && forward.redeemed <= whole.redeemed);
        }
    }
}
