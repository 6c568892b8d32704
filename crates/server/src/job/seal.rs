//! Writes down what the ledger is, in seals.

use super::Slice;
use crate::error::Error;
use habitue_domain::time::Timestamp;
use habitue_store::Tx;
use habitue_store::seal::{Sealed, seal};

/// Seals the next accounts that changed.
pub async fn slice(tx: &mut Tx<'_>, now: Timestamp) -> Result<Slice, Error> {
    Ok(match seal(tx, "", now).await? {
        Sealed::Nothing => Slice::Last(0),
        Sealed::Accounts(accounts) => Slice::More(accounts),
        Sealed::Broken(finding) => {
            Slice::Stuck(format!("{finding}. Nothing is sealed until `habitue verify` is clean"))
        }
    })
}
