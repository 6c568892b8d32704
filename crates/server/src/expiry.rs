//! The end of points: put off by orders, told to the member, and written down once it has come.

use crate::error::Error;
use crate::programs::Programs;
use crate::tier;
use habitue_domain::expiry::forgiven;
use habitue_domain::id::{MemberId, ProgramId, ShopId};
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::points::Points;
use habitue_domain::time::Timestamp;
use habitue_store::expiry::Ended;
use habitue_store::ledger::{Explanation, NewTransfer};
use habitue_store::outbox::Message;
use habitue_store::{Tx, expiry, ledger, lot};

/// What a message of the outbox is about that tells of an end.
pub const ABOUT: &str = "expiring";

/// Moves the end of what the member earned under a rule of inactivity to where their last paid
/// order puts it, whatever order the orders came in.
///
/// # Errors
/// Faults of the database.
pub async fn put_off(
    tx: &mut Tx<'_>,
    programs: &Programs,
    (program, member): (ProgramId, MemberId),
    now: Timestamp,
) -> Result<(), Error> {
    let mut last = None;
    for version in expiry::rules(tx, member).await? {
        let compiled = programs.version(tx, program, version).await?;
        if !compiled.program.expiry.moves_with_orders() {
            continue;
        }
        if last.is_none() {
            last = expiry::last_paid(tx, member).await?;
        }
        if let Some(end) = last.and_then(|last| compiled.end_of(last)) {
            expiry::put_off(tx, member, version, end, now).await?;
        }
    }
    Ok(())
}

/// Writes down what has ended of the member's points and credit, lot by lot, so that each entry names the order
/// that earned it; says how many lots. The member must be locked.
///
/// # Errors
/// Faults of the database.
pub async fn write_down(tx: &mut Tx<'_>, member: MemberId, now: Timestamp) -> Result<usize, Error> {
    let mut written = 0_usize;
    loop {
        let page = expiry::ended_of(tx, member, now).await?;
        let ended: Vec<&Ended> = page.iter().filter(|ended| ended.lot.is_over(now)).collect();
        if ended.is_empty() {
            return Ok(written);
        }
        for ended in ended {
            end(tx, member, ended, now).await?;
            written = written.saturating_add(1);
        }
    }
}

async fn end(
    tx: &mut Tx<'_>,
    member: MemberId,
    ended: &Ended,
    now: Timestamp,
) -> Result<(), Error> {
    // What a live hold reserves is spent, or ends with the hold.
    let amount = ended.lot.remaining.less(ended.lot.held);
    let new = NewTransfer {
        program: ended.program,
        shop: ended.shop,
        holder: Holder::Member(member),
        unit: ended.unit,
        kind: TransferKind::Expire,
        amount,
        order: ended.order.as_deref(),
        program_version: ended.program_version,
        explanation: Explanation::default(),
        occurred_at: ended.lot.ends_at().unwrap_or(now),
        recorded_at: now,
    };
    let booked = ledger::book(tx, &new).await?;
    lot::change(tx, booked.transfer, ended.lot.id, amount.get().saturating_neg()).await?;
    if matches!(ended.unit, Unit::Points(_)) {
        metrics::counter!("habitue_points_expired_total")
            .increment(amount.get().try_into().unwrap_or_default());
    }
    Ok(())
}

/// What of `amount` is to be taken back of an order for which so much is `booked`: not what has
/// ended of its own (rules §4.8).
///
/// # Errors
/// Faults of the database.
pub async fn owed(
    tx: &mut Tx<'_>,
    (shop, member, unit): (ShopId, MemberId, Unit),
    (order, booked): (&str, Points),
    amount: Points,
    now: Timestamp,
) -> Result<Points, Error> {
    write_down(tx, member, now).await?;
    let sums = expiry::booked(tx, shop, order, unit).await?;
    let sum = |kind: TransferKind| {
        let found = sums.iter().find(|(word, _)| word == kind.word());
        Points::clamped(found.map_or(0, |(_, sum)| *sum))
    };
    // What was forgiven before stands between what the journal says and what counts as booked.
    let net = sum(TransferKind::Earn).less(sum(TransferKind::TakeBack));
    let before = net.less(booked);
    Ok(amount.less(forgiven(amount, sum(TransferKind::Expire), before)))
}

/// Notes that the member was told of all that ends soon, by `mail` or in the `panel`.
///
/// # Errors
/// Faults of the database.
pub async fn tell(
    tx: &mut Tx<'_>,
    member: MemberId,
    by: &'static str,
    now: Timestamp,
) -> Result<(), Error> {
    if expiry::tell(tx, member, now).await? > 0 {
        metrics::counter!("habitue_notices_total", "by" => by).increment(1);
    }
    Ok(())
}

/// The reference of a message that tells a member of the end that the rule puts at `end`: the same
/// one is sent once.
pub fn reference(member: MemberId, end: Timestamp) -> String {
    format!("{member}.{}", end.seconds())
}

/// The member whom a message tells of an end, or of a fall; `None` where it is about something else.
pub fn member_told_by(message: &Message) -> Option<MemberId> {
    let is_about_them = [ABOUT, tier::ABOUT].contains(&message.about.as_str());
    let (member, _) = message.reference.split_once('.').filter(|_| is_about_them)?;
    member.parse().ok()
}
