//! Pricing one combination of promotions, and choosing the best (rules §2.2, §2.3).

use super::basket::{Basket, Left};
use super::{Applied, Asked, Candidate, Facts, Verdict, kind, points, refused};
use crate::promotion::Promotion;
use crate::refusal::Reason;
use crate::share::order_of;

/// The work of one combination: what is left, and what each candidate took.
pub(super) struct Work {
    /// What is left to pay.
    pub left: Left,
    /// By the candidate's place: what it took, or why nothing; `None` where it is not in this
    /// combination.
    taken: Vec<Option<Result<Applied, Reason>>>,
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
        match self.taken.get_mut(place).and_then(Option::take) {
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
    let first = |set: &Vec<usize>| set.first().map_or(i64::MAX, |place| number(*place));
    let mut best: Option<Work> = None;
    for set in order_of(sets.iter().map(first)).into_iter().filter_map(|place| sets.get(place)) {
        let work = price(running, set, facts, basket, asked);
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
    let taken = running.iter().map(|_| None).collect();
    let mut work = Work { left: basket.left(), taken, points: None };
    let in_set: Vec<(usize, &Promotion)> =
        set.iter().filter_map(|place| Some((*place, running.get(*place)?.promotion))).collect();
    let order = order_of(in_set.iter().map(|(_, promotion)| promotion.priority));
    for (place, promotion) in order.into_iter().filter_map(|place| in_set.get(place)) {
        let taken = kind::take(promotion, basket, &work.left);
        let budget = facts.shop.as_ref();
        let budget = budget.and_then(|it| it.left_of_budget(promotion, basket.cart.currency()));
        // Never a part of what was promised: an offer that its budget cannot pay is over.
        let verdict = if budget.is_some_and(|left| taken.sum() > left) {
            Err(Reason::BudgetSpent)
        } else {
            Ok(basket.take(&taken.parts, taken.shipping, &mut work.left))
        };
        if let Some(taken) = work.taken.get_mut(*place) {
            *taken = Some(verdict);
        }
    }
    if let Some(asked) = asked.points {
        work.points = Some(points::redeem(asked, &facts.public, basket, &mut work.left));
    }
    work
}

fn number(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}
