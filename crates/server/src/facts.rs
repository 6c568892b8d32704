//! Facts for a quote, loaded inside the transaction that decides.

use crate::error::Error;
use crate::programs::Compiled;
use habitue_domain::id::{HoldId, MemberId, ProgramId};
use habitue_domain::lot::{Lot, balance};
use habitue_domain::member::MemberFacts;
use habitue_domain::program::Program;
use habitue_domain::promotion::Promotion;
use habitue_domain::quote::{Asked, Facts, PublicFacts, ShopFacts};
use habitue_domain::time::Timestamp;
use habitue_store::authority::Subject;
use habitue_store::lot::Holdings;
use habitue_store::{Tx, coupon, lot, member, order};

/// Facts, with the lots behind the member's points.
pub struct Loaded {
    /// What `quote` reads.
    pub facts: Facts,
    /// The member's open lots.
    pub lots: Vec<Lot>,
    /// The member as loaded, to be locked before anything of theirs is changed.
    pub member: Option<member::Member>,
}

/// What is a member's own.
#[derive(Default)]
pub struct Own {
    /// What a quote reads.
    pub facts: Option<MemberFacts>,
    /// The member's open lots.
    pub lots: Vec<Lot>,
    /// The member as loaded.
    pub member: Option<member::Member>,
}

/// How many orders the member has paid, where some promotion of `program` asks.
///
/// # Errors
/// Faults of the database.
pub async fn orders(
    tx: &mut Tx<'_>,
    program: &Program,
    member: Option<MemberId>,
) -> Result<Option<i64>, Error> {
    let asks = program.promotions.iter().any(|promotion| !promotion.orders.is_empty());
    match member.filter(|_| asks) {
        Some(member) => Ok(Some(order::paid_by_member(tx, member).await?)),
        None => Ok(None),
    }
}

/// What the browser may know: what is published, around `now`, and the member's own.
pub fn public(compiled: &Compiled, member: Option<MemberFacts>, now: Timestamp) -> PublicFacts {
    let mut public = PublicFacts { member, ..compiled.program.public_facts() };
    compiled.expand(&mut public.promotions, now);
    public
}

/// Loads what a quote for `subject` depends on; `but` names a hold whose own reservations do not
/// count against it.
///
/// # Errors
/// Faults of the database.
pub async fn load(
    tx: &mut Tx<'_>,
    compiled: &Compiled,
    subject: &Subject,
    asked: &Asked,
    but: Option<HoldId>,
    now: Timestamp,
) -> Result<Loaded, Error> {
    let program = &compiled.program;
    let [mut one, mut other, mut third] = tx.forks();
    let (mut own, mut shop, orders) = tokio::try_join!(
        own(&mut one, subject, but, now),
        counters(&mut other, program, subject.program, now),
        orders(&mut third, program, subject.member)
    )?;
    if let Some(facts) = &mut own.facts {
        facts.orders = orders;
    }
    let mut unlisted: Vec<Promotion> = asked
        .codes
        .iter()
        .filter_map(|code| program.by_code(code))
        .filter(|promotion| !promotion.listed)
        .cloned()
        .collect();
    compiled.expand(&mut unlisted, now);
    shop.unlisted = unlisted;
    let facts = Facts { public: public(compiled, own.facts, now), shop: Some(shop) };
    Ok(Loaded { facts, lots: own.lots, member: own.member })
}

/// What is used and spent of the program's promotions.
async fn counters(
    tx: &mut Tx<'_>,
    program: &Program,
    id: ProgramId,
    now: Timestamp,
) -> Result<ShopFacts, Error> {
    let has_budget = program.promotions.iter().any(|promotion| !promotion.budget.is_empty());
    let [mut one, mut other] = tx.forks();
    let (uses, spent) = tokio::try_join!(coupon::uses(&mut one, id, now), async {
        if has_budget { coupon::spent(&mut other, id, now).await } else { Ok(Vec::new()) }
    })?;
    Ok(ShopFacts { uses, spent, ..ShopFacts::default() })
}

/// Loads what is the member's own, nothing where `subject` is none.
///
/// # Errors
/// Faults of the database.
pub async fn own(
    tx: &mut Tx<'_>,
    subject: &Subject,
    but: Option<HoldId>,
    now: Timestamp,
) -> Result<Own, Error> {
    let Some(id) = subject.member else {
        return Ok(Own::default());
    };
    let [mut one, mut other] = tx.forks();
    let (Holdings { member, lots, debt }, uses) = tokio::try_join!(
        lot::holdings(&mut one, id, but, now),
        coupon::uses_of_member(&mut other, subject.program, id, now)
    )?;
    let available = balance(&lots, debt, now).available;
    let tier = member.tier.clone();
    let facts = MemberFacts { available, debt, tier, uses, ..MemberFacts::default() };
    Ok(Own { facts: Some(facts), lots, member: Some(member) })
}
