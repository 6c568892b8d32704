//! Jobs: one at a time across all servers, by a lease that a conditional UPDATE gives.

use crate::{Error, Tx, values};
use habitue_domain::time::Timestamp;

/// A job as stored.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// When it is due.
    pub next_at: Timestamp,
    /// When it last ended.
    pub ran_at: Option<Timestamp>,
    /// What it said then.
    pub outcome: Option<String>,
}

const ENSURE: &str = "INSERT INTO job (name, next_at, holder, lease_until) \
     VALUES ($1, $2, '', 0) ON CONFLICT DO NOTHING";

/// Makes a job known, due at once.
pub async fn ensure(tx: &mut Tx<'_>, name: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(ENSURE, values![name, now]).await.map(drop)
}

const TAKE: &str = "UPDATE job SET holder = $2, lease_until = $4 \
     WHERE name = $1 AND next_at <= $5 AND lease_until <= $3";

/// Takes the lease of a job that is due by an instant and that nobody runs; `false` where that is
/// not so.
pub async fn take(
    tx: &mut Tx<'_>,
    name: &str,
    holder: &str,
    (now, until): (Timestamp, Timestamp),
    due_by: Timestamp,
) -> Result<bool, Error> {
    Ok(tx.execute(TAKE, values![name, holder, now, until, due_by]).await? > 0)
}

const KEEP: &str = "UPDATE job SET lease_until = $3 WHERE name = $1 AND holder = $2";

/// Renews the lease in the transaction of a slice of work; `false` where somebody else has it now,
/// and the slice must not be done.
pub async fn keep(
    tx: &mut Tx<'_>,
    name: &str,
    holder: &str,
    until: Timestamp,
) -> Result<bool, Error> {
    Ok(tx.execute(KEEP, values![name, holder, until]).await? > 0)
}

const DONE: &str = "UPDATE job SET holder = '', lease_until = 0, next_at = $3, ran_at = $4, \
     outcome = $5 WHERE name = $1 AND holder = $2";

/// Gives the lease back and says when the job is due again.
pub async fn done(
    tx: &mut Tx<'_>,
    name: &str,
    holder: &str,
    next_at: Timestamp,
    now: Timestamp,
    outcome: &str,
) -> Result<(), Error> {
    tx.execute(DONE, values![name, holder, next_at, now, outcome]).await.map(drop)
}

const LIST: &str = "SELECT name, next_at, ran_at, outcome FROM job ORDER BY name LIMIT 100";

/// All jobs.
pub async fn list(tx: &mut Tx<'_>) -> Result<Vec<Job>, Error> {
    let read = |row: &crate::Row| {
        Ok(Job {
            name: row.text(0)?.to_owned(),
            next_at: row.time(1)?,
            ran_at: row.opt_time(2)?,
            outcome: row.opt_text(3)?.map(str::to_owned),
        })
    };
    tx.rows(LIST, values![]).await?.iter().map(read).collect()
}
