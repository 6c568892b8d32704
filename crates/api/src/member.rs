//! `/v1/members/{id}`: a member, as their shop sees them.

use habitue_domain::action::Birthday;
use habitue_domain::lot::Balance;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What the shop says of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberRequest {
    /// Month and day, `02-29`; `null` forgets it.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub birthday: Option<Birthday>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberReply {
    /// `mem_…`
    pub member: String,
    /// Who they are at this shop: its own id.
    pub customer: String,
    /// Since when.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub joined_at: Timestamp,
    /// The tier's id.
    pub tier: String,
    /// Their points.
    pub balance: Balance,
    /// Month and day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub birthday: Option<Birthday>,
}
