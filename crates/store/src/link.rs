//! Links in mails that work once.

use crate::{Error, Tx, id, values};
use habitue_domain::id::{ContactId, LinkId};
use habitue_domain::time::Timestamp;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Confirms what was asked for.
    Confirm,
    /// Opens the page of one's own.
    Open,
}

impl Kind {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Open => "open",
        }
    }
}

/// A link as stored.
#[derive(Clone, Debug)]
pub struct Link {
    /// `lnk_…`
    pub id: LinkId,
    /// Whose.
    pub contact: ContactId,
    /// The customer who asked for it, to be linked with the address once that has said yes.
    pub customer: Option<String>,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

const ADD: &str = "INSERT INTO mail_link (id, kind, contact_id, customer_id, made_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6)";

/// Makes a link.
pub async fn add(
    tx: &mut Tx<'_>,
    kind: Kind,
    contact: ContactId,
    customer: Option<&str>,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<LinkId, Error> {
    let link = id::link();
    tx.execute(ADD, values![link, kind.word(), contact, customer, now, expires_at]).await?;
    Ok(link)
}

const LOAD: &str = "SELECT id, contact_id, customer_id, expires_at, used_at FROM mail_link \
     WHERE id = $1 AND kind = $2";

/// A link, used or not.
pub async fn load(tx: &mut Tx<'_>, kind: Kind, link: LinkId) -> Result<Option<Link>, Error> {
    let Some(row) = tx.row(LOAD, values![link, kind.word()]).await? else { return Ok(None) };
    Ok(Some(Link {
        id: row.parsed(0)?,
        contact: row.parsed(1)?,
        customer: row.opt_text(2)?.map(str::to_owned),
        expires_at: row.time(3)?,
        used_at: row.opt_time(4)?,
    }))
}

const BURN: &str = "UPDATE mail_link SET used_at = $3 WHERE id = $1 AND kind = $2 \
     AND used_at IS NULL AND expires_at > $3";

/// Uses a link; `false` where it was used before or has run out.
pub async fn burn(
    tx: &mut Tx<'_>,
    kind: Kind,
    link: LinkId,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(tx.execute(BURN, values![link, kind.word(), now]).await? > 0)
}

const MADE: &str = "SELECT made_at FROM mail_link WHERE contact_id = $1 AND kind = $2 \
     AND made_at > $3 ORDER BY made_at DESC LIMIT 20";

/// When links of a kind were made for a contact since an instant, newest first, at most 20.
pub async fn made(
    tx: &mut Tx<'_>,
    kind: Kind,
    contact: ContactId,
    since: Timestamp,
) -> Result<Vec<Timestamp>, Error> {
    let rows = tx.rows(MADE, values![contact, kind.word(), since]).await?;
    rows.iter().map(|row| row.time(0)).collect()
}

const PRUNE: &str = "DELETE FROM mail_link WHERE id IN ( \
     SELECT id FROM mail_link WHERE expires_at < $1 ORDER BY expires_at LIMIT 100)";

/// Forgets links that ran out before an instant, at most 100; says how many.
pub async fn prune(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.execute(PRUNE, values![before]).await
}
