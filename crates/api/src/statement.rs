//! `GET /v1/me/statement`, and the rows of a history with all that explains them. The widget reads
//! less of a row than it is given.

use crate::history::{HistoryRow, Instrument};
use crate::tier::TierChange;
use habitue_domain::money::Currency;
use habitue_domain::time::{Date, Timestamp};
use serde::{Deserialize, Serialize};

/// One page of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExplainedPage {
    /// Newest first.
    pub rows: Vec<ExplainedRow>,
    /// Pass as `before` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
    /// What happened to the tier, newest first, at most 50; on the first page only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<TierChange>,
}

/// One movement, and why it is what it is (rules §5.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExplainedRow {
    /// The movement.
    #[serde(flatten)]
    pub row: HistoryRow,
    /// The version of the program whose rule it follows.
    pub rule: i64,
    /// The lines of the order it is about: those that came back, or all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<RowLine>,
    /// The lots it opened or changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<RowLot>,
    /// The part that repaid a debt, in the row's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repaid: Option<i64>,
    /// The part that is owed since, in the row's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owed: Option<i64>,
    /// The reason the shop gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// All of it in sentences.
    pub text: String,
}

/// A line of an order, or the part of it that came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RowLine {
    /// The shop's name for the line.
    pub line: String,
    /// The shop's name for the product; absent where the line is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Pieces.
    pub quantity: i64,
}

/// A part of a lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RowLot {
    /// How much came or went, in the row's unit.
    pub amount: i64,
    /// The order that earned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// When it was earned.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub earned_at: Timestamp,
    /// When it ends, as far as that is known; absent where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub ends_at: Option<Timestamp>,
}

/// What a member had, what moved, and what they have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Statement {
    /// The first day, in the shop's zone; absent where it goes back to the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub from: Option<Date>,
    /// The last day; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub until: Option<Date>,
    /// When it was made: an order that is told late may still change a day that is over.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub made_at: Timestamp,
    /// What the ledger says of each unit.
    pub sums: Vec<StatementSum>,
    /// What moved, oldest first.
    pub rows: Vec<ExplainedRow>,
}

/// What there was of a unit and what there is: `closing` is `opening` and all rows of that unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatementSum {
    /// Points, credit or gift cards.
    pub instrument: Instrument,
    /// The currency of money, whose minor units are counted; absent for points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Before the first day.
    pub opening: i64,
    /// After the last one.
    pub closing: i64,
}
