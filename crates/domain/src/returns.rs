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
    let kept_lines = order.lines.iter().map(|line| (line, kept(line)));
    let earned = basis.filter(|_| earns).map_or(Points::ZERO, |basis| basis.points(kept_lines));
    Target { earned, redeemed: Points::clamped(stays), keeps_any }
}

/// Pieces of each line that are kept: none of a cancelled order.
pub fn kept(order: &Order, returned: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    let live = order.state != OrderState::Cancelled;
    let lines = order.lines.iter().filter(|_| live).map(|line| {
        let back = returned.get(&line.id).copied().unwrap_or_default();
        (line.id.clone(), line.quantity.saturating_sub(back).max(0))
    });
    lines.collect()
}

/// Of the pieces bought at first, those kept all along: one that an edit took away and another
/// brought back is a new piece, with no share of what was frozen (rules §6.5).
///
/// `frozen` are the pieces by line when the order was confirmed, `before` what this function said
/// the last time, `kept` the pieces kept now.
pub fn kept_all_along(
    frozen: &BTreeMap<String, i64>,
    before: Option<&BTreeMap<String, i64>>,
    kept: &BTreeMap<String, i64>,
) -> BTreeMap<String, i64> {
    let in_map = |map: &BTreeMap<String, i64>, line: &str| map.get(line).copied();
    let line = |(line, pieces): (&String, &i64)| {
        let most = before.and_then(|before| in_map(before, line)).unwrap_or(*pieces);
        let now = in_map(kept, line).unwrap_or_default();
        (line.clone(), now.min(most).min(*pieces))
    };
    frozen.iter().map(line).collect()
}

/// What one instrument took off, or paid, of an order: frozen when it was confirmed (rules §6.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// In all, in its own unit: points, or minor units.
    pub amount: i64,
    /// Its part of each line in minor units.
    pub lines: BTreeMap<String, i64>,
    /// Its part of the shipping in minor units.
    pub shipping: i64,
}

impl Used {
    /// What of it stays used for the pieces kept all along: their shares, and the shipping's while
    /// `keeps_any` piece of the order is kept, old or new. A function of the kept pieces alone.
    pub fn stays(
        &self,
        frozen: &BTreeMap<String, i64>,
        kept: &BTreeMap<String, i64>,
        keeps_any: bool,
    ) -> i64 {
        if !keeps_any {
            return 0;
        }
        let weights: Vec<i64> =
            self.lines.values().copied().chain(core::iter::once(self.shipping)).collect();
        let mut shares = largest_remainder(self.amount, &weights);
        let shipping = shares.pop().unwrap_or_default();
        let of_line = |(line, share): (&String, i64)| {
            let pieces = |map: &BTreeMap<String, i64>| map.get(line).copied().unwrap_or_default();
            of_first_units(share, pieces(frozen), pieces(kept))
        };
        self.lines.keys().zip(shares).map(of_line).fold(shipping, i64::saturating_add)
    }
}

/// What was paid for the goods kept, in minor units: what an order earns by.
pub fn kept_paid(order: &Order, kept: &BTreeMap<String, i64>) -> i64 {
    let of_line = |line: &OrderLine| {
        let kept = kept.get(&line.id).copied().unwrap_or_default();
        of_first_units(line.paid, line.quantity, kept)
    };
    order.lines.iter().map(of_line).fold(0, i64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::earn::Tax;
    use crate::rate::Rate;
    use proptest::prelude::*;

    fn order(lines: &[(i64, i64)]) -> Order {
        let line = |(place, (quantity, paid)): (usize, &(i64, i64))| OrderLine {
            id: place.to_string(),
            product: "p".to_owned(),
            quantity: *quantity,
            paid: *paid,
            ..OrderLine::default()
        };
        Order {
            state: OrderState::Paid,
            currency: "EUR".parse().unwrap(),
            lines: lines.iter().enumerate().map(line).collect(),
        }
    }

    fn basis() -> Basis {
        let points_per_minor = Rate::new(1, 100).unwrap();
        Basis {
            version: 1,
            points_per_minor,
            multiplier: Rate::ONE,
            pending_days: 14,
            tax: Tax::Included,
            cap: None,
            lines: BTreeMap::new(),
        }
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

    fn map(pieces: &[(&str, i64)]) -> BTreeMap<String, i64> {
        pieces.iter().map(|(line, pieces)| ((*line).to_owned(), *pieces)).collect()
    }

    #[test]
    fn rule_6_2_a_gift_card_goes_back_piece_by_piece_and_its_shipping_last() {
        // 25.00 of a card: 10.00 on three pieces, 10.10 on one, 4.90 on the shipping.
        let used = Used { amount: 2_500, lines: map(&[("a", 1_000), ("b", 1_010)]), shipping: 490 };
        let frozen = map(&[("a", 3), ("b", 1)]);
        let stays = |kept: &[(&str, i64)]| used.stays(&frozen, &map(kept), !kept.is_empty());
        assert_eq!(stays(&[("a", 3), ("b", 1)]), 2_500);
        assert_eq!(stays(&[("a", 2), ("b", 1)]), 2_167);
        assert_eq!(stays(&[("a", 1)]), 824);
        assert_eq!(stays(&[]), 0);
    }

    #[test]
    fn rule_6_5_a_piece_taken_away_and_brought_back_is_a_new_one() {
        let frozen = map(&[("a", 2)]);
        let less = kept_all_along(&frozen, None, &map(&[("a", 1)]));
        assert_eq!(less, map(&[("a", 1)]));
        let more = kept_all_along(&frozen, Some(&less), &map(&[("a", 5), ("new", 1)]));
        assert_eq!(more, less);
    }

    proptest! {
        #[test]
        fn rule_6_3_what_edits_and_returns_leave_used_depends_on_the_pieces_kept_all_along(
            lines in prop::collection::vec((1..6_i64, 0..5_000_i64, 0..5_000_i64), 1..5),
            shipping in 0..900_i64,
            steps in prop::collection::vec(prop::collection::vec(0..8_i64, 5), 0..8)
        ) {
            let key = |place: usize| place.to_string();
            let frozen: BTreeMap<_, _> =
                lines.iter().enumerate().map(|(at, line)| (key(at), line.0)).collect();
            let parts = |of: &dyn Fn(&(i64, i64, i64)) -> i64, shipping: i64| {
                let parts: BTreeMap<_, _> =
                    lines.iter().enumerate().map(|(at, line)| (key(at), of(line))).collect();
                Used { amount: parts.values().sum::<i64>() + shipping, lines: parts, shipping }
            };
            let money = [parts(&|line| line.1, shipping), parts(&|line| line.2, 0)];
            let points = Used { amount: money[1].amount * 3 / 2, ..money[1].clone() };
            let all = [&money[0], &money[1], &points];
            let mut kept = kept_all_along(&frozen, None, &frozen);
            let mut stayed: Vec<i64> = all.iter().map(|used| used.amount).collect();
            for step in &steps {
                let now: BTreeMap<_, _> =
                    step.iter().enumerate().map(|(at, pieces)| (key(at), *pieces)).collect();
                kept = kept_all_along(&frozen, Some(&kept), &now);
                let any = kept.values().any(|pieces| *pieces > 0);
                for (used, before) in all.iter().zip(&mut stayed) {
                    // Never more than before: nothing is taken a second time.
                    let stays = used.stays(&frozen, &kept, any);
                    prop_assert!((0..=*before).contains(&stays));
                    *before = stays;
                }
            }
            // The least of each line over all steps, whatever their order.
            let least = |at: usize| steps.iter().map(|step| step[at]).min();
            for (at, (pieces, ..)) in lines.iter().enumerate() {
                let end = least(at).map_or(*pieces, |least| least.min(*pieces));
                prop_assert_eq!(kept[&key(at)], end);
            }
        }

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
