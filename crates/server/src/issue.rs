//! Issuing codes to members: by the merchant, or by a paid order (rules §2.13).

use crate::booking::Booking;
use crate::code::{Kept, generated, id_of, random};
use crate::error::Error;
use crate::programs::Compiled;
use crate::secret::MasterKey;
use habitue_domain::code::{Prefix, Size};
use habitue_domain::coupon::CouponCode;
use habitue_domain::id::{CodeId, MemberId, ProgramId, ShopId};
use habitue_domain::order::OrderState;
use habitue_domain::promotion::{Issued, Validity};
use habitue_domain::returns::kept_paid;
use habitue_store::code::{self, New};
use habitue_store::{Tx, order};
use std::collections::BTreeMap;

/// How often another code is made where there is such a one: it does not happen twice.
const TRIES: usize = 4;

/// A code to be issued to a member.
pub struct Wanted<'a> {
    /// The program, by whose key it is found.
    pub program: ProgramId,
    /// The shop that issues it.
    pub shop: ShopId,
    /// The promotion it triggers.
    pub promotion: &'a str,
    /// Whose it is to be.
    pub member: MemberId,
    /// What it begins with.
    pub prefix: Option<&'a Prefix>,
    /// The order that issues it, if one does.
    pub order: Option<&'a str>,
    /// When it counts.
    pub validity: Validity,
}

/// Issues a code; `None` where the order has issued one of the promotion before.
///
/// # Errors
/// Faults of the database.
pub async fn issue(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    wanted: &Wanted<'_>,
    now: habitue_domain::time::Timestamp,
) -> Result<Option<(CodeId, CouponCode)>, Error> {
    for _ in 0..TRIES {
        let code = random(wanted.prefix, Size::Twelve);
        let Kept { hash, last_four, sealed } = kept(master, wanted.program, &code)?;
        let new = New {
            id: id_of(&hash),
            last_four,
            sealed: sealed.unwrap_or_default(),
            shop: wanted.shop,
            promotion: wanted.promotion.to_owned(),
            member: wanted.member,
            order: wanted.order.map(str::to_owned),
            validity: wanted.validity,
        };
        if code::issue(tx, &new, now).await? {
            return Ok(Some((new.id, code)));
        }
        if wanted.order.is_some() {
            return Ok(None);
        }
    }
    Err(habitue_store::Error::Conflict.into())
}

/// How a generated code is stored.
///
/// # Errors
/// Where the cipher refuses, which it does not for codes.
pub fn kept(master: &MasterKey, program: ProgramId, code: &CouponCode) -> Result<Kept, Error> {
    let fault = |why: &str| habitue_store::Error::Database(why.to_owned());
    Ok(generated(master, program, code).map_err(fault)?)
}

/// Brings the codes that an order issues to where the order says they should be: one of each
/// promotion while it is paid and what is kept comes to the minimum, else none. What it does
/// depends on the order as it stands, not on the steps that led there.
///
/// # Errors
/// Faults of the database.
pub async fn by_order(
    tx: &mut Tx<'_>,
    booking: &Booking<'_>,
    compiled: &Compiled,
    (stored, member): (&order::Stored, MemberId),
    kept: &BTreeMap<String, i64>,
) -> Result<(), Error> {
    let Some(master) = &compiled.master else {
        return Ok(());
    };
    let offers = || compiled.program.issued.iter().filter(|issued| issued.by_order.is_some());
    if offers().next().is_none() {
        return Ok(());
    }
    let (shop, now) = (booking.shop, booking.now);
    let paid = stored.order.currency.clamped(kept_paid(&stored.order, kept));
    let keeps_any = kept.values().any(|pieces| *pieces > 0);
    let is_paid = stored.order.state == OrderState::Paid && keeps_any;
    let deserves = |issued: &Issued| {
        let rule = issued.by_order.as_ref().filter(|_| is_paid);
        rule.is_some_and(|rule| rule.is_reached_by(paid))
    };
    let there = code::of_order(tx, shop, &stored.id).await?;
    for (id, promotion, was_taken_back) in &there {
        let issued = compiled.program.issued(promotion);
        let take_back = !issued.is_some_and(deserves);
        if take_back != *was_taken_back {
            code::take_back(tx, *id, take_back.then_some(now)).await?;
        }
    }
    for issued in offers().filter(|issued| deserves(issued)) {
        let promotion = issued.promotion.id.as_str();
        let days = issued.by_order.as_ref().map_or(0, |rule| rule.days);
        let is_there = there.iter().any(|(_, known, _)| known == promotion);
        // An order of long ago that is only told now issues nothing that would count from today.
        if is_there || stored.placed_at.plus_days(days) <= now {
            continue;
        }
        let validity = Validity { from: None, until: Some(now.plus_days(days)) };
        let (program, order) = (booking.program, Some(stored.id.as_str()));
        let wanted = Wanted { program, shop, promotion, member, prefix: None, order, validity };
        issue(tx, master, &wanted, now).await?;
    }
    Ok(())
}
