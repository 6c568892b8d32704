//! What was redeemed goes back to where it came from, in the shares frozen at the confirmation: to
//! its own lot with its own end, to its own card; and a coupon's use once nothing is kept.

use crate::booking::Booking;
use crate::error::Error;
use crate::expiry::write_down;
use habitue_domain::id::{GiftCardId, LotId, MemberId};
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::lot::GRACE_DAYS;
use habitue_domain::points::Points;
use habitue_domain::quote::{Applied, Quote, Verdict};
use habitue_domain::returns::{Used, kept_all_along};
use habitue_store::ledger::NewTransfer;
use habitue_store::lot::Part;
use habitue_store::{Tx, coupon, gift_card, hold, ledger, lot as lots, order};
use std::collections::BTreeMap;

/// Brings what is redeemed on an order to what the pieces kept all along carry; `kept` are the
/// pieces kept now, by line.
///
/// # Errors
/// Faults of the database.
pub async fn give_back(
    booking: &Booking<'_>,
    tx: &mut Tx<'_>,
    (stored, held): (&mut order::Stored, &hold::Stored),
    kept: &BTreeMap<String, i64>,
) -> Result<(), Error> {
    let share = Share::of(stored, held, kept);
    stored.kept = share.is_frozen.then(|| share.kept.clone());
    if !share.keeps_any {
        coupon::give_back(tx, booking.program, held.member, held.id).await?;
    }
    let back = Back { booking, version: held.program_version, order: &stored.id };
    if let Some(member) = held.member
        && (held.quote.points_used().is_positive() || held.quote.credit_used().is_some())
    {
        back.lots(tx, member, held, &share).await?;
    }
    if held.quote.paid.is_some() {
        back.cards(tx, held, &share).await?;
    }
    Ok(())
}

/// Which share of everything stays used.
struct Share {
    frozen: BTreeMap<String, i64>,
    kept: BTreeMap<String, i64>,
    keeps_any: bool,
    /// Whether the lines confirmed are the order's; else they are spread over those it has.
    is_frozen: bool,
    /// What was paid for each line, where they are not.
    paid: BTreeMap<String, i64>,
}

impl Share {
    fn of(stored: &order::Stored, held: &hold::Stored, kept: &BTreeMap<String, i64>) -> Self {
        let lines = &stored.order.lines;
        let bought = || lines.iter().map(|line| (line.id.clone(), line.quantity)).collect();
        let confirmed = held.pieces.as_ref();
        let is_frozen = stored.kept.is_some()
            || confirmed.is_some_and(|pieces| lines.iter().any(|it| pieces.contains_key(&it.id)));
        let frozen = confirmed.filter(|_| is_frozen).cloned().unwrap_or_else(bought);
        let before = stored.kept.as_ref();
        Self {
            kept: kept_all_along(&frozen, before, kept),
            frozen,
            keeps_any: kept.values().any(|pieces| *pieces > 0),
            is_frozen,
            paid: lines.iter().map(|line| (line.id.clone(), line.paid)).collect(),
        }
    }

    /// What stays used of an instrument.
    fn stays(&self, amount: i64, applied: &Applied) -> i64 {
        let on =
            |part: &habitue_domain::quote::Allocation| (part.line.clone(), part.amount.minor());
        let mut lines: BTreeMap<String, i64> = applied.lines.iter().map(on).collect();
        if !lines.keys().any(|line| self.frozen.contains_key(line)) && !lines.is_empty() {
            lines.clone_from(&self.paid);
        }
        let used = Used { amount, lines, shipping: applied.shipping.minor() };
        used.stays(&self.frozen, &self.kept, self.keeps_any)
    }
}

/// What the points did.
fn by_points(quote: &Quote) -> Option<&Applied> {
    quote.outcomes.iter().find_map(|outcome| match &outcome.verdict {
        Verdict::Applied(applied) if applied.points.is_some() => Some(applied),
        _ => None,
    })
}

struct Back<'a> {
    booking: &'a Booking<'a>,
    version: i64,
    order: &'a str,
}

impl Back<'_> {
    fn transfer(
        &self,
        kind: TransferKind,
        holder: Holder,
        unit: Unit,
        sum: i64,
    ) -> NewTransfer<'_> {
        NewTransfer {
            kind,
            amount: Points::clamped(sum),
            program_version: self.version,
            ..self.booking.transfer(holder, unit, self.order)
        }
    }

    async fn lots(
        &self,
        tx: &mut Tx<'_>,
        member: MemberId,
        held: &hold::Stored,
        share: &Share,
    ) -> Result<(), Error> {
        let parts = lots::reserved(tx, held.id).await?;
        let before = lots::given_back(tx, self.booking.shop, self.order).await?;
        for parts in parts.chunk_by(|one, other| one.unit == other.unit) {
            let Some(unit) = parts.first().map(|part| part.unit) else { continue };
            let stays = match unit {
                Unit::Points(_) => by_points(&held.quote)
                    .map_or(0, |applied| share.stays(held.quote.points_used().get(), applied)),
                _ => held
                    .quote
                    .payments()
                    .find(|(code, _)| code.is_none())
                    .map_or(0, |(_, applied)| share.stays(applied.amount.minor(), applied)),
            };
            let back = to_give_back(parts, Points::clamped(stays), &before);
            self.refill_lots(tx, member, unit, &back).await?;
        }
        Ok(())
    }

    async fn refill_lots(
        &self,
        tx: &mut Tx<'_>,
        member: MemberId,
        unit: Unit,
        back: &[(&Part, Points)],
    ) -> Result<(), Error> {
        let sum = back.iter().map(|(_, amount)| amount.get()).fold(0, i64::saturating_add);
        if sum <= 0 {
            return Ok(());
        }
        let new = self.transfer(TransferKind::GiveBack, Holder::Member(member), unit, sum);
        refill(tx, &new, member, back).await
    }

    async fn cards(
        &self,
        tx: &mut Tx<'_>,
        held: &hold::Stored,
        share: &Share,
    ) -> Result<(), Error> {
        let before = gift_card::given_back(tx, self.booking.shop, self.order).await?;
        for part in gift_card::reserved(tx, held.id).await? {
            let is_it = |code: &habitue_domain::coupon::CouponCode| {
                super::referred(code) == Some(part.card)
            };
            let mut payments = held.quote.payments();
            let paid = payments.find(|(code, _)| code.is_some_and(is_it));
            let stays = paid.map_or(0, |(_, applied)| share.stays(applied.amount.minor(), applied));
            let stays = stays.min(part.minor);
            let given = before.get(&part.card).copied().unwrap_or_default();
            let back = part.minor.saturating_sub(stays).saturating_sub(given);
            if back > 0 {
                self.refill_card(tx, &part, back).await?;
            }
        }
        Ok(())
    }

    async fn refill_card(
        &self,
        tx: &mut Tx<'_>,
        part: &gift_card::Part,
        back: i64,
    ) -> Result<(), Error> {
        let (card, now): (GiftCardId, _) = (part.card, self.booking.now);
        let (holder, unit) = (Holder::Card(card), Unit::Gift(part.currency));
        gift_card::lock(tx, card, part.version).await?;
        if part.until.is_some_and(|until| until <= now) {
            let held = gift_card::held(tx, card, now).await?;
            let rest = part.balance.saturating_sub(held);
            if rest > 0 {
                let new = self.transfer(TransferKind::Expire, holder, unit, rest);
                ledger::book(tx, &new).await?;
            }
            gift_card::prolong(tx, card, now.plus_days(GRACE_DAYS)).await?;
        }
        ledger::book(tx, &self.transfer(TransferKind::GiveBack, holder, unit, back)).await?;
        Ok(())
    }
}

/// Books what goes back to lots. What is left in those whose time is over is written down first, so
/// that the grace is for what comes back alone.
///
/// # Errors
/// Faults of the database.
pub async fn refill(
    tx: &mut Tx<'_>,
    new: &NewTransfer<'_>,
    member: MemberId,
    back: &[(&Part, Points)],
) -> Result<(), Error> {
    let now = new.recorded_at;
    write_down(tx, member, now).await?;
    let is_over = |part: &Part| part.ends_at.is_some_and(|end| end <= now);
    for (part, _) in back.iter().filter(|(part, _)| is_over(part)) {
        lots::prolong(tx, part.lot, now.plus_days(GRACE_DAYS)).await?;
    }
    let booked = ledger::book(tx, new).await?;
    for (part, amount) in back {
        lots::change(tx, booked.transfer, part.lot, amount.get()).await?;
    }
    Ok(())
}

/// What each lot is to get back: the first `stays` of what was spent stays spent, in the order of
/// spending; `before` came back already.
fn to_give_back<'a>(
    spent: &'a [Part],
    stays: Points,
    before: &BTreeMap<LotId, i64>,
) -> Vec<(&'a Part, Points)> {
    let mut stays = stays;
    let mut back = Vec::new();
    for part in spent {
        let kept = part.amount.min(stays);
        stays = stays.less(kept);
        let given = Points::clamped(before.get(&part.lot).copied().unwrap_or_default());
        let rest = part.amount.less(kept).less(given);
        if rest.is_positive() {
            back.push((part, rest));
        }
    }
    back
}
