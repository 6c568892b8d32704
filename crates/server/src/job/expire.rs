//! Writes down what has ended: it counts for nothing before that, too. What a live hold reserves is
//! left alone until it is spent or free again.

use super::Slice;
use crate::error::Error;
use habitue_domain::id::{ProgramId, ShopId};
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::points::Points;
use habitue_domain::time::Timestamp;
use habitue_store::ledger::{Explanation, NewTransfer};
use habitue_store::{Tx, gift_card, ledger, lot as lots, member, program};

/// Writes down the next ended cards and lots.
pub async fn slice(tx: &mut Tx<'_>, now: Timestamp) -> Result<Slice, Error> {
    let done = cards(tx, now).await?.saturating_add(of_lots(tx, now).await?);
    Ok(if done == 0 { Slice::Last(0) } else { Slice::More(done) })
}

async fn cards(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, Error> {
    let (mut done, mut after) = (0_usize, String::new());
    while done == 0 {
        let over = gift_card::over(tx, now, &after).await?;
        let Some((last, ..)) = over.last() else { break };
        after = last.to_string();
        for (id, shop, program) in over {
            let Some(card) = gift_card::load(tx, shop, id, None, now).await? else { continue };
            let rest = card.available().minor();
            if rest > 0 {
                gift_card::lock(tx, id, card.version).await?;
                let unit = Unit::Gift(card.currency());
                book(tx, (program, shop), (Holder::Card(id), unit), rest, now).await?;
                done = done.saturating_add(1);
            }
        }
    }
    Ok(done)
}

async fn of_lots(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, Error> {
    let (mut done, mut after) = (0_usize, String::new());
    while done == 0 {
        let over = lots::over(tx, now, &after).await?;
        let Some(last) = over.last() else { break };
        after = last.lot.to_string();
        for lots::Over { lot, member, unit, remaining, program, shop } in over {
            let rest = remaining.less(lots::held(tx, lot, now).await?).get();
            if rest > 0 {
                let who = member::load(tx, member).await?;
                member::lock(tx, &who).await?;
                let whose = (Holder::Member(member), unit);
                let booked = book(tx, (program, shop), whose, rest, now).await?;
                lots::change(tx, booked.transfer, lot, rest.saturating_neg()).await?;
                done = done.saturating_add(1);
            }
        }
    }
    Ok(done)
}

async fn book(
    tx: &mut Tx<'_>,
    (program, shop): (ProgramId, ShopId),
    (holder, unit): (Holder, Unit),
    amount: i64,
    now: Timestamp,
) -> Result<ledger::Booked, Error> {
    let new = NewTransfer {
        program,
        shop,
        holder,
        unit,
        kind: TransferKind::Expire,
        amount: Points::clamped(amount),
        order: None,
        program_version: program::current(tx, program).await?,
        explanation: Explanation::default(),
        occurred_at: now,
        recorded_at: now,
    };
    Ok(ledger::book(tx, &new).await?)
}
