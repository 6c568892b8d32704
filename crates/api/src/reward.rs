//! `/v1/me/rewards`: what points can be claimed for.

use habitue_domain::points::Points;
use habitue_domain::refusal::{Missing, Reason};
use habitue_domain::reward::Kind;
use habitue_domain::text::Text;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What the shopper can claim, and what not yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rewards {
    /// In the program's order, without those whose time is over.
    pub rewards: Vec<RewardOffer>,
}

/// A reward as a shopper sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RewardOffer {
    /// What `POST /v1/me/claims` calls it.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// What it is.
    #[serde(default, skip_serializing_if = "text_is_empty")]
    pub text: Text,
    /// What kind of thing it grants.
    pub kind: Kind,
    /// What it costs.
    pub points: Points,
    /// How many are left, if there is an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<i64>,
    /// From when on it can be claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub from: Option<Timestamp>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub until: Option<Timestamp>,
    /// Why it cannot be claimed now; it can, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Reason>,
    /// What is missing for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
}

fn text_is_empty(text: &Text) -> bool {
    text.0.is_empty()
}
