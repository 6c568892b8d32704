//! What happened to a member's points.

use crate::ledger::Explanation;
use crate::{Error, Row, Tx, values};
use habitue_domain::id::MemberId;
use habitue_domain::ledger::TransferKind;
use habitue_domain::points::Points;
use habitue_domain::time::Timestamp;

/// One movement.
#[derive(Clone, Debug)]
pub struct Movement {
    /// Its place in the member's account.
    pub seq: i64,
    /// Why.
    pub kind: TransferKind,
    /// Points, negative where they were taken.
    pub points: Points,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The shop's order.
    pub order: Option<String>,
    /// The figures behind it.
    pub explanation: Explanation,
}

const PAGE: &str = "SELECT entry.seq, transfer.kind, entry.amount, transfer.occurred_at, \
     transfer.order_id, transfer.explanation FROM entry \
     JOIN account ON account.id = entry.account_id \
     JOIN transfer ON transfer.id = entry.transfer_id \
     WHERE account.member_id = $1 AND account.kind = 'member' AND entry.seq < $2 \
     ORDER BY entry.seq DESC LIMIT $3";

/// The movements before place `before`, newest first, at most `limit`.
pub async fn page(
    tx: &mut Tx<'_>,
    member: MemberId,
    before: i64,
    limit: i64,
) -> Result<Vec<Movement>, Error> {
    let rows = tx.rows(PAGE, values![member, before, limit]).await?;
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
        points: Points::clamped(row.int(2)?),
        occurred_at: row.time(3)?,
        order: row.opt_text(4)?.map(str::to_owned),
        explanation: row.json(5)?,
    })
}
