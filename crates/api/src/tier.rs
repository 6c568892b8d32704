//! How a tier is kept and lost, and `/v1/members/{id}/tier`: one given by hand.

use habitue_domain::points::Points;
use habitue_domain::tier::Progress;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How a member keeps the tier they have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Keeping {
    /// When it is looked next whether it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub review_at: Option<Timestamp>,
    /// Until when a tier given by hand cannot be lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub floor_until: Option<Timestamp>,
    /// What is missing, where a review found too little. Whoever shows it says so by
    /// `POST /v1/me/notice`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<Warning>,
}

impl Keeping {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A review found too little: what is missing, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Warning {
    /// The tier it would be.
    pub tier: String,
    /// What is missing to keep the one that is held, in what `progress.metric` counts.
    pub missing: Points,
    /// When it is lost, exclusive: at the earliest, where the member is not told yet.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub until: Timestamp,
    /// Whether the member was told; the time until then begins with it.
    pub told: bool,
}

/// What can happen to a tier. Closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TierChangeKind {
    /// It was reached.
    Up,
    /// A review took it away.
    Down,
    /// A review found too little, and the member was told.
    Warned,
    /// The shop gave it until a date.
    ByHand,
}

impl TierChangeKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Up, Self::Down, Self::Warned, Self::ByHand];

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Warned => "warned",
            Self::ByHand => "by_hand",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Something that happened to a member's tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TierChange {
    /// What.
    pub kind: TierChangeKind,
    /// The tier after it; of a warning the one it would be.
    pub tier: String,
    /// The tier before it.
    pub before: String,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub at: Timestamp,
    /// Until when a tier is given by hand, or when a warned member loses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub until: Option<Timestamp>,
    /// What was reached then, in what the program counts: the reason.
    pub value: Points,
    /// Who gave it by hand; told to the shop alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Why; told to the shop alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A tier given by hand: nobody falls below it before `until`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TierRequest {
    /// The tier's id.
    pub tier: String,
    /// Its end, exclusive; within ten years.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub until: Timestamp,
    /// Who gives it, at the shop.
    pub author: String,
    /// Why.
    pub reason: String,
}

/// Where a member stands, as their shop sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TierReply {
    /// `mem_…`
    pub member: String,
    /// The tier's id.
    pub tier: String,
    /// How far the next tier is.
    pub progress: Progress,
    /// How it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeping: Option<Keeping>,
    /// What happened to it, newest first, at most 50.
    pub changes: Vec<TierChange>,
}
