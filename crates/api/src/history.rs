//! `GET /v1/me/history`: what happened to the member's points, credit and gift cards, newest first.

use habitue_domain::ledger::TransferKind;
use habitue_domain::money::Money;
use habitue_domain::points::Points;
use habitue_domain::rate::Rate;
use habitue_domain::text::Text;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryPage {
    /// Newest first.
    pub rows: Vec<HistoryRow>,
    /// Pass as `before` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// What a movement is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Instrument {
    /// Points.
    #[default]
    Points,
    /// Store credit.
    Credit,
    /// A gift card.
    GiftCard,
}

/// One movement, with the facts that explain it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryRow {
    /// Its place among the member's movements, from 1.
    pub seq: i64,
    /// Why it moved.
    pub kind: TransferKind,
    /// What moved.
    #[serde(default)]
    pub instrument: Instrument,
    /// Points, negative where they were taken; 0 where money moved.
    pub points: Points,
    /// Money, negative where it was taken, where it moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// When it happened.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub occurred_at: Timestamp,
    /// The shop's order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// What was paid for goods kept on that order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Money>,
    /// The tier's multiplier that was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub multiplier: Option<Rate>,
    /// What the program calls the action that earned, where no order did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Text>,
    /// From when on earned points may be spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub active_from: Option<Timestamp>,
    /// The id of the reward it was spent on, came with, or came back from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward: Option<String>,
    /// The tier whose entry gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
}
