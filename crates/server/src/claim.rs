//! A claim: the points it costs and what it grants, in one transaction; and back.
//!
//! Conditional updates of the counters decide who has the last one, the member's version who spends
//! points that are asked for twice.

mod grant;
mod withdraw;

pub use withdraw::withdraw;

use crate::code;
use crate::error::{Error, refused};
use crate::programs::Compiled;
use crate::secret::MasterKey;
use grant::grant;
use habitue_api::claim::{Claim, ClaimState};
use habitue_domain::id::MemberId;
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::lot;
use habitue_domain::points::Points;
use habitue_domain::refusal::{Missing, Reason, Refusal};
use habitue_domain::reward::{Grant, Kind, Reward, Standing};
use habitue_domain::time::Timestamp;
use habitue_store::authority::Subject;
use habitue_store::claim::{self, Counts, Stored};
use habitue_store::ledger::{Explanation, NewTransfer};
use habitue_store::lot::Holdings;
use habitue_store::{Tx, id, ledger, lot as lots, member};

/// Somebody who claims.
pub struct Claiming<'a> {
    /// The program in force.
    pub compiled: &'a Compiled,
    /// What codes are kept with.
    pub master: &'a MasterKey,
    /// Where, and who as the shop knows them.
    pub subject: &'a Subject,
    /// The member they are.
    pub member: MemberId,
    /// Now.
    pub now: Timestamp,
}

impl Claiming<'_> {
    /// What they have, and how often rewards were claimed.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn look(&self, tx: &mut Tx<'_>) -> Result<(Holdings, Counts), Error> {
        let holdings = lots::holdings(tx, self.member, None, self.now).await?;
        let counts = claim::counts(tx, self.subject.program, Some(self.member)).await?;
        Ok((holdings, counts))
    }

    /// What a reward is decided by for them.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn standing<'a>(
        &self,
        tx: &mut Tx<'_>,
        reward: &Reward,
        (holdings, counts): &'a (Holdings, Counts),
    ) -> Result<Standing<'a>, Error> {
        let shop = self.subject.shop;
        let pool = match &reward.grant {
            Grant::Pool(promotion) => Some(claim::pool(tx, shop, promotion, self.now).await?),
            _ => None,
        };
        let count = |of: &std::collections::BTreeMap<String, i64>| {
            of.get(&reward.id).copied().unwrap_or_default()
        };
        let balance = lot::balance(&holdings.lots, holdings.debt, self.now);
        Ok(Standing {
            tier: &holdings.member.tier,
            available: balance.available,
            debt: balance.debt,
            claimed: count(&counts.all),
            claimed_by_member: count(&counts.own),
            pool,
        })
    }

    /// Claims a reward.
    ///
    /// # Errors
    /// The refusals of the rules, faults of the database.
    pub async fn claim(&self, tx: &mut Tx<'_>, id: &str) -> Result<Stored, Error> {
        let reward = self.compiled.program.reward(id);
        let reward = reward.ok_or_else(|| told(Reason::NotFound, None))?;
        let seen = self.look(tx).await?;
        let standing = self.standing(tx, reward, &seen).await?;
        reward.claimable(&standing, self.now).map_err(|(reason, missing)| told(reason, missing))?;
        member::lock(tx, &seen.0.member).await?;
        let program = self.subject.program;
        if !claim::take(tx, program, &reward.id, reward.stock).await? {
            return Err(told(Reason::OutOfStock, None));
        }
        let (member, most) = (self.member, reward.per_member);
        if !claim::take_of_member(tx, member, &reward.id, most).await? {
            return Err(told(Reason::UsedUpForMember, None));
        }
        let spent = lot::take(&seen.0.lots, reward.points, self.now)
            .map_err(|missing| told(Reason::NotEnoughPoints, Some(Missing::Points(missing))))?;
        let new = self.transfer(Holder::Member(self.member), reward);
        let booked = ledger::book(tx, &new).await?;
        for (lot, part) in spent {
            lots::change(tx, booked.transfer, lot, part.get().saturating_neg()).await?;
        }
        let granted = grant(self, tx, reward).await?;
        let is_open = reward.grant == Grant::Experience;
        let state = if is_open { ClaimState::Open } else { ClaimState::Fulfilled };
        let stored = Stored {
            id: id::claim(),
            shop: self.subject.shop,
            member: self.member,
            reward: reward.id.clone(),
            name: reward.name.clone(),
            kind: reward.kind.word().to_owned(),
            points: reward.points,
            program_version: self.compiled.program.version,
            transfer: booked.transfer,
            granted,
            state: state.word().to_owned(),
            claimed_at: self.now,
            settled_at: (!is_open).then_some(self.now),
        };
        claim::add(tx, &stored).await?;
        Ok(stored)
    }

    /// The points a reward costs; to be filled in for what it grants.
    fn transfer(&self, holder: Holder, reward: &Reward) -> NewTransfer<'static> {
        let program = self.subject.program;
        NewTransfer {
            program,
            shop: self.subject.shop,
            holder,
            unit: Unit::Points(program),
            kind: TransferKind::Redeem,
            amount: reward.points,
            order: None,
            program_version: self.compiled.program.version,
            explanation: about(&reward.id),
            occurred_at: self.now,
            recorded_at: self.now,
        }
    }
}

fn about(reward: &str) -> Explanation {
    Explanation { reward: Some(reward.to_owned()), ..Explanation::default() }
}

/// A refusal in the words of rewards.
fn told(reason: Reason, missing: Option<Missing>) -> Error {
    let title = match reason {
        Reason::NotFound => "There is no such reward.",
        Reason::Expired => "The reward is not offered any more.",
        Reason::NotStarted => "The reward cannot be claimed yet.",
        Reason::OutOfStock => "The reward is out of stock.",
        Reason::UsedUpForMember => "The member has claimed this as often as one may.",
        Reason::NotEligible => "The reward is for members of another tier.",
        _ => "",
    };
    let mut problem = refused(&Refusal::NotApplied { code: None, reason, missing });
    if !title.is_empty() {
        title.clone_into(&mut problem.title);
    }
    problem.into()
}

/// A claim as it is told; with its code where whoever asks owns it.
#[must_use]
pub fn shown(stored: &Stored, master: Option<&MasterKey>) -> Claim {
    let state = [ClaimState::Open, ClaimState::Fulfilled, ClaimState::Withdrawn];
    let state = state.into_iter().find(|state| state.word() == stored.state);
    let is_withdrawn = state == Some(ClaimState::Withdrawn);
    let sealed = stored.granted.sealed.as_deref().filter(|_| !is_withdrawn);
    let code = master.and_then(|master| code::unseal(master, sealed?));
    Claim {
        id: stored.id.to_string(),
        member: stored.member.to_string(),
        reward: stored.reward.clone(),
        name: stored.name.clone(),
        kind: Kind::from_word(&stored.kind).unwrap_or(Kind::Experience),
        points: Points::clamped(stored.points.get()),
        state: state.unwrap_or(ClaimState::Open),
        code: code.map(|code| code.to_string()),
        amount: stored.granted.credit,
        until: stored.granted.until,
        claimed_at: stored.claimed_at,
        settled_at: stored.settled_at,
    }
}
