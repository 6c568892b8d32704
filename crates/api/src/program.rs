//! `GET /v1/program`: the program as anybody may see it; `/v1/programs`: its versions.

use habitue_domain::action::EarningAction;
use habitue_domain::earn::RateRow;
use habitue_domain::money::Currency;
use habitue_domain::program::{ProgramDocument, Terms};
use habitue_domain::text::Text;
use habitue_domain::tier::{Metric, Tier, TierWindow};
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The program's card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProgramCard {
    /// `prg_…`
    pub id: String,
    /// The version in force.
    pub version: i64,
    /// What it is called.
    pub name: Text,
    /// The language to fall back to.
    pub locale: String,
    /// What a member agrees to.
    pub terms: Terms,
    /// Days until earned points may be spent.
    pub pending_days: i64,
    /// Months a tier looks back, where its window is `rolling`.
    pub tier_months: i64,
    /// What counts for a tier; `earned` if absent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tier_metric: Metric,
    /// In which time; `rolling` if absent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tier_window: TierWindow,
    /// The currency of thresholds, where money counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub tier_currency: Option<Currency>,
    /// The ladder, lowest first.
    pub tiers: Vec<Tier>,
    /// Points for an amount in the first tier: `⌊minor × num ÷ den⌋`, first match. Of an amount
    /// that counts, without bonuses, campaigns and a cap.
    pub rates: Vec<RateRow>,
    /// Whether anything is asked beside joining: `GET /v1/consents`.
    #[serde(default)]
    pub consent: bool,
    /// What earns besides orders: how to earn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<EarningAction>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One published version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProgramVersion {
    /// The version, from 1.
    pub version: i64,
    /// When it came into force.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub published_at: Timestamp,
    /// Its document.
    pub document: ProgramDocument,
    /// On publishing: what is allowed and better thought about twice, each with its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// The versions, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProgramVersions {
    /// At most 20.
    pub versions: Vec<ProgramVersion>,
    /// Pass as `before` for the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}
