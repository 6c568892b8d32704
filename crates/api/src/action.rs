//! `POST /v1/members/{id}/actions`: something a member did that earns points.

use habitue_domain::lot::Balance;
use habitue_domain::points::Points;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What was done. The same event again changes nothing, whatever the `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActionRequest {
    /// `review`, `profile`, or the `id` of a custom action of the program. Joining, birthdays and
    /// the newsletter are seen by the server itself.
    pub action: String,
    /// The shop's id of the event, such as that of the review: 1 to 100 bytes, for ever the same.
    pub event: String,
    /// When it happened, not before the member joined and not after now; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub occurred_at: Option<Timestamp>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActionOutcome {
    /// It earned.
    Earned,
    /// The member had reached the action's cap: it earns nothing, today or later.
    Capped,
    /// It was told before; `points` is what it earned then.
    Known,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActionReply {
    /// `mem_…`
    pub member: String,
    /// What became of it.
    pub outcome: ActionOutcome,
    /// What it earned.
    pub points: Points,
    /// The member's points after it.
    pub balance: Balance,
}
