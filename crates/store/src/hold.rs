//! Holds: reservations at checkout, from `held` to `committed` or `released`.

use crate::authority::Subject;
use crate::tx::json;
use crate::{Error, Row, Tx, values};
use habitue_domain::hold::{Hold, Terms};
use habitue_domain::id::{HoldId, MemberId, ShopId};
use habitue_domain::money::Currency;
use habitue_domain::quote::{Asked, Quote};
use habitue_domain::time::Timestamp;
use std::collections::BTreeMap;

/// A hold as stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// `hld_…`
    pub id: HoldId,
    /// Whose it is, if a member's.
    pub member: Option<MemberId>,
    /// The shop's customer it was made for.
    pub customer: Option<String>,
    /// How far it is.
    pub hold: Hold,
    /// The program version it keeps until the end.
    pub program_version: i64,
    /// What was asked for.
    pub asked: Asked,
    /// Its price.
    pub quote: Quote,
    /// How many pieces of each line were confirmed.
    pub pieces: Option<BTreeMap<String, i64>>,
    /// The keyed hash of the e-mail address of a guest.
    pub email_hash: Option<String>,
}

const ADD: &str = "INSERT INTO hold (id, shop_id, member_id, customer_id, state, program_version, \
     asked, quote, made_at, expires_at, email_hash) \
     VALUES ($1, $2, $3, $4, 'held', $5, $6, $7, $8, $9, $10)";

/// Saves a new hold.
pub async fn add(
    tx: &mut Tx<'_>,
    shop: ShopId,
    new: &Stored,
    made_at: Timestamp,
) -> Result<(), Error> {
    let (asked, quote) = (json(&new.asked)?, json(&new.quote)?);
    let row = values![
        new.id,
        shop,
        new.member,
        new.customer.as_deref(),
        new.program_version,
        asked,
        quote,
        made_at,
        end_of(&new.hold),
        new.email_hash.as_deref()
    ];
    tx.later(ADD, row).await
}

const fn end_of(hold: &Hold) -> Timestamp {
    match hold {
        Hold::Held { expires_at } | Hold::Confirmed { expires_at, .. } => *expires_at,
        Hold::Committed { at, .. } | Hold::Released { at } => *at,
    }
}

const LOAD: &str = "SELECT id, member_id, customer_id, state, program_version, asked, quote, \
     order_id, order_customer, amount_minor, amount_currency, expires_at, ended_at, \
     pieces, email_hash \
     FROM hold WHERE shop_id = $1 AND id = $2";

/// A shop's hold; `None` where it has no such one.
pub async fn load(tx: &mut Tx<'_>, shop: ShopId, hold: HoldId) -> Result<Option<Stored>, Error> {
    tx.row(LOAD, values![shop, hold]).await?.map(|row| read(&row)).transpose()
}

const BY_ORDER: &str = "SELECT id, member_id, customer_id, state, program_version, asked, quote, \
     order_id, order_customer, amount_minor, amount_currency, expires_at, ended_at, \
     pieces, email_hash \
     FROM hold WHERE shop_id = $1 AND order_id = $2 AND state = 'committed'";

/// The committed hold of an order.
pub async fn of_order(tx: &mut Tx<'_>, shop: ShopId, order: &str) -> Result<Option<Stored>, Error> {
    tx.row(BY_ORDER, values![shop, order]).await?.map(|row| read(&row)).transpose()
}

fn read(row: &Row) -> Result<Stored, Error> {
    Ok(Stored {
        id: row.parsed(0)?,
        member: row.opt_parsed(1)?,
        customer: row.opt_text(2)?.map(str::to_owned),
        hold: read_state(row)?,
        program_version: row.int(4)?,
        asked: row.json(5)?,
        quote: row.json(6)?,
        pieces: row.opt_text(13)?.map(|_| row.json(13)).transpose()?,
        email_hash: row.opt_text(14)?.map(str::to_owned),
    })
}

fn read_state(row: &Row) -> Result<Hold, Error> {
    let expires_at = row.time(11)?;
    let ended_at = || row.opt_time(12).map(|at| at.unwrap_or(expires_at));
    Ok(match row.text(3)? {
        "held" => Hold::Held { expires_at },
        "confirmed" => Hold::Confirmed { terms: read_terms(row)?, expires_at },
        "committed" => Hold::Committed { terms: read_terms(row)?, at: ended_at()? },
        _ => Hold::Released { at: ended_at()? },
    })
}

fn read_terms(row: &Row) -> Result<Terms, Error> {
    let currency: Currency = row.parsed(10)?;
    let amount = currency.amount(row.int(9)?).ok_or_else(|| Error::Inconsistent {
        table: "hold",
        column: "amount_minor",
        reason: "out of bounds".to_owned(),
    })?;
    let customer = row.opt_text(8)?.map(str::to_owned);
    Ok(Terms { order: row.text(7)?.to_owned(), customer, amount })
}

const CONFIRM: &str = "UPDATE hold SET state = 'confirmed', quote = $2, order_id = $3, \
     order_customer = $4, amount_minor = $5, amount_currency = $6, expires_at = $7, \
     pieces = $8 WHERE id = $1 AND state = 'held'";

/// Saves a confirmation; [`Error::Conflict`] where the hold moved meanwhile.
pub async fn confirm(
    tx: &mut Tx<'_>,
    hold: HoldId,
    terms: &Terms,
    (quote, pieces): (&Quote, &BTreeMap<String, i64>),
    expires_at: Timestamp,
) -> Result<(), Error> {
    let (minor, currency) = (terms.amount.minor(), terms.amount.currency().to_string());
    let customer = terms.customer.as_deref();
    let (quote, pieces) = (json(quote)?, json(pieces)?);
    let row = values![hold, quote, &terms.order, customer, minor, currency, expires_at, pieces];
    tx.claim(CONFIRM, row).await
}

const ORDER_TAKEN: &str = "SELECT id FROM hold WHERE shop_id = $1 AND order_id = $2 \
     AND id <> $3 AND state IN ('confirmed', 'committed')";

/// Another hold that stands for the same order.
pub async fn other_of_order(
    tx: &mut Tx<'_>,
    shop: ShopId,
    order: &str,
    hold: HoldId,
) -> Result<Option<HoldId>, Error> {
    let row = tx.row(ORDER_TAKEN, values![shop, order, hold]).await?;
    row.map(|row| row.parsed(0)).transpose()
}

const COMMIT: &str =
    "UPDATE hold SET state = 'committed', ended_at = $2 WHERE id = $1 AND state = 'confirmed'";

/// Saves a commit.
pub async fn commit(tx: &mut Tx<'_>, hold: HoldId, at: Timestamp) -> Result<(), Error> {
    tx.claim(COMMIT, values![hold, at]).await
}

const COMMIT_LATE: &str = "UPDATE hold SET state = 'committed', order_id = $2, \
     order_customer = $3, amount_minor = $4, amount_currency = $5, pieces = $6, ended_at = $7 \
     WHERE id = $1 AND state <> 'committed'";

/// Saves that an order was paid with a hold that was never committed.
pub async fn commit_late(
    tx: &mut Tx<'_>,
    hold: HoldId,
    terms: &Terms,
    pieces: &BTreeMap<String, i64>,
    at: Timestamp,
) -> Result<(), Error> {
    let (minor, currency) = (terms.amount.minor(), terms.amount.currency().to_string());
    let (customer, pieces) = (terms.customer.as_deref(), json(pieces)?);
    let row = values![hold, &terms.order, customer, minor, currency, pieces, at];
    tx.claim(COMMIT_LATE, row).await
}

const RELEASE: &str = "UPDATE hold SET state = 'released', ended_at = $2 \
     WHERE id = $1 AND state IN ('held', 'confirmed')";

/// Saves a release.
pub async fn release(tx: &mut Tx<'_>, hold: HoldId, at: Timestamp) -> Result<(), Error> {
    tx.claim(RELEASE, values![hold, at]).await
}

const REPLACE: &str = "UPDATE hold SET state = 'released', ended_at = $3 \
     WHERE shop_id = $1 AND member_id = $2 AND state = 'held'";

const FREE_CODES: &str = "UPDATE code_use SET taken_until = 0 WHERE hold_id IN ( \
     SELECT id FROM hold WHERE shop_id = $1 AND member_id = $2 AND state = 'released' \
     AND ended_at = $3)";
const REPLACE_OF_CUSTOMER: &str = "UPDATE hold SET state = 'released', ended_at = $3 \
     WHERE shop_id = $1 AND customer_id = $2 AND state = 'held'";
const REPLACE_OF_GUEST: &str = "UPDATE hold SET state = 'released', ended_at = $3 \
     WHERE shop_id = $1 AND email_hash = $2 AND state = 'held'";
const FREE_CODES_OF_CUSTOMER: &str = "UPDATE code_use SET taken_until = 0 WHERE hold_id IN ( \
     SELECT id FROM hold WHERE shop_id = $1 AND customer_id = $2 AND state = 'released' \
     AND ended_at = $3)";
const FREE_CODES_OF_GUEST: &str = "UPDATE code_use SET taken_until = 0 WHERE hold_id IN ( \
     SELECT id FROM hold WHERE shop_id = $1 AND email_hash = $2 AND state = 'released' \
     AND ended_at = $3)";

/// Ends the unconfirmed hold of whoever it is at this shop, and frees the codes it reserved: a new
/// one takes its place (rules §3.1). The hold first: one that is confirmed meanwhile keeps its codes.
pub async fn replace(
    tx: &mut Tx<'_>,
    subject: &Subject,
    email_hash: Option<&str>,
    at: Timestamp,
) -> Result<(), Error> {
    let shop = subject.shop;
    match (subject.member, &subject.customer, email_hash) {
        (Some(member), _, _) => {
            tx.later(REPLACE, values![shop, member, at]).await?;
            tx.later(FREE_CODES, values![shop, member, at]).await
        }
        (None, Some(customer), _) => {
            tx.later(REPLACE_OF_CUSTOMER, values![shop, customer, at]).await?;
            tx.later(FREE_CODES_OF_CUSTOMER, values![shop, customer, at]).await
        }
        (None, None, Some(hash)) => {
            tx.later(REPLACE_OF_GUEST, values![shop, hash, at]).await?;
            tx.later(FREE_CODES_OF_GUEST, values![shop, hash, at]).await
        }
        (None, None, None) => Ok(()),
    }
}

/// A live hold that ran out.
#[derive(Clone, Debug)]
pub struct Expired {
    /// The hold.
    pub id: HoldId,
    /// Its member.
    pub member: Option<MemberId>,
}

const EXPIRED: &str = "SELECT hold.id, hold.member_id FROM hold \
     JOIN shop ON shop.id = hold.shop_id WHERE shop.program_id = $1 \
     AND hold.state IN ('held', 'confirmed') AND hold.expires_at <= $2 \
     ORDER BY hold.expires_at LIMIT 50";

/// Holds of a program that ran out and were not tidied up, at most 50.
pub async fn expired(
    tx: &mut Tx<'_>,
    program: habitue_domain::id::ProgramId,
    now: Timestamp,
) -> Result<Vec<Expired>, Error> {
    let rows = tx.rows(EXPIRED, values![program, now]).await?;
    rows.iter().map(|row| Ok(Expired { id: row.parsed(0)?, member: row.opt_parsed(1)? })).collect()
}

const WITH_EXPIRED: &str = "SELECT shop.program_id FROM hold \
     JOIN shop ON shop.id = hold.shop_id WHERE hold.state IN ('held', 'confirmed') \
     AND hold.expires_at <= $1 LIMIT 1";

/// A program with a hold that ran out and was not tidied up.
pub async fn program_with_expired(
    tx: &mut Tx<'_>,
    now: Timestamp,
) -> Result<Option<habitue_domain::id::ProgramId>, Error> {
    tx.row(WITH_EXPIRED, values![now]).await?.map(|row| row.parsed(0)).transpose()
}
