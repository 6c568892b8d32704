//! Tidying up holds that ran out, so that what they took is free again. They count for nothing
//! before that, too: the job only writes down what is so.

use crate::error::Error;
use habitue_domain::id::ProgramId;
use habitue_domain::time::Timestamp;
use habitue_store::{Tx, coupon, hold};

/// Releases holds of the program that ran out, at most 50; answers how many.
///
/// # Errors
/// Faults of the database.
pub async fn tidy_up(tx: &mut Tx<'_>, program: ProgramId, now: Timestamp) -> Result<usize, Error> {
    let expired = hold::expired(tx, program, now).await?;
    for expired in &expired {
        hold::release(tx, expired.id, now).await?;
        coupon::give_back(tx, program, expired.member, expired.id).await?;
    }
    Ok(expired.len())
}
