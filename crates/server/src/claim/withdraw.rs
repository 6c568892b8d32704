//! A claim is undone: what it granted counts no more, and only then its points go back to their own
//! lots. What was used or fulfilled stays.

use super::about;
use crate::error::Error;
use crate::redemption::refill;
use habitue_domain::id::GiftCardId;
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::lot;
use habitue_domain::money::Money;
use habitue_domain::points::Points;
use habitue_domain::refusal::Refusal;
use habitue_domain::reward::Kind;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Merchant;
use habitue_store::claim::{self, Stored};
use habitue_store::ledger::NewTransfer;
use habitue_store::{Tx, code, credit, gift_card, ledger, lot as lots, member};

/// Withdraws a claim that is neither used nor withdrawn; the caller has looked at its state.
///
/// # Errors
/// `claim_settled` where something of what it granted is used; faults of the database.
pub async fn withdraw(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    stored: &Stored,
    (author, reason): (&str, &str),
    now: Timestamp,
) -> Result<(), Error> {
    member::claimed(tx, stored.member).await?;
    let undo = Undo { merchant, stored, by: (author, reason), now };
    let granted = &stored.granted;
    if let Some(id) = granted.code {
        if claim::is_used(tx, id, now).await? {
            return Err(Refusal::ClaimSettled.into());
        }
        code::withdraw(tx, merchant.shop(), id, now).await?;
    } else if let Some(card) = granted.gift_card {
        undo.card(tx, card).await?;
    } else if let Some(amount) = granted.credit {
        undo.credit(tx, amount).await?;
    } else if stored.kind == Kind::Experience.word() && stored.state != "open" {
        return Err(Refusal::ClaimSettled.into());
    }
    let parts = lots::spent(tx, stored.transfer).await?;
    let back: Vec<_> = parts.iter().map(|part| (part, part.amount)).collect();
    let points = (Unit::Points(merchant.program()), stored.points.get());
    let new = undo.transfer(TransferKind::GiveBack, Holder::Member(stored.member), points);
    refill(tx, &new, stored.member, &back).await?;
    let whose = (merchant.program(), stored.member);
    Ok(claim::put_back(tx, whose, &stored.reward).await?)
}

struct Undo<'a> {
    merchant: &'a Merchant,
    stored: &'a Stored,
    by: (&'a str, &'a str),
    now: Timestamp,
}

impl Undo<'_> {
    fn transfer(
        &self,
        kind: TransferKind,
        holder: Holder,
        (unit, amount): (Unit, i64),
    ) -> NewTransfer<'static> {
        NewTransfer {
            program: self.merchant.program(),
            shop: self.merchant.shop(),
            holder,
            unit,
            kind,
            amount: Points::clamped(amount),
            order: None,
            program_version: self.stored.program_version,
            explanation: about(&self.stored.reward),
            occurred_at: self.now,
            recorded_at: self.now,
        }
    }

    async fn card(&self, tx: &mut Tx<'_>, id: GiftCardId) -> Result<(), Error> {
        let found = gift_card::load(tx, self.merchant.shop(), id, None, self.now).await?;
        let card = found.ok_or(habitue_store::Error::Conflict)?;
        if card.available() != card.issued {
            return Err(Refusal::ClaimSettled.into());
        }
        gift_card::lock(tx, id, card.version).await?;
        let amount = (Unit::Gift(card.currency()), card.balance);
        let new = self.transfer(TransferKind::Withdraw, Holder::Card(id), amount);
        let booked = ledger::book(tx, &new).await?;
        ledger::note(tx, booked.transfer, self.by.0, self.by.1).await?;
        Ok(gift_card::cancel(tx, id, self.now).await?)
    }

    /// Credit is not told apart: as much is taken as was granted, while there is as much.
    async fn credit(&self, tx: &mut Tx<'_>, amount: Money) -> Result<(), Error> {
        let (member, shop) = (self.stored.member, self.merchant.shop());
        let all = credit::holdings(tx, (member, shop), None, self.now).await?;
        let own = all.into_iter().find(|holding| holding.currency == amount.currency());
        let open = own.map(|holding| holding.lots).unwrap_or_default();
        let taken = lot::take(&open, Points::clamped(amount.minor()), self.now);
        let taken = taken.map_err(|_| Refusal::ClaimSettled)?;
        let moved = (Unit::Credit(amount.currency()), amount.minor());
        let new = self.transfer(TransferKind::Withdraw, Holder::Member(member), moved);
        let booked = ledger::book(tx, &new).await?;
        ledger::note(tx, booked.transfer, self.by.0, self.by.1).await?;
        for (lot, part) in taken {
            lots::change(tx, booked.transfer, lot, part.get().saturating_neg()).await?;
        }
        Ok(())
    }
}
