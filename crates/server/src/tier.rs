//! Where a member stands: what they reached, how they rise, what a review finds (rules §7).

mod reward;

use crate::booking::Booking;
use crate::error::Error;
use crate::programs::Compiled;
use habitue_api::tier::{Keeping, TierChange, TierChangeKind, Warning};
use habitue_domain::calendar::Window;
use habitue_domain::id::{MemberId, ProgramId, ShopId};
use habitue_domain::points::Points;
use habitue_domain::tier::{self, Floor, Metric, Progress, Review, Tier};
use habitue_domain::time::Timestamp;
use habitue_store::Tx;
use habitue_store::member::Member;
use habitue_store::tier::{self as store, Change, Reached, Tenure};

/// What a message of the outbox is about that warns of a fall.
pub const ABOUT: &str = "tier";

/// Where something about a tier happens.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The program's rules.
    pub compiled: &'a Compiled,
    /// The program.
    pub program: ProgramId,
    /// The shop it comes from.
    pub shop: ShopId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Now.
    pub now: Timestamp,
}

/// What the member reached in a window, in what the program counts.
///
/// # Errors
/// Faults of the database.
pub async fn reached(
    tx: &mut Tx<'_>,
    compiled: &Compiled,
    member: MemberId,
    window: Window,
) -> Result<Reached, Error> {
    let rule = &compiled.program.tier_rule;
    Ok(match (rule.metric, rule.currency) {
        (Metric::Earned, _) => store::earned(tx, member, window).await?,
        (Metric::Ordered, _) => store::ordered(tx, member, window).await?,
        (Metric::Spent, Some(currency)) => store::spent(tx, member, currency, window).await?,
        // A ladder of one step counts nothing.
        (Metric::Spent, None) => Reached::default(),
    })
}

/// Moves the member up at once where what they reached leads further (rules §7.2), and brings what
/// was given for it to where it should be.
///
/// # Errors
/// Faults of the database.
pub async fn rise(
    tx: &mut Tx<'_>,
    booking: &Booking<'_>,
    who: &Member,
    compiled: &Compiled,
) -> Result<(), Error> {
    let (occurred_at, now) = (booking.occurred_at, booking.now);
    let (program, shop) = (booking.program, booking.shop);
    let place = Place { compiled, program, shop, occurred_at, now };
    let value = reached(tx, compiled, who.id, compiled.tier_window(occurred_at)).await?.value;
    let ladder = &compiled.program.tiers;
    let new = tier::rise(ladder, Some(&who.tier), value).filter(|new| new.id != who.tier);
    if let Some(new) = new {
        store::set(tx, who.id, &new.id, occurred_at).await?;
        let change = Change {
            kind: TierChangeKind::Up.word().to_owned(),
            tier: new.id.clone(),
            before: who.tier.clone(),
            at: occurred_at,
            until: None,
            value,
            by: None,
        };
        store::note(tx, who.id, &change).await?;
    }
    // Boxed, since it is seldom needed and would make every request's future larger.
    Box::pin(reward::settle(tx, &place, who, new, value)).await
}

/// Gives a tier by hand: a floor until a date, and the tier itself where it is above the one held.
///
/// # Errors
/// Faults of the database.
pub async fn give(
    tx: &mut Tx<'_>,
    place: &Place<'_>,
    who: &Member,
    floor: &Floor,
    by: (String, String),
) -> Result<(), Error> {
    let (compiled, now) = (place.compiled, place.now);
    let value = reached(tx, compiled, who.id, compiled.tier_window(now)).await?.value;
    store::set_floor(tx, who.id, floor).await?;
    let given = compiled.program.tier(&floor.tier);
    let held = compiled.program.tier(&who.tier);
    let rises = |new: &&Tier| held.is_none_or(|held| held.threshold < new.threshold);
    let new = given.filter(rises);
    if let Some(new) = new {
        store::set(tx, who.id, &new.id, now).await?;
        // What is held by hand alone is looked at when its time is over.
        let at = compiled.program.tier_rule.review.map(|_| floor.until);
        store::plan(tx, who.id, at, (None, None)).await?;
    }
    let change = Change {
        kind: TierChangeKind::ByHand.word().to_owned(),
        tier: floor.tier.clone(),
        before: who.tier.clone(),
        at: now,
        until: Some(floor.until),
        value,
        by: Some(by),
    };
    store::note(tx, who.id, &change).await?;
    reward::entered(tx, place, who.id, new).await
}

/// What a review of somebody's tier says now.
pub struct Verdict {
    /// What was reached in the time that counts.
    pub value: Points,
    /// Where they land; the tier they hold where it is kept.
    pub lands: String,
    /// What is missing to keep it.
    pub missing: Points,
}

/// Looks whether the member keeps their tier; `None` where nobody falls, or the ladder is empty.
///
/// # Errors
/// Faults of the database.
pub async fn verdict(
    tx: &mut Tx<'_>,
    compiled: &Compiled,
    member: MemberId,
    tenure: &Tenure,
    now: Timestamp,
) -> Result<Option<Verdict>, Error> {
    let program = &compiled.program;
    let Some(review) = program.tier_rule.review else { return Ok(None) };
    let at = tenure.review_at.unwrap_or(now).min(now);
    let mut value = Points::ZERO;
    for window in compiled.review_windows(at, tenure.review_from) {
        value = value.max(reached(tx, compiled, member, window).await?.value);
    }
    let floor = tenure.floor.as_ref().filter(|floor| now < floor.until);
    let floor = floor.map(|floor| floor.tier.as_str());
    let lands = tier::review(&program.tiers, &tenure.tier, value, (review.fall, floor));
    let needed = program.tier(&tenure.tier).map_or(Points::ZERO, |tier| tier.threshold);
    Ok(lands.map(|tier| Verdict { value, lands: tier.id.clone(), missing: needed.less(value) }))
}

/// How far the member is, and how they keep what they have.
///
/// # Errors
/// Faults of the database.
pub async fn standing(
    tx: &mut Tx<'_>,
    compiled: &Compiled,
    who: &Member,
    now: Timestamp,
) -> Result<(Progress, Option<Keeping>), Error> {
    let window = compiled.tier_window(now);
    let [mut one, mut other] = tx.forks();
    let (reached, tenure) = tokio::try_join!(reached(&mut one, compiled, who.id, window), async {
        Ok(store::tenure(&mut other, who.id).await?)
    })?;
    let program = &compiled.program;
    let progress = tier::progress(&program.tiers, &who.tier, reached.value, &program.tier_rule);
    let until = compiled.counts_until(now, reached.oldest);
    let progress = Progress { until: until.filter(|_| progress.next.is_some()), ..progress };
    let Some(review) = program.tier_rule.review else { return Ok((progress, None)) };
    let first = program.tiers.first().is_some_and(|tier| tier.id == tenure.tier);
    let floor_until = tenure.floor.as_ref().map(|floor| floor.until).filter(|until| now < *until);
    let warning = Box::pin(warning(tx, compiled, (who.id, &tenure), review, now)).await?;
    let planned = tenure.review_at.filter(|at| tenure.review_from.is_none() && now < *at);
    let review_at = planned.or_else(|| compiled.next_review(tenure.since, now));
    let review_at = review_at.filter(|_| !first && warning.is_none());
    let keeping = Keeping { review_at, floor_until, warning };
    Ok((progress, (!keeping.is_empty()).then_some(keeping)))
}

async fn warning(
    tx: &mut Tx<'_>,
    compiled: &Compiled,
    (member, tenure): (MemberId, &Tenure),
    review: Review,
    now: Timestamp,
) -> Result<Option<Warning>, Error> {
    if tenure.review_from.is_none() {
        return Ok(None);
    }
    let found = verdict(tx, compiled, member, tenure, now).await?;
    let found = found.filter(|verdict| verdict.lands != tenure.tier);
    let until = compiled.falls_at(review, tenure.warned_at.unwrap_or(now));
    Ok(found.zip(until).map(|(verdict, until)| Warning {
        tier: verdict.lands,
        missing: verdict.missing,
        until,
        told: tenure.warned_at.is_some(),
    }))
}

/// Notes that the member was told of a review that found too little, by `mail` or in the `panel`:
/// the grace begins with it.
///
/// # Errors
/// Faults of the database.
pub async fn tell(
    tx: &mut Tx<'_>,
    compiled: &Compiled,
    member: MemberId,
    (by, now): (&'static str, Timestamp),
) -> Result<(), Error> {
    let tenure = store::tenure(tx, member).await?;
    let Some(review) = compiled.program.tier_rule.review else { return Ok(()) };
    if tenure.review_from.is_none() || tenure.warned_at.is_some() {
        return Ok(());
    }
    let found = verdict(tx, compiled, member, &tenure, now).await?;
    let Some(verdict) = found.filter(|verdict| verdict.lands != tenure.tier) else {
        return Ok(());
    };
    if !store::warn(tx, member, now).await? {
        return Ok(());
    }
    metrics::counter!("habitue_tier_warnings_total", "by" => by).increment(1);
    let change = Change {
        kind: TierChangeKind::Warned.word().to_owned(),
        tier: verdict.lands,
        before: tenure.tier,
        at: now,
        until: compiled.falls_at(review, now),
        value: verdict.value,
        by: None,
    };
    Ok(store::note(tx, member, &change).await?)
}

/// The reference of a message that warns a member: the same one is sent once.
pub fn reference(member: MemberId, now: Timestamp) -> String {
    format!("{member}.{}", now.seconds())
}

/// What happened to the member's tier, newest first.
///
/// # Errors
/// Faults of the database.
pub async fn changes(
    tx: &mut Tx<'_>,
    member: MemberId,
    with_author: bool,
) -> Result<Vec<TierChange>, Error> {
    let told = |change: Change| {
        let (author, reason) = change.by.filter(|_| with_author).unzip();
        Some(TierChange {
            kind: TierChangeKind::from_word(&change.kind)?,
            tier: change.tier,
            before: change.before,
            at: change.at,
            until: change.until,
            value: change.value,
            author,
            reason,
        })
    };
    let all = store::changes(tx, member).await?;
    Ok(all.into_iter().filter_map(told).collect())
}
