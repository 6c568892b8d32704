//! `/v1/me/claims`, `/v1/members/{id}/claims`, `/v1/claims`: rewards that were claimed.

use habitue_domain::money::Money;
use habitue_domain::points::Points;
use habitue_domain::reward::Kind;
use habitue_domain::text::Text;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What is claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ClaimRequest {
    /// The reward's id.
    pub reward: String,
}

/// How a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// The shop has not fulfilled it yet.
    Open,
    /// The member has what they claimed.
    Fulfilled,
    /// The shop took it back, and gave the points back.
    Withdrawn,
}

impl ClaimState {
    /// The stable word, as in the database and on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Fulfilled => "fulfilled",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Claim {
    /// `clm_…`
    pub id: String,
    /// The member who claimed it.
    pub member: String,
    /// The reward's id.
    pub reward: String,
    /// What it was called when it was claimed.
    pub name: Text,
    /// What kind of thing it granted.
    pub kind: Kind,
    /// What it cost.
    pub points: Points,
    /// How it stands.
    pub state: ClaimState,
    /// The code, a gift card's too, for its owner; and for the shop in the answer to its own claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The credit, or what was on the gift card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Until when the code is good, if there is an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub until: Option<Timestamp>,
    /// When it was claimed.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub claimed_at: Timestamp,
    /// When it was fulfilled or withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub settled_at: Option<Timestamp>,
}

/// A page of claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Claims {
    /// At most 50.
    pub claims: Vec<Claim>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What the shop makes of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// The member has it.
    Fulfilled,
    /// They do not get it: points and stock go back to where they came from.
    Withdrawn,
}

/// How the shop settles a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SettleRequest {
    /// What becomes of it.
    pub state: Settlement,
    /// Who says so, 1 to 100 characters.
    pub author: String,
    /// Why, 1 to 500 characters.
    pub reason: String,
}
