//! What happened to a member's points, credit and gift cards.

use crate::ledger::Explanation;
use crate::{Error, Row, Tx, values};
use habitue_domain::id::{MemberId, ShopId, TransferId};
use habitue_domain::ledger::{TransferKind, Unit};
use habitue_domain::lot::NOTICE_DAYS;
use habitue_domain::order::OrderLine;
use habitue_domain::returns::ReturnedLine;
use habitue_domain::time::Timestamp;

/// One movement.
#[derive(Clone, Debug)]
pub struct Movement {
    /// Its place among all that is the member's.
    pub seq: i64,
    /// Why.
    pub kind: TransferKind,
    /// What moved.
    pub unit: Unit,
    /// How much, negative where it was taken.
    pub amount: i64,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The shop's order.
    pub order: Option<String>,
    /// The figures behind it.
    pub explanation: Explanation,
    /// The transfer.
    pub transfer: TransferId,
    /// The shop it happened in.
    pub shop: ShopId,
    /// The version of the program that decided it.
    pub program_version: i64,
    /// The order's lines, as they stand now.
    pub lines: Vec<OrderLine>,
    /// What came back at that very instant, where one return did.
    pub returned: Vec<ReturnedLine>,
    /// Who put it right, and why.
    pub adjustment: Option<(String, String)>,
    /// The lots it opened or changed.
    pub parts: Vec<Part>,
}

/// What a movement did to one lot.
#[derive(Clone, Debug)]
pub struct Part {
    /// By how much, in the movement's unit.
    pub amount: i64,
    /// The shop the lot was earned in.
    pub shop: ShopId,
    /// The order that earned it.
    pub order: Option<String>,
    /// When it was earned.
    pub earned_at: Timestamp,
    /// When it ends, as far as that is known now.
    pub ends_at: Option<Timestamp>,
}

/// Whose movements are told.
#[derive(Clone, Debug)]
pub struct Whose {
    /// The member.
    pub member: MemberId,
    /// The shop they are signed in at.
    pub shop: ShopId,
    /// Who they are there: the owner of gift cards.
    pub customer: String,
}

/// Identifiers of transfers grow, so that each movement keeps its place. What explains a movement
/// is looked up for those alone that are told.
const PAGE: &str = "SELECT movement.place, movement.kind, movement.amount, \
     movement.occurred_at, movement.order_id, movement.explanation, movement.unit, movement.id, \
     movement.shop_id, movement.program_version, shop_order.lines, adjustment.author, \
     adjustment.reason, (SELECT MIN(order_return.lines) FROM order_return \
     WHERE order_return.shop_id = movement.shop_id \
     AND order_return.order_id = movement.order_id \
     AND order_return.returned_at = movement.occurred_at HAVING COUNT(*) = 1) FROM ( \
     SELECT place, kind, amount, occurred_at, order_id, explanation, unit, id, shop_id, \
     program_version FROM ( \
     SELECT ROW_NUMBER() OVER (ORDER BY transfer.id) AS place, transfer.kind AS kind, \
     entry.amount AS amount, transfer.occurred_at AS occurred_at, transfer.order_id AS order_id, \
     transfer.explanation AS explanation, transfer.unit AS unit, transfer.id AS id, \
     transfer.shop_id AS shop_id, transfer.program_version AS program_version FROM account \
     JOIN entry ON entry.account_id = account.id \
     JOIN transfer ON transfer.id = entry.transfer_id \
     WHERE account.id IN (SELECT id FROM account WHERE member_id = $1 AND kind = 'member') \
     OR account.id IN (SELECT account.id FROM account \
     JOIN gift_card ON gift_card.id = account.gift_card_id \
     WHERE gift_card.shop_id = $2 AND gift_card.customer_id = $3 \
     AND account.kind = 'gift_card')) AS every \
     WHERE place < $4 AND occurred_at >= $6 AND occurred_at < $7 \
     ORDER BY place DESC LIMIT $5) AS movement \
     LEFT JOIN shop_order ON shop_order.shop_id = movement.shop_id \
     AND shop_order.id = movement.order_id \
     LEFT JOIN adjustment ON adjustment.transfer_id = movement.id \
     ORDER BY movement.place DESC";

/// The movements before place `before` that happened from one instant to before another, newest
/// first, at most `limit`.
pub async fn page(
    tx: &mut Tx<'_>,
    whose: &Whose,
    before: i64,
    limit: i64,
    (from, until): (Timestamp, Timestamp),
) -> Result<Vec<Movement>, Error> {
    let Whose { member, shop, customer } = whose;
    let row = values![*member, *shop, customer, before, limit, from, until];
    let rows = tx.rows(PAGE, row).await?;
    let mut movements: Vec<Movement> = rows.iter().map(read).collect::<Result<_, _>>()?;
    let (Some(newest), Some(oldest)) = (movements.first(), movements.last()) else {
        return Ok(movements);
    };
    let row = values![*member, oldest.transfer, newest.transfer];
    for row in &tx.rows(PARTS, row).await? {
        let transfer: TransferId = row.parsed(0)?;
        let part = Part {
            amount: row.int(1)?,
            shop: row.parsed(2)?,
            order: row.opt_text(3)?.map(str::to_owned),
            earned_at: row.time(4)?,
            ends_at: ends_at(row)?,
        };
        let found = movements.iter_mut().find(|movement| movement.transfer == transfer);
        if let Some(movement) = found {
            movement.parts.push(part);
        }
    }
    Ok(movements)
}

const PARTS: &str = "SELECT part.transfer_id, part.points, earning.shop_id, earning.order_id, \
     earning.occurred_at, lot.expires_at, lot.notice_at FROM account \
     JOIN lot ON lot.account_id = account.id JOIN ( \
     SELECT transfer_id, id AS lot_id, opened AS points FROM lot UNION ALL \
     SELECT transfer_id, lot_id, points FROM lot_move) AS part ON part.lot_id = lot.id \
     JOIN transfer AS earning ON earning.id = lot.transfer_id \
     WHERE account.member_id = $1 AND account.kind = 'member' AND part.points <> 0 \
     AND part.transfer_id >= $2 AND part.transfer_id <= $3 \
     ORDER BY part.transfer_id, lot.id LIMIT 100000";

/// The end that counts, or, until the member was told, the rule's.
fn ends_at(row: &Row) -> Result<Option<Timestamp>, Error> {
    let (rule, notice) = (row.opt_time(5)?, row.opt_time(6)?);
    let after_notice = notice.map(|notice| notice.plus_days(NOTICE_DAYS));
    Ok(rule.map(|rule| after_notice.map_or(rule, |notice| rule.max(notice))))
}

const SUMS: &str = "SELECT unit, \
     CAST(SUM(CASE WHEN occurred_at < $4 THEN amount ELSE 0 END) AS BIGINT), \
     CAST(SUM(CASE WHEN occurred_at < $5 THEN amount ELSE 0 END) AS BIGINT) FROM ( \
     SELECT transfer.unit AS unit, transfer.occurred_at AS occurred_at, entry.amount AS amount \
     FROM account JOIN entry ON entry.account_id = account.id \
     JOIN transfer ON transfer.id = entry.transfer_id \
     WHERE account.id IN (SELECT id FROM account WHERE member_id = $1 AND kind = 'member') \
     OR account.id IN (SELECT account.id FROM account \
     JOIN gift_card ON gift_card.id = account.gift_card_id \
     WHERE gift_card.shop_id = $2 AND gift_card.customer_id = $3 \
     AND account.kind = 'gift_card')) AS movement GROUP BY unit ORDER BY unit LIMIT 1000";

/// What the ledger says there was of each unit at one instant and at another.
pub async fn sums(
    tx: &mut Tx<'_>,
    whose: &Whose,
    (from, until): (Timestamp, Timestamp),
) -> Result<Vec<(Unit, i64, i64)>, Error> {
    let Whose { member, shop, customer } = whose;
    let rows = tx.rows(SUMS, values![*member, *shop, customer, from, until]).await?;
    rows.iter().map(|row| Ok((row.parsed(0)?, row.int(1)?, row.int(2)?))).collect()
}

fn read(row: &Row) -> Result<Movement, Error> {
    let kind = TransferKind::from_word(row.text(1)?).ok_or_else(|| Error::Inconsistent {
        table: "transfer",
        column: "kind",
        reason: row.text(1).unwrap_or_default().to_owned(),
    })?;
    Ok(Movement {
        seq: row.int(0)?,
        kind,
        unit: row.parsed(6)?,
        amount: row.int(2)?,
        occurred_at: row.time(3)?,
        order: row.opt_text(4)?.map(str::to_owned),
        explanation: row.json(5)?,
        transfer: row.parsed(7)?,
        shop: row.parsed(8)?,
        program_version: row.int(9)?,
        lines: opt_json(row, 10)?,
        returned: opt_json(row, 13)?,
        adjustment: row.opt_text(11)?.map(str::to_owned).zip(row.opt_text(12)?.map(str::to_owned)),
        parts: Vec::new(),
    })
}

fn opt_json<T: serde::de::DeserializeOwned + Default>(row: &Row, at: usize) -> Result<T, Error> {
    row.opt_text(at)?.map_or_else(|| Ok(T::default()), |_| row.json(at))
}
