//! Orders as state, and their returns.

use crate::tx::json;
use crate::{Error, Row, Tx, values};
use habitue_domain::credit;
use habitue_domain::earn::Basis;
use habitue_domain::id::{MemberId, ShopId};
use habitue_domain::order::{Order, OrderState};
use habitue_domain::points::Points;
use habitue_domain::returns::ReturnedLine;
use habitue_domain::time::Timestamp;
use std::collections::BTreeMap;

/// An order as stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The shop's id of it.
    pub id: String,
    /// The shop's version of it.
    pub version: i64,
    /// The shop's customer.
    pub customer: Option<String>,
    /// The member, once its customer is one.
    pub member: Option<MemberId>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// State, currency and lines.
    pub order: Order,
    /// The rule it earns by, frozen.
    pub basis: Option<Basis>,
    /// Points booked for it now.
    pub earned: Points,
    /// Of the pieces confirmed, by line, those kept all along; `None` before the first booking
    /// with a redemption.
    pub kept: Option<BTreeMap<String, i64>>,
    /// The rule it earns credit by, frozen.
    pub credit_basis: Option<credit::Basis>,
    /// Credit booked for it now, in minor units of its currency.
    pub credit_earned: i64,
    /// What was missing of what it says it was paid with, by unit; the shop bears it.
    pub shortfall: BTreeMap<String, i64>,
    /// What was paid for the goods kept, in minor units; `None` before it was first counted.
    pub kept_paid: Option<i64>,
    /// Where it was sold, such as `pos`.
    pub channel: Option<String>,
    /// How often it has been saved; 0 before the first time.
    pub revision: i64,
}

const LOAD: &str = "SELECT id, version, customer_id, member_id, placed_at, state, currency, \
     lines, basis, earned, kept, credit_basis, credit_earned, shortfall, kept_paid, channel, \
     revision FROM shop_order WHERE shop_id = $1 AND id = $2";

/// A shop's order; `None` where it has no such one.
pub async fn load(tx: &mut Tx<'_>, shop: ShopId, order: &str) -> Result<Option<Stored>, Error> {
    tx.row(LOAD, values![shop, order]).await?.map(|row| read(&row)).transpose()
}

const OF_CUSTOMER: &str = "SELECT id, version, customer_id, member_id, placed_at, state, \
     currency, lines, basis, earned, kept, credit_basis, credit_earned, shortfall, kept_paid, \
     channel, revision FROM shop_order \
     WHERE shop_id = $1 AND customer_id = $2 AND placed_at >= $3 AND member_id IS NULL \
     ORDER BY placed_at, id LIMIT 200";

/// A customer's orders since an instant that belong to no member yet, oldest first, at most 200.
pub async fn of_customer_since(
    tx: &mut Tx<'_>,
    shop: ShopId,
    customer: &str,
    since: Timestamp,
) -> Result<Vec<Stored>, Error> {
    let rows = tx.rows(OF_CUSTOMER, values![shop, customer, since]).await?;
    rows.iter().map(read).collect()
}

const PAID_BY_MEMBER: &str =
    "SELECT COUNT(*) FROM shop_order WHERE member_id = $1 AND state = 'paid'";

/// How many orders a member has paid.
pub async fn paid_by_member(tx: &mut Tx<'_>, member: MemberId) -> Result<i64, Error> {
    let row = tx.row(PAID_BY_MEMBER, values![member]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

fn read(row: &Row) -> Result<Stored, Error> {
    let state = match row.text(5)? {
        "paid" => OrderState::Paid,
        "cancelled" => OrderState::Cancelled,
        _ => OrderState::Placed,
    };
    Ok(Stored {
        id: row.text(0)?.to_owned(),
        version: row.int(1)?,
        customer: row.opt_text(2)?.map(str::to_owned),
        member: row.opt_parsed(3)?,
        placed_at: row.time(4)?,
        order: Order { state, currency: row.parsed(6)?, lines: row.json(7)? },
        basis: opt_json(row, 8)?,
        earned: Points::clamped(row.int(9)?),
        kept: opt_json(row, 10)?,
        credit_basis: opt_json(row, 11)?,
        credit_earned: row.int(12)?,
        shortfall: opt_json(row, 13)?.unwrap_or_default(),
        kept_paid: row.opt_int(14)?,
        channel: row.opt_text(15)?.map(str::to_owned),
        revision: row.int(16)?,
    })
}

fn opt_json<T: serde::de::DeserializeOwned>(row: &Row, place: usize) -> Result<Option<T>, Error> {
    row.opt_text(place)?.map(|_| row.json(place)).transpose()
}

const SAVE: &str = "INSERT INTO shop_order (shop_id, id, version, customer_id, member_id, \
     placed_at, state, currency, lines, basis, earned, kept, credit_basis, credit_earned, \
     shortfall, kept_paid, channel, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
     $11, $12, $13, $14, $15, $16, $17, $18) \
     ON CONFLICT (shop_id, id) DO UPDATE SET version = excluded.version, \
     customer_id = excluded.customer_id, member_id = excluded.member_id, \
     state = excluded.state, lines = excluded.lines, basis = excluded.basis, \
     earned = excluded.earned, kept = excluded.kept, credit_basis = excluded.credit_basis, \
     credit_earned = excluded.credit_earned, shortfall = excluded.shortfall, \
     kept_paid = excluded.kept_paid, channel = excluded.channel, revision = excluded.revision \
     WHERE shop_order.version <= excluded.version \
     AND shop_order.revision = excluded.revision - 1";

/// Saves an order with its new state; [`Error::Conflict`] where somebody else saved it since it was
/// loaded.
pub async fn save(tx: &mut Tx<'_>, shop: ShopId, order: &mut Stored) -> Result<(), Error> {
    order.revision = order.revision.saturating_add(1);
    let state = match order.order.state {
        OrderState::Placed => "placed",
        OrderState::Paid => "paid",
        OrderState::Cancelled => "cancelled",
    };
    let basis = order.basis.as_ref().map(json).transpose()?;
    let row = values![
        shop,
        &order.id,
        order.version,
        order.customer.as_deref(),
        order.member,
        order.placed_at,
        state,
        order.order.currency.to_string(),
        json(&order.order.lines)?,
        basis,
        order.earned,
        order.kept.as_ref().map(json).transpose()?,
        order.credit_basis.as_ref().map(json).transpose()?,
        order.credit_earned,
        (!order.shortfall.is_empty()).then(|| json(&order.shortfall)).transpose()?,
        order.kept_paid,
        order.channel.as_deref(),
        order.revision
    ];
    tx.claim(SAVE, row).await
}

const UNCOUNTED: &str = "SELECT shop_id, id FROM shop_order \
     WHERE kept_paid IS NULL ORDER BY shop_id, id LIMIT $1";

/// Orders of before what is kept was counted, at most `limit`.
pub async fn uncounted(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(ShopId, String)>, Error> {
    let rows = tx.rows(UNCOUNTED, values![limit]).await?;
    rows.iter().map(|row| Ok((row.parsed(0)?, row.text(1)?.to_owned()))).collect()
}

const SET_COUNTED: &str = "UPDATE shop_order SET kept_paid = $3 \
     WHERE shop_id = $1 AND id = $2 AND kept_paid IS NULL";

/// Notes what was paid for the goods kept of an order of before.
pub async fn set_counted(
    tx: &mut Tx<'_>,
    shop: ShopId,
    order: &str,
    paid: i64,
) -> Result<(), Error> {
    tx.later(SET_COUNTED, values![shop, order, paid]).await
}

const RETURNS: &str = "SELECT id, lines FROM order_return \
     WHERE shop_id = $1 AND order_id = $2 ORDER BY returned_at, id LIMIT 1000";

/// The returns of an order: id and lines, oldest first.
pub async fn returns(
    tx: &mut Tx<'_>,
    shop: ShopId,
    order: &str,
) -> Result<Vec<(String, Vec<ReturnedLine>)>, Error> {
    let rows = tx.rows(RETURNS, values![shop, order]).await?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.json(1)?))).collect()
}

const ADD_RETURN: &str = "INSERT INTO order_return (shop_id, order_id, id, returned_at, lines) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

/// Notes a return; [`Error::Conflict`] where the same one came meanwhile.
pub async fn add_return(
    tx: &mut Tx<'_>,
    shop: ShopId,
    order: &str,
    id: &str,
    returned_at: Timestamp,
    lines: &[ReturnedLine],
) -> Result<(), Error> {
    let row = values![shop, order, id, returned_at, json(&lines)?];
    tx.claim(ADD_RETURN, row).await
}

const COUNT: &str = "SELECT COUNT(*), COALESCE(CAST(SUM(earned) AS BIGINT), 0) FROM shop_order \
     WHERE shop_id = $1";

/// How many orders a shop has, and the points booked for them.
pub async fn counts(tx: &mut Tx<'_>, shop: ShopId) -> Result<(i64, i64), Error> {
    let row = tx.row(COUNT, values![shop]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.int(0)?, row.int(1)?)))
}
