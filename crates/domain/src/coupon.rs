//! [`CouponCode`]: what a shopper types, and whether a promotion may be used on a cart.

use crate::cart::{Cart, Line};
use crate::member::MemberFacts;
use crate::money::Money;
use crate::promotion::Promotion;
use crate::quote::ShopFacts;
use crate::refusal::{Missing, Reason};
use crate::time::Timestamp;
use core::fmt;
use core::str::FromStr;

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
/// The first objection in this order: dates, sign-in, uses, uses of the member, tier, currency,
/// eligible goods, minimum spend. The order is fixed so that a preview never names a later
/// objection where the server would name an earlier one.
pub fn decide(
    promotion: &Promotion,
    cart: &Cart,
    member: Option<&MemberFacts>,
    shop: Option<&ShopFacts>,
    now: Timestamp,
) -> Result<(), Objection> {
    check_dates(promotion, now)?;
    check_member_and_uses(promotion, member, shop)?;
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
    Ok(())
}

fn check_member_and_uses(
    promotion: &Promotion,
    member: Option<&MemberFacts>,
    shop: Option<&ShopFacts>,
) -> Result<(), Objection> {
    if promotion.needs_member() && member.is_none() {
        return Err(Objection::because(Reason::LoginRequired));
    }
    if let Some(total) = promotion.uses {
        let facts = shop.ok_or(Objection::AskServer)?;
        if facts.uses.get(&promotion.id).copied().unwrap_or_default() >= total {
            return Err(Objection::because(Reason::UsedUp));
        }
    }
    let Some(member) = member else { return Ok(()) };
    let own = member.uses.get(&promotion.id).copied().unwrap_or_default();
    if promotion.uses_per_member.is_some_and(|limit| own >= limit) {
        return Err(Objection::because(Reason::UsedUpForMember));
    }
    if !promotion.tiers.is_empty() && !promotion.tiers.contains(&member.tier) {
        return Err(Objection::because(Reason::NotEligible));
    }
    Ok(())
}

fn check_goods(promotion: &Promotion, cart: &Cart) -> Result<(), Objection> {
    let eligible = eligible_goods(promotion, cart);
    if eligible <= 0 {
        return Err(Objection::because(Reason::NotApplicable));
    }
    let Some(minimum) = promotion.minimum_in(cart.currency()) else {
        return Ok(());
    };
    if eligible >= minimum {
        return Ok(());
    }
    let missing = cart.currency().amount(minimum.saturating_sub(eligible));
    Err(Objection::Refused(Reason::BelowMinimum, missing.map(Missing::Money)))
}

/// What the lines in the promotion's scope cost before any coupon, in minor units (rules §2.6).
///
/// A free-shipping promotion counts lines nobody may discount too: it does not touch them.
pub fn eligible_goods(promotion: &Promotion, cart: &Cart) -> i64 {
    let counts = |line: &&Line| {
        promotion.scope.holds(line) && (line.discountable || promotion.is_about_shipping())
    };
    cart.lines().iter().filter(counts).fold(0, |sum, line| sum.saturating_add(line.total()))
}

/// How far a member's cart is from a promotion's minimum, for a coupon's progress bar.
pub fn missing_for_minimum(promotion: &Promotion, cart: &Cart) -> Option<Money> {
    match check_goods(promotion, cart) {
        Err(Objection::Refused(Reason::BelowMinimum, Some(Missing::Money(money)))) => Some(money),
        _ => None,
    }
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
