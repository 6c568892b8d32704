//! Members' store credit: lots as those of points, spent at the shop that gave them (rules §8).

use crate::lot::{points, read};
use crate::{Error, Row, Tx, values};
use habitue_domain::id::{HoldId, MemberId, ProgramId, ShopId};
use habitue_domain::ledger::Unit;
use habitue_domain::lot::Lot;
use habitue_domain::money::{Currency, Money};
use habitue_domain::points::Points;
use habitue_domain::time::Timestamp;

/// What a member has of one currency's credit.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The currency.
    pub currency: Currency,
    /// Open lots that this shop gave, in minor units.
    pub lots: Vec<Lot>,
    /// What is owed, in minor units.
    pub debt: Points,
}

const HOLDINGS: &str = "SELECT account.unit, COALESCE(debt.points, 0), lot.id, lot.remaining, \
     COALESCE(CAST((SELECT SUM(hold_lot.points) FROM hold_lot \
     JOIN hold ON hold.id = hold_lot.hold_id \
     WHERE hold_lot.lot_id = lot.id AND hold.state IN ('held', 'confirmed') \
     AND hold.expires_at > $3 AND hold.id <> $4) AS BIGINT), 0), \
     lot.active_from, lot.expires_at, lot.notice_at FROM account \
     LEFT JOIN debt ON debt.account_id = account.id \
     LEFT JOIN lot ON lot.account_id = account.id AND lot.remaining > 0 \
     AND EXISTS (SELECT 1 FROM transfer WHERE transfer.id = lot.transfer_id \
     AND transfer.shop_id = $2) \
     WHERE account.member_id = $1 AND account.kind = 'member' \
     AND account.unit < 'points' \
     ORDER BY account.unit, lot.id LIMIT 10000";

/// The member's credit at a shop, with what live holds reserve; `but` names a hold to leave out.
pub async fn holdings(
    tx: &mut Tx<'_>,
    (member, shop): (MemberId, ShopId),
    but: Option<HoldId>,
    now: Timestamp,
) -> Result<Vec<Holding>, Error> {
    let but = but.map_or_else(String::new, |hold| hold.to_string());
    let rows = tx.rows(HOLDINGS, values![member, shop, now, but]).await?;
    let mut all: Vec<Holding> = Vec::new();
    for row in &rows {
        let Unit::Credit(currency) = row.parsed(0)? else { continue };
        if all.last().is_none_or(|last| last.currency != currency) {
            all.push(Holding { currency, lots: Vec::new(), debt: points(row, 1)? });
        }
        if let (Some(holding), Some(_)) = (all.last_mut(), row.opt_text(2)?) {
            holding.lots.push(read(row, 2)?);
        }
    }
    Ok(all)
}

const ISSUED: &str = "SELECT transfer.unit, CAST(SUM(transfer.points) AS BIGINT) FROM transfer \
     WHERE transfer.program_id = $1 AND transfer.occurred_at >= $2 \
     AND transfer.unit < 'points' AND transfer.kind IN ('issue', 'grant', 'earn') \
     GROUP BY transfer.unit ORDER BY transfer.unit LIMIT 1000";

/// What a program gave out since an instant: credit earned and granted, and gift cards, one amount
/// for each unit, before anything was taken back (rules §8).
pub async fn issued_since(
    tx: &mut Tx<'_>,
    program: ProgramId,
    since: Timestamp,
) -> Result<Vec<(Unit, Money)>, Error> {
    let rows = tx.rows(ISSUED, values![program, since]).await?;
    let read = |row: &Row| {
        let unit: Unit = row.parsed(0)?;
        let minor = row.int(1)?;
        Ok(match unit {
            Unit::Credit(currency) | Unit::Gift(currency) => Some((unit, currency.clamped(minor))),
            Unit::Points(_) => None,
        })
    };
    rows.iter().filter_map(|row| read(row).transpose()).collect()
}
