//! `GET /v1/me/history`: what happened to the member's points, newest first.

use habitue_domain::ledger::TransferKind;
use habitue_domain::money::Money;
use habitue_domain::points::Points;
use habitue_domain::rate::Rate;
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

/// One movement, with the facts that explain it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryRow {
    /// Its place in the member's account, from 1.
    pub seq: i64,
    /// Why the points moved.
    pub kind: TransferKind,
    /// Points, negative where they were taken.
    pub points: Points,
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
    /// From when on earned points may be spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub active_from: Option<Timestamp>,
}
