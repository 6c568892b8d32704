//! `GET /v1/metrics`: what a program did, in figures.

use habitue_domain::measure::Report;
use serde::{Deserialize, Serialize};

/// The figures of a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Metrics {
    /// The first day, in the program's time zone.
    #[cfg_attr(feature = "openapi", schema(example = "2025-12-01"))]
    pub from: String,
    /// The last day, itself included.
    #[cfg_attr(feature = "openapi", schema(example = "2026-11-30"))]
    pub until: String,
    /// The currency of all amounts; orders in others are left out.
    #[cfg_attr(feature = "openapi", schema(example = "EUR"))]
    pub currency: String,
    /// The figures.
    #[serde(flatten)]
    pub report: Report,
}
