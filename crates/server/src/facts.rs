//! Facts for a quote, loaded inside the transaction that decides.

use crate::error::Error;
use habitue_domain::id::HoldId;
use habitue_domain::lot::{Lot, balance};
use habitue_domain::member::MemberFacts;
use habitue_domain::program::Program;
use habitue_domain::quote::{Asked, Facts, PublicFacts, ShopFacts};
use habitue_domain::time::Timestamp;
use habitue_store::authority::Subject;
use habitue_store::lot::Holdings;
use habitue_store::{Tx, coupon, lot, member};

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

/// Loads what a quote for `subject` depends on; `but` names a hold whose own reservations do not
/// count against it.
///
/// # Errors
/// Faults of the database.
pub async fn load(
    tx: &mut Tx<'_>,
    program: &Program,
    subject: &Subject,
    asked: &Asked,
    but: Option<HoldId>,
    now: Timestamp,
) -> Result<Loaded, Error> {
    let [mut one, mut other] = tx.forks();
    let (own, uses) = tokio::try_join!(own(&mut one, subject, but, now), async {
        Ok(coupon::uses(&mut other, subject.program, now).await?)
    })?;
    let unlisted = asked
        .codes
        .iter()
        .filter_map(|code| program.by_code(code))
        .filter(|promotion| !promotion.listed)
        .cloned()
        .collect();
    let public = PublicFacts { member: own.facts, ..program.public_facts() };
    let shop = Some(ShopFacts { unlisted, uses });
    Ok(Loaded { facts: Facts { public, shop }, lots: own.lots, member: own.member })
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
    let facts = Some(MemberFacts { available, debt, tier, uses });
    Ok(Own { facts, lots, member: Some(member) })
}
