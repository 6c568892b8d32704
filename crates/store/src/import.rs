//! What is remembered of an import, so that running it again does the same.

use crate::authority::Merchant;
use crate::{Error, Tx, values};
use habitue_domain::time::Timestamp;

/// How a source was first imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRun {
    /// Days by which all its dates are moved.
    pub shift_days: i64,
    /// Who of its customers was enrolled.
    pub enrol: String,
}

const FIND: &str = "SELECT shift_days, enrol FROM import_run WHERE shop_id = $1 AND source = $2";

/// The first run of a source into a shop, if there was one.
pub async fn find(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    source: &str,
) -> Result<Option<ImportRun>, Error> {
    let row = tx.row(FIND, values![merchant.shop(), source]).await?;
    row.map(|row| Ok(ImportRun { shift_days: row.int(0)?, enrol: row.text(1)?.to_owned() }))
        .transpose()
}

const SAVE: &str = "INSERT INTO import_run (shop_id, source, shift_days, enrol, first_run_at) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

/// Remembers a first run.
pub async fn save(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    source: &str,
    run: &ImportRun,
    now: Timestamp,
) -> Result<(), Error> {
    let row = values![merchant.shop(), source, run.shift_days, &run.enrol, now];
    tx.execute(SAVE, row).await.map(drop)
}
