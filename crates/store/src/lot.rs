//! Lots of points, what is reserved of them, and debts.

use crate::member::{self, Member};
use crate::{Error, Row, Tx, values};
use habitue_domain::id::{AccountId, HoldId, LotId, MemberId, TransferId};
use habitue_domain::lot::Lot;
use habitue_domain::points::Points;
use habitue_domain::time::Timestamp;

/// A member with what is theirs, all of one instant.
#[derive(Clone, Debug)]
pub struct Holdings {
    /// Whose it is.
    pub member: Member,
    /// Their open lots.
    pub lots: Vec<Lot>,
    /// What they owe.
    pub debt: Points,
}

pub(crate) const HOLDINGS: &str = "SELECT member.version, member.joined_at, member.tier, \
     COALESCE(debt.points, 0), lot.id, lot.remaining, COALESCE(CAST(( \
     SELECT SUM(hold_lot.points) FROM hold_lot JOIN hold ON hold.id = hold_lot.hold_id \
     WHERE hold_lot.lot_id = lot.id AND hold.state IN ('held', 'confirmed') \
     AND hold.expires_at > $2 AND hold.id <> $3) AS BIGINT), 0), \
     lot.active_from, lot.expires_at, lot.notice_at FROM member \
     LEFT JOIN account ON account.member_id = member.id AND account.kind = 'member' \
     LEFT JOIN debt ON debt.account_id = account.id \
     LEFT JOIN lot ON lot.account_id = account.id AND lot.remaining > 0 \
     WHERE member.id = $1 ORDER BY lot.id LIMIT 10000";

/// The member's open lots, with what live holds reserve, and debts; `but` names a hold to leave
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
        lots: lots.map(read).collect::<Result<_, _>>()?,
        debt,
    })
}

fn points(row: &Row, place: usize) -> Result<Points, Error> {
    Points::try_from(row.int(place)?).map_err(|reason| Error::Database(reason.to_owned()))
}

fn read(row: &Row) -> Result<Lot, Error> {
    Ok(Lot {
        id: row.parsed(4)?,
        remaining: points(row, 5)?,
        held: points(row, 6)?,
        active_from: row.time(7)?,
        expires_at: row.opt_time(8)?,
        notice_at: row.opt_time(9)?,
    })
}

const OPEN_ONE: &str = "INSERT INTO lot (id, account_id, transfer_id, opened, remaining, \
     active_from, expires_at, notice_at) VALUES ($1, $2, $3, $4, $4, $5, NULL, NULL)";

/// Opens a lot of `points` that ripen at `active_from`.
pub async fn open(
    tx: &mut Tx<'_>,
    lot: LotId,
    account: AccountId,
    transfer: TransferId,
    points: Points,
    active_from: Timestamp,
) -> Result<(), Error> {
    tx.later(OPEN_ONE, values![lot, account, transfer, points, active_from]).await
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

const RESERVED: &str =
    "SELECT lot_id, points FROM hold_lot WHERE hold_id = $1 ORDER BY place LIMIT 10000";

/// What a hold reserves, in the order in which it is spent.
pub async fn reserved(tx: &mut Tx<'_>, hold: HoldId) -> Result<Vec<(LotId, Points)>, Error> {
    let rows = tx.rows(RESERVED, values![hold]).await?;
    rows.iter().map(|row| Ok((row.parsed(0)?, points(row, 1)?))).collect()
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
     WHERE account.member_id = $1 AND account.kind = 'member'";

/// What the member owes.
pub async fn debt(tx: &mut Tx<'_>, member: MemberId) -> Result<Points, Error> {
    let row = tx.row(DEBT, values![member]).await?;
    row.map_or(Ok(Points::ZERO), |row| points(&row, 0))
}

const SET_DEBT: &str = "INSERT INTO debt (account_id, points) VALUES ($1, $2) \
     ON CONFLICT (account_id) DO UPDATE SET points = excluded.points";

/// Notes what the member owes now.
pub async fn set_debt(tx: &mut Tx<'_>, account: AccountId, points: Points) -> Result<(), Error> {
    tx.later(SET_DEBT, values![account, points]).await
}
