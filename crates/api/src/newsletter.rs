//! `POST /v1/newsletters`: a mail to everybody who has consented to a topic.

use habitue_domain::text::Text;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A mail to a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewsletterRequest {
    /// The topic's id.
    pub topic: String,
    /// Its subject by language, one line of at most 200 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub subject: Text,
    /// Its text by language, at most 20,000 characters; an empty line begins a paragraph.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub body: Text,
}

/// The mail, on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewsletterReply {
    /// `nwl_…`
    pub id: String,
    /// When it was taken on.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub made_at: Timestamp,
}
