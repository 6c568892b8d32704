//! What each kind of action takes off (rules §2.4, §2.5, §2.8). Amounts are minor units.

mod pieces;

use super::basket::{Basket, Left};
use crate::cart::Line;
use crate::money::{Currency, Money};
use crate::promotion::{Action, Promotion, Share, in_currency};
use crate::refusal::Missing;
use crate::share::largest_remainder;
use pieces::Pieces;

/// What a promotion takes off each merged line and off the shipping.
pub(super) struct Taken {
    /// Off each merged line.
    pub parts: Vec<i64>,
    /// Off the shipping.
    pub shipping: i64,
}

impl Taken {
    /// All of it.
    pub(super) fn sum(&self) -> i64 {
        self.parts.iter().fold(self.shipping, |sum, part| sum.saturating_add(*part))
    }
}

/// Works a promotion's actions out one after the other, each on what the one before left.
pub(super) fn take(promotion: &Promotion, basket: &Basket<'_>, left: &Left) -> Taken {
    let currency = basket.cart.currency();
    let (mut goods, mut shipping) = (left.goods.clone(), left.shipping);
    for action in &promotion.actions {
        if action.is_about_shipping() {
            shipping = shipping.saturating_sub(off_shipping(action, shipping, currency));
            continue;
        }
        let (amount, weights) = off_goods(action, promotion, basket, &goods);
        if amount > 0 {
            for (left, part) in goods.iter_mut().zip(largest_remainder(amount, &weights)) {
                *left = left.saturating_sub(part);
            }
        }
    }
    let part = |(before, after): (&i64, i64)| before.saturating_sub(after);
    Taken {
        parts: left.goods.iter().zip(goods).map(part).collect(),
        shipping: left.shipping.saturating_sub(shipping),
    }
}

/// An action's amount and what it is spread by; never more than the sum of that.
fn off_goods(
    action: &Action,
    promotion: &Promotion,
    basket: &Basket<'_>,
    left: &[i64],
) -> (i64, Vec<i64>) {
    let currency = basket.cart.currency();
    let holds = |line: &Line| line.discountable && promotion.scope.holds(line, currency);
    let eligible = || basket.weights(left, &holds);
    let pieces = || Pieces::new(basket, left, &holds);
    match action {
        Action::Percent(share) => {
            let weights = eligible();
            (share_of(share, sum(&weights), currency), weights)
        }
        Action::Fixed(amounts) => {
            let weights = eligible();
            (amount_in(amounts, currency).min(sum(&weights)), weights)
        }
        Action::FixedPerLine(amounts) => {
            let most = amount_in(amounts, currency);
            all(eligible().into_iter().map(|left| left.min(most)).collect())
        }
        Action::FixedPerUnit(amounts) => all(pieces().each_at_most(amount_in(amounts, currency))),
        Action::BuyGet(offer) => {
            let pieces = pieces();
            let weights = pieces.cheapest(pieces.free_of(offer));
            let free = sum(&weights);
            (offer.rate.half_up(free).unwrap_or(free).clamp(0, free), weights)
        }
        Action::FreeProduct(free) => {
            let is_it = |line: &Line| line.discountable && line.product == free.product;
            all(Pieces::new(basket, left, &is_it).cheapest(free.quantity))
        }
        Action::Bundle(bundle) => pieces().in_sets(bundle, amount_in(&bundle.price, currency)),
        Action::FreeShipping | Action::PercentShipping(_) | Action::FixedShipping(_) => {
            (0, Vec::new())
        }
    }
}

/// Everything the weights say.
fn all(weights: Vec<i64>) -> (i64, Vec<i64>) {
    (sum(&weights), weights)
}

fn sum(weights: &[i64]) -> i64 {
    weights.iter().fold(0, |sum, weight| sum.saturating_add(*weight))
}

fn amount_in(amounts: &[Money], currency: Currency) -> i64 {
    in_currency(amounts, currency).unwrap_or_default().max(0)
}

/// A share of `whole`, rounded half up once, at most the cap and the whole (rules §2.4).
fn share_of(share: &Share, whole: i64, currency: Currency) -> i64 {
    let part = share.rate.half_up(whole).unwrap_or(whole);
    let cap = in_currency(&share.cap, currency).unwrap_or(whole);
    part.min(cap).clamp(0, whole.max(0))
}

fn off_shipping(action: &Action, left: i64, currency: Currency) -> i64 {
    match action {
        Action::FreeShipping => left,
        Action::PercentShipping(share) => share_of(share, left, currency),
        Action::FixedShipping(amounts) => amount_in(amounts, currency).min(left),
        _ => 0,
    }
}

/// How many pieces more would make a promotion count that takes nothing off.
pub(super) fn missing(promotion: &Promotion, basket: &Basket<'_>) -> Option<Missing> {
    let currency = basket.cart.currency();
    let holds = |line: &Line| line.discountable && promotion.scope.holds(line, currency);
    let left = basket.left();
    let needed = |action: &Action| match action {
        Action::BuyGet(offer) => {
            let there = Pieces::new(basket, &left.goods, &holds).count();
            Some(offer.buy.saturating_add(offer.get).saturating_sub(there))
        }
        Action::Bundle(bundle) => {
            Some(Pieces::new(basket, &left.goods, &holds).missing_of_set(bundle))
        }
        Action::FreeProduct(free) => {
            let is_it = |line: &Line| line.product == free.product;
            Some(1_i64.saturating_sub(Pieces::new(basket, &left.goods, &is_it).count()))
        }
        _ => None,
    };
    let pieces = promotion.actions.iter().find_map(needed)?;
    (pieces > 0).then_some(Missing::Quantity(pieces))
}
