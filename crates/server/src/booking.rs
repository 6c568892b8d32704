//! From an order's state to the ledger: what is there and what should be, and the difference.

mod earning;

pub use earning::{into_lot, out_of_lots};

use crate::error::Error;
use crate::expiry;
use crate::issue;
use crate::programs::Programs;
use crate::redemption::give_back;
use crate::tier;
use habitue_domain::credit;
use habitue_domain::earn;
use habitue_domain::id::{ProgramId, ShopId};
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::points::Points;
use habitue_domain::returns;
use habitue_domain::time::Timestamp;
use habitue_store::ledger::{Explanation, NewTransfer};
use habitue_store::{Tx, hold, member, order, program};
use std::collections::BTreeMap;

/// One order on its way into the ledger.
pub struct Booking<'a> {
    /// Compiled programs.
    pub programs: &'a Programs,
    /// The shop the order is of.
    pub shop: ShopId,
    /// Its program.
    pub program: ProgramId,
    /// When what is booked happened (placed, returned).
    pub occurred_at: Timestamp,
    /// Now.
    pub now: Timestamp,
}

impl Booking<'_> {
    /// Brings the ledger to where the order says it should be, and saves the order.
    ///
    /// # Errors
    /// Refusals of the rules, faults of the database.
    pub async fn book(&self, tx: &mut Tx<'_>, stored: &mut order::Stored) -> Result<(), Error> {
        let shop = self.shop;
        if let (None, Some(customer)) = (stored.member, &stored.customer) {
            stored.member = member::of_customer(tx, shop, customer).await?;
        }
        // First of all: what is read before may be of the past when the turn comes.
        let who = match stored.member {
            Some(member) => Some(member::claimed(tx, member).await?),
            None => None,
        };
        let held = hold::of_order(tx, shop, &stored.id).await?;
        let kept = kept(tx, shop, stored).await?;
        stored.kept_paid = Some(returns::kept_paid(&stored.order, &kept));
        let redeemer = held.as_ref().and_then(|held| held.member);
        if let Some(other) = redeemer.filter(|it| Some(*it) != stored.member) {
            member::claimed(tx, other).await?;
        }
        if let Some(held) = &held {
            give_back(self, tx, (stored, held), &kept).await?;
        }
        let Some(who) = who else {
            return Ok(order::save(tx, shop, stored).await?);
        };
        let frozen = stored.basis.as_ref().map(|basis| basis.version);
        let frozen = frozen.or(stored.credit_basis.as_ref().map(|basis| basis.version));
        let version = match frozen {
            Some(version) => version,
            None => program::in_force_at(tx, self.program, stored.placed_at).await?,
        };
        let compiled = self.programs.version(tx, self.program, version).await?;
        let (program, placed_at) = (&compiled.program, stored.placed_at);
        // Both rules are frozen together, when the order first earns for somebody.
        if frozen.is_none() {
            stored.basis = earn::basis(program, &stored.order, Some(&who.tier), placed_at);
            stored.credit_basis = credit::basis(program, stored.order.currency);
        } else if let Some(basis) = &mut stored.basis {
            basis.cover(program, &stored.order, placed_at);
        }
        Box::pin(self.earn(tx, stored, (who.id, &compiled), &kept)).await?;
        order::save(tx, shop, stored).await?;
        issue::by_order(tx, self, &compiled, (stored, who.id), &kept).await?;
        expiry::put_off(tx, self.programs, (self.program, who.id), self.now).await?;
        tier::rise(tx, self, &who, &compiled).await
    }

    /// A transfer on an order, to be filled in.
    pub fn transfer<'a>(&self, holder: Holder, unit: Unit, order: &'a str) -> NewTransfer<'a> {
        NewTransfer {
            program: self.program,
            shop: self.shop,
            holder,
            unit,
            kind: TransferKind::Earn,
            amount: Points::ZERO,
            order: Some(order),
            program_version: 0,
            explanation: Explanation::default(),
            occurred_at: self.occurred_at,
            recorded_at: self.now,
        }
    }
}

/// Pieces of each line that are kept.
///
/// # Errors
/// Refusals of the rules, faults of the database.
pub async fn kept(
    tx: &mut Tx<'_>,
    shop: ShopId,
    stored: &order::Stored,
) -> Result<BTreeMap<String, i64>, Error> {
    let recorded = order::returns(tx, shop, &stored.id).await?;
    let recorded: Vec<_> = recorded.into_iter().map(|(_, lines)| lines).collect();
    let returned = returns::returned(&stored.order, &recorded)?;
    Ok(returns::kept(&stored.order, &returned))
}
