//! Forgets what is kept for a while only.

use super::Slice;
use crate::error::Error;
use habitue_domain::time::Timestamp;
use habitue_store::{Tx, asset, idempotency, session};

/// How long the first answer to a request is repeated, in days (the contract says 30).
const ANSWER_DAYS: i64 = 30;
/// How long an ended session is kept, so that its token stays refused: tokens live 300 s.
const SESSION_DAYS: i64 = 1;
/// How long a payload is kept after the last server that carried it, in days: longer than anybody
/// leaves a page open.
const ASSET_DAYS: i64 = 90;

/// Forgets the next old rows.
pub async fn slice(tx: &mut Tx<'_>, now: Timestamp) -> Result<Slice, Error> {
    let answers = idempotency::prune(tx, now.plus_days(-ANSWER_DAYS)).await?;
    let sessions = session::prune(tx, now.plus_days(-SESSION_DAYS)).await?;
    let assets = asset::prune(tx, now.plus_days(-ASSET_DAYS)).await?;
    let all = answers.saturating_add(sessions).saturating_add(assets);
    let pruned = usize::try_from(all).unwrap_or(usize::MAX);
    Ok(if pruned == 0 { Slice::Last(0) } else { Slice::More(pruned) })
}
