//! [`CouponCode`]: what a shopper types, and whether a promotion may be used on a cart.

use crate::cart::{Cart, Line};
use crate::member::MemberFacts;
use crate::promotion::Promotion;
use crate::quote::ShopFacts;
use crate::refusal::{Missing, Reason};
use crate::time::Timestamp;
use core::fmt;
use core::str::FromStr;
use std::collections::BTreeMap;

/// A code as typed: 3 to 40 ASCII letters, digits, `-` or `_`, trimmed (rules §2.11).
///
/// Compared and stored in capitals; a promotion keeps the way its merchant wrote it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CouponCode(String);

impl CouponCode {
    /// The code in capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A text that is known to be a code in capitals.
    pub(crate) const fn in_capitals(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for CouponCode {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (3..=40).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_ascii_uppercase()))
        } else {
            Err("a code has 3 to 40 letters, digits, hyphens or underscores")
        }
    }
}

impl fmt::Display for CouponCode {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

crate::serde_as_text!(CouponCode);

/// Why a promotion does not apply, or that only the server can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// The rules refuse it.
    Refused(Reason, Option<Missing>),
    /// The facts at hand do not suffice.
    AskServer,
}

impl Objection {
    const fn because(reason: Reason) -> Self {
        Self::Refused(reason, None)
    }
}

/// Decides whether `promotion` may be used on `cart`; what it is worth is [`crate::quote`]'s work.
///
/// `shop` is `None` in the browser, which does not know the counters.
///
/// # Errors
/// The first objection in this order: dates, hours, sign-in, uses, stock, budget, uses of the
/// member, tier, order, segment, channel, currency, eligible goods, what the cart must contain,
/// minimum quantity, minimum spend. The order is fixed so that a preview never names a later
/// objection where the server would name an earlier one.
pub fn decide(
    promotion: &Promotion,
    cart: &Cart,
    member: Option<&MemberFacts>,
    shop: Option<&ShopFacts>,
    now: Timestamp,
) -> Result<(), Objection> {
    check_dates(promotion, now)?;
    let guest = shop.and_then(|shop| shop.guest.as_ref()).filter(|_| !promotion.is_for_members());
    if promotion.needs_member() && member.is_none() && guest.is_none() {
        return Err(Objection::because(Reason::LoginRequired));
    }
    check_limits(promotion, cart, shop)?;
    if let (None, Some(uses)) = (member, guest) {
        check_uses(promotion, uses)?;
    }
    if let Some(member) = member {
        check_member(promotion, member, shop)?;
    }
    let within = |channel| promotion.channels.iter().any(|known| known == channel);
    if !promotion.channels.is_empty() && !cart.channel().is_some_and(within) {
        return Err(Objection::because(Reason::NotApplicable));
    }
    if !promotion.is_offered_in(cart.currency()) {
        return Err(Objection::because(Reason::WrongCurrency));
    }
    check_goods(promotion, cart)
}

fn check_dates(promotion: &Promotion, now: Timestamp) -> Result<(), Objection> {
    if promotion.from.is_some_and(|from| now < from) {
        return Err(Objection::because(Reason::NotStarted));
    }
    if promotion.until.is_some_and(|until| now >= until) {
        return Err(Objection::because(Reason::Expired));
    }
    // Hours of the week that nobody has expanded are not open by mistake.
    let always = promotion.hours.is_empty() && promotion.weekly.is_empty();
    if always || promotion.hours.iter().any(|window| window.holds(now)) {
        return Ok(());
    }
    let opens =
        promotion.hours.is_empty() || promotion.hours.iter().any(|window| now < window.from);
    Err(Objection::because(if opens { Reason::NotStarted } else { Reason::Expired }))
}

fn check_limits(
    promotion: &Promotion,
    cart: &Cart,
    shop: Option<&ShopFacts>,
) -> Result<(), Objection> {
    let stock = promotion.uses_of_stock();
    if promotion.uses.is_none() && stock.is_none() && promotion.budget.is_empty() {
        return Ok(());
    }
    let facts = shop.ok_or(Objection::AskServer)?;
    let used = facts.uses.get(&promotion.id).copied().unwrap_or_default();
    if promotion.uses.is_some_and(|limit| used >= limit) {
        return Err(Objection::because(Reason::UsedUp));
    }
    if stock.is_some_and(|limit| used >= limit) {
        return Err(Objection::because(Reason::OutOfStock));
    }
    if facts.left_of_budget(promotion, cart.currency()).is_some_and(|left| left <= 0) {
        return Err(Objection::because(Reason::BudgetSpent));
    }
    Ok(())
}

fn check_member(
    promotion: &Promotion,
    member: &MemberFacts,
    shop: Option<&ShopFacts>,
) -> Result<(), Objection> {
    check_uses(promotion, &member.uses)?;
    if !promotion.tiers.is_empty() && !promotion.tiers.contains(&member.tier) {
        return Err(Objection::because(Reason::NotEligible));
    }
    if !promotion.orders.is_empty() {
        // The server counts them wherever a promotion asks.
        let known = member.orders.or_else(|| shop.map(|_| 0)).ok_or(Objection::AskServer)?;
        if !promotion.orders.contains(&known.saturating_add(1)) {
            return Err(Objection::because(Reason::NotEligible));
        }
    }
    if !promotion.segments.is_empty() {
        let known = &shop.ok_or(Objection::AskServer)?.segments;
        if !promotion.segments.iter().any(|segment| known.contains(segment)) {
            return Err(Objection::because(Reason::NotEligible));
        }
    }
    Ok(())
}

fn check_uses(promotion: &Promotion, uses: &BTreeMap<String, i64>) -> Result<(), Objection> {
    let own = uses.get(&promotion.id).copied().unwrap_or_default();
    if promotion.uses_per_member.is_some_and(|limit| own >= limit) {
        return Err(Objection::because(Reason::UsedUpForMember));
    }
    Ok(())
}

fn check_goods(promotion: &Promotion, cart: &Cart) -> Result<(), Objection> {
    let (eligible, pieces) = eligible(promotion, cart);
    if eligible <= 0 {
        return Err(Objection::because(Reason::NotApplicable));
    }
    let refused = |reason, missing| Err(Objection::Refused(reason, Some(missing)));
    let lacking = promotion.contains.iter().map(|part| part.missing_in(cart.lines())).max();
    if let Some(pieces) = lacking.filter(|pieces| *pieces > 0) {
        return refused(Reason::NotApplicable, Missing::Quantity(pieces));
    }
    let more = promotion.minimum_quantity.unwrap_or_default().saturating_sub(pieces);
    if more > 0 {
        return refused(Reason::BelowMinimum, Missing::Quantity(more));
    }
    let Some(minimum) = promotion.minimum_in(cart.currency()).filter(|it| *it > eligible) else {
        return Ok(());
    };
    let missing = cart.currency().clamped(minimum.saturating_sub(eligible));
    refused(Reason::BelowMinimum, Missing::Money(missing))
}

/// What the lines in the promotion's scope cost before any coupon, in minor units (rules §2.6),
/// and how many pieces they are.
///
/// A free-shipping promotion counts lines nobody may discount too: it does not touch them.
fn eligible(promotion: &Promotion, cart: &Cart) -> (i64, i64) {
    let any = promotion.is_about_shipping();
    let counts =
        |line: &&Line| (line.discountable || any) && promotion.scope.holds(line, cart.currency());
    cart.lines().iter().filter(counts).fold((0, 0), |(goods, pieces): (i64, i64), line| {
        (goods.saturating_add(line.total()), pieces.saturating_add(line.quantity))
    })
}

/// What the lines in the promotion's scope cost before any coupon, in minor units.
pub fn eligible_goods(promotion: &Promotion, cart: &Cart) -> i64 {
    eligible(promotion, cart).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case(" spring10 ", "SPRING10")]
    #[case("k7qd-93mx", "K7QD-93MX")]
    #[case("a_b", "A_B")]
    fn rule_2_11_a_code_is_trimmed_and_compared_in_capitals(
        #[case] typed: &str,
        #[case] normal: &str,
    ) {
        assert_eq!(typed.parse::<CouponCode>().unwrap().as_str(), normal);
    }

    #[rstest]
    #[case("")]
    #[case("ab")]
    #[case("été26")]
    #[case("two words")]
    #[case("a'; DROP TABLE hold; --")]
    fn rule_2_11_other_texts_are_refused_with_a_sentence(#[case] typed: &str) {
        assert!(typed.parse::<CouponCode>().unwrap_err().contains("3 to 40"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic_and_a_code_reads_back(text in ".{0,60}") {
            if let Ok(code) = text.parse::<CouponCode>() {
                prop_assert_eq!(code.as_str().parse::<CouponCode>(), Ok(code.clone()));
            }
        }
    }
}
