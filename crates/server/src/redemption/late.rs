//! An order that arrives paid though its hold was never committed: what it used is booked as far
//! as it is there, the shop bears the rest, and the order says so (rules §3.4).

use super::spend::On;
use super::{referred, spend, take_uses};
use crate::error::Error;
use crate::issued;
use crate::programs::Programs;
use habitue_domain::hold::{Hold, Terms};
use habitue_domain::id::{GiftCardId, HoldId, LotId, MemberId};
use habitue_domain::ledger::{Holder, Unit};
use habitue_domain::lot::{self, Lot, balance};
use habitue_domain::points::Points;
use habitue_domain::refusal::Refusal;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Merchant;
use habitue_store::{Tx, credit, gift_card, hold, lot as lots, member, order};

/// Commits the hold that an order names, whatever became of it meanwhile.
///
/// # Errors
/// A hold there is not, of another customer or order; faults of the database.
pub async fn settle(
    tx: &mut Tx<'_>,
    (programs, merchant): (&Programs, &Merchant),
    stored: &mut order::Stored,
    named: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let unknown = || Refusal::out_of_bounds("hold");
    let id: HoldId = named.parse().map_err(|_| unknown())?;
    let held = hold::load(tx, merchant.shop(), id).await?.ok_or_else(unknown)?;
    if let Hold::Committed { terms, .. } = &held.hold {
        return if terms.order == stored.id { Ok(()) } else { Err(Refusal::OrderMismatch.into()) };
    }
    if held.customer != stored.customer {
        return Err(Refusal::CustomerMismatch.into());
    }
    if hold::other_of_order(tx, merchant.shop(), &stored.id, id).await?.is_some() {
        return Err(Refusal::OrderMismatch.into());
    }
    if let Hold::Confirmed { terms, .. } = &held.hold {
        if terms.order != stored.id {
            return Err(Refusal::OrderMismatch.into());
        }
        if held.hold.is_live(now) {
            // All of it is still reserved: this is the commit.
            hold::commit(tx, id, now).await?;
            issued::use_up(tx, &held).await?;
            spend(tx, merchant, &held, &stored.id, now).await?;
            return Ok(());
        }
    }
    let (customer, amount) = (held.customer.clone(), held.quote.to_pay);
    let terms = Terms { order: stored.id.clone(), customer, amount };
    let bought = || stored.order.lines.iter().map(|line| (line.id.clone(), line.quantity));
    let pieces = held.pieces.clone().unwrap_or_else(|| bought().collect());
    hold::commit_late(tx, id, &terms, &pieces, now).await?;
    issued::use_up(tx, &held).await?;
    if !matches!(held.hold, Hold::Confirmed { .. }) {
        let version = held.program_version;
        let compiled = programs.version(tx, merchant.program(), version).await?;
        // Uses that are gone were honoured all the same; there is nothing to count them on.
        tx.begin_part().await?;
        let took = take_uses(tx, merchant, &compiled.program, &held).await;
        if let Err(Error::Store(fault)) = took {
            return Err(fault.into());
        }
        tx.end_part(took.is_ok()).await?;
    }
    let on = On { merchant, version: held.program_version, order: &stored.id, now };
    let mut missing = Vec::new();
    if let Some(member) = held.member {
        missing.extend(of_member(tx, &on, member, &held).await?);
    }
    missing.extend(of_cards(tx, &on, &held).await?);
    for (unit, amount) in missing {
        metrics::counter!("habitue_shortfalls_total").increment(1);
        let sum = stored.shortfall.entry(unit.to_string()).or_default();
        *sum = sum.saturating_add(amount);
    }
    Ok(())
}

/// Points and credit: as many as are free, and what is missing.
async fn of_member(
    tx: &mut Tx<'_>,
    on: &On<'_>,
    member: MemberId,
    held: &hold::Stored,
) -> Result<Vec<(Unit, i64)>, Error> {
    let (now, but) = (on.now, Some(held.id));
    let points = lots::holdings(tx, member, but, now).await?;
    let credit = credit::holdings(tx, (member, on.merchant.shop()), but, now).await?;
    member::lock(tx, &points.member).await?;
    let mut wanted =
        vec![(Unit::Points(on.merchant.program()), held.quote.points_used().get(), points.lots)];
    if let Some(used) = held.quote.credit_used() {
        let currency = used.currency();
        let own = credit.into_iter().find(|holding| holding.currency == currency);
        let lots = own.map(|holding| holding.lots).unwrap_or_default();
        wanted.push((Unit::Credit(currency), used.minor(), lots));
    }
    let (mut parts, mut missing) = (Vec::new(), Vec::new());
    for (unit, amount, lots) in wanted {
        let taken = as_far_as_it_goes(&lots, amount, now);
        let sum = taken.iter().map(|(_, part)| part.get()).fold(0, i64::saturating_add);
        parts.extend(taken);
        let short = amount.saturating_sub(sum);
        if short > 0 {
            on.cover(tx, Holder::Member(member), unit, short).await?;
            missing.push((unit, short));
        }
    }
    lots::reserve(tx, held.id, &parts).await?;
    let parts = lots::reserved(tx, held.id).await?;
    on.lots(tx, member, &parts).await?;
    Ok(missing)
}

fn as_far_as_it_goes(lots: &[Lot], amount: i64, now: Timestamp) -> Vec<(LotId, Points)> {
    let there = balance(lots, Points::ZERO, now).available;
    lot::take(lots, Points::clamped(amount).min(there), now).unwrap_or_default()
}

async fn of_cards(
    tx: &mut Tx<'_>,
    on: &On<'_>,
    held: &hold::Stored,
) -> Result<Vec<(Unit, i64)>, Error> {
    let paid = |(code, amount): (Option<GiftCardId>, i64)| code.map(|card| (card, amount));
    let wanted: Vec<(GiftCardId, i64)> = held
        .quote
        .payments()
        .map(|(code, applied)| (code.and_then(referred), applied.amount.minor()))
        .filter_map(paid)
        .collect();
    let (mut parts, mut missing) = (Vec::new(), Vec::new());
    for (card, amount) in wanted {
        let found = gift_card::load(tx, on.merchant.shop(), card, Some(held.id), on.now).await?;
        let Some(found) = found else { continue };
        let (unit, there) = (Unit::Gift(found.currency()), found.available().minor());
        let taken = amount.min(there);
        gift_card::lock(tx, card, found.version).await?;
        if taken > 0 {
            parts.push((card, taken));
            on.card(tx, card, unit, taken).await?;
        }
        let short = amount.saturating_sub(taken);
        if short > 0 {
            on.cover(tx, Holder::Card(card), unit, short).await?;
            missing.push((unit, short));
        }
    }
    gift_card::reserve(tx, held.id, &parts).await?;
    Ok(missing)
}
