//! Facts for a quote, loaded inside the transaction that decides.

use crate::error::Error;
use habitue_domain::id::HoldId;
use habitue_domain::lot::{Lot, balance};
use habitue_domain::member::MemberFacts;
use habitue_domain::program::Program;
use habitue_domain::quote::{Asked, Facts, ShopFacts};
use habitue_domain::time::Timestamp;
use habitue_store::authority::Subject;
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
    let mut public = program.public_facts();
    let mut lots = Vec::new();
    let mut who = None;
    if let Some(id) = subject.member {
        let member = member::load(tx, id).await?;
        lots = lot::open_lots(tx, id, but, now).await?;
        let debt = lot::debt(tx, id).await?;
        public.member = Some(MemberFacts {
            available: balance(&lots, debt, now).available,
            debt,
            tier: member.tier.clone(),
            uses: coupon::uses_of_member(tx, subject.program, id, now).await?,
        });
        who = Some(member);
    }
    let unlisted = asked
        .codes
        .iter()
        .filter_map(|code| program.by_code(code))
        .filter(|promotion| !promotion.listed)
        .cloned()
        .collect();
    let uses = coupon::uses(tx, subject.program, now).await?;
    let shop = Some(ShopFacts { unlisted, uses });
    Ok(Loaded { facts: Facts { public, shop }, lots, member: who })
}
