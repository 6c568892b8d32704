//! The end of lots: when it comes, who was told, and what has ended. Credit ends by its own rule, told
//! from the beginning; points are told before.

use crate::{Error, Row, Tx, values};
use habitue_domain::id::{ContactId, MemberId, ProgramId, ShopId};
use habitue_domain::ledger::Unit;
use habitue_domain::lot::{Lot, NOTICE_DAYS, SOON_DAYS};
use habitue_domain::points::Points;
use habitue_domain::time::Timestamp;

const RULES: &str = "SELECT DISTINCT transfer.program_version FROM lot \
     JOIN account ON account.id = lot.account_id JOIN transfer ON transfer.id = lot.transfer_id \
     WHERE account.member_id = $1 AND account.kind = 'member' \
     AND account.unit = 'points:' || account.program_id AND lot.remaining > 0 \
     AND lot.expires_at IS NOT NULL ORDER BY transfer.program_version LIMIT 100";

/// The versions of the program that a member's open lots with an end were earned under.
pub async fn rules(tx: &mut Tx<'_>, member: MemberId) -> Result<Vec<i64>, Error> {
    let rows = tx.rows(RULES, values![member]).await?;
    rows.iter().map(|row| row.int(0)).collect()
}

const PUT_OFF: &str = "UPDATE lot SET expires_at = $3, notice_at = NULL, looked_at = NULL \
     WHERE account_id IN (SELECT id FROM account WHERE member_id = $1 AND kind = 'member' \
     AND unit = 'points:' || program_id) \
     AND remaining > 0 AND expires_at < $3 \
     AND (notice_at IS NULL OR expires_at > $4 OR notice_at > $5) \
     AND (SELECT program_version FROM transfer WHERE transfer.id = lot.transfer_id) = $2";

/// Moves the ends before `end` of what the member earned under a version, but for what has ended
/// already. Who was told of the end before is to be told of this one.
pub async fn put_off(
    tx: &mut Tx<'_>,
    member: MemberId,
    version: i64,
    end: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let row = values![member, version, end, now, now.plus_days(-NOTICE_DAYS)];
    tx.later(PUT_OFF, row).await
}

const LAST_PAID: &str = "SELECT MAX(placed_at) FROM shop_order \
     WHERE member_id = $1 AND state = 'paid'";

/// When the member placed the last order that is paid.
pub async fn last_paid(tx: &mut Tx<'_>, member: MemberId) -> Result<Option<Timestamp>, Error> {
    let row = tx.row(LAST_PAID, values![member]).await?;
    row.map_or(Ok(None), |row| row.opt_time(0))
}

const SUMS: &str = "SELECT kind, CAST(SUM(points) AS BIGINT) FROM transfer \
     WHERE shop_id = $1 AND order_id = $2 AND unit = $3 GROUP BY kind ORDER BY kind LIMIT 20";

/// What was booked for an order in a unit, kind by kind.
pub async fn booked(
    tx: &mut Tx<'_>,
    shop: ShopId,
    order: &str,
    unit: Unit,
) -> Result<Vec<(String, i64)>, Error> {
    let rows = tx.rows(SUMS, values![shop, order, unit.to_string()]).await?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
}

const TELL: &str = "UPDATE lot SET notice_at = $2 \
     WHERE account_id IN (SELECT id FROM account WHERE member_id = $1 AND kind = 'member' \
     AND unit = 'points:' || program_id) \
     AND remaining > 0 AND notice_at IS NULL AND expires_at <= $3";

/// Notes that the member was told of all that ends soon.
pub async fn tell(tx: &mut Tx<'_>, member: MemberId, now: Timestamp) -> Result<u64, Error> {
    tx.execute(TELL, values![member, now, now.plus_days(SOON_DAYS)]).await
}

const UNTOLD: &str = "SELECT account.member_id, lot.expires_at FROM lot \
     JOIN account ON account.id = lot.account_id WHERE lot.remaining > 0 \
     AND account.unit = 'points:' || account.program_id AND lot.notice_at IS NULL AND lot.expires_at <= $1 \
     AND (lot.looked_at IS NULL OR lot.looked_at <= $2) ORDER BY lot.expires_at LIMIT $3";

/// Members with something that ends soon and nobody has told them, nor looked whether they can be
/// told since an instant, with the end by its rule: the earliest first. One may come more than once.
pub async fn untold(
    tx: &mut Tx<'_>,
    now: Timestamp,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(MemberId, Timestamp)>, Error> {
    let rows = tx.rows(UNTOLD, values![now.plus_days(SOON_DAYS), since, limit]).await?;
    rows.iter().map(|row| Ok((row.parsed(0)?, row.time(1)?))).collect()
}

const LOOKED: &str = "UPDATE lot SET looked_at = $2 \
     WHERE account_id IN (SELECT id FROM account WHERE member_id = $1 AND kind = 'member' \
     AND unit = 'points:' || program_id) \
     AND remaining > 0 AND notice_at IS NULL AND expires_at <= $3";

/// Notes that it was looked whether the member can be told.
pub async fn looked(tx: &mut Tx<'_>, member: MemberId, now: Timestamp) -> Result<(), Error> {
    tx.later(LOOKED, values![member, now, now.plus_days(SOON_DAYS)]).await
}

const REACHABLE: &str = "SELECT contact.id, contact.shop_id FROM customer \
     JOIN contact ON contact.shop_id = customer.shop_id \
     AND contact.customer_id = customer.external_id \
     JOIN consent_state ON consent_state.contact_id = contact.id \
     AND consent_state.purpose = 'program' AND consent_state.topic = '' \
     AND consent_state.state = 'given' \
     LEFT JOIN profile ON profile.member_id = customer.member_id \
     WHERE customer.member_id = $1 AND COALESCE(contact.email, profile.email) IS NOT NULL \
     AND contact.leaving_at IS NULL AND contact.erased_at IS NULL \
     AND NOT EXISTS (SELECT 1 FROM suppression \
     WHERE suppression.shop_id = contact.shop_id \
     AND suppression.email_hash = contact.email_hash) ORDER BY contact.id LIMIT 1";

/// The contact, and its shop, by which a member can be told of what concerns their membership; none
/// where neither they nor their shop named an address, or the program is not agreed to any more.
pub async fn reachable(
    tx: &mut Tx<'_>,
    member: MemberId,
) -> Result<Option<(ContactId, ShopId)>, Error> {
    let row = tx.row(REACHABLE, values![member]).await?;
    row.map(|row| Ok((row.parsed(0)?, row.parsed(1)?))).transpose()
}

// Lot by lot, by its own reservations: there may be many live holds.
const ENDED: &str = "SELECT account.member_id FROM lot \
     JOIN account ON account.id = lot.account_id WHERE lot.remaining > 0 \
     AND lot.expires_at <= $1 AND lot.notice_at <= $2 AND lot.remaining > COALESCE(( \
     SELECT SUM(hold_lot.points) FROM hold_lot JOIN hold ON hold.id = hold_lot.hold_id \
     WHERE hold_lot.lot_id = lot.id AND hold.state IN ('held', 'confirmed') \
     AND hold.expires_at > $1), 0) \
     ORDER BY lot.expires_at LIMIT $3";

/// Members with lots that have ended, of which no live hold reserves all; one may come more than
/// once.
pub async fn ended(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<MemberId>, Error> {
    let rows = tx.rows(ENDED, values![now, now.plus_days(-NOTICE_DAYS), limit]).await?;
    rows.iter().map(|row| row.parsed(0)).collect()
}

/// A lot that may have ended, with where it came from.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The lot.
    pub lot: Lot,
    /// The program.
    pub program: ProgramId,
    /// What it counts in.
    pub unit: Unit,
    /// The shop it was earned in.
    pub shop: ShopId,
    /// The order that earned it.
    pub order: Option<String>,
    /// The version of the program it was earned under.
    pub program_version: i64,
}

const ENDED_OF: &str = "SELECT lot.id, lot.remaining, lot.active_from, lot.expires_at, \
     lot.notice_at, account.program_id, account.unit, transfer.shop_id, transfer.order_id, \
     transfer.program_version, COALESCE(CAST(( \
     SELECT SUM(hold_lot.points) FROM hold_lot JOIN hold ON hold.id = hold_lot.hold_id \
     WHERE hold_lot.lot_id = lot.id AND hold.state IN ('held', 'confirmed') \
     AND hold.expires_at > $2) AS BIGINT), 0) \
     FROM account JOIN lot ON lot.account_id = account.id \
     JOIN transfer ON transfer.id = lot.transfer_id \
     WHERE account.member_id = $1 AND account.kind = 'member' AND lot.remaining > 0 \
     AND lot.expires_at <= $2 AND lot.notice_at <= $3 AND lot.remaining > COALESCE(( \
     SELECT SUM(hold_lot.points) FROM hold_lot JOIN hold ON hold.id = hold_lot.hold_id \
     WHERE hold_lot.lot_id = lot.id AND hold.state IN ('held', 'confirmed') \
     AND hold.expires_at > $2), 0) \
     ORDER BY lot.id LIMIT 100";

/// The member's lots that have ended and of which no live hold reserves all, at most 100.
pub async fn ended_of(
    tx: &mut Tx<'_>,
    member: MemberId,
    now: Timestamp,
) -> Result<Vec<Ended>, Error> {
    let row = values![member, now, now.plus_days(-NOTICE_DAYS)];
    tx.rows(ENDED_OF, row).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Ended, Error> {
    let lot = Lot {
        id: row.parsed(0)?,
        remaining: Points::clamped(row.int(1)?),
        held: Points::clamped(row.int(10)?),
        active_from: row.time(2)?,
        expires_at: row.opt_time(3)?,
        notice_at: row.opt_time(4)?,
    };
    Ok(Ended {
        lot,
        program: row.parsed(5)?,
        unit: row.parsed(6)?,
        shop: row.parsed(7)?,
        order: row.opt_text(8)?.map(str::to_owned),
        program_version: row.int(9)?,
    })
}

/// So many lots of so many members, with so many points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Lots.
    pub lots: i64,
    /// Members.
    pub members: i64,
    /// Points; credit is not among them.
    pub points: i64,
}

fn extent(row: &Row) -> Result<Extent, Error> {
    Ok(Extent { lots: row.int(0)?, members: row.int(1)?, points: row.int(2)? })
}

const ALL_ENDED: &str = "SELECT COUNT(*), COUNT(DISTINCT lot.account_id), \
     COALESCE(CAST(SUM(CASE WHEN account.unit = 'points:' || account.program_id \
     THEN lot.remaining ELSE 0 END) AS BIGINT), 0) FROM lot \
     JOIN account ON account.id = lot.account_id WHERE lot.remaining > 0 \
     AND lot.expires_at <= $1 AND lot.notice_at <= $2 AND lot.remaining > COALESCE(( \
     SELECT SUM(hold_lot.points) FROM hold_lot JOIN hold ON hold.id = hold_lot.hold_id \
     WHERE hold_lot.lot_id = lot.id AND hold.state IN ('held', 'confirmed') \
     AND hold.expires_at > $1), 0)";

/// How much has ended and is not written down.
pub async fn all_ended(tx: &mut Tx<'_>, now: Timestamp) -> Result<Extent, Error> {
    let row = tx.row(ALL_ENDED, values![now, now.plus_days(-NOTICE_DAYS)]).await?;
    row.map_or(Ok(Extent::default()), |row| extent(&row))
}

const ALL_UNTOLD: &str = "SELECT COUNT(*), COUNT(DISTINCT account_id), \
     COALESCE(CAST(SUM(remaining) AS BIGINT), 0) FROM lot \
     JOIN account ON account.id = lot.account_id WHERE remaining > 0 \
     AND account.unit = 'points:' || account.program_id \
     AND notice_at IS NULL AND expires_at <= $1 AND (looked_at IS NULL OR looked_at <= $2)";

/// How much ends soon that nobody has told, as [`untold`] counts.
pub async fn all_untold(
    tx: &mut Tx<'_>,
    now: Timestamp,
    since: Timestamp,
) -> Result<Extent, Error> {
    let row = tx.row(ALL_UNTOLD, values![now.plus_days(SOON_DAYS), since]).await?;
    row.map_or(Ok(Extent::default()), |row| extent(&row))
}
