//! The consent ledger: rows that are never changed, and what they add up to.

use crate::{Error, Tx, id, values};
use habitue_domain::consent::{Action, Matter, Purpose, State};
use habitue_domain::id::{ConsentId, ContactId, ShopId};
use habitue_domain::time::Timestamp;

/// A text that was shown, by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// SHA-256, see `api::consent::Shown`.
    pub hash: String,
    /// Its language.
    pub locale: String,
    /// What stood beside the box.
    pub body: String,
    /// Where to read what becomes of the data.
    pub privacy_url: String,
}

/// A row to be written.
#[derive(Clone, Debug)]
pub struct NewRow<'a> {
    /// The shop.
    pub shop: ShopId,
    /// Who.
    pub contact: ContactId,
    /// About what.
    pub matter: &'a Matter,
    /// What was done.
    pub action: Action,
    /// By what.
    pub channel: &'a str,
    /// The page's origin.
    pub place: Option<&'a str>,
    /// What was shown.
    pub shown: Option<&'a Shown>,
    /// The version of the program it is from.
    pub program_version: i64,
    /// When.
    pub at: Timestamp,
}

const TEXT: &str = "INSERT INTO consent_text (hash, locale, body, privacy_url) \
     VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
const ADD: &str = "INSERT INTO consent (id, shop_id, contact_id, purpose, topic, action, \
     channel, place, text_hash, program_version, happened_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// Writes a row, and its text where that is a new one.
pub async fn add(tx: &mut Tx<'_>, new: &NewRow<'_>) -> Result<ConsentId, Error> {
    if let Some(shown) = new.shown {
        let text = values![&shown.hash, &shown.locale, &shown.body, &shown.privacy_url];
        tx.execute(TEXT, text).await?;
    }
    let consent = id::consent();
    let (purpose, topic) = (new.matter.purpose.word(), &new.matter.topic);
    let hash = new.shown.map(|shown| shown.hash.as_str());
    let row = values![
        consent,
        new.shop,
        new.contact,
        purpose,
        topic,
        new.action.word(),
        new.channel,
        new.place,
        hash,
        new.program_version,
        new.at
    ];
    tx.execute(ADD, row).await?;
    Ok(consent)
}

/// Where a matter stands, with the version that decides races.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// How it stands.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    version: i64,
}

fn state(word: &str, until: Option<Timestamp>) -> Result<State, Error> {
    State::from_word(word, until).ok_or_else(|| Error::Inconsistent {
        table: "consent_state",
        column: "state",
        reason: format!("{word} is no state"),
    })
}

fn purpose(word: &str) -> Result<Purpose, Error> {
    Purpose::from_word(word).ok_or_else(|| Error::Inconsistent {
        table: "consent",
        column: "purpose",
        reason: format!("{word} is no purpose"),
    })
}

const STANDING: &str = "SELECT state, until, since, version FROM consent_state \
     WHERE contact_id = $1 AND purpose = $2 AND topic = $3";

/// Where a matter stands with a contact; `None` where nothing was ever said.
pub async fn standing(
    tx: &mut Tx<'_>,
    contact: ContactId,
    matter: &Matter,
) -> Result<Option<Standing>, Error> {
    let row = values![contact, matter.purpose.word(), &matter.topic];
    let Some(row) = tx.row(STANDING, row).await? else { return Ok(None) };
    let state = state(row.text(0)?, row.opt_time(1)?)?;
    Ok(Some(Standing { state, since: row.time(2)?, version: row.int(3)? }))
}

const BEGIN: &str = "INSERT INTO consent_state (contact_id, purpose, topic, shop_id, state, \
     until, since, version) VALUES ($1, $2, $3, $4, $5, $6, $7, 1) ON CONFLICT DO NOTHING";
const CHANGE: &str = "UPDATE consent_state SET state = $5, until = $6, since = $7, \
     version = version + 1 WHERE contact_id = $1 AND purpose = $2 AND topic = $3 \
     AND version = $4";

/// Moves a matter on from where it was loaded; whoever comes second is [`Error::Conflict`].
pub async fn change(
    tx: &mut Tx<'_>,
    (shop, contact): (ShopId, ContactId),
    matter: &Matter,
    before: Option<&Standing>,
    (next, now): (State, Timestamp),
) -> Result<(), Error> {
    let (purpose, topic) = (matter.purpose.word(), &matter.topic);
    let (word, until) = (next.word(), next.until());
    let changed = match before {
        None => tx.execute(BEGIN, values![contact, purpose, topic, shop, word, until, now]).await?,
        Some(before) => {
            let row = values![contact, purpose, topic, before.version, word, until, now];
            tx.execute(CHANGE, row).await?
        }
    };
    if changed == 0 { Err(Error::Conflict) } else { Ok(()) }
}

const ALL: &str = "SELECT purpose, topic, state, until FROM consent_state \
     WHERE contact_id = $1 ORDER BY purpose, topic LIMIT 100";

/// Every matter of a contact.
pub async fn all(tx: &mut Tx<'_>, contact: ContactId) -> Result<Vec<(Matter, State)>, Error> {
    let read = |row: &crate::Row| {
        let matter = Matter { purpose: purpose(row.text(0)?)?, topic: row.text(1)?.to_owned() };
        Ok((matter, state(row.text(2)?, row.opt_time(3)?)?))
    };
    tx.rows(ALL, values![contact]).await?.iter().map(read).collect()
}

const LAPSED: &str = "SELECT contact_id, shop_id, purpose, topic FROM consent_state \
     WHERE state = 'pending' AND until <= $1 ORDER BY until LIMIT 100";

/// Requests that were not confirmed in time, at most 100.
pub async fn run_out(
    tx: &mut Tx<'_>,
    now: Timestamp,
) -> Result<Vec<(ContactId, ShopId, Matter)>, Error> {
    let read = |row: &crate::Row| {
        let matter = Matter { purpose: purpose(row.text(2)?)?, topic: row.text(3)?.to_owned() };
        Ok((row.parsed(0)?, row.parsed(1)?, matter))
    };
    tx.rows(LAPSED, values![now]).await?.iter().map(read).collect()
}

/// A row as it was written.
#[derive(Clone, Debug)]
pub struct ProofRow {
    /// `con_…`
    pub id: ConsentId,
    /// About what.
    pub matter: Matter,
    /// What was done.
    pub action: String,
    /// By what.
    pub channel: String,
    /// The page's origin.
    pub place: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The version of the program.
    pub program_version: i64,
    /// What was shown.
    pub shown: Option<Shown>,
}

fn proof_row(row: &crate::Row) -> Result<ProofRow, Error> {
    let shown = match row.opt_text(8)? {
        None => None,
        Some(hash) => Some(Shown {
            hash: hash.to_owned(),
            locale: row.text(9)?.to_owned(),
            body: row.text(10)?.to_owned(),
            privacy_url: row.text(11)?.to_owned(),
        }),
    };
    Ok(ProofRow {
        id: row.parsed(0)?,
        matter: Matter { purpose: purpose(row.text(1)?)?, topic: row.text(2)?.to_owned() },
        action: row.text(3)?.to_owned(),
        channel: row.text(4)?.to_owned(),
        place: row.opt_text(5)?.map(str::to_owned),
        at: row.time(6)?,
        program_version: row.int(7)?,
        shown,
    })
}

const PROOF: &str = "SELECT consent.id, consent.purpose, consent.topic, consent.action, \
     consent.channel, consent.place, consent.happened_at, consent.program_version, \
     consent_text.hash, consent_text.locale, consent_text.body, consent_text.privacy_url \
     FROM consent LEFT JOIN consent_text ON consent_text.hash = consent.text_hash \
     WHERE (consent.contact_id = $1 OR consent.contact_id IN ( \
     SELECT id FROM contact WHERE merged_into = $1)) AND consent.id > $2 \
     ORDER BY consent.id LIMIT 100";

/// What a contact did after `after`, oldest first, at most 100 rows.
pub async fn proof(
    tx: &mut Tx<'_>,
    contact: ContactId,
    after: &str,
) -> Result<Vec<ProofRow>, Error> {
    tx.rows(PROOF, values![contact, after]).await?.iter().map(proof_row).collect()
}

const ONE: &str = "SELECT consent.id, consent.purpose, consent.topic, consent.action, \
     consent.channel, consent.place, consent.happened_at, consent.program_version, \
     consent_text.hash, consent_text.locale, consent_text.body, consent_text.privacy_url \
     FROM consent LEFT JOIN consent_text ON consent_text.hash = consent.text_hash \
     WHERE consent.id = $1";

/// One row.
pub async fn one(tx: &mut Tx<'_>, consent: ConsentId) -> Result<Option<ProofRow>, Error> {
    tx.row(ONE, values![consent]).await?.map(|row| proof_row(&row)).transpose()
}
