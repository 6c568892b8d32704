//! `/v1/holds`: hold → confirm → commit or release.

use crate::quote::CartRequest;
use habitue_domain::money::Money;
use habitue_domain::quote::{Asked, Quote};
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Reserves what belongs to the member for 15 minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HoldRequest {
    /// The cart.
    pub cart: CartRequest,
    /// Codes, points and credit; anything refused refuses the hold.
    pub asked: Asked,
    /// With a secret key: the shop's customer it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// With a secret key: the e-mail address of a guest, by which uses are counted. Only a keyed
    /// hash of it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// How far a hold is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum HoldState {
    /// Reserved, waiting for the shop's confirmation.
    Held,
    /// Confirmed, waiting for the payment.
    Confirmed,
    /// Paid.
    Committed,
    /// Given back, by somebody or by its time.
    Released,
}

/// A hold and its price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HoldReply {
    /// `hld_…`, for the shop's cart.
    pub hold: String,
    /// The shop's customer it was made for, so that a shop never keeps another one's hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// How far it is.
    pub state: HoldState,
    /// When it ends by itself, while it is live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub expires_at: Option<Timestamp>,
    /// The price, final once confirmed. Whoever made the hold reads the codes as they typed them;
    /// from then on a gift card is named by its id in capitals, `GFT_…`, since its code is nowhere.
    pub quote: Quote,
}

/// Confirms a hold just before payment, with the order's own figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfirmRequest {
    /// The shop's order id.
    pub order: String,
    /// The shop's customer id, or nothing for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// The order's lines and shipping, before any discount of ours.
    pub cart: CartRequest,
    /// What the shopper has been shown as the amount to pay; another price is `price_changed`.
    pub to_pay: Money,
    /// Seconds to wait for the payment: 60 to 604,800; 3,600 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<i64>,
}

/// Commits a hold once the order is paid; must say the same as the confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommitRequest {
    /// The shop's order id.
    pub order: String,
    /// The shop's customer id, or nothing for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// What was paid.
    pub amount: Money,
}
