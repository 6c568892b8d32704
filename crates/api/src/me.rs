//! `GET /v1/me`: what the shopper has.

use crate::tier::Keeping;
use habitue_domain::lot::{Balance, Expiring};
use habitue_domain::money::Money;
use habitue_domain::quote::PublicFacts;
use habitue_domain::tier::Progress;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The signed-in shopper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The member, or nothing while the shopper has not joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Member>,
    /// What a quote depends on, so that the browser can preview (`domain::quote`).
    pub facts: PublicFacts,
    /// The server's clock, for previews on devices whose clock is wrong.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub now: Timestamp,
}

/// A member of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// `mem_…`
    pub id: String,
    /// For the greeting, if the shop's token said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Since when.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub joined_at: Timestamp,
    /// The points.
    pub balance: Balance,
    /// What the available points are worth in the shop's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<Money>,
    /// The store credit, one entry a currency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credit: Vec<CreditBalance>,
    /// The tier's id; its text stands in `GET /v1/program`.
    pub tier: String,
    /// How far the next tier is.
    pub progress: Progress,
    /// How the tier is kept, where it can be lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeping: Option<Keeping>,
    /// Points that end soon, if any do. Whoever shows it says so by `POST /v1/me/notice`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiring: Option<Expiring>,
}

/// What a member has of store credit in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreditBalance {
    /// To be spent now.
    pub available: Money,
    /// Earned, not ripe yet.
    pub pending: Money,
    /// Reserved at a checkout.
    pub held: Money,
    /// Owed after a return; blocks paying with credit.
    pub debt: Money,
    /// When the next pending credit ripens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub ripens_at: Option<Timestamp>,
    /// How much of what is available ends next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Money>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub ends_at: Option<Timestamp>,
}
