//! First answers to requests, kept in the transaction of their effect.

use crate::{Error, Tx, values};
use habitue_domain::time::Timestamp;

/// A request that must have one effect.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whose key it is: a member or an API key.
    pub owner: String,
    /// Method and path.
    pub route: String,
    /// The `Idempotency-Key`.
    pub key: String,
    /// SHA-256 of the body.
    pub body_hash: String,
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: do it, and then [`answer`] it.
    New,
    /// Somebody else is doing it, for longer than we may wait.
    UnderWay,
    /// It was answered so.
    Answered {
        /// The HTTP status.
        status: i64,
        /// The body, byte for byte.
        body: String,
    },
    /// The key was used with another body.
    Reused,
}

const CLAIM: &str = "INSERT INTO idempotency (owner, route, idempotency_key, body_hash, status, \
     body, made_at) VALUES ($1, $2, $3, $4, 0, '', $5) ON CONFLICT DO NOTHING";
const FIND: &str = "SELECT body_hash, status, body FROM idempotency \
     WHERE owner = $1 AND route = $2 AND idempotency_key = $3";

/// Claims a request for this transaction, or says what became of it before.
///
/// The claim is seen by nobody until the transaction ends. On PostgreSQL a second one waits for
/// that, at most as long as for any row (5 s); on SQLite writes follow one another anyway.
pub async fn claim(tx: &mut Tx<'_>, request: &Request, now: Timestamp) -> Result<Known, Error> {
    let (owner, route, key) = (&request.owner, &request.route, &request.key);
    match tx.execute(CLAIM, values![owner, route, key, &request.body_hash, now]).await {
        Err(Error::Busy(_)) => return Ok(Known::UnderWay),
        Err(fault) => return Err(fault),
        Ok(0) => {}
        Ok(_) => return Ok(Known::New),
    }
    // Between the two it can only have been pruned: the job runs again and claims it.
    let found = tx.row(FIND, values![owner, route, key]).await?;
    let row = found.ok_or(Error::Conflict)?;
    if row.text(0)? != request.body_hash {
        return Ok(Known::Reused);
    }
    Ok(Known::Answered { status: row.int(1)?, body: row.text(2)?.to_owned() })
}

const ANSWER: &str = "UPDATE idempotency SET status = $4, body = $5 \
     WHERE owner = $1 AND route = $2 AND idempotency_key = $3";

/// Keeps the first answer to a request that this transaction claimed.
pub async fn answer(
    tx: &mut Tx<'_>,
    request: &Request,
    status: i64,
    body: &str,
) -> Result<(), Error> {
    let (owner, route, key) = (&request.owner, &request.route, &request.key);
    tx.later(ANSWER, values![owner, route, key, status, body]).await
}

const PRUNE: &str = "DELETE FROM idempotency WHERE (owner, route, idempotency_key) IN ( \
     SELECT owner, route, idempotency_key FROM idempotency WHERE made_at < $1 \
     ORDER BY made_at LIMIT 100)";

/// Forgets answers given before an instant, at most 100; says how many.
pub async fn prune(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.execute(PRUNE, values![before]).await
}
