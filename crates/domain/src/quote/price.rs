//! Pricing one combination of promotions, and choosing the best (rules §2.2 to §2.5).

use super::{Allocation, Applied, Asked, Candidate, Facts, PublicFacts, Verdict, refused, worth};
use crate::cart::Cart;
use crate::money::{Currency, Money};
use crate::points::Points;
use crate::promotion::{Action, Promotion, in_currency};
use crate::refusal::{Missing, Reason};
use crate::share::largest_remainder;
use std::collections::BTreeMap;

/// The work of one combination: what is left, and what each candidate took.
pub(super) struct Work {
    /// What is left of each line, in minor units.
    left: Vec<i64>,
    /// What is left of the shipping.
    shipping: i64,
    /// By the candidate's place: what it took.
    pub(super) taken: BTreeMap<usize, Applied>,
    /// The points' answer.
    pub(super) points: Option<Verdict>,
}

impl Work {
    fn to_pay(&self) -> i64 {
        self.left.iter().fold(self.shipping, |sum, part| sum.saturating_add(*part))
    }
}

/// The combination with the lowest amount to pay; on a tie the one listed first (rules §2.3).
pub(super) fn best_of(
    running: &[Candidate<'_>],
    facts: &Facts,
    cart: &Cart,
    asked: &Asked,
) -> Work {
    let combinable: Vec<usize> =
        (0..running.len()).filter(|place| !is_exclusive(running, *place)).collect();
    let alone = (0..running.len()).filter(|place| is_exclusive(running, *place));
    let mut sets: Vec<Vec<usize>> = alone.map(|place| vec![place]).collect();
    sets.push(combinable);
    sets.sort_by_key(|set| set.first().copied().unwrap_or(usize::MAX));
    let mut best: Option<Work> = None;
    for set in sets {
        let work = price(running, &set, facts, cart, asked);
        if best.as_ref().is_none_or(|best| work.to_pay() < best.to_pay()) {
            best = Some(work);
        }
    }
    best.unwrap_or_else(|| price(running, &[], facts, cart, asked))
}

fn is_exclusive(running: &[Candidate<'_>], place: usize) -> bool {
    running.get(place).is_some_and(|candidate| candidate.promotion.exclusive)
}

/// Prices one combination: promotions by priority, then points, then shipping (rules §2.2).
fn price(
    running: &[Candidate<'_>],
    set: &[usize],
    facts: &Facts,
    cart: &Cart,
    asked: &Asked,
) -> Work {
    let left = cart.lines().iter().map(crate::cart::Line::total).collect();
    let mut work = Work { left, shipping: cart.shipping(), taken: BTreeMap::new(), points: None };
    let mut order: Vec<(usize, &Promotion)> =
        set.iter().filter_map(|place| Some((*place, running.get(*place)?.promotion))).collect();
    order.sort_by_key(|(place, promotion)| (promotion.priority, *place));
    for (place, promotion) in &order {
        let taken = take_off_goods(promotion, cart, &mut work.left);
        work.taken.insert(*place, taken);
    }
    if let Some(points) = asked.points {
        work.points = Some(redeem(points, &facts.public, cart, &mut work.left));
    }
    for (place, promotion) in &order {
        if promotion.actions.contains(&Action::FreeShipping) {
            take_off_shipping(*place, cart.currency(), &mut work);
        }
    }
    work
}

/// An amount that cannot leave the bounds: it is part of the cart's total, which `Cart::new` bounds.
pub(super) const fn money(currency: Currency, minor: i64) -> Money {
    currency.clamped(minor)
}

pub(super) const fn zero(currency: Currency) -> Money {
    currency.clamped(0)
}

/// Applies the actions on goods one after the other, each to what is left (rules §2.3).
fn take_off_goods(promotion: &Promotion, cart: &Cart, left: &mut [i64]) -> Applied {
    let currency = cart.currency();
    let mut per_line = vec![0_i64; left.len()];
    for action in &promotion.actions {
        let weights: Vec<i64> = cart
            .lines()
            .iter()
            .zip(left.iter())
            .map(
                |(line, left)| {
                    if line.discountable && promotion.scope.holds(line) { *left } else { 0 }
                },
            )
            .collect();
        let eligible = weights.iter().fold(0_i64, |sum, part| sum.saturating_add(*part));
        let amount = amount_of(action, eligible, currency);
        spread(amount, &weights, left, &mut per_line, cart);
    }
    let sum = per_line.iter().fold(0_i64, |sum, part| sum.saturating_add(*part));
    Applied {
        amount: money(currency, sum),
        shipping: zero(currency),
        lines: allocations(&per_line, cart),
        points: None,
    }
}

/// What an action takes off `eligible` minor units; never more than that.
fn amount_of(action: &Action, eligible: i64, currency: Currency) -> i64 {
    match action {
        Action::Percent { rate, cap } => {
            let share = rate.half_up(eligible).unwrap_or(eligible);
            share.min(in_currency(cap, currency).unwrap_or(share)).min(eligible)
        }
        Action::Fixed(amounts) => in_currency(amounts, currency).unwrap_or_default().min(eligible),
        Action::FreeShipping => 0,
    }
}

/// Spreads `amount` over the weighted lines. Equal lines are merged first and their part is
/// handed back by quantity, so that splitting a line changes nothing (rules §2.1, §2.5).
fn spread(amount: i64, weights: &[i64], left: &mut [i64], per_line: &mut [i64], cart: &Cart) {
    if amount <= 0 {
        return;
    }
    let groups = groups(cart);
    let sum = |group: &Vec<usize>| {
        group
            .iter()
            .filter_map(|place| weights.get(*place))
            .fold(0, |sum: i64, weight| sum.saturating_add(*weight))
    };
    let totals: Vec<i64> = groups.iter().map(sum).collect();
    for (group, part) in groups.iter().zip(largest_remainder(amount, &totals)) {
        let within: Vec<i64> =
            group.iter().map(|place| weights.get(*place).copied().unwrap_or_default()).collect();
        for (place, share) in group.iter().zip(largest_remainder(part, &within)) {
            if let (Some(left), Some(taken)) = (left.get_mut(*place), per_line.get_mut(*place)) {
                *left = left.saturating_sub(share);
                *taken = taken.saturating_add(share);
            }
        }
    }
}

/// The places of lines equal in product, price and flags, in the cart's order.
fn groups(cart: &Cart) -> Vec<Vec<usize>> {
    let mut by_key = BTreeMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, line) in cart.lines().iter().enumerate() {
        let key = (
            &line.product,
            line.unit_price,
            line.on_sale,
            line.discountable,
            &line.categories,
            &line.brand,
        );
        let group = *by_key.entry(key).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(places) => places.push(place),
            None => groups.push(vec![place]),
        }
    }
    groups
}

fn allocations(per_line: &[i64], cart: &Cart) -> Vec<Allocation> {
    cart.lines()
        .iter()
        .zip(per_line)
        .filter(|(_, amount)| **amount != 0)
        .map(|(line, amount)| Allocation {
            line: line.id.clone(),
            amount: money(cart.currency(), *amount),
        })
        .collect()
}

/// Redeems up to `asked` points on what is left of the discountable goods (rules §2.2, §4.7).
fn redeem(asked: Points, facts: &PublicFacts, cart: &Cart, left: &mut [i64]) -> Verdict {
    let Some(member) = &facts.member else {
        return refused(Reason::LoginRequired);
    };
    let currency = cart.currency();
    let Some(rate) = worth(&facts.redeem, currency) else {
        return refused(Reason::WrongCurrency);
    };
    if member.debt.is_positive() {
        return refused(Reason::InDebt);
    }
    let weights: Vec<i64> = cart
        .lines()
        .iter()
        .zip(left.iter())
        .map(|(line, left)| if line.discountable { *left } else { 0 })
        .collect();
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
    let mut per_line = vec![0_i64; left.len()];
    spread(amount, &weights, left, &mut per_line, cart);
    Verdict::Applied(Applied {
        amount: money(currency, amount),
        shipping: zero(currency),
        lines: allocations(&per_line, cart),
        points: Some(Points::clamped(points)),
    })
}

fn take_off_shipping(place: usize, currency: Currency, work: &mut Work) {
    let amount = work.shipping;
    work.shipping = 0;
    if let Some(applied) = work.taken.get_mut(&place) {
        applied.shipping = money(currency, amount.saturating_add(applied.shipping.minor()));
        applied.amount = money(currency, amount.saturating_add(applied.amount.minor()));
    }
}
