//! `GET /v1/issued`: how much credit and how many gift cards were given out in 12 months.

use crate::history::Instrument;
use habitue_domain::money::Money;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What a program gave out, before anything was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Issued {
    /// From when on it is counted: 365 days ago.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub since: Timestamp,
    /// One amount for each instrument and currency.
    pub issued: Vec<IssuedAmount>,
    /// Whether credit and gift cards together come near the 1,000,000.00 € from which on a shop may
    /// have to tell its supervisor (Directive (EU) 2015/2366, article 37): from 80 % on.
    pub is_near_limit: bool,
}

/// An amount given out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuedAmount {
    /// `credit` or `gift_card`.
    pub instrument: Instrument,
    /// How much.
    pub amount: Money,
}
