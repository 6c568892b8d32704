//! [`quote`]: what a cart costs with what was asked for. Preview and verdict are one.

mod answer;
mod basket;
mod kind;
mod payment;
mod points;
mod price;

use crate::cart::Cart;
use crate::coupon::{self, CouponCode, Objection};
use crate::member::MemberFacts;
use crate::money::{Currency, Money};
use crate::points::Points;
use crate::program::RedeemRate;
use crate::promotion::{Promotion, in_currency};
use crate::rate::Rate;
use crate::refusal::Reason;
use crate::share::order_of;
use crate::time::Timestamp;
pub use answer::{Allocation, Applied, Item, Outcome, Quote, Verdict};
use basket::Basket;
use price::best_of;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most codes a cart may ask for (rules §1.2).
pub const MAX_CODES: usize = 20;

/// What the shopper asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Asked {
    /// Codes in the order they were typed, gift cards among them; one typed twice counts once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<CouponCode>,
    /// Points to redeem at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<Points>,
    /// Store credit to pay with at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit: Option<Money>,
}

/// A gift card: money paid before, spent by its code. It is payment, not a discount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GiftCard {
    /// Its code.
    pub code: CouponCode,
    /// What is left on it and not held.
    pub balance: Money,
    /// Its end, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What the browser may know: published promotions, the member's own coupons, points and tier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublicFacts {
    /// Version of the program these facts come from.
    pub version: i64,
    /// How many codes one cart takes.
    pub codes_per_cart: usize,
    /// What points are worth, one rate a currency.
    pub redeem: Vec<RedeemRate>,
    /// Published promotions, in the program's order.
    pub promotions: Vec<Promotion>,
    /// The member, if somebody is signed in and is one.
    pub member: Option<MemberFacts>,
    /// The member's own gift cards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gift_cards: Vec<GiftCard>,
}

/// What only the server knows; never serialised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShopFacts {
    /// Promotions that are not published, for the codes asked for.
    pub unlisted: Vec<Promotion>,
    /// Completed orders and confirmed holds, by promotion id.
    pub uses: BTreeMap<String, i64>,
    /// What these took off: a promotion's id and an amount for each currency.
    pub spent: Vec<(String, Money)>,
    /// The segments the member is in.
    pub segments: Vec<String>,
    /// Gift cards behind the codes asked for.
    pub gift_cards: Vec<GiftCard>,
    /// Uses by somebody who is no member but known by an e-mail address, by promotion id.
    pub guest: Option<BTreeMap<String, i64>>,
}

impl ShopFacts {
    /// What is left of a promotion's budget in `currency`, in minor units; `None` without one.
    pub fn left_of_budget(&self, promotion: &Promotion, currency: Currency) -> Option<i64> {
        let budget = in_currency(&promotion.budget, currency)?;
        let is_it =
            |(id, money): &&(String, Money)| *id == promotion.id && money.currency() == currency;
        let spent = self.spent.iter().find(is_it).map(|(_, money)| money.minor());
        Some(budget.saturating_sub(spent.unwrap_or_default()))
    }
}

/// Everything a quote depends on besides the cart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// What anybody in front of the screen may know.
    pub public: PublicFacts,
    /// What only the server knows; `None` in the browser.
    pub shop: Option<ShopFacts>,
}

/// A promotion in the running, with what asked for it.
struct Candidate<'a> {
    item: Item,
    promotion: &'a Promotion,
}

/// Prices `cart` with what was `asked` (rules §2). Deterministic and total: any input has an
/// answer. Time grows with lines × promotions.
///
/// On the facts of the browser ([`Facts::shop`] is `None`) an answer may be
/// [`Verdict::AskServer`]; where none is, the server answers the same (rules §2.15).
pub fn quote(facts: &Facts, cart: &Cart, asked: &Asked, now: Timestamp) -> Quote {
    let mut sorted = sort_out(facts, cart, asked, now);
    if !sorted.unknown.is_empty() {
        return unanswered(cart, asked, sorted.unknown);
    }
    let basket = Basket::new(cart);
    let mut work = best_of(&sorted.running, facts, &basket, asked);
    let mut answers = sorted.answers;
    for (place, candidate) in sorted.running.drain(..).enumerate() {
        let verdict = work.answer(place, candidate.promotion, &basket);
        // An offer that applies by itself and does not is nobody's disappointment.
        if matches!((&candidate.item, &verdict), (Item::Automatic(_), Verdict::Refused { .. })) {
            continue;
        }
        let promotion = Some(candidate.promotion.id.clone());
        answers.push(Outcome { item: candidate.item, promotion, verdict });
    }
    for (code, card) in sorted.cards {
        let verdict = payment::by_card(card, &basket, &mut work.left, now);
        answers.push(Outcome { item: Item::Code(code.clone()), promotion: None, verdict });
    }
    if let (Some(points), Some(verdict)) = (asked.points, work.points.take()) {
        answers.push(Outcome { item: Item::Points(points), promotion: None, verdict });
    }
    if let Some(credit) = asked.credit {
        let member = facts.public.member.as_ref();
        let verdict = payment::by_credit(credit, member, &basket, &mut work.left);
        answers.push(Outcome { item: Item::Credit(credit), promotion: None, verdict });
    }
    let places = answers.iter().map(|outcome| place_of(&outcome.item, asked));
    let order = order_of(places);
    let mut answers: Vec<Option<Outcome>> = answers.into_iter().map(Some).collect();
    let taken = |place| answers.get_mut(place).and_then(Option::take);
    let answers = order.into_iter().filter_map(taken).collect();
    totals(cart, answers)
}

/// Automatic promotions, codes as typed, points, credit.
fn place_of(item: &Item, asked: &Asked) -> i64 {
    let place = match item {
        Item::Automatic(_) => return -1,
        Item::Code(code) => asked.codes.iter().position(|asked| asked == code).unwrap_or_default(),
        Item::Points(_) => asked.codes.len(),
        Item::Credit(_) => asked.codes.len().saturating_add(1),
    };
    i64::try_from(place).unwrap_or(i64::MAX)
}

/// What was asked for, by what becomes of it.
#[derive(Default)]
struct Sorted<'a> {
    /// To be priced.
    running: Vec<Candidate<'a>>,
    /// To be paid with.
    cards: Vec<(&'a CouponCode, &'a GiftCard)>,
    /// Answered already.
    answers: Vec<Outcome>,
    /// Automatic promotions and codes that only the server can answer.
    unknown: Vec<Item>,
    /// How many of the running codes combine.
    combined: usize,
}

impl<'a> Sorted<'a> {
    /// Whether another code of the same promotion is in the running: one takes it once, however
    /// many codes of it somebody has.
    fn runs(&self, promotion: &Promotion) -> bool {
        self.running.iter().any(|candidate| candidate.promotion.id == promotion.id)
    }

    /// A promotion's conditions; those that hold bring it into the running, as long as there is
    /// room: an exclusive one runs alone and takes none of it (rules §2.3).
    fn sort(&mut self, candidate: Candidate<'a>, decided: Result<(), Objection>, limit: usize) {
        let promotion = candidate.promotion;
        let is_code = matches!(candidate.item, Item::Code(_));
        let before = if promotion.exclusive { 0 } else { self.combined };
        let verdict = match decided {
            Err(Objection::AskServer) => return self.unknown.push(candidate.item),
            Err(Objection::Refused(reason, missing)) => Verdict::Refused { reason, missing },
            Ok(()) if is_code && (before >= limit || self.runs(promotion)) => {
                refused(Reason::NotCombinable)
            }
            Ok(()) => {
                if is_code && !promotion.exclusive {
                    self.combined = self.combined.saturating_add(1);
                }
                return self.running.push(candidate);
            }
        };
        if is_code {
            let promotion = Some(promotion.id.clone());
            self.answers.push(Outcome { item: candidate.item, promotion, verdict });
        }
    }
}

/// Sorts automatic promotions, then the codes in the order typed, each once.
fn sort_out<'a>(facts: &'a Facts, cart: &Cart, asked: &'a Asked, now: Timestamp) -> Sorted<'a> {
    let shop = facts.shop.as_ref();
    let (unlisted, more) = shop.map(|shop| (&shop.unlisted, &shop.gift_cards)).unzip();
    let known = || facts.public.promotions.iter().chain(unlisted.into_iter().flatten());
    let cards = facts.public.gift_cards.iter().chain(more.into_iter().flatten());
    let member = facts.public.member.as_ref();
    let decided = |promotion: &Promotion| coupon::decide(promotion, cart, member, shop, now);
    let (mut sorted, limit) = (Sorted::default(), facts.public.codes_per_cart);
    for promotion in known().filter(|promotion| promotion.code.is_none()) {
        let candidate = Candidate { item: Item::Automatic(promotion.id.clone()), promotion };
        sorted.sort(candidate, decided(promotion), limit);
    }
    for code in each_once(asked) {
        let item = Item::Code(code.clone());
        if let Some(promotion) = known().find(|promotion| promotion.is_triggered_by(code)) {
            sorted.sort(Candidate { item, promotion }, decided(promotion), limit);
        } else if let Some(card) = cards.clone().find(|card| card.code == *code) {
            sorted.cards.push((code, card));
        } else if shop.is_none() {
            sorted.unknown.push(item);
        } else {
            let verdict = refused(Reason::NotFound);
            sorted.answers.push(Outcome { item, promotion: None, verdict });
        }
    }
    sorted
}

/// The codes in the order typed; one typed twice counts once (rules §2.11).
fn each_once(asked: &Asked) -> impl Iterator<Item = &CouponCode> {
    let is_first = move |(place, code): &(usize, &CouponCode)| {
        asked.codes.iter().position(|known| known == *code) == Some(*place)
    };
    asked.codes.iter().take(MAX_CODES).enumerate().filter(is_first).map(|(_, code)| code)
}

const fn refused(reason: Reason) -> Verdict {
    Verdict::Refused { reason, missing: None }
}

/// Where one answer is missing, all may depend on it: nothing is promised.
fn unanswered(cart: &Cart, asked: &Asked, unknown: Vec<Item>) -> Quote {
    let automatic = unknown.into_iter().filter(|item| matches!(item, Item::Automatic(_)));
    let codes = each_once(asked).map(|code| Item::Code(code.clone()));
    let items = automatic.chain(codes);
    let items = items.chain(asked.points.map(Item::Points)).chain(asked.credit.map(Item::Credit));
    let outcomes =
        items.map(|item| Outcome { item, promotion: None, verdict: Verdict::AskServer }).collect();
    totals(cart, outcomes)
}

/// Minor units of `currency` that one point is worth.
pub fn worth(rates: &[RedeemRate], currency: Currency) -> Option<Rate> {
    rates.iter().find(|rate| rate.currency == currency).map(|rate| rate.minor_per_point)
}

fn totals(cart: &Cart, outcomes: Vec<Outcome>) -> Quote {
    let currency = cart.currency();
    let (mut discount, mut paid) = (0_i64, 0_i64);
    for outcome in &outcomes {
        if let Verdict::Applied(applied) = &outcome.verdict {
            let sum = if applied.is_payment { &mut paid } else { &mut discount };
            *sum = sum.saturating_add(applied.amount.minor());
        }
    }
    let full = cart.goods().saturating_add(cart.shipping());
    Quote {
        goods: currency.clamped(cart.goods()),
        shipping: currency.clamped(cart.shipping()),
        discount: currency.clamped(discount),
        paid: (paid > 0).then(|| currency.clamped(paid)),
        to_pay: currency.clamped(full.saturating_sub(discount).saturating_sub(paid)),
        outcomes,
    }
}

#[cfg(test)]
mod tests;
