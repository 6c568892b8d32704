//! Lots of points and of credit, what is reserved of them, and debts.

use crate::member::{self, Member};
use crate::{Error, Row, Tx, values};
use habitue_domain::id::{AccountId, HoldId, LotId, MemberId, TransferId};
use habitue_domain::ledger::Unit;
use habitue_domain::lot::Lot;
use habitue_domain::points::Points;
use habitue_domain::time::Timestamp;

/// A member with what is theirs, all of one instant.
#[derive(Clone, Debug)]
pub struct Holdings {
    /// Whose it is.
    pub member: Member,
    /// Their open lots of points.
    pub lots: Vec<Lot>,
    /// The points they owe.
    pub debt: Points,
}

pub(crate) const HOLDINGS: &str = "SELECT member.version, member.joined_at, member.tier, \
     COALESCE(debt.points, 0), lot.id, lot.remaining, COALESCE(CAST(( \
     SELECT SUM(hold_lot.points) FROM hold_lot JOIN hold ON hold.id = hold_lot.hold_id \
     WHERE hold_lot.lot_id = lot.id AND hold.state IN ('held', 'confirmed') \
     AND hold.expires_at > $2 AND hold.id <> $3) AS BIGINT), 0), \
     lot.active_from, lot.expires_at, lot.notice_at FROM member \
     LEFT JOIN account ON account.member_id = member.id AND account.kind = 'member' \
     AND account.unit = 'points:' || member.program_id \
     LEFT JOIN debt ON debt.account_id = account.id \
     LEFT JOIN lot ON lot.account_id = account.id AND lot.remaining > 0 \
     WHERE member.id = $1 ORDER BY lot.id LIMIT 10000";

/// The member's open lots of points, with what live holds reserve, and debts; `but` names a hold to leave
/// out. A missing member is a fault, since ids only come from the database.
pub async fn holdings(
    tx: &mut Tx<'_>,
    member: MemberId,
    but: Option<HoldId>,
    now: Timestamp,
) -> Result<Holdings, Error> {
    let but = but.map_or_else(String::new, |hold| hold.to_string());
    let rows = tx.rows(HOLDINGS, values![member, now, but]).await?;
    let first = rows.first().ok_or_else(|| member::missing(member))?;
    let debt = points(first, 3)?;
    // Without a lot there is one row all the same, for the member.
    let lots = rows.iter().filter(|row| !matches!(row.opt_text(4), Ok(None)));
    Ok(Holdings {
        member: member::read(member, first)?,
        lots: lots.map(|row| read(row, 4)).collect::<Result<_, _>>()?,
        debt,
    })
}

pub(crate) fn points(row: &Row, place: usize) -> Result<Points, Error> {
    Points::try_from(row.int(place)?).map_err(|reason| Error::Database(reason.to_owned()))
}

/// A lot from six columns of a row, the first of them at `from`: id, remaining, held, active from,
/// expires at, notice at.
pub(crate) fn read(row: &Row, from: usize) -> Result<Lot, Error> {
    let place = |further: usize| from.saturating_add(further);
    Ok(Lot {
        id: row.parsed(from)?,
        remaining: points(row, place(1))?,
        held: points(row, place(2))?,
        active_from: row.time(place(3))?,
        expires_at: row.opt_time(place(4))?,
        notice_at: row.opt_time(place(5))?,
    })
}

/// A lot to be opened.
#[derive(Clone, Debug)]
pub struct NewLot {
    /// The account it is in.
    pub account: AccountId,
    /// The transfer that opens it.
    pub transfer: TransferId,
    /// What is in it, in the account's unit.
    pub amount: Points,
    /// From when on it may be spent.
    pub active_from: Timestamp,
    /// When it ends, and since when its member knows, if they do.
    pub ends: Option<(Timestamp, Option<Timestamp>)>,
}

const OPEN_ONE: &str = "INSERT INTO lot (id, account_id, transfer_id, opened, remaining, \
     active_from, expires_at, notice_at) VALUES ($1, $2, $3, $4, $4, $5, $6, $7)";

/// Opens a lot.
pub async fn open(tx: &mut Tx<'_>, new: &NewLot) -> Result<LotId, Error> {
    let lot = crate::id::lot();
    let (expires_at, notice_at) = new.ends.unzip();
    let notice_at = notice_at.flatten();
    let row =
        values![lot, new.account, new.transfer, new.amount, new.active_from, expires_at, notice_at];
    tx.later(OPEN_ONE, row).await?;
    Ok(lot)
}

const MOVE: &str =
    "UPDATE lot SET remaining = remaining + $2 WHERE id = $1 AND remaining + $2 >= 0";
const NOTE: &str = "INSERT INTO lot_move (transfer_id, lot_id, points) VALUES ($1, $2, $3)";

/// Changes what is left of a lot by `points` (negative: takes) and notes it with the transfer.
pub async fn change(
    tx: &mut Tx<'_>,
    transfer: TransferId,
    lot: LotId,
    points: i64,
) -> Result<(), Error> {
    tx.claim(MOVE, values![lot, points]).await?;
    tx.later(NOTE, values![transfer, lot, points]).await
}

const RESERVE: &str =
    "INSERT INTO hold_lot (hold_id, place, lot_id, points) VALUES ($1, $2, $3, $4)";
const UNRESERVE: &str = "DELETE FROM hold_lot WHERE hold_id = $1";

/// Reserves parts of lots for a hold, in the order in which they are to be spent.
pub async fn reserve(
    tx: &mut Tx<'_>,
    hold: HoldId,
    parts: &[(LotId, Points)],
) -> Result<(), Error> {
    tx.later(UNRESERVE, values![hold]).await?;
    for (place, (lot, points)) in parts.iter().enumerate() {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        tx.later(RESERVE, values![hold, place, *lot, *points]).await?;
    }
    Ok(())
}

/// A part of a lot that a hold reserves.
#[derive(Clone, Debug)]
pub struct Part {
    /// The lot.
    pub lot: LotId,
    /// What its account counts in.
    pub unit: Unit,
    /// How much of it.
    pub amount: Points,
    /// When the lot ends, if it does.
    pub ends_at: Option<Timestamp>,
}

const RESERVED: &str = "SELECT hold_lot.lot_id, hold_lot.points, account.unit, lot.remaining, \
     lot.active_from, lot.expires_at, lot.notice_at FROM hold_lot \
     JOIN lot ON lot.id = hold_lot.lot_id JOIN account ON account.id = lot.account_id \
     WHERE hold_lot.hold_id = $1 ORDER BY hold_lot.place LIMIT 10000";

/// What a hold reserves of lots, in the order in which it is spent.
pub async fn reserved(tx: &mut Tx<'_>, hold: HoldId) -> Result<Vec<Part>, Error> {
    tx.rows(RESERVED, values![hold]).await?.iter().map(part).collect()
}

fn part(row: &Row) -> Result<Part, Error> {
    let lot = Lot {
        id: row.parsed(0)?,
        remaining: points(row, 3)?,
        held: Points::ZERO,
        active_from: row.time(4)?,
        expires_at: row.opt_time(5)?,
        notice_at: row.opt_time(6)?,
    };
    let (unit, amount) = (row.parsed(2)?, points(row, 1)?);
    Ok(Part { lot: lot.id, unit, amount, ends_at: lot.ends_at() })
}

const SPENT: &str = "SELECT lot_move.lot_id, -lot_move.points, account.unit, lot.remaining, \
     lot.active_from, lot.expires_at, lot.notice_at FROM lot_move \
     JOIN lot ON lot.id = lot_move.lot_id JOIN account ON account.id = lot.account_id \
     WHERE lot_move.transfer_id = $1 AND lot_move.points < 0 ORDER BY lot_move.lot_id LIMIT 10000";

/// What a transfer took out of lots.
pub async fn spent(tx: &mut Tx<'_>, transfer: TransferId) -> Result<Vec<Part>, Error> {
    tx.rows(SPENT, values![transfer]).await?.iter().map(part).collect()
}

const PROLONG: &str = "UPDATE lot SET expires_at = $2 WHERE id = $1";

/// Moves a lot's end, for what came back after it.
pub async fn prolong(tx: &mut Tx<'_>, lot: LotId, until: Timestamp) -> Result<(), Error> {
    tx.later(PROLONG, values![lot, until]).await
}

const GIVEN_BACK: &str = "SELECT lot_move.lot_id, CAST(SUM(lot_move.points) AS BIGINT) \
     FROM lot_move JOIN transfer ON transfer.id = lot_move.transfer_id \
     WHERE transfer.shop_id = $1 AND transfer.order_id = $2 AND transfer.kind = 'give_back' \
     GROUP BY lot_move.lot_id LIMIT 10000";

/// What an order has given back to each lot so far.
pub async fn given_back(
    tx: &mut Tx<'_>,
    shop: habitue_domain::id::ShopId,
    order: &str,
) -> Result<std::collections::BTreeMap<LotId, i64>, Error> {
    let rows = tx.rows(GIVEN_BACK, values![shop, order]).await?;
    rows.iter().map(|row| Ok((row.parsed(0)?, row.int(1)?))).collect()
}

const DEBT: &str = "SELECT debt.points FROM debt JOIN account ON account.id = debt.account_id \
     WHERE account.member_id = $1 AND account.kind = 'member' AND account.unit = $2";

/// What the member owes in a unit.
pub async fn debt(tx: &mut Tx<'_>, member: MemberId, unit: Unit) -> Result<Points, Error> {
    let row = tx.row(DEBT, values![member, unit.to_string()]).await?;
    row.map_or(Ok(Points::ZERO), |row| points(&row, 0))
}

const SET_DEBT: &str = "INSERT INTO debt (account_id, points) VALUES ($1, $2) \
     ON CONFLICT (account_id) DO UPDATE SET points = excluded.points";

/// Notes what the member owes now.
pub async fn set_debt(tx: &mut Tx<'_>, account: AccountId, points: Points) -> Result<(), Error> {
    tx.later(SET_DEBT, values![account, points]).await
}
