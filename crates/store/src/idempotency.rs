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
    /// Nothing: do it.
    New,
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

const FIND: &str = "SELECT body_hash, status, body FROM idempotency \
     WHERE owner = $1 AND route = $2 AND idempotency_key = $3";

/// Looks a request up.
pub async fn find(tx: &mut Tx<'_>, request: &Request) -> Result<Known, Error> {
    let by = values![&request.owner, &request.route, &request.key];
    let Some(row) = tx.row(FIND, by).await? else {
        return Ok(Known::New);
    };
    if row.text(0)? != request.body_hash {
        return Ok(Known::Reused);
    }
    Ok(Known::Answered { status: row.int(1)?, body: row.text(2)?.to_owned() })
}

const SAVE: &str = "INSERT INTO idempotency (owner, route, idempotency_key, body_hash, status, \
     body, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";

/// Keeps the first answer; [`Error::Conflict`] where another one came first, so that the job runs
/// again and finds it.
pub async fn save(
    tx: &mut Tx<'_>,
    request: &Request,
    status: i64,
    body: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let (owner, route, key) = (&request.owner, &request.route, &request.key);
    let row = values![owner, route, key, &request.body_hash, status, body, now];
    match tx.execute(SAVE, row).await? {
        0 => Err(Error::Conflict),
        _ => Ok(()),
    }
}

const PRUNE: &str = "DELETE FROM idempotency WHERE (owner, route, idempotency_key) IN ( \
     SELECT owner, route, idempotency_key FROM idempotency WHERE made_at < $1 \
     ORDER BY made_at LIMIT 100)";

/// Forgets answers given before an instant, at most 100; says how many.
pub async fn prune(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.execute(PRUNE, values![before]).await
}
