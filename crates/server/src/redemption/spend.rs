//! What a hold reserved becomes redeemed: one transfer for each unit and each gift card.

use crate::error::Error;
use habitue_domain::id::{GiftCardId, MemberId};
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::points::Points;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Merchant;
use habitue_store::hold::Stored;
use habitue_store::ledger::{Explanation, NewTransfer};
use habitue_store::{Tx, gift_card, ledger, lot as lots, member, order};

/// Books what a hold reserved as redeemed on an order; the order, where it came before.
///
/// # Errors
/// Faults of the database.
pub async fn spend(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    stored: &Stored,
    order_id: &str,
    now: Timestamp,
) -> Result<Option<order::Stored>, Error> {
    let uses_lots =
        stored.quote.points_used().is_positive() || stored.quote.credit_used().is_some();
    let owner = stored.member.filter(|_| uses_lots);
    let [mut one, mut two, mut three, mut four] = tx.forks();
    let (who, parts, cards, order) = tokio::try_join!(
        async {
            match owner {
                Some(member) => Ok(Some(member::load(&mut one, member).await?)),
                None => Ok::<_, Error>(None),
            }
        },
        async {
            match owner {
                Some(_) => Ok(lots::reserved(&mut two, stored.id).await?),
                None => Ok(Vec::new()),
            }
        },
        async {
            match stored.quote.paid {
                Some(_) => Ok(gift_card::reserved(&mut three, stored.id).await?),
                None => Ok(Vec::new()),
            }
        },
        async { Ok(order::load(&mut four, merchant.shop(), order_id).await?) }
    )?;
    let on = On { merchant, version: stored.program_version, order: order_id, now };
    if let Some(who) = &who {
        member::lock(tx, who).await?;
        on.lots(tx, who.id, &parts).await?;
    }
    for card in cards {
        gift_card::lock(tx, card.card, card.version).await?;
        on.card(tx, card.card, Unit::Gift(card.currency), card.minor).await?;
    }
    Ok(order)
}

/// An order that something is redeemed on.
pub(super) struct On<'a> {
    pub merchant: &'a Merchant,
    pub version: i64,
    pub order: &'a str,
    pub now: Timestamp,
}

impl On<'_> {
    pub(super) fn transfer(&self, holder: Holder, unit: Unit, amount: i64) -> NewTransfer<'_> {
        NewTransfer {
            program: self.merchant.program(),
            shop: self.merchant.shop(),
            holder,
            unit,
            kind: TransferKind::Redeem,
            amount: Points::clamped(amount),
            order: Some(self.order),
            program_version: self.version,
            explanation: Explanation::default(),
            occurred_at: self.now,
            recorded_at: self.now,
        }
    }

    /// Each unit's parts of lots.
    pub(super) async fn lots(
        &self,
        tx: &mut Tx<'_>,
        member: MemberId,
        parts: &[lots::Part],
    ) -> Result<(), Error> {
        for parts in parts.chunk_by(|one, other| one.unit == other.unit) {
            let Some(unit) = parts.first().map(|part| part.unit) else { continue };
            let sum = parts.iter().map(|part| part.amount.get()).fold(0, i64::saturating_add);
            let new = self.transfer(Holder::Member(member), unit, sum);
            let booked = ledger::book(tx, &new).await?;
            for part in parts {
                let taken = part.amount.get().saturating_neg();
                lots::change(tx, booked.transfer, part.lot, taken).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn card(
        &self,
        tx: &mut Tx<'_>,
        card: GiftCardId,
        unit: Unit,
        minor: i64,
    ) -> Result<(), Error> {
        let new = self.transfer(Holder::Card(card), unit, minor);
        ledger::book(tx, &new).await?;
        Ok(())
    }

    /// What was missing goes at the shop's expense (rules §3.4).
    pub(super) async fn cover(
        &self,
        tx: &mut Tx<'_>,
        holder: Holder,
        unit: Unit,
        missing: i64,
    ) -> Result<(), Error> {
        let new = NewTransfer { kind: TransferKind::Cover, ..self.transfer(holder, unit, missing) };
        ledger::book(tx, &new).await?;
        Ok(())
    }
}
