//! `POST /v1/me/join`: a customer becomes a member by their own act.

use serde::{Deserialize, Serialize};

/// The shopper agrees to the program's terms. Says nothing about the newsletter.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JoinRequest {
    /// The version of the terms that was shown; another one in force is refused (`terms_changed`).
    pub terms_version: String,
}
