//! What is redeemed on one order, together: points, credit, gift cards and the uses of coupons.
//!
//! Each is reserved by rows beside the journal, and a conditional `UPDATE` on its owner decides who
//! was first: the member's version for points and credit, the card's own for a gift card.

mod give_back;
mod late;
mod spend;

pub use give_back::{give_back, refill};
pub use late::settle;
pub use spend::spend;

use crate::error::Error;
use crate::facts::{Card, Loaded};
use habitue_domain::coupon::CouponCode;
use habitue_domain::id::{GiftCardId, LotId};
use habitue_domain::lot;
use habitue_domain::points::Points;
use habitue_domain::program::Program;
use habitue_domain::quote::{Asked, Item, Quote, Verdict};
use habitue_domain::refusal::{Missing, Reason, Refusal};
use habitue_domain::time::Timestamp;
use habitue_store::authority::Merchant;
use habitue_store::hold::Stored;
use habitue_store::{Tx, coupon, gift_card, lot as lots, member};

/// Anything refused refuses the hold; asking for more points than there are does too (rules §4.7).
///
/// # Errors
/// The first refusal.
pub fn check_outcomes(quote: &Quote, loaded: &Loaded) -> Result<(), Refusal> {
    let available = loaded.facts.public.member.as_ref().map(|member| member.available);
    for outcome in &quote.outcomes {
        let code = match &outcome.item {
            Item::Code(code) => Some(code.clone()),
            Item::Automatic(_) | Item::Points(_) | Item::Credit(_) => None,
        };
        match (&outcome.verdict, &outcome.item) {
            (Verdict::Refused { reason, missing }, _) => {
                return Err(Refusal::NotApplied { code, reason: *reason, missing: *missing });
            }
            (Verdict::Applied(_), Item::Points(asked)) if Some(*asked) > available => {
                let missing = asked.less(available.unwrap_or_default());
                let missing = Some(Missing::Points(missing));
                return Err(Refusal::NotApplied { code, reason: Reason::NotEnoughPoints, missing });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Reserves the points, the credit and the gift cards of a hold.
///
/// # Errors
/// What is not there any more; faults of the database.
pub async fn reserve(
    tx: &mut Tx<'_>,
    stored: &Stored,
    loaded: &Loaded,
    now: Timestamp,
) -> Result<(), Error> {
    if let Some(who) = &loaded.member {
        member::lock(tx, who).await?;
        let parts = parts(&stored.quote, loaded, now)?;
        lots::reserve(tx, stored.id, &parts).await?;
    }
    if loaded.cards.is_empty() {
        return Ok(());
    }
    let mut parts = Vec::new();
    for (code, applied) in stored.quote.payments() {
        let card = loaded.cards.iter().find(|card| Some(&card.code) == code);
        let Some(Card { stored: card, .. }) = card else { continue };
        gift_card::lock(tx, card.id, card.version).await?;
        parts.push((card.id, applied.amount.minor()));
    }
    Ok(gift_card::reserve(tx, stored.id, &parts).await?)
}

/// The parts of lots that a quote uses: points, then credit, each in its order of spending.
fn parts(quote: &Quote, loaded: &Loaded, now: Timestamp) -> Result<Vec<(LotId, Points)>, Refusal> {
    let lacking = |reason, missing| Refusal::NotApplied { code: None, reason, missing };
    let mut parts = lot::take(&loaded.lots, quote.points_used(), now)
        .map_err(|missing| lacking(Reason::NotEnoughPoints, Some(Missing::Points(missing))))?;
    if let Some(credit) = quote.credit_used() {
        let is_it =
            |holding: &&habitue_store::credit::Holding| holding.currency == credit.currency();
        let lots = loaded.credit.iter().find(is_it).map(|holding| holding.lots.as_slice());
        let taken = lot::take(lots.unwrap_or_default(), Points::clamped(credit.minor()), now);
        parts.extend(taken.map_err(|_| lacking(Reason::UsedUp, None))?);
    }
    Ok(parts)
}

/// Takes one use of every promotion that applies; the last one goes to one hold only.
///
/// # Errors
/// The use that is not there any more; faults of the database.
pub async fn take_uses(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    program: &Program,
    stored: &Stored,
) -> Result<(), Error> {
    for (id, taken) in stored.quote.promotions_used() {
        let promotion = program.every_promotion().find(|promotion| promotion.id == id);
        let Some(promotion) = promotion else { continue };
        let took = coupon::take(tx, merchant.program(), stored, promotion, taken).await?;
        took.map_err(|reason| {
            let code = promotion.coupon_code();
            Refusal::NotApplied { code, reason, missing: None }
        })?;
    }
    Ok(())
}

/// How a gift card is named where its code must not stand: by its id, which is a code too.
pub fn reference(card: GiftCardId) -> Option<CouponCode> {
    card.to_string().parse().ok()
}

/// The card that a reference names.
pub fn referred(code: &CouponCode) -> Option<GiftCardId> {
    code.as_str().to_ascii_lowercase().parse().ok()
}

/// The hold as it is stored: no gift card's code stands in it.
pub fn veiled(stored: &Stored, loaded: &Loaded) -> Stored {
    let mut stored = stored.clone();
    let Asked { codes, .. } = &mut stored.asked;
    let named = stored.quote.outcomes.iter_mut().filter_map(|outcome| match &mut outcome.item {
        Item::Code(code) => Some(code),
        _ => None,
    });
    for code in codes.iter_mut().chain(named) {
        let card = loaded.cards.iter().find(|card| card.code == *code);
        if let Some(reference) = card.and_then(|card| reference(card.stored.id)) {
            *code = reference;
        }
    }
    stored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_named_by_a_code_that_leads_back_to_it_alone() {
        let card = GiftCardId::from_u128(0x0199_f0c2_d7a8_7c3e_0000_0000_0000_0001);
        let code = reference(card).unwrap();
        assert_eq!(code.as_str(), "GFT_0199F0C2D7A87C3E0000000000000001");
        assert_eq!(referred(&code), Some(card));
        assert_eq!(referred(&"SPRING10".parse().unwrap()), None);
    }
}
