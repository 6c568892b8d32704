//! Members, the customers they are, and what names them.

use crate::{Error, Row, Tx, values};
use habitue_domain::action::Birthday;
use habitue_domain::id::{MemberId, ProgramId, ShopId};
use habitue_domain::time::Timestamp;

/// A member as stored.
#[derive(Clone, Debug)]
pub struct Member {
    /// `mem_…`
    pub id: MemberId,
    /// Grows with every change to the member's points.
    pub version: i64,
    /// Since when.
    pub joined_at: Timestamp,
    /// The tier's id.
    pub tier: String,
}

const OF_CUSTOMER: &str = "SELECT member_id FROM customer WHERE shop_id = $1 AND external_id = $2";

/// The member that a shop's customer is, if one.
pub async fn of_customer(
    tx: &mut Tx<'_>,
    shop: ShopId,
    customer: &str,
) -> Result<Option<MemberId>, Error> {
    let row = tx.row(OF_CUSTOMER, values![shop, customer]).await?;
    row.map_or(Ok(None), |row| row.opt_parsed(0))
}

const IS_CUSTOMER: &str = "SELECT external_id FROM customer WHERE shop_id = $1 AND member_id = $2";

/// Who a member is at a shop, if one of its customers.
pub async fn customer_at(
    tx: &mut Tx<'_>,
    shop: ShopId,
    member: MemberId,
) -> Result<Option<String>, Error> {
    let row = tx.row(IS_CUSTOMER, values![shop, member]).await?;
    row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
}

const LOAD: &str = "SELECT version, joined_at, tier FROM member WHERE id = $1";

/// The member; a missing one is a fault, since ids only come from the database.
pub async fn load(tx: &mut Tx<'_>, member: MemberId) -> Result<Member, Error> {
    let row = tx.row(LOAD, values![member]).await?;
    read(member, &row.ok_or_else(|| missing(member))?)
}

/// The fault of a member that is not there.
pub(crate) fn missing(member: MemberId) -> Error {
    let reason = format!("{member} is missing");
    Error::Inconsistent { table: "member", column: "id", reason }
}

/// A member from a row that begins with version, joined at, tier.
pub(crate) fn read(id: MemberId, row: &Row) -> Result<Member, Error> {
    let (version, joined_at, tier) = (row.int(0)?, row.time(1)?, row.text(2)?.to_owned());
    Ok(Member { id, version, joined_at, tier })
}

const LOCK: &str = "UPDATE member SET version = version + 1 WHERE id = $1 AND version = $2";

/// Claims the member's points for this transaction: whoever loaded the same version later loses.
pub async fn lock(tx: &mut Tx<'_>, member: &Member) -> Result<(), Error> {
    tx.claim(LOCK, values![member.id, member.version]).await
}

/// The member, claimed for this transaction: what is read from here on is of now.
pub async fn claimed(tx: &mut Tx<'_>, id: MemberId) -> Result<Member, Error> {
    let member = load(tx, id).await?;
    lock(tx, &member).await?;
    Ok(member)
}

/// A member to be.
#[derive(Clone, Debug)]
pub struct NewMember<'a> {
    /// `mem_…`
    pub id: MemberId,
    /// The program joined.
    pub program: ProgramId,
    /// The shop through which.
    pub shop: ShopId,
    /// The shop's customer.
    pub customer: &'a str,
    /// When.
    pub joined_at: Timestamp,
    /// What was agreed to.
    pub terms_version: &'a str,
    /// The first tier.
    pub tier: &'a str,
}

const ADD: &str = "INSERT INTO member (id, program_id, version, joined_at, terms_version, tier, \
     tier_since) VALUES ($1, $2, 1, $3, $4, $5, $3)";
const NAME: &str = "INSERT INTO customer (shop_id, external_id, member_id) VALUES ($1, $2, $3) \
     ON CONFLICT (shop_id, external_id) DO UPDATE SET member_id = excluded.member_id \
     WHERE customer.member_id IS NULL";

/// Adds a member; somebody who joined meanwhile is [`Error::Conflict`].
pub async fn add(tx: &mut Tx<'_>, new: &NewMember<'_>) -> Result<(), Error> {
    let row = values![new.id, new.program, new.joined_at, new.terms_version, new.tier];
    tx.later(ADD, row).await?;
    tx.claim(NAME, values![new.shop, new.customer, new.id]).await
}

const KNOW: &str = "INSERT INTO customer (shop_id, external_id, member_id) \
     VALUES ($1, $2, NULL) ON CONFLICT DO NOTHING";

/// Notes that a shop has this customer, member or not.
pub async fn know(tx: &mut Tx<'_>, shop: ShopId, customer: &str) -> Result<(), Error> {
    tx.later(KNOW, values![shop, customer]).await
}

const PROFILE: &str = "INSERT INTO profile (member_id, given_name, email, locale) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (member_id) DO UPDATE SET \
     given_name = COALESCE(excluded.given_name, profile.given_name), \
     email = COALESCE(excluded.email, profile.email), \
     locale = COALESCE(excluded.locale, profile.locale)";

/// Notes what the shop said of the member; what it left out stays.
pub async fn save_profile(
    tx: &mut Tx<'_>,
    member: MemberId,
    given_name: Option<&str>,
    email: Option<&str>,
    locale: Option<&str>,
) -> Result<(), Error> {
    tx.later(PROFILE, values![member, given_name, email, locale]).await
}

const BORN: &str = "INSERT INTO profile (member_id, birthday) VALUES ($1, $2) \
     ON CONFLICT (member_id) DO UPDATE SET birthday = excluded.birthday";

/// Notes the member's birthday, or forgets it.
pub async fn set_birthday(
    tx: &mut Tx<'_>,
    member: MemberId,
    birthday: Option<Birthday>,
) -> Result<(), Error> {
    let birthday = birthday.map(|birthday| birthday.to_string());
    tx.later(BORN, values![member, birthday.as_deref()]).await
}

const BIRTHDAY: &str = "SELECT birthday FROM profile WHERE member_id = $1";

/// The member's birthday, if it is known.
pub async fn birthday(tx: &mut Tx<'_>, member: MemberId) -> Result<Option<Birthday>, Error> {
    let row = tx.row(BIRTHDAY, values![member]).await?;
    row.map_or(Ok(None), |row| row.opt_parsed(0))
}

const COUNTS: &str = "SELECT COUNT(*), COUNT(member_id) FROM customer WHERE shop_id = $1";

/// How many customers and how many members a shop has.
pub async fn counts(tx: &mut Tx<'_>, shop: ShopId) -> Result<(i64, i64), Error> {
    let row = tx.row(COUNTS, values![shop]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.int(0)?, row.int(1)?)))
}
