//! What an order is to have earned, points and credit alike: the difference to what is booked.

use super::Booking;
use crate::error::Error;
use crate::expiry;
use crate::programs::Compiled;
use habitue_domain::id::{AccountId, MemberId};
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::lot::{self, Lot};
use habitue_domain::order::{OrderLine, OrderState};
use habitue_domain::points::Points;
use habitue_domain::returns;
use habitue_domain::time::Timestamp;
use habitue_store::ledger::{Booked, Explanation, NewTransfer};
use habitue_store::lot::NewLot;
use habitue_store::{Tx, credit, ledger, lot as lots, order};
use std::collections::BTreeMap;

/// What an order is to have earned in one unit.
struct Earning {
    unit: Unit,
    /// What it is to have earned.
    target: i64,
    /// What is booked.
    booked: i64,
    /// The version of the program that decided it.
    version: i64,
    /// The figures behind it.
    explanation: Explanation,
    /// Days until what it earns may be spent.
    pending_days: i64,
    /// When it ends, and whether the member knows from the beginning.
    ends: Option<(Timestamp, Option<Timestamp>)>,
}

impl Booking<'_> {
    /// Brings what an order earned to what it is to have earned with the pieces `kept`.
    pub(super) async fn earn(
        &self,
        tx: &mut Tx<'_>,
        stored: &mut order::Stored,
        (member, compiled): (MemberId, &Compiled),
        kept: &BTreeMap<String, i64>,
    ) -> Result<(), Error> {
        let paid = returns::kept_paid(&stored.order, kept);
        let currency = stored.order.currency;
        let explained = Explanation {
            paid_minor: Some(paid),
            currency: Some(currency),
            ..Explanation::default()
        };
        if let Some(basis) = stored.basis.clone() {
            let pays = stored.order.state == OrderState::Paid;
            let pieces = |line: &OrderLine| kept.get(&line.id).copied().unwrap_or_default();
            let kept = stored.order.lines.iter().map(|line| (line, pieces(line)));
            let target = if pays { basis.points(kept) } else { Points::ZERO };
            let earning = Earning {
                unit: Unit::Points(self.program),
                target: target.get(),
                booked: stored.earned.get(),
                version: basis.version,
                explanation: Explanation {
                    multiplier: Some(basis.multiplier),
                    ..explained.clone()
                },
                pending_days: basis.pending_days,
                ends: compiled.end_of(self.occurred_at).map(|end| (end, None)),
            };
            self.settle(tx, stored, member, earning).await?;
            stored.earned = target;
        }
        if let Some(basis) = stored.credit_basis.clone() {
            let target = basis.earned(&stored.order, paid);
            let earning = Earning {
                unit: Unit::Credit(currency),
                target,
                booked: stored.credit_earned,
                version: basis.version,
                explanation: Explanation { share: Some(basis.rate), ..explained },
                pending_days: basis.pending_days,
                ends: basis
                    .expires_days
                    .map(|days| (self.occurred_at.plus_days(days), Some(self.occurred_at))),
            };
            self.settle(tx, stored, member, earning).await?;
            stored.credit_earned = target;
        }
        Ok(())
    }

    async fn settle(
        &self,
        tx: &mut Tx<'_>,
        stored: &order::Stored,
        member: MemberId,
        earning: Earning,
    ) -> Result<(), Error> {
        let difference = earning.target.saturating_sub(earning.booked);
        if difference == 0 {
            return Ok(());
        }
        let (earns, mut amount) = (difference > 0, Points::clamped(difference.saturating_abs()));
        if !earns {
            let whose = (self.shop, member, earning.unit);
            let booked = (stored.id.as_str(), Points::clamped(earning.booked));
            amount = expiry::owed(tx, whose, booked, amount, self.now).await?;
            if !amount.is_positive() {
                return Ok(());
            }
        }
        let active_from = self.occurred_at.plus_days(earning.pending_days);
        let mut explanation = earning.explanation;
        if earns {
            explanation.active_from = Some(active_from);
        } else {
            (explanation.multiplier, explanation.share) = (None, None);
        }
        let kind = if earns { TransferKind::Earn } else { TransferKind::TakeBack };
        let (unit, program_version) = (earning.unit, earning.version);
        let base = self.transfer(Holder::Member(member), unit, &stored.id);
        let new = NewTransfer { kind, amount, program_version, explanation, ..base };
        let booked = ledger::book(tx, &new).await?;
        if earns {
            into_lot(tx, (member, unit), (booked, amount), active_from, earning.ends).await
        } else {
            let open = self.open_lots(tx, member, unit).await?;
            out_of_lots(tx, (member, unit), (booked, amount), &open, self.now).await
        }
    }

    /// The member's open lots of a unit.
    async fn open_lots(
        &self,
        tx: &mut Tx<'_>,
        member: MemberId,
        unit: Unit,
    ) -> Result<Vec<Lot>, Error> {
        let Unit::Credit(currency) = unit else {
            return Ok(lots::holdings(tx, member, None, self.now).await?.lots);
        };
        let all = credit::holdings(tx, (member, self.shop), None, self.now).await?;
        let own = all.into_iter().find(|holding| holding.currency == currency);
        Ok(own.map(|holding| holding.lots).unwrap_or_default())
    }
}

/// Opens a lot of what came in, less what repays a debt.
///
/// # Errors
/// Faults of the database.
pub async fn into_lot(
    tx: &mut Tx<'_>,
    (member, unit): (MemberId, Unit),
    (Booked { account, transfer }, amount): (Booked, Points),
    active_from: Timestamp,
    ends: Option<(Timestamp, Option<Timestamp>)>,
) -> Result<(), Error> {
    let debt = lots::debt(tx, member, unit).await?;
    let repaid = amount.min(debt);
    if repaid.is_positive() {
        lots::set_debt(tx, account, debt.less(repaid)).await?;
    }
    let amount = amount.less(repaid);
    lots::open(tx, &NewLot { account, transfer, amount, active_from, ends }).await?;
    Ok(())
}

/// Takes what is taken back out of open lots; what is missing becomes debt.
///
/// # Errors
/// Faults of the database.
pub async fn out_of_lots(
    tx: &mut Tx<'_>,
    (member, unit): (MemberId, Unit),
    (Booked { account, transfer }, amount): (Booked, Points),
    open: &[Lot],
    now: Timestamp,
) -> Result<(), Error> {
    let (taken, missing) = lot::take_back(open, amount, now);
    for (lot, part) in taken {
        lots::change(tx, transfer, lot, part.get().saturating_neg()).await?;
    }
    if missing.is_positive() {
        let debt: Points = lots::debt(tx, member, unit).await?;
        owe(tx, account, debt.get().saturating_add(missing.get())).await?;
    }
    Ok(())
}

async fn owe(tx: &mut Tx<'_>, account: AccountId, owed: i64) -> Result<(), Error> {
    Ok(lots::set_debt(tx, account, Points::clamped(owed)).await?)
}
