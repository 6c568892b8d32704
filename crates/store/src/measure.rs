//! What a report is made from (rules §9). These look at every order of the span: for reports, not for
//! pages.

use crate::{Error, Tx, values};
use habitue_domain::calendar::Window;
use habitue_domain::id::{ProgramId, ShopId};
use habitue_domain::ledger::Unit;
use habitue_domain::measure::{Buyer, Sales};
use habitue_domain::money::Currency;
use std::collections::BTreeMap;

/// How many customers are read at once.
pub const PAGE: i64 = 5000;

const BUYERS: &str = "SELECT shop_order.customer_id, customer.member_id, COUNT(*), \
     CAST(SUM(shop_order.kept_paid) AS BIGINT), MAX(shop_order.placed_at) FROM shop_order \
     JOIN customer ON customer.shop_id = shop_order.shop_id \
     AND customer.external_id = shop_order.customer_id \
     WHERE shop_order.shop_id = $1 AND shop_order.currency = $2 AND shop_order.state = 'paid' \
     AND shop_order.placed_at >= $3 AND shop_order.placed_at < $4 AND shop_order.kept_paid > 0 \
     AND shop_order.customer_id > $5 GROUP BY shop_order.customer_id, customer.member_id \
     ORDER BY shop_order.customer_id LIMIT $6";

/// The identified customers of a shop who bought in a currency, at most [`PAGE`] after a customer;
/// and the last of them, if there may be more.
pub async fn buyers(
    tx: &mut Tx<'_>,
    (shop, currency): (ShopId, Currency),
    span: Window,
    after: &str,
) -> Result<(Vec<Buyer>, Option<String>), Error> {
    let row = values![shop, currency.to_string(), span.from, span.until, after, PAGE];
    let rows = tx.rows(BUYERS, row).await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|found| found == PAGE);
    let last = rows.last().filter(|_| is_full);
    let next = last.map(|row| row.text(0).map(str::to_owned)).transpose()?;
    let read = |row: &crate::Row| {
        let (is_member, orders) = (row.opt_text(1)?.is_some(), row.int(2)?);
        Ok(Buyer { is_member, orders, revenue: row.int(3)?, last: row.time(4)? })
    };
    Ok((rows.iter().map(read).collect::<Result<_, Error>>()?, next))
}

const GUESTS: &str = "SELECT COUNT(*), COALESCE(CAST(SUM(kept_paid) AS BIGINT), 0) \
     FROM shop_order WHERE shop_id = $1 AND currency = $2 AND state = 'paid' \
     AND placed_at >= $3 AND placed_at < $4 AND kept_paid > 0 AND customer_id IS NULL";

/// What nobody known bought.
pub async fn guests(
    tx: &mut Tx<'_>,
    (shop, currency): (ShopId, Currency),
    span: Window,
) -> Result<Sales, Error> {
    let row = tx.row(GUESTS, values![shop, currency.to_string(), span.from, span.until]).await?;
    let Some(row) = row else { return Ok(Sales::default()) };
    Ok(Sales { orders: row.int(0)?, revenue: row.int(1)?, ..Sales::default() })
}

const MEMBERS: &str = "SELECT COUNT(*), \
     COUNT(CASE WHEN joined_at >= $2 AND joined_at < $3 THEN 1 END) \
     FROM member WHERE program_id = $1";

/// A program's members, and those who joined in a span.
pub async fn members(
    tx: &mut Tx<'_>,
    program: ProgramId,
    span: Window,
) -> Result<(i64, i64), Error> {
    let row = tx.row(MEMBERS, values![program, span.from, span.until]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.int(0)?, row.int(1)?)))
}

const REDEEMING: &str = "SELECT COUNT(DISTINCT account.member_id) FROM transfer \
     JOIN entry ON entry.transfer_id = transfer.id \
     JOIN account ON account.id = entry.account_id AND account.kind = 'member' \
     WHERE transfer.program_id = $1 AND transfer.kind = 'redeem' \
     AND transfer.occurred_at >= $2 AND transfer.occurred_at < $3";

/// How many members redeemed points or credit in a span.
pub async fn redeeming(tx: &mut Tx<'_>, program: ProgramId, span: Window) -> Result<i64, Error> {
    let row = tx.row(REDEEMING, values![program, span.from, span.until]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

const MOVED: &str = "SELECT kind, CAST(SUM(points) AS BIGINT) FROM transfer \
     WHERE program_id = $1 AND unit = $2 AND occurred_at >= $3 AND occurred_at < $4 \
     GROUP BY kind ORDER BY kind LIMIT 20";

/// What moved in a span, kind by kind, in a unit of a program.
pub async fn moved(
    tx: &mut Tx<'_>,
    (program, unit): (ProgramId, Unit),
    span: Window,
) -> Result<BTreeMap<String, i64>, Error> {
    let row = values![program, unit.to_string(), span.from, span.until];
    let rows = tx.rows(MOVED, row).await?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
}

const OUTSTANDING: &str = "SELECT COALESCE(CAST(SUM(balance) AS BIGINT), 0) FROM account \
     WHERE program_id = $1 AND unit = $2 AND kind = 'member' AND balance > 0";

/// What members have now, ripe or not; debts are not taken off.
pub async fn outstanding(tx: &mut Tx<'_>, program: ProgramId, unit: Unit) -> Result<i64, Error> {
    let row = tx.row(OUTSTANDING, values![program, unit.to_string()]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}
