//! What whoever enters a tier is given: points, or a coupon of their own (rules §7.3).
//!
//! A return within the return window that leaves less than the tier asks for takes it back: nobody
//! ends with more than they began by buying and returning (rules §6.6). The tier itself stays until
//! its review.

use super::Place;
use crate::booking::{into_lot, out_of_lots};
use crate::error::Error;
use crate::issue::{Wanted, issue};
use habitue_domain::id::{CodeId, MemberId};
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::points::Points;
use habitue_domain::promotion::Validity;
use habitue_domain::tier::Tier;
use habitue_domain::time::Timestamp;
use habitue_store::ledger::{Booked, Explanation, NewTransfer};
use habitue_store::member::Member;
use habitue_store::tier::{self as store, Reward};
use habitue_store::{Tx, code, ledger, lot};

/// For how many days a coupon is valid where the program does not say.
const COUPON_DAYS: i64 = 30;
/// A tier gives no second time within so many days, however often it is entered.
const AGAIN_DAYS: i64 = 365;

/// Brings what was given to where it should be after an order or a return left the member at
/// `value`, in the tier `new` where it has just been entered.
///
/// # Errors
/// Faults of the database.
pub async fn settle(
    tx: &mut Tx<'_>,
    place: &Place<'_>,
    who: &Member,
    new: Option<&Tier>,
    value: Points,
) -> Result<(), Error> {
    let program = &place.compiled.program;
    if program.tiers.iter().all(|tier| tier.entry.is_none()) {
        return Ok(());
    }
    let given = store::rewards(tx, who.id).await?;
    for reward in given.iter().filter(|it| it.taken_back_at.is_none() && place.now < it.ripe_at) {
        let deserved = program.tier(&reward.tier).is_some_and(|it| it.threshold <= value);
        if !deserved && !is_held_by_hand(tx, who.id, &reward.tier, place.now).await? {
            take_back(tx, place, who.id, reward).await?;
        }
    }
    // Taken back before, and deserved again while the tier was never lost.
    let held = program.tier(&who.tier).filter(|held| {
        let last = given.iter().find(|reward| reward.tier == held.id);
        held.threshold <= value && last.is_some_and(|last| last.taken_back_at.is_some())
    });
    entered(tx, place, who.id, new.or(held)).await
}

async fn is_held_by_hand(
    tx: &mut Tx<'_>,
    member: MemberId,
    tier: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let floor = store::tenure(tx, member).await?.floor;
    Ok(floor.is_some_and(|floor| floor.tier == tier && now < floor.until))
}

/// Gives what the tier gives to whoever enters it, unless it did within a year.
///
/// # Errors
/// Faults of the database.
pub async fn entered(
    tx: &mut Tx<'_>,
    place: &Place<'_>,
    member: MemberId,
    tier: Option<&Tier>,
) -> Result<(), Error> {
    let Some((tier, entry)) = tier.and_then(|tier| Some((tier, tier.entry.as_ref()?))) else {
        return Ok(());
    };
    let since = place.now.plus_days(-AGAIN_DAYS);
    let given = store::rewards(tx, member).await?;
    let is_late = |it: &Reward| it.taken_back_at.is_none() && it.given_at > since;
    if given.iter().any(|it| it.tier == tier.id && is_late(it)) {
        return Ok(());
    }
    let ripe_at = place.occurred_at.plus_days(place.compiled.program.pending_days);
    let points = entry.points.map_or(Points::ZERO, Points::clamped);
    if points.is_positive() {
        let booked = book(tx, place, (member, &tier.id), TransferKind::Grant, points).await?;
        let ends = place.compiled.end_of(place.occurred_at).map(|end| (end, None));
        let unit = Unit::Points(place.program);
        into_lot(tx, (member, unit), (booked, points), ripe_at, ends).await?;
    }
    let days = entry.days.unwrap_or(COUPON_DAYS);
    let code = match &entry.coupon {
        Some(coupon) => issue_coupon(tx, place, member, (coupon, days)).await?,
        None => None,
    };
    let reward = Reward {
        id: String::new(),
        tier: tier.id.clone(),
        points,
        code,
        given_at: place.now,
        ripe_at,
        taken_back_at: None,
    };
    Ok(store::give(tx, member, &reward).await?)
}

async fn issue_coupon(
    tx: &mut Tx<'_>,
    place: &Place<'_>,
    member: MemberId,
    (promotion, days): (&str, i64),
) -> Result<Option<CodeId>, Error> {
    // An order of long ago that is only told now issues nothing that would count from today.
    let is_over = place.occurred_at.plus_days(days) <= place.now;
    let Some(master) = place.compiled.master.as_ref().filter(|_| !is_over) else {
        return Ok(None);
    };
    let wanted = Wanted {
        program: place.program,
        shop: place.shop,
        promotion,
        member,
        prefix: None,
        order: None,
        validity: Validity { from: None, until: Some(place.now.plus_days(days)) },
    };
    Ok(issue(tx, master, &wanted, place.now).await?.map(|(id, _)| id))
}

async fn take_back(
    tx: &mut Tx<'_>,
    place: &Place<'_>,
    member: MemberId,
    reward: &Reward,
) -> Result<(), Error> {
    if reward.points.is_positive() {
        let kind = TransferKind::Withdraw;
        let booked = book(tx, place, (member, &reward.tier), kind, reward.points).await?;
        let open = lot::holdings(tx, member, None, place.now).await?.lots;
        let unit = Unit::Points(place.program);
        out_of_lots(tx, (member, unit), (booked, reward.points), &open, place.now).await?;
    }
    if let Some(id) = reward.code {
        code::take_back(tx, id, Some(place.now)).await?;
    }
    Ok(store::take_back(tx, &reward.id, place.now).await?)
}

async fn book(
    tx: &mut Tx<'_>,
    place: &Place<'_>,
    (member, tier): (MemberId, &str),
    kind: TransferKind,
    amount: Points,
) -> Result<Booked, Error> {
    let new = NewTransfer {
        program: place.program,
        shop: place.shop,
        holder: Holder::Member(member),
        unit: Unit::Points(place.program),
        kind,
        amount,
        order: None,
        program_version: place.compiled.program.version,
        explanation: Explanation { tier: Some(tier.to_owned()), ..Explanation::default() },
        occurred_at: place.occurred_at,
        recorded_at: place.now,
    };
    Ok(ledger::book(tx, &new).await?)
}
