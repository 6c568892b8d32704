//! What happened to a member's points, credit and gift cards.

use crate::ledger::Explanation;
use crate::{Error, Row, Tx, values};
use habitue_domain::id::{MemberId, ShopId};
use habitue_domain::ledger::{TransferKind, Unit};
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
    /// The version of the program that decided it.
    pub program_version: i64,
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

/// Identifiers of transfers grow, so that each movement keeps its place.
const PAGE: &str = "SELECT place, kind, amount, occurred_at, order_id, explanation, unit, \
     program_version FROM ( \
     SELECT ROW_NUMBER() OVER (ORDER BY transfer.id) AS place, transfer.kind AS kind, \
     entry.amount AS amount, transfer.occurred_at AS occurred_at, transfer.order_id AS order_id, \
     transfer.explanation AS explanation, transfer.unit AS unit, \
     transfer.program_version AS program_version FROM account \
     JOIN entry ON entry.account_id = account.id \
     JOIN transfer ON transfer.id = entry.transfer_id \
     WHERE account.id IN (SELECT id FROM account WHERE member_id = $1 AND kind = 'member') \
     OR account.id IN (SELECT account.id FROM account \
     JOIN gift_card ON gift_card.id = account.gift_card_id \
     WHERE gift_card.shop_id = $2 AND gift_card.customer_id = $3 \
     AND account.kind = 'gift_card')) AS movement \
     WHERE place < $4 ORDER BY place DESC LIMIT $5";

/// The movements before place `before`, newest first, at most `limit`.
pub async fn page(
    tx: &mut Tx<'_>,
    whose: &Whose,
    before: i64,
    limit: i64,
) -> Result<Vec<Movement>, Error> {
    let Whose { member, shop, customer } = whose;
    let rows = tx.rows(PAGE, values![*member, *shop, customer, before, limit]).await?;
    rows.iter().map(read).collect()
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
        program_version: row.int(7)?,
    })
}
