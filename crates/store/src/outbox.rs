//! The outbox: what is to be sent, written down in the transaction of what it tells.

use crate::{Error, Tx, id, values};
use habitue_domain::id::{ContactId, MessageId, ShopId};
use habitue_domain::time::Timestamp;

/// By which way something is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// E-mail.
    Mail,
    /// HTTP.
    Web,
}

impl Channel {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Web => "web",
        }
    }
}

/// Something to be sent.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// The shop.
    pub shop: ShopId,
    /// By which way.
    pub channel: Channel,
    /// `confirm`, `open`, `newsletter`, `expiring` or `consent`.
    pub about: &'a str,
    /// The id of what it is about.
    pub reference: String,
    /// To whom, or about whom.
    pub contact: ContactId,
    /// The endpoint it goes to; empty for mail.
    pub endpoint: String,
}

/// A message as stored.
#[derive(Clone, Debug)]
pub struct Message {
    /// `msg_…`
    pub id: MessageId,
    /// The shop.
    pub shop: ShopId,
    /// What it is about.
    pub about: String,
    /// The id of that.
    pub reference: String,
    /// To whom, or about whom.
    pub contact: ContactId,
    /// The endpoint it goes to.
    pub endpoint: String,
    /// How often it was tried before.
    pub attempts: i64,
    /// When it was written.
    pub made_at: Timestamp,
    next_at: Timestamp,
}

const ADD: &str = "INSERT INTO outbox (id, shop_id, channel, about, reference, contact_id, \
     endpoint_id, attempts, made_at, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $8) \
     ON CONFLICT DO NOTHING";

/// Puts a message into the outbox; the same one only once.
pub async fn add(tx: &mut Tx<'_>, new: &New<'_>, now: Timestamp) -> Result<(), Error> {
    let row = values![
        id::message(),
        new.shop,
        new.channel.word(),
        new.about,
        &new.reference,
        new.contact,
        &new.endpoint,
        now
    ];
    tx.execute(ADD, row).await.map(drop)
}

const DUE: &str = "SELECT id, shop_id, about, reference, contact_id, endpoint_id, attempts, \
     made_at, next_at FROM outbox WHERE channel = $1 AND done_at IS NULL AND next_at <= $2 \
     ORDER BY next_at LIMIT $3";

/// What is due, oldest first, at most `limit`.
pub async fn due(
    tx: &mut Tx<'_>,
    channel: Channel,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Message>, Error> {
    let read = |row: &crate::Row| {
        Ok(Message {
            id: row.parsed(0)?,
            shop: row.parsed(1)?,
            about: row.text(2)?.to_owned(),
            reference: row.text(3)?.to_owned(),
            contact: row.parsed(4)?,
            endpoint: row.text(5)?.to_owned(),
            attempts: row.int(6)?,
            made_at: row.time(7)?,
            next_at: row.time(8)?,
        })
    };
    tx.rows(DUE, values![channel.word(), now, limit]).await?.iter().map(read).collect()
}

const TAKE: &str = "UPDATE outbox SET next_at = $3, attempts = attempts + 1 \
     WHERE id = $1 AND next_at = $2 AND done_at IS NULL";

/// Takes a message for as long as `until`; `false` where somebody else has it.
pub async fn take(tx: &mut Tx<'_>, message: &Message, until: Timestamp) -> Result<bool, Error> {
    Ok(tx.execute(TAKE, values![message.id, message.next_at, until]).await? > 0)
}

const DONE: &str = "UPDATE outbox SET done_at = $2, outcome = $3, said = $4 \
     WHERE id = $1 AND done_at IS NULL";

/// Ends a message: `sent`, `dropped` (nobody is to get it any more) or `dead`.
pub async fn done(
    tx: &mut Tx<'_>,
    message: MessageId,
    now: Timestamp,
    (outcome, said): (&str, &str),
) -> Result<(), Error> {
    tx.execute(DONE, values![message, now, outcome, said]).await.map(drop)
}

const AGAIN: &str = "UPDATE outbox SET next_at = $2, said = $3, attempts = attempts - $4 \
     WHERE id = $1 AND done_at IS NULL";

/// Puts a message off; `uncounted` where nobody was reached, so that it was no try.
pub async fn again(
    tx: &mut Tx<'_>,
    message: MessageId,
    next_at: Timestamp,
    said: &str,
    uncounted: bool,
) -> Result<(), Error> {
    let less = i64::from(uncounted);
    tx.execute(AGAIN, values![message, next_at, said, less]).await.map(drop)
}

/// A message that could not be delivered.
#[derive(Clone, Debug)]
pub struct Dead {
    /// `msg_…`
    pub id: MessageId,
    /// What it was about.
    pub about: String,
    /// The endpoint it went to; empty for mail.
    pub endpoint: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was given up.
    pub done_at: Timestamp,
    /// Why.
    pub said: String,
}

const DEAD: &str = "SELECT id, about, endpoint_id, attempts, done_at, said FROM outbox \
     WHERE shop_id = $1 AND outcome = 'dead' AND id > $2 ORDER BY id LIMIT 100";

/// What could not be delivered, after `after`, at most 100.
pub async fn dead(tx: &mut Tx<'_>, shop: ShopId, after: &str) -> Result<Vec<Dead>, Error> {
    let read = |row: &crate::Row| {
        Ok(Dead {
            id: row.parsed(0)?,
            about: row.text(1)?.to_owned(),
            endpoint: row.text(2)?.to_owned(),
            attempts: row.int(3)?,
            done_at: row.time(4)?,
            said: row.opt_text(5)?.unwrap_or_default().to_owned(),
        })
    };
    tx.rows(DEAD, values![shop, after]).await?.iter().map(read).collect()
}

const RAISE: &str = "UPDATE outbox SET done_at = NULL, outcome = NULL, next_at = $3, \
     attempts = 0 WHERE id = $1 AND shop_id = $2 AND outcome = 'dead'";

/// Tries a dead message again; `false` where there is none.
pub async fn raise(
    tx: &mut Tx<'_>,
    shop: ShopId,
    message: MessageId,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(tx.execute(RAISE, values![message, shop, now]).await? > 0)
}

const COUNTS: &str = "SELECT COUNT(*), MIN(made_at) FROM outbox \
     WHERE channel = $1 AND done_at IS NULL";

/// How many wait, and since when the oldest does.
pub async fn waiting(tx: &mut Tx<'_>, channel: Channel) -> Result<(i64, Option<Timestamp>), Error> {
    let row = tx.row(COUNTS, values![channel.word()]).await?;
    row.map_or(Ok((0, None)), |row| Ok((row.int(0)?, row.opt_time(1)?)))
}

const PRUNE: &str = "DELETE FROM outbox WHERE id IN ( \
     SELECT id FROM outbox WHERE done_at < $1 ORDER BY done_at LIMIT 100)";

/// Forgets messages that ended before an instant, at most 100; says how many.
pub async fn prune(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.execute(PRUNE, values![before]).await
}
