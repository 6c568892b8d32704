//! `POST /v1/members/{id}/credit`: a member's store credit, put right by the shop.

use crate::gift_card::AdjustRequest;
use crate::me::CreditBalance;
use serde::{Deserialize, Serialize};

/// What is put right: given credit may be spent at once, and never ends.
pub type CreditRequest = AdjustRequest;

/// A member's credit after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreditReply {
    /// `mem_…`
    pub member: String,
    /// One entry a currency.
    pub credit: Vec<CreditBalance>,
}
