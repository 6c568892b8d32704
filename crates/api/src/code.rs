//! `/v1/coupons`: codes that are issued one by one, to members and in batches.

use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A code for one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CouponRequest {
    /// A promotion with `codes = "issued"`.
    pub promotion: String,
    /// The shop's customer, who must be a member.
    pub customer: String,
    /// What the code begins with: 1 to 16 letters, digits, `-` or `_`; nothing if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// First instant, inclusive; at once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub from: Option<Timestamp>,
    /// End, exclusive; without end if absent. The promotion's own dates hold besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub until: Option<Timestamp>,
}

/// How an issued code stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CouponState {
    /// It may be used, within its dates.
    Open,
    /// An order has used it.
    Used,
    /// It was withdrawn, or the order that issued it came back.
    Withdrawn,
}

/// A code of one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Coupon {
    /// `cod_…`, which is not the code.
    pub id: String,
    /// The promotion it triggers.
    pub promotion: String,
    /// The code, on issuing it alone; from then on its owner sees it in `GET /v1/me`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Its last four letters or digits.
    pub last_four: String,
    /// The order that issued it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// First instant, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub from: Option<Timestamp>,
    /// End, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub until: Option<Timestamp>,
    /// How it stands.
    pub state: CouponState,
}

/// A page of a customer's codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Coupons {
    /// At most 100.
    pub coupons: Vec<Coupon>,
    /// `after` for the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
