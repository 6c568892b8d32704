//! Mails to a topic, and how far each has been put into the outbox.

use crate::tx::json;
use crate::{Error, Row, Tx, id, values};
use habitue_domain::id::{NewsletterId, ShopId};
use habitue_domain::text::Text;
use habitue_domain::time::Timestamp;

/// A mail to a topic.
#[derive(Clone, Debug)]
pub struct Newsletter {
    /// `nwl_…`
    pub id: NewsletterId,
    /// The shop.
    pub shop: ShopId,
    /// The topic.
    pub topic: String,
    /// Its subject.
    pub subject: Text,
    /// Its text.
    pub body: Text,
    /// The contact up to which it has been put into the outbox.
    pub reached: String,
}

const ADD: &str = "INSERT INTO newsletter (id, shop_id, topic, subject, body, made_at, reached) \
     VALUES ($1, $2, $3, $4, $5, $6, '')";

/// Takes a mail on.
pub async fn add(
    tx: &mut Tx<'_>,
    shop: ShopId,
    topic: &str,
    (subject, body): (&Text, &Text),
    now: Timestamp,
) -> Result<NewsletterId, Error> {
    let newsletter = id::newsletter();
    let (subject, body) = (json(subject)?, json(body)?);
    tx.execute(ADD, values![newsletter, shop, topic, subject, body, now]).await?;
    Ok(newsletter)
}

fn read(row: &Row) -> Result<Newsletter, Error> {
    Ok(Newsletter {
        id: row.parsed(0)?,
        shop: row.parsed(1)?,
        topic: row.text(2)?.to_owned(),
        subject: row.json(3)?,
        body: row.json(4)?,
        reached: row.text(5)?.to_owned(),
    })
}

const LOAD: &str = "SELECT id, shop_id, topic, subject, body, reached FROM newsletter \
     WHERE id = $1";

/// A mail.
pub async fn load(tx: &mut Tx<'_>, newsletter: NewsletterId) -> Result<Option<Newsletter>, Error> {
    tx.row(LOAD, values![newsletter]).await?.map(|row| read(&row)).transpose()
}

const UNQUEUED: &str = "SELECT id, shop_id, topic, subject, body, reached FROM newsletter \
     WHERE queued_at IS NULL ORDER BY id LIMIT 1";

/// The next mail that not everybody's outbox has.
pub async fn unqueued(tx: &mut Tx<'_>) -> Result<Option<Newsletter>, Error> {
    tx.row(UNQUEUED, values![]).await?.map(|row| read(&row)).transpose()
}

const REACH: &str = "UPDATE newsletter SET reached = $2, queued_at = $3 WHERE id = $1";

/// Notes how far a mail has been put into the outbox; with an instant, that it is done.
pub async fn reach(
    tx: &mut Tx<'_>,
    newsletter: NewsletterId,
    reached: &str,
    queued_at: Option<Timestamp>,
) -> Result<(), Error> {
    tx.execute(REACH, values![newsletter, reached, queued_at]).await.map(drop)
}
