//! Writes down what has ended: it counts for nothing before that, too. What a live hold reserves is
//! left alone until it is spent or free again.

use super::Slice;
use crate::error::Error;
use crate::expiry::write_down;
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::points::Points;
use habitue_domain::time::Timestamp;
use habitue_store::ledger::{Explanation, NewTransfer};
use habitue_store::{Tx, expiry, gift_card, ledger, member, program};
use std::collections::BTreeSet;

/// How many lots are looked for at once: an entry costs some ten statements.
const LOTS: i64 = 40;

/// Writes down the next ended cards, and lots of points and credit.
pub async fn slice(tx: &mut Tx<'_>, now: Timestamp) -> Result<Slice, Error> {
    let done = cards(tx, now).await?.saturating_add(lots(tx, now).await?);
    Ok(if done == 0 { Slice::Last(0) } else { Slice::More(done) })
}

async fn lots(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, Error> {
    let mut written = 0_usize;
    // Each member once, and in the same order everywhere, so that nobody waits for each other.
    let members: BTreeSet<_> = expiry::ended(tx, now, LOTS).await?.into_iter().collect();
    for id in members {
        member::claimed(tx, id).await?;
        written = written.saturating_add(write_down(tx, id, now).await?);
    }
    Ok(written)
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
            if rest <= 0 {
                continue;
            }
            gift_card::lock(tx, id, card.version).await?;
            let new = NewTransfer {
                program,
                shop,
                holder: Holder::Card(id),
                unit: Unit::Gift(card.currency()),
                kind: TransferKind::Expire,
                amount: Points::clamped(rest),
                order: None,
                program_version: program::current(tx, program).await?,
                explanation: Explanation::default(),
                occurred_at: now,
                recorded_at: now,
            };
            ledger::book(tx, &new).await?;
            done = done.saturating_add(1);
        }
    }
    Ok(done)
}

/// What it would do now with lots.
pub async fn plan(tx: &mut Tx<'_>, now: Timestamp) -> Result<String, Error> {
    let all = expiry::all_ended(tx, now).await?;
    let (points, lots, members) = (all.points, all.lots, all.members);
    Ok(format!(
        "would write down the end of {points} points, and of the credit and gift cards that have \
         ended ({lots} lots of {members} members)"
    ))
}
