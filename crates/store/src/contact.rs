//! Contacts: whom a shop may have consent from, and the only place their addresses stand in.

use crate::authority::Merchant;
use crate::{Error, Row, Tx, id, values};
use habitue_domain::consent::Matter;
use habitue_domain::contact::Email;
use habitue_domain::id::{ContactId, MemberId, ProgramId, ShopId};
use habitue_domain::time::Timestamp;

/// A contact as stored.
#[derive(Clone, Debug)]
pub struct Contact {
    /// `ctc_…`
    pub id: ContactId,
    /// The shop.
    pub shop: ShopId,
    /// The shop's customer, if known to be one.
    pub customer: Option<String>,
    /// The address, unless there is none or it was erased.
    pub email: Option<Email>,
    /// The language they were last asked in.
    pub locale: Option<String>,
    /// Whether it is to be erased once everybody else has been told.
    pub is_leaving: bool,
}

fn read(row: &Row) -> Result<Contact, Error> {
    Ok(Contact {
        id: row.parsed(0)?,
        shop: row.parsed(1)?,
        customer: row.opt_text(2)?.map(str::to_owned),
        email: row.opt_parsed(3)?,
        locale: row.opt_text(4)?.map(str::to_owned),
        is_leaving: row.opt_int(5)?.is_some(),
    })
}

const LOAD: &str =
    "SELECT id, shop_id, customer_id, email, locale, leaving_at FROM contact WHERE id = $1";

/// A contact, erased or not.
pub async fn load(tx: &mut Tx<'_>, contact: ContactId) -> Result<Option<Contact>, Error> {
    tx.row(LOAD, values![contact]).await?.map(|row| read(&row)).transpose()
}

const OF_SHOP: &str = "SELECT id FROM contact WHERE id = $1 AND shop_id = $2";

/// Whether the merchant's shop has this contact.
pub async fn is_of(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    contact: ContactId,
) -> Result<bool, Error> {
    Ok(tx.row(OF_SHOP, values![contact, merchant.shop()]).await?.is_some())
}

const BY_CUSTOMER: &str = "SELECT id, shop_id, customer_id, email, locale, leaving_at FROM contact \
     WHERE shop_id = $1 AND customer_id = $2";

/// The contact that a shop's customer is.
pub async fn of_customer(
    tx: &mut Tx<'_>,
    shop: ShopId,
    customer: &str,
) -> Result<Option<Contact>, Error> {
    tx.row(BY_CUSTOMER, values![shop, customer]).await?.map(|row| read(&row)).transpose()
}

const BY_EMAIL: &str = "SELECT id, shop_id, customer_id, email, locale, leaving_at FROM contact \
     WHERE shop_id = $1 AND email_hash = $2";

/// The contact with the address of this hash.
pub async fn of_email(
    tx: &mut Tx<'_>,
    shop: ShopId,
    email_hash: &str,
) -> Result<Option<Contact>, Error> {
    tx.row(BY_EMAIL, values![shop, email_hash]).await?.map(|row| read(&row)).transpose()
}

const OF_PROGRAM: &str = "SELECT contact.id, contact.shop_id, contact.customer_id, \
     contact.email, contact.locale, leaving_at FROM contact JOIN shop ON shop.id = contact.shop_id \
     WHERE shop.program_id = $1 AND contact.email_hash = $2 ORDER BY contact.id LIMIT 20";

/// The contacts with this address in the shops of a program, at most 20.
pub async fn of_program(
    tx: &mut Tx<'_>,
    program: ProgramId,
    email_hash: &str,
) -> Result<Vec<Contact>, Error> {
    tx.rows(OF_PROGRAM, values![program, email_hash]).await?.iter().map(read).collect()
}

const ADD: &str = "INSERT INTO contact (id, shop_id, customer_id, email, email_hash, locale, \
     made_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";

/// Somebody a shop has not met before: a customer, an address with its hash, or both.
pub struct New<'a> {
    /// The shop.
    pub shop: ShopId,
    /// Its customer.
    pub customer: Option<&'a str>,
    /// The address and its hash.
    pub email: Option<(&'a Email, &'a str)>,
    /// The language.
    pub locale: Option<&'a str>,
}

/// Adds a contact; one that was added meanwhile is [`Error::Conflict`].
pub async fn add(tx: &mut Tx<'_>, new: &New<'_>, now: Timestamp) -> Result<ContactId, Error> {
    let contact = id::contact();
    let email = new.email.map(|(email, _)| email.as_str());
    let hash = new.email.map(|(_, hash)| hash);
    let row = values![contact, new.shop, new.customer, email, hash, new.locale, now];
    match tx.execute(ADD, row).await? {
        0 => Err(Error::Conflict),
        _ => Ok(contact),
    }
}

const SPEAKS: &str = "UPDATE contact SET locale = $2 WHERE id = $1 AND erased_at IS NULL";

/// Notes the language a contact was asked in.
pub async fn speaks(tx: &mut Tx<'_>, contact: ContactId, locale: &str) -> Result<(), Error> {
    tx.execute(SPEAKS, values![contact, locale]).await.map(drop)
}

const LEAVE: &str = "UPDATE contact SET customer_id = NULL, \
     merged_into = CASE WHEN email IS NULL THEN $2 ELSE merged_into END \
     WHERE id = $1";
const HAND_OVER: &str = "UPDATE consent_state SET contact_id = $2 WHERE contact_id = $1 \
     AND purpose <> 'newsletter' AND NOT EXISTS (SELECT 1 FROM consent_state AS kept \
     WHERE kept.contact_id = $2 AND kept.purpose = consent_state.purpose \
     AND kept.topic = consent_state.topic)";
const BECOME: &str = "UPDATE contact SET customer_id = $2 WHERE id = $1";

/// Says that a contact is a shop's customer, unless it is known to be one already. Whatever stood
/// under that customer before comes along, but for the newsletter, which belongs to an address.
pub async fn attach(tx: &mut Tx<'_>, contact: &Contact, customer: &str) -> Result<(), Error> {
    if contact.customer.is_some() {
        return Ok(());
    }
    if let Some(before) = of_customer(tx, contact.shop, customer).await? {
        tx.execute(LEAVE, values![before.id, contact.id]).await?;
        tx.execute(HAND_OVER, values![before.id, contact.id]).await?;
    }
    tx.execute(BECOME, values![contact.id, customer]).await.map(drop)
}

const PROFILE_EMAIL: &str = "SELECT email FROM profile WHERE member_id = $1";

/// The address that a member's shop vouches for.
pub async fn email_of_member(tx: &mut Tx<'_>, member: MemberId) -> Result<Option<Email>, Error> {
    let row = tx.row(PROFILE_EMAIL, values![member]).await?;
    // What a shop calls an address need not be one that mail can go to.
    let text = row.map(|row| row.opt_text(0).map(|text| text.map(str::to_owned))).transpose()?;
    Ok(text.flatten().and_then(|text| text.parse().ok()))
}

const LIST: &str = "SELECT contact.id, contact.shop_id, contact.customer_id, contact.email, \
     contact.locale, contact.leaving_at, consent_state.since FROM consent_state \
     JOIN contact ON contact.id = consent_state.contact_id \
     WHERE consent_state.shop_id = $1 AND consent_state.purpose = $2 \
     AND consent_state.topic = $3 AND consent_state.state = 'given' \
     AND consent_state.contact_id > $4 AND contact.leaving_at IS NULL \
     AND contact.erased_at IS NULL \
     ORDER BY consent_state.contact_id LIMIT $5";

/// Whose consent to a matter counts, after `after`, at most `limit`; with the instant since when.
pub async fn list(
    tx: &mut Tx<'_>,
    shop: ShopId,
    matter: &Matter,
    after: &str,
    limit: i64,
) -> Result<Vec<(Contact, Timestamp)>, Error> {
    let row = values![shop, matter.purpose.word(), &matter.topic, after, limit];
    let rows = tx.rows(LIST, row).await?;
    rows.iter().map(|row| Ok((read(row)?, row.time(6)?))).collect()
}

const SUPPRESS_HASH: &str = "INSERT INTO suppression (shop_id, email_hash, reason, since) \
     SELECT shop_id, email_hash, CAST($2 AS TEXT), CAST($3 AS BIGINT) FROM contact WHERE id = $1 AND email_hash IS NOT NULL \
     ON CONFLICT (shop_id, email_hash) DO UPDATE SET reason = excluded.reason, \
     since = excluded.since";

/// Notes that nothing is to be sent to a contact's address: `erased` or `refused`.
pub async fn suppress(
    tx: &mut Tx<'_>,
    contact: ContactId,
    reason: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(SUPPRESS_HASH, values![contact, reason, now]).await.map(drop)
}

const SUPPRESSED: &str = "SELECT suppression.reason, suppression.since FROM contact \
     JOIN suppression ON suppression.shop_id = contact.shop_id \
     AND suppression.email_hash = contact.email_hash WHERE contact.id = $1";

/// Why and since when nothing is to be sent to a contact's address, if that is so.
pub async fn suppressed(
    tx: &mut Tx<'_>,
    contact: ContactId,
) -> Result<Option<(String, Timestamp)>, Error> {
    let row = tx.row(SUPPRESSED, values![contact]).await?;
    row.map(|row| Ok((row.text(0)?.to_owned(), row.time(1)?))).transpose()
}

const REFUSES: &str = "SELECT 1 FROM suppression WHERE shop_id = $1 AND email_hash = $2";

/// Whether nothing is to be sent to the address of a hash, known or not.
pub async fn refuses(tx: &mut Tx<'_>, shop: ShopId, email_hash: &str) -> Result<bool, Error> {
    Ok(tx.row(REFUSES, values![shop, email_hash]).await?.is_some())
}

const ALLOW: &str = "DELETE FROM suppression WHERE EXISTS (SELECT 1 FROM contact \
     WHERE contact.id = $1 AND contact.shop_id = suppression.shop_id \
     AND contact.email_hash = suppression.email_hash)";

/// The address itself has said yes again.
pub async fn allow(tx: &mut Tx<'_>, contact: ContactId) -> Result<(), Error> {
    tx.execute(ALLOW, values![contact]).await.map(drop)
}

const GO: &str = "UPDATE contact SET leaving_at = $2 WHERE id = $1 AND leaving_at IS NULL";

/// Notes that a contact is to be erased once everybody else has been told.
pub async fn leave(tx: &mut Tx<'_>, contact: ContactId, now: Timestamp) -> Result<(), Error> {
    tx.execute(GO, values![contact, now]).await.map(drop)
}

const GONE: &str = "SELECT id FROM contact WHERE leaving_at IS NOT NULL AND erased_at IS NULL \
     AND (leaving_at < $1 OR NOT EXISTS (SELECT 1 FROM outbox \
     WHERE outbox.contact_id = contact.id AND outbox.done_at IS NULL)) ORDER BY id LIMIT 100";

/// Contacts of whom everybody else has been told, or since `before` could not be, at most 100.
pub async fn told(tx: &mut Tx<'_>, before: Timestamp) -> Result<Vec<ContactId>, Error> {
    tx.rows(GONE, values![before]).await?.iter().map(|row| row.parsed(0)).collect()
}

const ERASE: &str = "UPDATE contact SET customer_id = NULL, email = NULL, email_hash = NULL, \
     locale = NULL, erased_at = $2 WHERE id = $1 AND erased_at IS NULL";

/// Forgets who a contact is. What it consented to stays, and names nobody.
pub async fn erase(tx: &mut Tx<'_>, contact: ContactId, now: Timestamp) -> Result<bool, Error> {
    Ok(tx.execute(ERASE, values![contact, now]).await? > 0)
}

const UNCONFIRMED: &str = "SELECT contact.id FROM contact WHERE contact.erased_at IS NULL \
     AND contact.customer_id IS NULL AND contact.merged_into IS NULL AND contact.made_at < $1 \
     AND NOT EXISTS (SELECT 1 FROM consent_state WHERE consent_state.contact_id = contact.id \
     AND consent_state.state <> 'lapsed') ORDER BY contact.id LIMIT 100";

/// Contacts of whom nothing is left but requests that were never confirmed, at most 100.
pub async fn unconfirmed(tx: &mut Tx<'_>, before: Timestamp) -> Result<Vec<ContactId>, Error> {
    tx.rows(UNCONFIRMED, values![before]).await?.iter().map(|row| row.parsed(0)).collect()
}
