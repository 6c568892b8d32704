//! `POST /v1/members/{id}/points`: a member's points, put right by the shop.

use habitue_domain::lot::Balance;
use habitue_domain::points::Points;
use serde::{Deserialize, Serialize};

/// What is put right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PointsRequest {
    /// What is added, or taken away below zero: never more than is there and not reserved, and
    /// neither more at once than the program's `points.adjust_limit`.
    pub points: Points,
    /// Who asks for it, at the shop.
    pub author: String,
    /// Why.
    pub reason: String,
}

/// A member's points after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PointsReply {
    /// `mem_…`
    pub member: String,
    /// What they have.
    pub balance: Balance,
}
