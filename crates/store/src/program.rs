//! Programs and their immutable versions.

use crate::authority::{Admin, Merchant};
use crate::tx::json;
use crate::{Error, Row, Tx, values};
use habitue_domain::id::ProgramId;
use habitue_domain::program::ProgramDocument;
use habitue_domain::time::Timestamp;

/// A published version.
#[derive(Clone, Debug)]
pub struct Version {
    /// From 1.
    pub version: i64,
    /// When it was published.
    pub published_at: Timestamp,
    /// Its document.
    pub document: ProgramDocument,
}

const ADD: &str = "INSERT INTO program (id, version, created_at) VALUES ($1, 0, $2)";

/// Adds a program without a version.
pub async fn add(
    tx: &mut Tx<'_>,
    _: &Admin,
    program: ProgramId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(ADD, values![program, now]).await.map(drop)
}

const RAISE: &str = "UPDATE program SET version = version + 1 WHERE id = $1 RETURNING version";
const SAVE: &str = "INSERT INTO program_version (program_id, version, document, published_at) \
     VALUES ($1, $2, $3, $4)";

/// Publishes `document` as the next version, which it answers.
pub async fn publish(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    document: &ProgramDocument,
    now: Timestamp,
) -> Result<i64, Error> {
    let program = merchant.program();
    let row = tx.row(RAISE, values![program]).await?.ok_or(Error::Conflict)?;
    let version = row.int(0)?;
    tx.execute(SAVE, values![program, version, json(document)?, now]).await?;
    Ok(version)
}

const CURRENT: &str = "SELECT version FROM program WHERE id = $1";

/// The number of the version in force; 0 before the first.
pub async fn current(tx: &mut Tx<'_>, program: ProgramId) -> Result<i64, Error> {
    let row = tx.row(CURRENT, values![program]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

const IN_FORCE_AT: &str = "SELECT version FROM program_version WHERE program_id = $1 \
     AND published_at <= $2 ORDER BY version DESC LIMIT 1";

/// The version in force at an instant; before the first one was published, the first.
pub async fn in_force_at(
    tx: &mut Tx<'_>,
    program: ProgramId,
    instant: Timestamp,
) -> Result<i64, Error> {
    let row = tx.row(IN_FORCE_AT, values![program, instant]).await?;
    row.map_or(Ok(1), |row| row.int(0))
}

const LOAD: &str = "SELECT version, published_at, document FROM program_version \
     WHERE program_id = $1 AND version = $2";

/// One version; `None` where there is no such one.
pub async fn load(
    tx: &mut Tx<'_>,
    program: ProgramId,
    version: i64,
) -> Result<Option<Version>, Error> {
    tx.row(LOAD, values![program, version]).await?.map(|row| read(&row)).transpose()
}

const LIST: &str = "SELECT version, published_at, document FROM program_version \
     WHERE program_id = $1 AND version < $2 ORDER BY version DESC LIMIT 20";

/// The versions before `before`, newest first, at most 20.
pub async fn list(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    before: i64,
) -> Result<Vec<Version>, Error> {
    let rows = tx.rows(LIST, values![merchant.program(), before]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Version, Error> {
    Ok(Version { version: row.int(0)?, published_at: row.time(1)?, document: row.json(2)? })
}
