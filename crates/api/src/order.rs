//! `PUT /v1/orders/{id}` and its returns: orders as state, with the shop's version.

use habitue_domain::money::{Currency, Money};
use habitue_domain::order::{OrderLine, OrderState};
use habitue_domain::points::Points;
use habitue_domain::returns::ReturnedLine;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An order as it stands now. An older version than the one known changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderRequest {
    /// The shop's version of this order, growing: a counter or the time of the last change.
    pub version: i64,
    /// The shop's customer, or nothing for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// When it was placed: decides which program version counts.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub placed_at: Timestamp,
    /// How far it is.
    pub state: OrderState,
    /// ISO 4217.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "EUR"))]
    pub currency: Currency,
    /// What was bought and paid, in minor units, without shipping.
    pub lines: Vec<OrderLine>,
    /// The hold it was paid with (`hld_…`), where that may never have been committed: what it used
    /// is booked as far as it is there, and the shop bears the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    /// Where it was sold, such as `pos` for a till; what was said before where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// Units that came back. Recording the same return again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReturnRequest {
    /// When they came back.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub returned_at: Timestamp,
    /// The units; everything that is left if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<ReturnedLine>>,
}

/// What an order did to the member's points and credit, and to gift cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderReply {
    /// The shop's order id.
    pub order: String,
    /// The version that counts.
    pub version: i64,
    /// How far it is.
    pub state: OrderState,
    /// What was paid for the goods kept.
    pub paid: Money,
    /// Points it has earned so far; 0 where its customer is no member.
    pub earned: Points,
    /// Points redeemed on it, less those a return has given back.
    pub redeemed: Points,
    /// Store credit it has earned so far, where it earned any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_earned: Option<Money>,
    /// Store credit it was paid with, less what a return has given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_used: Option<Money>,
    /// The gift cards it was paid with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gift_cards: Vec<CardUse>,
    /// What was missing of what it was paid with, by unit (`points:…`, `credit:EUR`, `gift:EUR`):
    /// a shop adjustment, to be looked at by a person.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shortfall: BTreeMap<String, i64>,
    /// Where it was sold, where the shop said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// What a gift card paid of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardUse {
    /// `gft_…`
    pub gift_card: String,
    /// What it paid, less what a return has given back to it.
    pub amount: Money,
}
