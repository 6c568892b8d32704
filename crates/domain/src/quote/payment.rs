//! Gift cards and store credit: payment, after every discount, for shipping too (rules §2.2).

use super::basket::{Basket, Left};
use super::{GiftCard, Verdict, refused};
use crate::member::MemberFacts;
use crate::money::Money;
use crate::promotion::in_currency;
use crate::refusal::Reason;
use crate::share::largest_remainder;
use crate::time::Timestamp;

/// Pays with a gift card, as far as it goes.
pub(super) fn by_card(
    card: &GiftCard,
    basket: &Basket<'_>,
    left: &mut Left,
    now: Timestamp,
) -> Verdict {
    if card.until.is_some_and(|until| now >= until) {
        return refused(Reason::Expired);
    }
    if card.balance.currency() != basket.cart.currency() {
        return refused(Reason::WrongCurrency);
    }
    pay(card.balance.minor(), basket, left)
}

/// Pays with the member's credit: at most `asked`, and what there is.
pub(super) fn by_credit(
    asked: Money,
    member: Option<&MemberFacts>,
    basket: &Basket<'_>,
    left: &mut Left,
) -> Verdict {
    let Some(member) = member else {
        return refused(Reason::LoginRequired);
    };
    let currency = basket.cart.currency();
    if asked.currency() != currency {
        return refused(Reason::WrongCurrency);
    }
    if in_currency(&member.credit_debt, currency).is_some_and(|owed| owed > 0) {
        return refused(Reason::InDebt);
    }
    let there = in_currency(&member.credit, currency).unwrap_or_default();
    if there > 0 && asked.minor() <= 0 {
        return refused(Reason::NotApplicable);
    }
    pay(asked.minor().min(there), basket, left)
}

/// Spreads what is paid over the goods and the shipping, so that a return knows each piece's part.
fn pay(most: i64, basket: &Basket<'_>, left: &mut Left) -> Verdict {
    if most <= 0 {
        return refused(Reason::UsedUp);
    }
    let amount = most.min(left.sum());
    if amount <= 0 {
        return refused(Reason::NotApplicable);
    }
    let mut weights = left.goods.clone();
    weights.push(left.shipping);
    let mut parts = largest_remainder(amount, &weights);
    let shipping = parts.pop().unwrap_or_default();
    let mut applied = basket.take(&parts, shipping, left);
    applied.is_payment = true;
    Verdict::Applied(applied)
}
