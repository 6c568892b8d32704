//! [`quote`]: what a cart costs with the codes and points asked for. Preview and verdict are one.

mod price;

use crate::cart::Cart;
use crate::coupon::{self, CouponCode, Objection};
use crate::member::MemberFacts;
use crate::money::{Currency, Money};
use crate::points::Points;
use crate::program::RedeemRate;
use crate::promotion::Promotion;
use crate::rate::Rate;
use crate::refusal::{Missing, Reason};
use crate::time::Timestamp;
use price::{Work, best_of, money};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most codes a cart may ask for (rules §1.2).
pub const MAX_CODES: usize = 20;

/// What the shopper asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asked {
    /// Codes in the order they were typed; one typed twice counts once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<CouponCode>,
    /// Points to redeem at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<Points>,
}

/// What the browser may know: published promotions, the member's own coupons, points and tier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// What only the server knows; never serialised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShopFacts {
    /// Promotions that are not published, for the codes asked for.
    pub unlisted: Vec<Promotion>,
    /// Completed orders and confirmed holds, by promotion id.
    pub uses: BTreeMap<String, i64>,
}

/// Everything a quote depends on besides the cart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// What anybody in front of the screen may know.
    pub public: PublicFacts,
    /// What only the server knows; `None` in the browser.
    pub shop: Option<ShopFacts>,
}

/// The price of a cart, with an answer for each thing asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// All goods before any discount of ours.
    pub goods: Money,
    /// Shipping before any discount of ours.
    pub shipping: Money,
    /// Everything taken off, goods and shipping together.
    pub discount: Money,
    /// What is left to pay: goods + shipping − discount.
    pub to_pay: Money,
    /// One answer for each automatic promotion that applied, then each code, then the points.
    pub outcomes: Vec<Outcome>,
}

/// The answer for one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What it is about.
    pub item: Item,
    /// The promotion behind it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<String>,
    /// Applied, refused, or to be asked.
    pub verdict: Verdict,
}

/// What an outcome is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A promotion that applies by itself.
    Automatic(String),
    /// A code the shopper typed.
    Code(CouponCode),
    /// The points the shopper wants to redeem.
    Points(Points),
}

/// Applied, refused, or to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It counts.
    Applied(Applied),
    /// It does not.
    Refused {
        /// Why.
        reason: Reason,
        /// What is missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missing: Option<Missing>,
    },
    /// Only the server can say: `POST /v1/quotes`.
    AskServer,
}

/// What an applied thing takes off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The whole amount, goods and shipping together.
    pub amount: Money,
    /// The part of it that is off shipping.
    pub shipping: Money,
    /// The part of it off each line, where it is not zero, in the cart's order.
    pub lines: Vec<Allocation>,
    /// Points it uses (never more than asked for, fewer where fewer suffice or exist).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Points>,
}

/// A line's part of a discount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The line's id.
    pub line: String,
    /// How much is taken off the whole line.
    pub amount: Money,
}

impl Quote {
    /// Whether every answer is final.
    pub fn is_final(&self) -> bool {
        !self.outcomes.iter().any(|outcome| outcome.verdict == Verdict::AskServer)
    }

    /// The points it uses.
    pub fn points_used(&self) -> Points {
        let used = |outcome: &Outcome| match &outcome.verdict {
            Verdict::Applied(applied) => applied.points,
            _ => None,
        };
        self.outcomes.iter().find_map(used).unwrap_or_default()
    }

    /// Ids of the promotions that apply.
    pub fn promotions_used(&self) -> impl Iterator<Item = &str> {
        let applies = |outcome: &&Outcome| matches!(outcome.verdict, Verdict::Applied(_));
        self.outcomes.iter().filter(applies).filter_map(|outcome| outcome.promotion.as_deref())
    }
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
    let mut verdicts: Vec<(Item, Option<String>, Verdict)> = Vec::new();
    let mut running = Vec::new();
    let mut ask = false;
    for candidate in candidates(facts, asked, &mut verdicts) {
        let member = facts.public.member.as_ref();
        match coupon::decide(candidate.promotion, cart, member, facts.shop.as_ref(), now) {
            Ok(()) => running.push(candidate),
            Err(Objection::AskServer) => ask = true,
            Err(Objection::Refused(reason, missing)) => {
                if matches!(candidate.item, Item::Code(_)) {
                    let verdict = Verdict::Refused { reason, missing };
                    verdicts.push((candidate.item, Some(candidate.promotion.id.clone()), verdict));
                }
            }
        }
    }
    ask |= verdicts.iter().any(|(_, _, verdict)| *verdict == Verdict::AskServer);
    if ask {
        return unanswered(cart, asked);
    }
    let best = best_of(&running, facts, cart, asked);
    assemble(&running, best, verdicts, cart, asked)
}

/// Automatic promotions, then the codes in the order typed, each once; unknown ones are answered.
fn candidates<'a>(
    facts: &'a Facts,
    asked: &Asked,
    verdicts: &mut Vec<(Item, Option<String>, Verdict)>,
) -> Vec<Candidate<'a>> {
    let unlisted = facts.shop.iter().flat_map(|shop| &shop.unlisted);
    let known: Vec<&Promotion> = facts.public.promotions.iter().chain(unlisted).collect();
    let automatic = known
        .iter()
        .filter(|promotion| promotion.code.is_none())
        .map(|promotion| Candidate { item: Item::Automatic(promotion.id.clone()), promotion });
    let mut found: Vec<Candidate<'a>> = automatic.collect();
    let mut seen = BTreeSet::new();
    let mut places = 0_usize;
    for code in asked.codes.iter().take(MAX_CODES) {
        if !seen.insert(code) {
            continue;
        }
        let item = Item::Code(code.clone());
        let promotion =
            known.iter().find(|promotion| promotion.coupon_code().as_ref() == Some(code));
        match promotion {
            None if facts.shop.is_none() => verdicts.push((item, None, Verdict::AskServer)),
            None => verdicts.push((item, None, refused(Reason::NotFound))),
            Some(promotion) if places >= facts.public.codes_per_cart => {
                let verdict = refused(Reason::NotCombinable);
                verdicts.push((item, Some(promotion.id.clone()), verdict));
            }
            Some(promotion) => {
                places = places.saturating_add(1);
                found.push(Candidate { item, promotion });
            }
        }
    }
    found
}

const fn refused(reason: Reason) -> Verdict {
    Verdict::Refused { reason, missing: None }
}

/// Where one answer is missing, all may depend on it: nothing is promised.
fn unanswered(cart: &Cart, asked: &Asked) -> Quote {
    let mut seen = BTreeSet::new();
    let codes = asked.codes.iter().take(MAX_CODES).filter(|code| seen.insert(*code));
    let items = codes.map(|code| Item::Code(code.clone())).chain(asked.points.map(Item::Points));
    let outcomes =
        items.map(|item| Outcome { item, promotion: None, verdict: Verdict::AskServer }).collect();
    totals(cart, outcomes)
}

/// Minor units of `currency` that one point is worth.
pub fn worth(rates: &[RedeemRate], currency: Currency) -> Option<Rate> {
    rates.iter().find(|rate| rate.currency == currency).map(|rate| rate.minor_per_point)
}

/// Puts the answers in order: automatic promotions, codes as typed, points.
fn assemble(
    running: &[Candidate<'_>],
    mut work: Work,
    mut verdicts: Vec<(Item, Option<String>, Verdict)>,
    cart: &Cart,
    asked: &Asked,
) -> Quote {
    for (place, candidate) in running.iter().enumerate() {
        let promotion = Some(candidate.promotion.id.clone());
        let verdict = match work.taken.remove(&place) {
            Some(applied) if applied.amount.minor() > 0 => Verdict::Applied(applied),
            // Shipping may not be known yet: a free-shipping code counts at once.
            Some(applied) if candidate.promotion.is_about_shipping() => Verdict::Applied(applied),
            Some(_) => refused(Reason::NotApplicable),
            None => refused(Reason::NotCombinable),
        };
        verdicts.push((candidate.item.clone(), promotion, verdict));
    }
    let place = |item: &Item| match item {
        Item::Automatic(_) => 0,
        Item::Code(code) => {
            asked.codes.iter().position(|asked| asked == code).unwrap_or_default().saturating_add(1)
        }
        Item::Points(_) => usize::MAX,
    };
    let silent = |item: &Item, verdict: &Verdict| {
        matches!((item, verdict), (Item::Automatic(_), Verdict::Refused { .. }))
    };
    verdicts.retain(|(item, _, verdict)| !silent(item, verdict));
    verdicts.sort_by_key(|(item, _, _)| place(item));
    if let (Some(points), Some(verdict)) = (asked.points, work.points) {
        verdicts.push((Item::Points(points), None, verdict));
    }
    let outcome = |(item, promotion, verdict)| Outcome { item, promotion, verdict };
    totals(cart, verdicts.into_iter().map(outcome).collect())
}

fn totals(cart: &Cart, outcomes: Vec<Outcome>) -> Quote {
    let currency = cart.currency();
    let discount = outcomes.iter().fold(0_i64, |sum, outcome| match &outcome.verdict {
        Verdict::Applied(applied) => sum.saturating_add(applied.amount.minor()),
        _ => sum,
    });
    let full = cart.goods().saturating_add(cart.shipping());
    Quote {
        goods: money(currency, cart.goods()),
        shipping: money(currency, cart.shipping()),
        discount: money(currency, discount),
        to_pay: money(currency, full.saturating_sub(discount)),
        outcomes,
    }
}

#[cfg(test)]
mod tests;
