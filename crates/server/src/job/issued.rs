//! Counts what programs gave out in 12 months, so that whoever watches the metrics is warned.

use super::Slice;
use crate::error::Error;
use crate::routes::issued::issued;
use habitue_domain::time::Timestamp;
use habitue_store::{Tx, verify};

/// Counts for every program, at most 100 of them.
pub async fn slice(tx: &mut Tx<'_>, now: Timestamp) -> Result<Slice, Error> {
    let programs = verify::programs(tx, "").await?;
    for program in &programs {
        let counted = issued(tx, *program, now).await?;
        if counted.is_near_limit {
            tracing::warn!(%program, "credit and gift cards come near 1,000,000 EUR in 12 months");
        }
    }
    Ok(Slice::Last(programs.len()))
}
