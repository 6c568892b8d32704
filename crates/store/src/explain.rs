//! What a member's balance is made of, for whoever has to explain it.

use crate::{Error, Row, Tx, values};
use habitue_domain::id::{LotId, MemberId, ShopId};
use habitue_domain::ledger::Unit;
use habitue_domain::time::Timestamp;

/// An order of a member: when it was placed, where, and its id.
pub type Place = (Timestamp, ShopId, String);

const ORDERS: &str = "SELECT placed_at, shop_id, id FROM shop_order WHERE member_id = $1 \
     AND (placed_at > $2 OR (placed_at = $2 AND (shop_id > $3 OR (shop_id = $3 AND id > $4)))) \
     ORDER BY placed_at, shop_id, id LIMIT 100";

/// A member's orders after one, oldest first, at most 100.
pub async fn orders(
    tx: &mut Tx<'_>,
    member: MemberId,
    after: Option<&Place>,
) -> Result<Vec<Place>, Error> {
    let row = match after {
        Some((at, shop, id)) => tx.rows(ORDERS, values![member, *at, *shop, id]).await?,
        None => tx.rows(ORDERS, values![member, Timestamp::MIN, "", ""]).await?,
    };
    row.iter().map(|row| Ok((row.time(0)?, row.parsed(1)?, row.text(2)?.to_owned()))).collect()
}

/// What is said of one unit in each of its places: they must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// What it counts in.
    pub unit: Unit,
    /// What the account's row says.
    pub balance: i64,
    /// The sum of its entries.
    pub entries: i64,
    /// The sum of its lots.
    pub lots: i64,
    /// What is owed.
    pub debt: i64,
}

const ACCOUNTS: &str = "SELECT account.unit, account.balance, \
     COALESCE((SELECT CAST(SUM(entry.amount) AS BIGINT) FROM entry \
     WHERE entry.account_id = account.id), 0), \
     COALESCE((SELECT CAST(SUM(lot.remaining) AS BIGINT) FROM lot \
     WHERE lot.account_id = account.id), 0), \
     COALESCE((SELECT debt.points FROM debt WHERE debt.account_id = account.id), 0) \
     FROM account WHERE account.member_id = $1 AND account.kind = 'member' \
     ORDER BY account.unit LIMIT 1000";

/// The member's accounts, a unit each.
pub async fn accounts(tx: &mut Tx<'_>, member: MemberId) -> Result<Vec<Account>, Error> {
    let read = |row: &Row| {
        let (unit, balance, entries) = (row.parsed(0)?, row.int(1)?, row.int(2)?);
        Ok(Account { unit, balance, entries, lots: row.int(3)?, debt: row.int(4)? })
    };
    tx.rows(ACCOUNTS, values![member]).await?.iter().map(read).collect()
}

/// A lot, open or used up, with what became of it.
#[derive(Clone, Debug)]
pub struct Lot {
    /// The lot.
    pub id: LotId,
    /// What it counts in.
    pub unit: Unit,
    /// The order that earned it.
    pub order: Option<String>,
    /// What it began with: what was earned, less what repaid a debt.
    pub opened: i64,
    /// The sum of what came and went.
    pub moved: i64,
    /// What is left, as its row says.
    pub remaining: i64,
    /// From when on it may be spent.
    pub active_from: Timestamp,
    /// When its rule ends it.
    pub expires_at: Option<Timestamp>,
    /// When the member was told.
    pub notice_at: Option<Timestamp>,
}

const LOTS: &str = "SELECT lot.id, account.unit, earning.order_id, lot.opened, \
     COALESCE((SELECT CAST(SUM(lot_move.points) AS BIGINT) FROM lot_move \
     WHERE lot_move.lot_id = lot.id), 0), lot.remaining, lot.active_from, lot.expires_at, \
     lot.notice_at FROM account JOIN lot ON lot.account_id = account.id \
     JOIN transfer AS earning ON earning.id = lot.transfer_id \
     WHERE account.member_id = $1 AND account.kind = 'member' AND lot.id > $2 \
     ORDER BY lot.id LIMIT 100";

/// The member's lots after one, oldest first, at most 100.
pub async fn lots(
    tx: &mut Tx<'_>,
    member: MemberId,
    after: Option<LotId>,
) -> Result<Vec<Lot>, Error> {
    let after = after.map_or_else(String::new, |lot| lot.to_string());
    let read = |row: &Row| {
        Ok(Lot {
            id: row.parsed(0)?,
            unit: row.parsed(1)?,
            order: row.opt_text(2)?.map(str::to_owned),
            opened: row.int(3)?,
            moved: row.int(4)?,
            remaining: row.int(5)?,
            active_from: row.time(6)?,
            expires_at: row.opt_time(7)?,
            notice_at: row.opt_time(8)?,
        })
    };
    tx.rows(LOTS, values![member, after]).await?.iter().map(read).collect()
}
