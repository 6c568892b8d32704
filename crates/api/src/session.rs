//! `POST /v1/session`: a shop's token becomes a session.

use crate::me::Me;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The token that the shop's back end signed (JWT, at most 300 s old).
///
/// Claims: `iss` = shop id, `sub` = the shop's customer id, `aud` = this server's public address,
/// `iat`, `exp`, `jti`, and optionally `email`, `email_verified`, `given_name`, `locale`. The
/// header's `kid` names the token key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionRequest {
    /// The signed token.
    pub token: String,
}

/// A session of 15 minutes. The same token always gives the same session.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionReply {
    /// The bearer for further requests: `ses_…`. Keep it in memory only.
    pub session: String,
    /// When it ends.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub expires_at: Timestamp,
    /// The shopper, so that no second request is needed.
    pub me: Me,
}
