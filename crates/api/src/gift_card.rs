//! `/v1/gift-cards`: issued, looked up and put right by the shop; and what is left on one.

use habitue_domain::coupon::CouponCode;
use habitue_domain::money::Money;
use habitue_domain::refusal::Reason;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Issues a gift card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GiftCardRequest {
    /// What is on it, above zero.
    pub amount: Money,
    /// Its end, exclusive; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub until: Option<Timestamp>,
    /// The shop's customer who alone may spend it; whoever knows the code if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// Its code, as printed; a random one of 12 characters if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub code: Option<CouponCode>,
    /// What stands before a random code: 1 to 16 letters, digits, `-` or `_`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The order it was bought with, for the records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
}

/// A gift card as its shop may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GiftCardReply {
    /// `gft_…`
    pub gift_card: String,
    /// Its code: in the answer to issuing it, and never again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub code: Option<CouponCode>,
    /// The end of its code.
    pub last_four: String,
    /// The shop's customer who owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// What it was issued with.
    pub issued: Money,
    /// What is on it.
    pub balance: Money,
    /// The part of it that live holds reserve.
    pub held: Money,
    /// Its end, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub until: Option<Timestamp>,
    /// When it was issued.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub issued_at: Timestamp,
    /// When it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub cancelled_at: Option<Timestamp>,
}

/// One page of a shop's gift cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GiftCardPage {
    /// Newest first.
    pub gift_cards: Vec<GiftCardReply>,
    /// Pass as `before` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Puts what is on a card, or a member's credit, right by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdjustRequest {
    /// What is added, or taken away below zero: never more than is there and not reserved.
    pub amount: Money,
    /// Who asks for it, at the shop.
    pub author: String,
    /// Why.
    pub reason: String,
}

/// Ends a gift card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CancelRequest {
    /// Who asks for it, at the shop.
    pub author: String,
    /// Why.
    pub reason: String,
}

/// Asks what is left on a gift card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BalanceRequest {
    /// Its code.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub code: CouponCode,
}

/// What is left on a gift card, or why it cannot be spent. Status 200 in either case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BalanceReply {
    /// What is on it and not reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Money>,
    /// Its end, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub until: Option<Timestamp>,
    /// `not_found`, also for a card that somebody else owns; `expired`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Reason>,
}
