//! Reviews tiers that are due: kept for another year, or a warning, and after its grace a fall.
//!
//! Each member is decided alone, by what stands in their row: a run that ends in the middle, or
//! comes twice, goes on where it was.

use super::Slice;
use crate::error::Error;
use crate::programs::{Compiled, Programs};
use crate::tier::{self, ABOUT, reference};
use habitue_api::tier::TierChangeKind;
use habitue_domain::id::{MemberId, ProgramId};
use habitue_domain::returns;
use habitue_domain::tier::Review;
use habitue_domain::time::Timestamp;
use habitue_store::outbox::{self, Channel};
use habitue_store::tier::{self as store, Change, Tenure};
use habitue_store::{Tx, expiry, member, order, verify};

/// How many members are looked at in one transaction.
const MEMBERS: i64 = 40;
/// After how many days it is looked again whether somebody can be told.
const AGAIN_DAYS: i64 = 7;

/// The next members whose review is to be planned or is due.
pub async fn slice(tx: &mut Tx<'_>, now: Timestamp) -> Result<Slice, Error> {
    let counted = count_orders(tx).await?;
    if counted > 0 {
        return Ok(Slice::More(counted));
    }
    // A review gives nothing, so that no key is needed for codes.
    let programs = Programs::default();
    let mut after = String::new();
    loop {
        let page = verify::programs(tx, &after).await?;
        let Some(last) = page.last() else { return Ok(Slice::Last(0)) };
        after = last.to_string();
        for program in page {
            let compiled = programs.current(tx, program).await?;
            let Some(review) = compiled.program.tier_rule.review else { continue };
            let done = of_program(tx, (program, &compiled, review), now).await?;
            if done > 0 {
                return Ok(Slice::More(done));
            }
        }
    }
}

/// Orders of before tiers counted what is spent.
async fn count_orders(tx: &mut Tx<'_>) -> Result<usize, Error> {
    let found = order::uncounted(tx, MEMBERS).await?;
    for (shop, id) in &found {
        let Some(stored) = order::load(tx, *shop, id).await? else { continue };
        let kept = crate::booking::kept(tx, *shop, &stored).await?;
        order::set_counted(tx, *shop, id, returns::kept_paid(&stored.order, &kept)).await?;
    }
    Ok(found.len())
}

async fn of_program(
    tx: &mut Tx<'_>,
    (program, compiled, review): (ProgramId, &Compiled, Review),
    now: Timestamp,
) -> Result<usize, Error> {
    // Nobody falls from the first step.
    for step in compiled.program.tiers.iter().skip(1) {
        let fresh = store::unplanned(tx, (program, &step.id), MEMBERS).await?;
        for member in &fresh {
            member::claimed(tx, *member).await?;
            let tenure = store::tenure(tx, *member).await?;
            keep(tx, compiled, *member, &tenure, now).await?;
        }
        let due = store::due(tx, (program, &step.id), now, MEMBERS).await?;
        for member in &due {
            member::claimed(tx, *member).await?;
            look(tx, (compiled, review), *member, now).await?;
        }
        let done = fresh.len().saturating_add(due.len());
        if done > 0 {
            return Ok(done);
        }
    }
    Ok(0)
}

/// Plans the next review, and ends one that is open.
async fn keep(
    tx: &mut Tx<'_>,
    compiled: &Compiled,
    member: MemberId,
    tenure: &Tenure,
    now: Timestamp,
) -> Result<(), Error> {
    let next = compiled.next_review(tenure.since, now).unwrap_or(Timestamp::MAX);
    Ok(store::plan(tx, member, Some(next), (None, None)).await?)
}

async fn look(
    tx: &mut Tx<'_>,
    (compiled, review): (&Compiled, Review),
    member: MemberId,
    now: Timestamp,
) -> Result<(), Error> {
    let tenure = store::tenure(tx, member).await?;
    let found = tier::verdict(tx, compiled, member, &tenure, now).await?;
    let Some(found) = found.filter(|found| found.lands != tenure.tier) else {
        return keep(tx, compiled, member, &tenure, now).await;
    };
    let (Some(from), Some(warned)) = (tenure.review_from, tenure.warned_at) else {
        let at = tenure.review_at.unwrap_or(now);
        let from = tenure.review_from.unwrap_or_else(|| compiled.review_from(at));
        let again = now.plus_days(AGAIN_DAYS);
        store::plan(tx, member, Some(again), (Some(from), None)).await?;
        return warn(tx, member, now).await;
    };
    let falls = compiled.falls_at(review, warned).unwrap_or(Timestamp::MAX);
    if now < falls {
        return Ok(store::plan(tx, member, Some(falls), (Some(from), Some(warned))).await?);
    }
    store::set(tx, member, &found.lands, now).await?;
    let change = Change {
        kind: TierChangeKind::Down.word().to_owned(),
        tier: found.lands,
        before: tenure.tier,
        at: now,
        until: None,
        value: found.value,
        by: None,
    };
    store::note(tx, member, &change).await?;
    metrics::counter!("habitue_tier_falls_total").increment(1);
    Ok(())
}

/// By mail where that can be; whoever cannot be mailed is told by the panel, and keeps their tier
/// until then.
async fn warn(tx: &mut Tx<'_>, member: MemberId, now: Timestamp) -> Result<(), Error> {
    let Some((contact, shop)) = expiry::reachable(tx, member).await? else { return Ok(()) };
    let mail = outbox::New {
        shop,
        channel: Channel::Mail,
        about: ABOUT,
        reference: reference(member, now),
        contact,
        endpoint: String::new(),
    };
    Ok(outbox::add(tx, &mail, now).await?)
}

/// What it would do now.
pub async fn plan(tx: &mut Tx<'_>, now: Timestamp) -> Result<String, Error> {
    let programs = Programs::default();
    let (mut due, mut open, mut after) = (0_i64, 0_i64, String::new());
    loop {
        let page = verify::programs(tx, &after).await?;
        let Some(last) = page.last() else { break };
        after = last.to_string();
        for program in page {
            let compiled = programs.current(tx, program).await?;
            if compiled.program.tier_rule.review.is_none() {
                continue;
            }
            for step in compiled.program.tiers.iter().skip(1) {
                let (all, warned) = store::count_due(tx, (program, &step.id), now).await?;
                (due, open) = (due.saturating_add(all), open.saturating_add(warned));
            }
        }
    }
    Ok(format!(
        "would review the tiers of {due} members, {open} of whom a review has found to have too \
         little before"
    ))
}
