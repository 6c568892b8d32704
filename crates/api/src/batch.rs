//! `/v1/coupons/batches`: codes that are made, or imported, together.

use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A batch to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// A promotion with `codes = "issued"`.
    pub promotion: String,
    /// How many codes to make, up to 1,000,000; absent where a partner chose them and they follow by
    /// `POST /v1/coupons/batches/{id}/codes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// What the codes begin with: 1 to 16 letters, digits, `-` or `_`; nothing if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Random characters of a code: 12 if absent, or 16 where the shop cannot bind a code to its
    /// customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub characters: Option<i64>,
    /// How often each code may be used, up to 1,000; once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<i64>,
    /// First instant, inclusive; at once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub from: Option<Timestamp>,
    /// End, exclusive; without end if absent. The promotion's own dates hold besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub until: Option<Timestamp>,
}

/// A batch, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Batch {
    /// `bat_…`
    pub id: String,
    /// The promotion its codes trigger.
    pub promotion: String,
    /// Whether a partner chose its codes.
    pub imported: bool,
    /// How many codes there are to be.
    pub count: i64,
    /// How many there are; the rest follows by itself.
    pub made: i64,
    /// What they begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// How often each may be used.
    pub uses: i64,
    /// First instant, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub from: Option<Timestamp>,
    /// End, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub until: Option<Timestamp>,
    /// Since when there is the batch.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub made_at: Timestamp,
    /// Since when none of its codes counts any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub withdrawn_at: Option<Timestamp>,
}

/// A page of a shop's batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Batches {
    /// At most 100, oldest first.
    pub batches: Vec<Batch>,
    /// `after` for the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Codes that a partner chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CodesRequest {
    /// At most 1,000.
    pub codes: Vec<String>,
}

/// What became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodesReply {
    /// How many are new.
    pub added: usize,
    /// How many this batch had before.
    pub known: usize,
    /// Those that were not taken, and why.
    pub rejected: Vec<Rejected>,
}

/// A code that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rejected {
    /// Its place in the request or its line in the file, from 1.
    pub line: u64,
    /// What is wrong, as a sentence without a full stop.
    pub reason: String,
}
