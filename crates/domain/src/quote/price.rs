//! Pricing one combination of promotions, and choosing the best (rules §2.2, §2.3).

use super::basket::{Basket, Left};
use super::{Applied, Asked, Candidate, Facts, Verdict, kind, points, refused};
use crate::promotion::Promotion;
use crate::refusal::Reason;
use std::collections::BTreeMap;

/// The work of one combination: what is left, and what each candidate took.
pub(super) struct Work {
    /// What is left to pay.
    pub left: Left,
    /// By the candidate's place: what it took, or why nothing.
    taken: BTreeMap<usize, Result<Applied, Reason>>,
    /// The points' answer.
    pub points: Option<Verdict>,
}

impl Work {
    /// The answer for a candidate; one that is not in this combination lost to it.
    pub(super) fn answer(
        &mut self,
        place: usize,
        promotion: &Promotion,
        basket: &Basket<'_>,
    ) -> Verdict {
        match self.taken.remove(&place) {
            None => refused(Reason::NotCombinable),
            Some(Err(reason)) => refused(reason),
            // Shipping may not be known yet: a shipping offer counts at once.
            Some(Ok(applied)) if applied.amount.minor() > 0 || promotion.is_about_shipping() => {
                Verdict::Applied(applied)
            }
            Some(Ok(_)) => {
                let missing = kind::missing(promotion, basket);
                Verdict::Refused { reason: Reason::NotApplicable, missing }
            }
        }
    }
}

/// The combination with the lowest amount to pay; on a tie the one listed first (rules §2.3).
pub(super) fn best_of(
    running: &[Candidate<'_>],
    facts: &Facts,
    basket: &Basket<'_>,
    asked: &Asked,
) -> Work {
    let is_exclusive =
        |place: &usize| running.get(*place).is_some_and(|candidate| candidate.promotion.exclusive);
    let (alone, combinable): (Vec<usize>, Vec<usize>) = (0..running.len()).partition(is_exclusive);
    let mut sets: Vec<Vec<usize>> = alone.into_iter().map(|place| vec![place]).collect();
    sets.push(combinable);
    sets.sort_by_key(|set| set.first().copied().unwrap_or(usize::MAX));
    let mut best: Option<Work> = None;
    for set in sets {
        let work = price(running, &set, facts, basket, asked);
        if best.as_ref().is_none_or(|best| work.left.sum() < best.left.sum()) {
            best = Some(work);
        }
    }
    best.unwrap_or_else(|| price(running, &[], facts, basket, asked))
}

/// Prices one combination: promotions by priority, then points (rules §2.2).
///
/// What a promotion takes off the shipping is worked out with its goods: points never touch the
/// shipping, so that it is the same as after them.
fn price(
    running: &[Candidate<'_>],
    set: &[usize],
    facts: &Facts,
    basket: &Basket<'_>,
    asked: &Asked,
) -> Work {
    let mut work = Work { left: basket.left(), taken: BTreeMap::new(), points: None };
    let mut order: Vec<(usize, &Promotion)> =
        set.iter().filter_map(|place| Some((*place, running.get(*place)?.promotion))).collect();
    order.sort_by_key(|(place, promotion)| (promotion.priority, *place));
    for (place, promotion) in order {
        let taken = kind::take(promotion, basket, &work.left);
        let budget = facts.shop.as_ref();
        let budget = budget.and_then(|it| it.left_of_budget(promotion, basket.cart.currency()));
        // Never a part of what was promised: an offer that its budget cannot pay is over.
        let verdict = if budget.is_some_and(|left| taken.sum() > left) {
            Err(Reason::BudgetSpent)
        } else {
            Ok(basket.take(&taken.parts, taken.shipping, &mut work.left))
        };
        work.taken.insert(place, verdict);
    }
    if let Some(asked) = asked.points {
        work.points = Some(points::redeem(asked, &facts.public, basket, &mut work.left));
    }
    work
}
