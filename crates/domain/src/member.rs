//! [`MemberFacts`]: what the rules may know of the member in front of them.

use crate::money::Money;
use crate::points::Points;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The member's own facts; part of what the browser is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberFacts {
    /// Points that are ripe, not expired and not held.
    #[serde(default)]
    pub available: Points,
    /// Points owed after a return; redeeming is blocked while above zero (rules §4.8).
    #[serde(default)]
    pub debt: Points,
    /// The id of the tier.
    #[serde(default)]
    pub tier: String,
    /// Completed orders and confirmed holds of this member, by promotion id.
    #[serde(default)]
    pub uses: BTreeMap<String, i64>,
    /// Paid orders so far, where some promotion asks for their number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<i64>,
    /// Store credit to spend, one amount a currency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credit: Vec<Money>,
    /// Store credit owed after a return; paying with credit in that currency is blocked meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credit_debt: Vec<Money>,
}
