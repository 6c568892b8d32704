//! What earns besides paid orders: each event once for ever, as often as the program's cap allows
//! (rules §4.10, §4.11).

use crate::booking::{Booking, into_lot};
use crate::error::Error;
use crate::programs::{Compiled, Programs};
use crate::tier;
use habitue_api::action::ActionOutcome;
use habitue_domain::action::{ActionKind, EarningAction};
use habitue_domain::id::{MemberId, ProgramId, ShopId};
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::points::Points;
use habitue_domain::refusal::Refusal;
use habitue_domain::time::Timestamp;
use habitue_store::action::{self, Event};
use habitue_store::ledger::{Explanation, NewTransfer};
use habitue_store::{Tx, ledger, member, program};

/// Something a member did.
#[derive(Clone, Copy, Debug)]
pub struct Deed<'a> {
    /// The program.
    pub program: ProgramId,
    /// Which event of which action, told by which shop.
    pub event: Event<'a>,
    /// Who did it.
    pub member: MemberId,
    /// When.
    pub occurred_at: Timestamp,
}

/// Takes a deed: what became of it, and what it earned.
///
/// # Errors
/// Refusals of the rules: an action the program did not have then, an event of another member's;
/// faults of the database.
pub async fn earn(
    tx: &mut Tx<'_>,
    programs: &Programs,
    deed: &Deed<'_>,
    now: Timestamp,
) -> Result<(ActionOutcome, Points), Error> {
    if let Some(known) = action::find(tx, &deed.event).await? {
        if known.member != deed.member {
            return Err(Refusal::EventDiffers.into());
        }
        return Ok((ActionOutcome::Known, known.points));
    }
    let version = program::in_force_at(tx, deed.program, deed.occurred_at).await?;
    let compiled = programs.version(tx, deed.program, version).await?;
    let rule = compiled.program.action(deed.event.action);
    let rule = rule.ok_or_else(|| Refusal::out_of_bounds("action"))?;
    let who = member::claimed(tx, deed.member).await?;
    let period = compiled.period(rule.per, deed.occurred_at);
    let before = action::count(tx, who.id, &rule.id, period).await?;
    let points = rule.earns(before);
    let times = (deed.occurred_at, now);
    if !points.is_positive() {
        action::add(tx, &deed.event, who.id, times, None).await?;
        return Ok((ActionOutcome::Capped, points));
    }
    let transfer = book(tx, (deed, rule, &compiled), now).await?;
    action::add(tx, &deed.event, who.id, times, Some(transfer)).await?;
    let (program, shop, occurred_at) = (deed.program, deed.event.shop, deed.occurred_at);
    let booking = Booking { programs, shop, program, occurred_at, now };
    tier::rise(tx, &booking, &who, &compiled).await?;
    Ok((ActionOutcome::Earned, points))
}

async fn book(
    tx: &mut Tx<'_>,
    (deed, rule, compiled): (&Deed<'_>, &EarningAction, &Compiled),
    now: Timestamp,
) -> Result<habitue_domain::id::TransferId, Error> {
    let unit = Unit::Points(deed.program);
    let active_from = deed.occurred_at.plus_days(rule.pending_days);
    let new = NewTransfer {
        program: deed.program,
        shop: deed.event.shop,
        holder: Holder::Member(deed.member),
        unit,
        kind: TransferKind::Earn,
        amount: rule.points,
        order: None,
        program_version: compiled.program.version,
        explanation: Explanation {
            action: Some(rule.id.clone()),
            active_from: Some(active_from),
            ..Explanation::default()
        },
        occurred_at: deed.occurred_at,
        recorded_at: now,
    };
    let booked = ledger::book(tx, &new).await?;
    let ends = compiled.end_of(deed.occurred_at).map(|end| (end, None));
    let transfer = booked.transfer;
    into_lot(tx, (deed.member, unit), (booked, rule.points), active_from, ends).await?;
    Ok(transfer)
}

/// Takes what the server itself sees: joining, or the newsletter. Without such an action in the
/// program in force nothing happens.
///
/// # Errors
/// As [`earn`].
pub async fn see(
    tx: &mut Tx<'_>,
    programs: &Programs,
    (program, shop, member): (ProgramId, ShopId, MemberId),
    kind: ActionKind,
    now: Timestamp,
) -> Result<(), Error> {
    let compiled = programs.current(tx, program).await?;
    if compiled.program.action(kind.word()).is_none() {
        return Ok(());
    }
    let id = member.to_string();
    let event = Event { shop, action: kind.word(), id: &id };
    let deed = Deed { program, event, member, occurred_at: now };
    // Boxed, since it is seldom needed and would make the future of joining larger.
    Box::pin(earn(tx, programs, &deed, now)).await.map(drop)
}
