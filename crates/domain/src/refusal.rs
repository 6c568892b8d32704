//! [`Refusal`]: the rules say no; [`Reason`]: why one asked-for thing was not applied.
//!
//! Both are closed lists with stable codes, the same from SQL to screen.

use crate::coupon::CouponCode;
use crate::money::Money;
use crate::points::Points;
use serde::{Deserialize, Serialize};

/// Why a code, a reward or points were not applied to a cart (rules §2.14). Closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No such code (also the answer for another member's personal code).
    NotFound,
    /// Its last day has passed.
    Expired,
    /// Its first day has not come.
    NotStarted,
    /// All uses are taken.
    UsedUp,
    /// This member has taken all uses a member has.
    UsedUpForMember,
    /// The eligible goods cost less than the minimum.
    BelowMinimum,
    /// Nothing in the cart qualifies.
    NotApplicable,
    /// Only for somebody who is signed in and a member.
    LoginRequired,
    /// Not for this member, such as another tier.
    NotEligible,
    /// Something else in the cart excludes it.
    NotCombinable,
    /// Not offered in the cart's currency.
    WrongCurrency,
    /// Its budget is spent.
    BudgetSpent,
    /// Fewer points than asked for.
    NotEnoughPoints,
    /// Points are owed from an earlier return.
    InDebt,
    /// The reward is out of stock.
    OutOfStock,
}

impl Reason {
    /// Every reason, in the order of the list.
    pub const ALL: [Self; 15] = [
        Self::NotFound,
        Self::Expired,
        Self::NotStarted,
        Self::UsedUp,
        Self::UsedUpForMember,
        Self::BelowMinimum,
        Self::NotApplicable,
        Self::LoginRequired,
        Self::NotEligible,
        Self::NotCombinable,
        Self::WrongCurrency,
        Self::BudgetSpent,
        Self::NotEnoughPoints,
        Self::InDebt,
        Self::OutOfStock,
    ];

    /// The stable code, as on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Expired => "expired",
            Self::NotStarted => "not_started",
            Self::UsedUp => "used_up",
            Self::UsedUpForMember => "used_up_for_member",
            Self::BelowMinimum => "below_minimum",
            Self::NotApplicable => "not_applicable",
            Self::LoginRequired => "login_required",
            Self::NotEligible => "not_eligible",
            Self::NotCombinable => "not_combinable",
            Self::WrongCurrency => "wrong_currency",
            Self::BudgetSpent => "budget_spent",
            Self::NotEnoughPoints => "not_enough_points",
            Self::InDebt => "in_debt",
            Self::OutOfStock => "out_of_stock",
        }
    }
}

/// What is missing for a refused thing to be applied, so that the shopper can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// This much more in eligible goods.
    Money(Money),
    /// This many more points.
    Points(Points),
    /// This many more pieces in the cart.
    Quantity(i64),
}

/// The rules refuse an operation. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A value lies outside the bounds of rules §1.2.
    OutOfBounds {
        /// The field, as in the request: `lines[3].quantity`.
        field: String,
    },
    /// Something asked for cannot be held or confirmed.
    NotApplied {
        /// The code, where it was one (else the points).
        code: Option<CouponCode>,
        /// Why.
        reason: Reason,
        /// What is missing.
        missing: Option<Missing>,
    },
    /// The amount to pay differs from the one the shopper has seen.
    PriceChanged,
    /// The hold ran out.
    HoldExpired,
    /// The hold was given back before.
    HoldReleased,
    /// The hold was committed before, for an order.
    HoldCommitted,
    /// The hold must be confirmed before it is committed.
    HoldNotConfirmed,
    /// The hold was confirmed, so only the shop's back end may end it.
    HoldConfirmed,
    /// Another customer than the hold's.
    CustomerMismatch,
    /// Another amount or currency than confirmed.
    AmountMismatch,
    /// Another order than confirmed.
    OrderMismatch,
    /// The shopper has to join the program first.
    NotAMember,
    /// The program's terms have another version than the one agreed to.
    TermsChanged,
    /// The consent text is not the one in force any more.
    TextChanged,
    /// More units returned than bought, or a line the order does not have.
    ReturnExceedsOrder,
    /// The same return was recorded before with other units.
    ReturnDiffers,
    /// The order is known in another currency, for another customer, or in the same version with
    /// another content.
    OrderDiffers,
    /// The claim was withdrawn, or what it granted was fulfilled or used.
    ClaimSettled,
    /// This event is known as another member's.
    EventDiffers,
}

impl Refusal {
    /// The stable code, as in `Problem::code`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OutOfBounds { .. } => "out_of_bounds",
            Self::NotApplied { reason, .. } => reason.code(),
            Self::PriceChanged => "price_changed",
            Self::HoldExpired => "hold_expired",
            Self::HoldReleased => "hold_released",
            Self::HoldCommitted => "hold_committed",
            Self::HoldNotConfirmed => "hold_not_confirmed",
            Self::HoldConfirmed => "hold_confirmed",
            Self::CustomerMismatch => "customer_mismatch",
            Self::AmountMismatch => "amount_mismatch",
            Self::OrderMismatch => "order_mismatch",
            Self::NotAMember => "not_a_member",
            Self::TermsChanged => "terms_changed",
            Self::TextChanged => "text_changed",
            Self::ReturnExceedsOrder => "return_exceeds_order",
            Self::ReturnDiffers => "return_differs",
            Self::OrderDiffers => "order_differs",
            Self::ClaimSettled => "claim_settled",
            Self::EventDiffers => "event_differs",
        }
    }

    /// A value outside its bounds, named as in the request.
    pub fn out_of_bounds(field: impl Into<String>) -> Self {
        Self::OutOfBounds { field: field.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_the_same_code_in_rust_and_on_the_wire() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        }
    }
}
