//! Reserving what the shopper chose: `hold`, the shop's own event, and giving it back. Confirming
//! and committing is the work of the shop's back end.

use super::checkout::{Checkout, Held, Step, request_of};
use super::{Store, now};
use crate::client::{Failure, Request, read};
use crate::event;
use crate::i18n::texts;
use crate::session;
use crate::ui::{go, status};
use habitue_api::hold::{HoldReply, HoldRequest};
use habitue_api::path;
use habitue_domain::money::Money;
use habitue_domain::quote::{Asked, Item, Quote, Verdict};
use std::sync::Arc;
use wasm_bindgen::JsValue;

impl Checkout {
    /// Reserves what counts and tells the shop. One idempotency key for one click.
    pub fn place(self, store: Store, element: JsValue) {
        let (Some(cart), Some(answer)) = (self.cart.get_untracked(), self.quote.get_untracked())
        else {
            return;
        };
        if matches!(self.step.get_untracked(), Step::Placing | Step::Asking) {
            return;
        }
        let (cart, asked) = (request_of(&cart), what_counts(&answer));
        let request = HoldRequest { cart, asked, customer: None, email: None };
        self.step.set(Step::Placing);
        self.refusal.set(None);
        store.status.set(texts().loading());
        go(async move {
            match session::act(Request::post(path::HOLDS, &request))
                .await
                .and_then(read::<HoldReply>)
            {
                Ok(reply) => self.hand_over(reply, store, &element).await,
                Err(failure) => {
                    self.step.set(Step::Editing);
                    self.refuse(&failure, store);
                }
            }
            store.refresh().await;
            self.recalculate(store);
        });
    }

    /// Gives the hold to the shop; where it does not want it, nothing stays reserved.
    async fn hand_over(self, reply: HoldReply, store: Store, element: &JsValue) {
        let code = reply.quote.outcomes.iter().find_map(|outcome| match &outcome.item {
            // A gift card is money: its code is nobody's but its owner's.
            Item::Code(code) if outcome.promotion.is_some() => Some(code.as_str()),
            _ => None,
        });
        let amount = taken(&reply.quote);
        let detail = event::Redeem { hold: &reply.hold, code, amount };
        if !event::redeem(&detail, element).await {
            drop(release(&reply.hold).await);
            self.step.set(Step::Editing);
            self.refusal.set(Some(texts().shop_refused()));
            store.status.set(texts().shop_refused());
            return;
        }
        let texts = texts();
        store.status.set(texts.taken_off(&texts.money(amount)));
        let held = Held {
            id: reply.hold,
            saved: Some(amount),
            quote: Some(Arc::new(reply.quote)),
            until: reply.expires_at,
            is_stale: false,
            is_ending: false,
        };
        self.expire(&held, store, element.clone());
        self.step.set(Step::Held(held));
    }

    /// Says when the hold has ended by itself.
    fn expire(self, held: &Held, store: Store, element: JsValue) {
        let Some(until) = held.until else { return };
        let id = held.id.clone();
        let seconds = until.seconds().saturating_sub(now().seconds()).clamp(0, 86_400);
        go(async move {
            crate::ui::sleep(i32::try_from(seconds * 1000).unwrap_or(i32::MAX)).await;
            let is_over = |step: &Step| matches!(step, Step::Held(held) if held.id == id);
            if self.step.with_untracked(is_over) {
                self.end(&id, store, &element).await;
            }
        });
    }

    /// The shopper takes the redemption back.
    pub fn take_back(self, store: Store, element: JsValue) {
        let Step::Held(held) = self.step.get_untracked() else {
            return;
        };
        if held.is_ending {
            return;
        }
        self.refusal.set(None);
        self.step.set(Step::Held(Held { is_ending: true, ..held.clone() }));
        go(async move {
            match release(&held.id).await {
                Err(failure) => {
                    self.step.set(Step::Held(held));
                    self.refuse(&failure, store);
                }
                Ok(()) => self.end(&held.id, store, &element).await,
            }
        });
    }

    /// The cart has changed: the old hold goes, and what still counts is reserved anew.
    pub fn replace(self, store: Store, element: JsValue) {
        let Step::Held(held) = self.step.get_untracked() else {
            return;
        };
        go(async move {
            drop(release(&held.id).await);
            self.end(&held.id, store, &element).await;
            self.place(store, element);
        });
    }

    async fn end(self, hold: &str, store: Store, element: &JsValue) {
        event::emit("release", &event::Release { hold }, element);
        self.step.set(Step::Editing);
        status::toast(store, texts().put_back_said());
        store.refresh().await;
        self.recalculate(store);
    }
}

/// What need not be paid any more: discounts, and what gift cards and credit pay.
fn taken(quote: &Quote) -> Money {
    let paid = quote.paid.map_or(0, Money::minor);
    quote.discount.currency().clamped(quote.discount.minor().saturating_add(paid))
}

/// Gives a hold back; one that is over already is no failure.
async fn release(hold: &str) -> Result<(), Failure> {
    let address = [path::HOLDS, "/", &path::encode(hold)].concat();
    match session::act(Request { method: "DELETE", ..Request::get(&address) }).await {
        Err(failure)
            if matches!(failure.code(), "hold_expired" | "hold_released" | "not_found") =>
        {
            Ok(())
        }
        answer => answer.map(drop),
    }
}

/// Only what applies may be held: anything refused would refuse the hold.
fn what_counts(quote: &Quote) -> Asked {
    let mut asked = Asked::default();
    for outcome in &quote.outcomes {
        if let Verdict::Applied(applied) = &outcome.verdict {
            match &outcome.item {
                Item::Code(code) => asked.codes.push(code.clone()),
                Item::Points(_) => asked.points = applied.points,
                Item::Credit(_) => asked.credit = Some(applied.amount),
                Item::Automatic(_) => {}
            }
        }
    }
    asked
}
