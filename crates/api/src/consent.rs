//! `/v1/consents`: what somebody is asked, what they answered, and the proof of it.

use habitue_domain::consent::Purpose;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One thing to consent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Matter {
    /// `newsletter`, `sms` or `postal`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub purpose: Purpose,
    /// The topic of the newsletter.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
}

/// `GET`: everything that is offered, and how it stands with the shopper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consents {
    /// The program's version these texts are from; to be sent back.
    pub program_version: i64,
    /// Where to read what becomes of the data; empty where nothing is offered.
    pub privacy_url: String,
    /// Whether an e-mail address must be given with a newsletter topic: nobody has told us one.
    pub email_needed: bool,
    /// What may be ticked, in the merchant's order. Nothing is ticked beforehand.
    pub choices: Vec<Choice>,
}

/// A box, and what stands beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Choice {
    /// `newsletter`, `sms` or `postal`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub purpose: Purpose,
    /// The topic's id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// What the topic is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What is agreed to, to be shown word for word.
    pub text: String,
    /// The language of the text.
    pub locale: String,
    /// `none`, `pending`, `given`, `withdrawn` or `lapsed`.
    pub state: String,
}

/// `POST`: what somebody ticks and takes back. Nothing else changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConsentRequest {
    /// The version whose texts were shown; where they have changed since: `text_changed`.
    pub program_version: i64,
    /// The language they were shown in.
    pub locale: String,
    /// Where the newsletter goes. Left out by a shopper whose shop has told us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What is ticked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub give: Vec<Matter>,
    /// What is taken back. Session only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdraw: Vec<Matter>,
}

/// How things stand now. With a public key every topic is `pending`, whoever the address is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsentReply {
    /// One for each matter of the request.
    pub states: Vec<MatterState>,
}

/// How one matter stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MatterState {
    /// What for.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub purpose: Purpose,
    /// The topic's id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// `none`, `pending`, `given`, `withdrawn` or `lapsed`.
    pub state: String,
}

/// `GET /v1/contacts`: who has consented to one matter. Nothing of any other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contacts {
    /// In the order of their ids.
    pub contacts: Vec<Contact>,
    /// `after` of the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Somebody whose consent counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contact {
    /// `ctc_…`
    pub id: String,
    /// The address, for the newsletter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The shop's customer, if known to be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// The language they were asked in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Since when it counts.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub since: Timestamp,
}

/// `GET /v1/contacts/{id}/consents`: everything a contact has done, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Proof {
    /// `ctc_…`
    pub id: String,
    /// The rows.
    pub rows: Vec<ProofRow>,
    /// `after` of the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One row of the consent ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProofRow {
    /// `con_…`
    pub id: String,
    /// What for.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub purpose: Purpose,
    /// The topic's id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// `asked`, `given`, `confirmed`, `withdrawn` or `lapsed`.
    pub action: String,
    /// By what: `widget`, `link`, `one_click`, `page`, `shop`, `service` or `clock`.
    pub channel: String,
    /// The page's origin, where a browser told us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub at: Timestamp,
    /// What was shown, where something was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
}

/// The very text somebody saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Shown {
    /// SHA-256 over language, text and privacy address, each on a line of its own.
    pub sha256: String,
    /// The version of the program it is from.
    pub program_version: i64,
    /// Its language.
    pub locale: String,
    /// What stood beside the box.
    pub text: String,
    /// Where to read what becomes of the data.
    pub privacy_url: String,
}
