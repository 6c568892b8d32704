//! `/v1/me/card`: the member's card for the till; `GET /v1/members?card=…`: whose it is.

use habitue_domain::lot::Balance;
use habitue_domain::money::Money;
use serde::{Deserialize, Serialize};

/// A member's card. Its code names them at the till, and opens nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Card {
    /// What the till reads or types: 16 letters and digits in groups of four.
    pub code: String,
    /// How many modules the QR code is wide and high, without its quiet zone.
    pub size: i64,
    /// The dark modules as the `d` of an SVG path, one module a unit.
    pub path: String,
}

/// Whose card it is, for the till.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardHolder {
    /// `mem_…`
    pub member: String,
    /// The shop's customer.
    pub customer: String,
    /// The tier's id.
    pub tier: String,
    /// Their points.
    pub balance: Balance,
    /// What the available points are worth in the shop's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<Money>,
}
