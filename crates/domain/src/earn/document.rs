//! What more a merchant writes about earning than its rates, in text, days and percentages.

use crate::promotion::ScopeDocument;
use crate::time::Date;
use serde::{Deserialize, Serialize};

/// More points for some goods: `{ scope = { categories = ["jazz"] }, multiplier = "2" }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BonusDocument {
    /// The lines it is about; everything if absent.
    #[serde(default, skip_serializing_if = "ScopeDocument::is_everything")]
    pub scope: ScopeDocument,
    /// Multiplies what these lines earn; `"1"` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<String>,
    /// Points besides, for each piece, which nothing multiplies; 0 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_per_piece: Option<i64>,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// More points for a while: `{ multiplier = "2", from = "2026-11-27", until = "2026-11-30" }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CampaignDocument {
    /// Multiplies what orders earn that are placed meanwhile.
    pub multiplier: String,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}
