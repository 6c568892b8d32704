//! The cart, what the shopper asks to take off it, and the hold that reserves it.
//!
//! What it would cost is asked of the domain with the facts the browser has; only where the domain
//! says `AskServer` the server is asked. Reserving it is `hold.rs`.

use super::{Kept, Store, now, report, sentence};
use crate::client::{Failure, Request, read};
use crate::config::{ShopCart, cart_of_amount};
use crate::i18n::texts;
use crate::session;
use crate::ui::go;
use habitue_api::path;
use habitue_api::quote::{CartRequest, QuoteReply, QuoteRequest};
use habitue_domain::cart::Cart;
use habitue_domain::coupon::CouponCode;
use habitue_domain::money::{Currency, Money};
use habitue_domain::points::Points;
use habitue_domain::promotion::Promotion;
use habitue_domain::quote::{Asked, Facts, Item, Outcome, Quote, Verdict, quote};
use habitue_domain::refusal::{Missing, Reason};
use habitue_domain::time::Timestamp;
use std::sync::Arc;

/// How far the shopper is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Choosing.
    Editing,
    /// Choosing, while the server prices what was chosen.
    Asking,
    /// The hold is being placed.
    Placing,
    /// Reserved, and the shop knows.
    Held(Held),
}

/// What is reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// `hld_…`
    pub id: String,
    /// What comes off, where it is known.
    pub saved: Option<Money>,
    /// The price, unless the hold was placed before this page was opened.
    pub quote: Option<Arc<Quote>>,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
    /// Whether the cart has changed since.
    pub is_stale: bool,
    /// Whether it is being given back.
    pub is_ending: bool,
}

/// The most points that the cart takes, or why it takes none.
pub type MostPoints = Result<Points, (Reason, Option<Missing>)>;

/// The signals of the checkout.
#[derive(Clone, Copy)]
pub struct Checkout {
    given: Kept<Option<ShopCart>>,
    amount: Kept<Option<(String, Currency)>>,
    /// Counts what was asked, so that a late answer to an older question is dropped.
    round: Kept<u32>,
    /// The cart, once the page has said it.
    pub cart: Kept<Option<Arc<Cart>>>,
    /// What the shopper asks for.
    pub asked: Kept<Asked>,
    /// What it costs; the last answer stays while the next is on its way.
    pub quote: Kept<Option<Arc<Quote>>>,
    /// The bound of the slider.
    pub most: Kept<MostPoints>,
    /// How far the shopper is.
    pub step: Kept<Step>,
    /// Why the last act did not work.
    pub refusal: Kept<Option<String>>,
}

impl Checkout {
    pub(super) fn new() -> Self {
        Self {
            given: Kept::new(None),
            amount: Kept::new(None),
            round: Kept::new(0),
            cart: Kept::new(None),
            asked: Kept::new(Asked::default()),
            quote: Kept::new(None),
            most: Kept::new(Ok(Points::ZERO)),
            step: Kept::new(Step::Editing),
            refusal: Kept::new(None),
        }
    }

    /// Nothing asked for, nothing reserved.
    pub fn reset(self) {
        self.asked.set(Asked::default());
        self.quote.set(None);
        self.step.set(Step::Editing);
        self.refusal.set(None);
    }

    /// The page says its cart by `Habitue.cart`.
    pub fn take_cart(self, cart: Option<ShopCart>, store: Store) {
        let codes = cart.as_ref().map(ShopCart::codes).unwrap_or_default();
        self.given.set(cart);
        self.asked.update(|asked| add_codes(asked, codes));
        self.settle_cart(store);
    }

    /// The page says only an amount, on `<habitue-redeem>`.
    pub fn take_amount(self, amount: Option<(String, Currency)>, store: Store) {
        self.amount.set(amount);
        self.settle_cart(store);
    }

    /// The page was loaded again while a hold was in its cart.
    pub fn take_hold(self, id: String, saved: Option<Money>) {
        let known = match self.step.get_untracked() {
            Step::Held(held) => held.id == id,
            Step::Placing => true,
            _ => false,
        };
        if !known {
            let (quote, until) = (None, None);
            let held = Held { id, saved, quote, until, is_stale: false, is_ending: false };
            self.step.set(Step::Held(held));
        }
    }

    fn settle_cart(self, store: Store) {
        let given = self.given.with_untracked(|given| given.as_ref().and_then(ShopCart::cart));
        let of_amount = || {
            let (amount, currency) = self.amount.get_untracked()?;
            cart_of_amount(&amount, currency)
        };
        let cart = given.or_else(of_amount).map(Arc::new);
        if cart == self.cart.get_untracked() {
            return;
        }
        self.cart.set(cart);
        if let Step::Held(mut held) = self.step.get_untracked() {
            held.is_stale = held.quote.is_some();
            self.step.set(Step::Held(held));
        }
        self.recalculate(store);
    }

    /// Prices what is asked for: at once where the browser may, else by the server.
    pub fn recalculate(self, store: Store) {
        self.round.update(|round| *round = round.wrapping_add(1));
        let Some(cart) = self.cart.get_untracked().filter(|_| store.me().is_some()) else {
            self.quote.set(None);
            return;
        };
        let asked = self.asked.get_untracked();
        let answer = store.facts.with_untracked(|facts| quote(facts, &cart, &asked, now()));
        self.bound_points(store);
        let is_asking = !answer.is_final();
        match self.step.get_untracked() {
            Step::Editing | Step::Asking => {
                self.step.set(if is_asking { Step::Asking } else { Step::Editing });
            }
            Step::Placing | Step::Held(_) => return,
        }
        if is_asking {
            self.ask_server(store, &cart, asked);
        } else {
            self.quote.set(Some(Arc::new(answer)));
        }
    }

    fn bound_points(self, store: Store) {
        if let Some(cart) = self.cart.get_untracked() {
            let asked = self.asked.get_untracked();
            let most = |facts: &Facts| most_points(facts, &cart, &asked, now());
            self.most.settle(store.facts.with_untracked(most));
        }
    }

    fn ask_server(self, store: Store, cart: &Cart, asked: Asked) {
        let round = self.round.get_untracked();
        let request = QuoteRequest { cart: request_of(cart), asked, customer: None };
        go(async move {
            // A slider that moves asks once it rests.
            crate::ui::sleep(120).await;
            if self.round.get_untracked() != round {
                return;
            }
            let request = Request::post(path::QUOTES, &request);
            let reply = session::send_as_shopper(&request).await.and_then(read::<QuoteReply>);
            if self.round.get_untracked() != round {
                return;
            }
            self.step.set(Step::Editing);
            match reply {
                Ok(reply) => {
                    store.facts.update(|facts| learn(facts, reply.promotions));
                    self.bound_points(store);
                    say_outcomes(&reply.quote, store);
                    self.quote.set(Some(Arc::new(reply.quote)));
                }
                Err(failure) => self.refuse(&failure, store),
            }
        });
        // Somebody who listens learns that something goes on.
        store.status.set(texts().loading());
    }

    pub(super) fn refuse(self, failure: &Failure, store: Store) {
        report(failure);
        let missing = match failure {
            Failure::Problem(problem) => problem.missing,
            _ => None,
        };
        let text = match reason_named(failure.code()) {
            Some(reason) => refusal(reason, missing),
            None => sentence(failure),
        };
        store.status.set(text.clone());
        self.refusal.set(Some(text));
    }

    /// The shopper typed a code. Codes that were refused before give way to it.
    pub fn enter_code(self, text: &str, store: Store) -> bool {
        let Ok(code) = text.parse::<CouponCode>() else {
            self.refusal.set(Some(texts().bad_code()));
            return false;
        };
        self.refusal.set(None);
        let refused = self.quote.with_untracked(|quote| refused_codes(quote.as_deref()));
        self.asked.update(|asked| {
            asked.codes.retain(|known| !refused.contains(known));
            add_codes(asked, vec![code]);
        });
        self.recalculate(store);
        true
    }

    /// The shopper takes a code away.
    pub fn remove_code(self, code: &CouponCode, store: Store) {
        self.refusal.set(None);
        self.asked.update(|asked| asked.codes.retain(|known| known != code));
        self.recalculate(store);
    }

    /// The shopper asks for so many points.
    pub fn ask_points(self, points: Points, store: Store) {
        self.refusal.set(None);
        self.asked.update(|asked| asked.points = points.is_positive().then_some(points));
        self.recalculate(store);
    }

    /// The shopper asks to pay with so much credit at the most.
    pub fn ask_credit(self, credit: Option<Money>, store: Store) {
        self.refusal.set(None);
        self.asked.update(|asked| asked.credit = credit);
        self.recalculate(store);
    }

    /// The shopper asks for as many points as the cart takes.
    pub fn ask_most_points(self, store: Store) {
        if let Some(me) = store.me()
            && let Some(member) = &me.member
            && !matches!(self.step.get_untracked(), Step::Held(_))
        {
            let most = self.most.get_untracked().unwrap_or(member.balance.available);
            self.ask_points(most, store);
        }
    }

    /// How many points one press of a button adds: those that are worth one unit of the currency.
    pub fn step_points(self, store: Store) -> Points {
        let unit = || {
            let currency = self.cart.get_untracked()?.currency();
            let rate = store.points_rate(currency)?;
            rate.least_reaching(10_i64.checked_pow(currency.exponent())?)
        };
        let most = self.most.get_untracked().unwrap_or_default().get();
        let step = unit().filter(|unit| unit.saturating_mul(2) <= most);
        Points::clamped(step.unwrap_or(1).max(1))
    }
}

/// What the server told of the codes asked for, so that the next preview needs it no more.
fn learn(facts: &mut Facts, promotions: Vec<Promotion>) {
    for promotion in promotions {
        if facts.public.promotions.iter().all(|known| known.id != promotion.id) {
            facts.public.promotions.push(promotion);
        }
    }
}

pub(super) fn request_of(cart: &Cart) -> CartRequest {
    CartRequest {
        currency: cart.currency(),
        lines: cart.lines().to_vec(),
        shipping: cart.shipping(),
        channel: cart.channel().map(str::to_owned),
    }
}

fn add_codes(asked: &mut Asked, codes: Vec<CouponCode>) {
    for code in codes {
        if !asked.codes.contains(&code) {
            asked.codes.push(code);
        }
    }
}

fn refused_codes(quote: Option<&Quote>) -> Vec<CouponCode> {
    let outcomes = quote.map(|quote| quote.outcomes.as_slice()).unwrap_or_default();
    let refused = outcomes.iter().filter_map(|outcome| match (&outcome.item, &outcome.verdict) {
        (Item::Code(code), Verdict::Refused { .. }) => Some(code.clone()),
        _ => None,
    });
    refused.collect()
}

/// As many points as the cart takes beside the codes, or why none.
fn most_points(facts: &Facts, cart: &Cart, asked: &Asked, now: Timestamp) -> MostPoints {
    let Some(member) = &facts.public.member else {
        return Err((Reason::LoginRequired, None));
    };
    let points = Some(member.available).filter(|points| points.is_positive());
    let points = points.or(Points::new(1));
    let with = |codes: &[CouponCode]| {
        quote(facts, cart, &Asked { codes: codes.to_vec(), points, credit: None }, now)
    };
    let mut answer = with(&asked.codes);
    if !answer.is_final() {
        answer = with(&[]);
    }
    match answer.outcomes.into_iter().next_back().map(|outcome| outcome.verdict) {
        Some(Verdict::Applied(applied)) => Ok(applied.points.unwrap_or_default()),
        Some(Verdict::Refused { reason, missing }) => {
            // Where there are none, one was asked for only to hear why: none is missing.
            Err((reason, missing.filter(|_| member.available.is_positive())))
        }
        // Some automatic promotion only the server can price: the balance is the bound.
        _ => Ok(member.available),
    }
}

/// The reason with this code, if it is one.
pub fn reason_named(code: &str) -> Option<Reason> {
    Reason::ALL.into_iter().find(|reason| reason.code() == code)
}

/// Tells whoever cannot see it what the server refused.
fn say_outcomes(quote: &Quote, store: Store) {
    let said = quote.outcomes.iter().rev().find_map(refused);
    store.status.set(said.unwrap_or_default());
}

/// Why something asked for does not count, if it does not.
pub fn refused(outcome: &Outcome) -> Option<String> {
    let Verdict::Refused { reason, missing } = outcome.verdict else {
        return None;
    };
    // Only what pays needs no goods, and does not apply where nothing is left to pay.
    let pays = outcome.promotion.is_none() && !matches!(outcome.item, Item::Points(_));
    Some(match reason {
        Reason::NotApplicable if pays => texts().nothing_left(),
        Reason::InDebt if pays => texts().credit_debt(),
        _ => refusal(reason, missing),
    })
}

/// Why something does not count, with what is missing.
pub fn refusal(reason: Reason, missing: Option<Missing>) -> String {
    let texts = texts();
    match missing {
        Some(Missing::Money(money)) => texts.missing_for_code(&texts.money(money)),
        Some(Missing::Points(points)) if points.is_positive() => {
            texts.missing_points(&texts.quantity(points))
        }
        Some(Missing::Quantity(pieces)) => {
            texts.missing_pieces(&texts.quantity(Points::clamped(pieces)))
        }
        _ => texts.reason(reason),
    }
}
