//! Tidies up holds that ran out.

use super::Slice;
use crate::error::Error;
use crate::release::tidy_up;
use habitue_domain::time::Timestamp;
use habitue_store::{Tx, hold};

/// Releases the next holds that ran out, of one program.
pub async fn slice(tx: &mut Tx<'_>, now: Timestamp) -> Result<Slice, Error> {
    let Some(program) = hold::program_with_expired(tx, now).await? else {
        return Ok(Slice::Last(0));
    };
    tidy_up(tx, program, now).await.map(Slice::More)
}
