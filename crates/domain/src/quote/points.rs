//! Points as a discount on what the promotions left of the goods (rules §2.2, §4.7).

use super::basket::{Basket, Left};
use super::{PublicFacts, Verdict, refused, worth};
use crate::points::Points;
use crate::refusal::{Missing, Reason};
use crate::share::largest_remainder;

/// Redeems up to `asked` points on what is left of the discountable goods.
pub(super) fn redeem(
    asked: Points,
    facts: &PublicFacts,
    basket: &Basket<'_>,
    left: &mut Left,
) -> Verdict {
    let Some(member) = &facts.member else {
        return refused(Reason::LoginRequired);
    };
    let Some(rate) = worth(&facts.redeem, basket.cart.currency()) else {
        return refused(Reason::WrongCurrency);
    };
    if member.debt.is_positive() {
        return refused(Reason::InDebt);
    }
    let weights = basket.weights(&left.goods, &|line| line.discountable);
    let eligible = weights.iter().fold(0_i64, |sum, part| sum.saturating_add(*part));
    let most = asked.get().min(member.available.get()).max(0);
    let amount = rate.floor(most).unwrap_or(eligible).min(eligible);
    if amount <= 0 {
        if eligible <= 0 {
            return refused(Reason::NotApplicable);
        }
        let least = rate.least_reaching(1).map(Points::clamped).unwrap_or_default();
        let missing = Missing::Points(least.less(member.available));
        return Verdict::Refused { reason: Reason::NotEnoughPoints, missing: Some(missing) };
    }
    let points = rate.least_reaching(amount).unwrap_or(most).min(most);
    let mut applied = basket.take(&largest_remainder(amount, &weights), 0, left);
    applied.points = Some(Points::clamped(points));
    Verdict::Applied(applied)
}
