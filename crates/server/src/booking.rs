//! From an order's state to the ledger: what is there and what should be, and the difference.

use crate::error::Error;
use crate::programs::{Compiled, Programs};
use habitue_domain::earn::{self, Basis};
use habitue_domain::id::{LotId, MemberId, ProgramId, ShopId};
use habitue_domain::ledger::TransferKind;
use habitue_domain::lot;
use habitue_domain::points::Points;
use habitue_domain::quote::{Applied, Verdict};
use habitue_domain::returns::{self, Target};
use habitue_domain::share::of_first_units;
use habitue_domain::tier;
use habitue_domain::time::Timestamp;
use habitue_store::ledger::{Explanation, NewTransfer};
use habitue_store::{Tx, coupon, hold, ledger, lot as lots, member, order, program};
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
        let Some(id) = stored.member else {
            return Ok(order::save(tx, shop, stored).await?);
        };
        let who = member::load(tx, id).await?;
        member::lock(tx, &who).await?;
        let version = program::in_force_at(tx, self.program, stored.placed_at).await?;
        let compiled = self.programs.version(tx, self.program, version).await?;
        if stored.basis.is_none() {
            let currency = stored.order.currency;
            stored.basis = earn::basis(&compiled.program, currency, Some(&who.tier));
        }
        let target = self.target(tx, stored).await?;
        self.book_earning(tx, stored, id, target, version).await?;
        order::save(tx, shop, stored).await?;
        self.rise(tx, &who, &compiled).await
    }

    async fn target(&self, tx: &mut Tx<'_>, stored: &order::Stored) -> Result<Target, Error> {
        let shop = self.shop;
        let recorded = order::returns(tx, shop, &stored.id).await?;
        let recorded: Vec<_> = recorded.into_iter().map(|(_, lines)| lines).collect();
        let returned = returns::returned(&stored.order, &recorded)?;
        let held = hold::of_order(tx, shop, &stored.id).await?;
        let points = held.as_ref().map(|held| held.quote.points_used()).unwrap_or_default();
        let on_lines = held.as_ref().map(taken_by_points).unwrap_or_default();
        let basis = stored.basis.as_ref();
        let target = returns::target(&stored.order, &returned, basis, points, &on_lines);
        if let Some(held) = held {
            self.give_back(tx, stored, &held, target).await?;
        }
        Ok(target)
    }

    /// Gives redeemed points back to their own lots, and the coupon's use on a full return.
    async fn give_back(
        &self,
        tx: &mut Tx<'_>,
        stored: &order::Stored,
        held: &hold::Stored,
        target: Target,
    ) -> Result<(), Error> {
        let program = self.program;
        if !target.keeps_any {
            coupon::give_back(tx, program, held.member, held.id).await?;
        }
        let Some(member) = held.member else {
            return Ok(());
        };
        let spent = lots::reserved(tx, held.id).await?;
        let before = lots::given_back(tx, self.shop, &stored.id).await?;
        let back = to_give_back(&spent, target.redeemed, &before);
        let sum = back.iter().fold(0_i64, |sum, (_, points)| sum.saturating_add(points.get()));
        if sum <= 0 {
            return Ok(());
        }
        let new = NewTransfer {
            kind: TransferKind::GiveBack,
            points: Points::clamped(sum),
            program_version: held.program_version,
            explanation: Explanation::default(),
            ..self.transfer(member, stored)
        };
        let booked = ledger::book(tx, &new).await?;
        for (lot, points) in back {
            lots::change(tx, booked.transfer, lot, points.get()).await?;
        }
        Ok(())
    }

    fn transfer<'a>(&self, member: MemberId, stored: &'a order::Stored) -> NewTransfer<'a> {
        NewTransfer {
            program: self.program,
            shop: self.shop,
            member,
            kind: TransferKind::Earn,
            points: Points::ZERO,
            order: Some(&stored.id),
            program_version: 0,
            explanation: Explanation::default(),
            occurred_at: self.occurred_at,
            recorded_at: self.now,
        }
    }

    async fn book_earning(
        &self,
        tx: &mut Tx<'_>,
        stored: &mut order::Stored,
        id: MemberId,
        target: Target,
        version: i64,
    ) -> Result<(), Error> {
        let difference = target.earned.get().saturating_sub(stored.earned.get());
        if difference == 0 {
            return Ok(());
        }
        let points = Points::clamped(difference.saturating_abs());
        let basis = stored.basis.clone();
        let program_version = basis.as_ref().map_or(version, |basis| basis.version);
        let explanation = self.explain(tx, stored, basis.as_ref(), difference > 0).await?;
        let active_from = explanation.active_from.unwrap_or(self.occurred_at);
        let kind = if difference > 0 { TransferKind::Earn } else { TransferKind::TakeBack };
        let new =
            NewTransfer { kind, points, program_version, explanation, ..self.transfer(id, stored) };
        let booked = ledger::book(tx, &new).await?;
        let debt = lots::debt(tx, id).await?;
        if difference > 0 {
            let repaid = points.min(debt);
            if repaid.is_positive() {
                lots::set_debt(tx, booked.account, debt.less(repaid)).await?;
            }
            let lot = habitue_store::id::lot();
            let rest = points.less(repaid);
            lots::open(tx, lot, booked.account, booked.transfer, rest, active_from).await?;
        } else {
            let open = lots::holdings(tx, id, None, self.now).await?.lots;
            let (taken, missing) = lot::take_back(&open, points, self.now);
            for (lot, part) in taken {
                lots::change(tx, booked.transfer, lot, part.get().saturating_neg()).await?;
            }
            if missing.is_positive() {
                let owed = Points::clamped(debt.get().saturating_add(missing.get()));
                lots::set_debt(tx, booked.account, owed).await?;
            }
        }
        stored.earned = target.earned;
        Ok(())
    }

    async fn explain(
        &self,
        tx: &mut Tx<'_>,
        stored: &order::Stored,
        basis: Option<&Basis>,
        earns: bool,
    ) -> Result<Explanation, Error> {
        let basis = basis.filter(|_| earns);
        let ripe = |basis: &Basis| self.occurred_at.plus_days(basis.pending_days);
        Ok(Explanation {
            paid_minor: Some(kept_paid(tx, self.shop, stored).await?),
            currency: Some(stored.order.currency),
            multiplier: basis.map(|basis| basis.multiplier),
            active_from: basis.map(ripe),
        })
    }

    /// Moves the member up at once where the window's points reach further (rules §7.2).
    async fn rise(
        &self,
        tx: &mut Tx<'_>,
        who: &member::Member,
        compiled: &Compiled,
    ) -> Result<(), Error> {
        let since = compiled.tier_window(self.occurred_at);
        let earned = ledger::earned_since(tx, who.id, since).await?;
        let ladder = &compiled.program.tiers;
        if let Some(new) = tier::rise(ladder, Some(&who.tier), earned)
            && new.id != who.tier
        {
            member::set_tier(tx, who.id, &new.id, self.occurred_at).await?;
        }
        Ok(())
    }
}

/// What was paid for the goods kept, in minor units.
///
/// # Errors
/// Refusals of the rules, faults of the database.
pub async fn kept_paid(
    tx: &mut Tx<'_>,
    shop: ShopId,
    stored: &order::Stored,
) -> Result<i64, Error> {
    let recorded = order::returns(tx, shop, &stored.id).await?;
    let recorded: Vec<_> = recorded.into_iter().map(|(_, lines)| lines).collect();
    let returned = returns::returned(&stored.order, &recorded)?;
    if stored.order.state == habitue_domain::order::OrderState::Cancelled {
        return Ok(0);
    }
    Ok(stored.order.lines.iter().fold(0_i64, |sum, line| {
        let back = returned.get(&line.id).copied().unwrap_or_default();
        let kept = line.quantity.saturating_sub(back);
        sum.saturating_add(of_first_units(line.paid, line.quantity, kept))
    }))
}

/// What the points took off each line of a hold's quote, in minor units.
fn taken_by_points(held: &hold::Stored) -> BTreeMap<String, i64> {
    let by_points = |applied: &&Applied| applied.points.is_some();
    let applied = held.quote.outcomes.iter().filter_map(|outcome| match &outcome.verdict {
        Verdict::Applied(applied) => Some(applied),
        _ => None,
    });
    let lines = applied.filter(by_points).flat_map(|applied| &applied.lines);
    lines.map(|part| (part.line.clone(), part.amount.minor())).collect()
}

/// What each lot is to get back: the first `kept` of the points spent stay spent, in the order of
/// spending; `before` came back already.
fn to_give_back(
    spent: &[(LotId, Points)],
    kept: Points,
    before: &BTreeMap<LotId, i64>,
) -> Vec<(LotId, Points)> {
    let mut stays = kept;
    let mut back = Vec::new();
    for (lot, points) in spent {
        let part = (*points).min(stays);
        stays = stays.less(part);
        let given = Points::clamped(before.get(lot).copied().unwrap_or_default());
        let rest = points.less(part).less(given);
        if rest.is_positive() {
            back.push((*lot, rest));
        }
    }
    back
}
