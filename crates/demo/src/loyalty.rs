//! The integration guide, in code: everything a shop's back end says to Habitué.
//!
//! It is plain HTTP with JSON; nothing here comes from a crate of Habitué's. Read it from top to
//! bottom, it is the order in which a checkout happens:
//!
//! 0. [`crate::token`]: the shop signs who is logged in, so that the widget may show their points.
//! 1. The shopper enters a code or points in `<habitue-redeem>`. The browser makes a **hold**: what
//!    belongs to the member is reserved for 15 minutes. Our page hears `habitue:redeem` and gives
//!    its id to our back end, which looks at it: [`Loyalty::hold`].
//! 2. The shopper presses "pay". With the order's own figures we [`Loyalty::confirm`], and are told
//!    the final price, or that it has changed since the shopper saw it.
//! 3. We charge the card. If that fails we [`Loyalty::release`].
//! 4. Paid: we [`Loyalty::commit`]. This never refuses for price or time, because we confirmed.
//! 5. We report the order, [`Loyalty::put_order`]: what was paid earns points.
//! 6. Later, if the shopper cancels, the order again with another state; if pieces come back,
//!    [`Loyalty::put_return`]. Everything goes back where it came from, both ways.
//!
//! Three habits make it safe:
//! - the secret key stays in the back end. There is never an `Origin` header beside it;
//! - every POST with an effect carries an `Idempotency-Key` that names *what we mean to do*, so that
//!   a repetition after a lost answer is recognised and answered as the first time. A PUT needs
//!   none: its address and version say it already;
//! - a silence ([`Error::Silent`]) is repeated; a refusal ([`Error::Refused`]) is told to the shopper.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::wire::{Asked, Cart, Hold, Item, Order, OrderLine, OrderReply, Problem, Quote};

pub mod wire;

#[cfg(test)]
mod tests;

/// Why there is no answer to go on with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Habitué understood and said no; nothing was changed. The code says why.
    #[error("{} ({}){}", .0.title, .0.code, .0.detail.as_deref().map(|more| format!(": {more}"))
        .unwrap_or_default())]
    Refused(Box<Problem>),
    /// No usable answer: not reachable, too slow, or a fault on the other side. It may have
    /// happened or not, so repeat it with the same key or find out.
    #[error("no answer: {0}")]
    Silent(String),
}

impl Error {
    /// The refusal's stable code.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(problem) => Some(&problem.code),
            Self::Silent(_) => None,
        }
    }
}

/// How often a request is tried, and how long each time may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Tries in all.
    pub tries: u32,
    /// The longest one may take.
    pub timeout: Duration,
    /// The pause before the second; it doubles each time.
    pub pause: Duration,
}

impl Patience {
    /// A shopper is waiting for a page: rather show it without a discount.
    pub const LOOKING: Self = Self::of(1, 1_500);
    /// A shopper has pressed "pay": they will wait a little for their discount.
    pub const PAYING: Self = Self::of(3, 2_500);

    const fn of(tries: u32, timeout_millis: u64) -> Self {
        Self {
            tries,
            timeout: Duration::from_millis(timeout_millis),
            pause: Duration::from_millis(150),
        }
    }
}

/// Our connection to Habitué.
#[derive(Clone, Debug)]
pub struct Loyalty {
    http: Client,
    base: Url,
    secret_key: String,
}

impl Loyalty {
    /// A connection to the Habitué at `base`, such as `http://127.0.0.1:4610`.
    pub fn new(base: Url, secret_key: &str) -> Self {
        Self { http: Client::new(), base, secret_key: secret_key.to_owned() }
    }

    /// What a cart costs a customer, without reserving anything. Asking for nothing tells what
    /// applies by itself, such as free shipping for a tier.
    pub async fn quote(&self, customer: &str, cart: &Cart, asked: &Asked) -> Result<Quote, Error> {
        let request = wire::QuoteRequest { cart, asked, customer: Some(customer), email: None };
        let call = self.call(Method::POST, &["quotes"]).json(&request);
        let reply: wire::QuoteReply = answer(call, Patience::LOOKING).await?;
        Ok(reply.quote)
    }

    /// Looks at a hold: is it live, and what does it take off?
    ///
    /// Its id came from a browser, so it proves nothing yet. That it is this customer's is checked
    /// by [`Loyalty::confirm`].
    pub async fn hold(&self, hold: &str) -> Result<Hold, Error> {
        let call = self.call(Method::GET, &["holds", hold]);
        answer(call, Patience::LOOKING).await
    }

    /// Makes a hold ourselves, in the place of the one the customer has: when the shipping
    /// changes after a code was entered, for what applies without a code, or for a guest, who has
    /// no session at Habitué to make one with.
    pub async fn make_hold(
        &self,
        buyer: Buyer<'_>,
        cart: &Cart,
        asked: &Asked,
        key: &str,
    ) -> Result<Hold, Error> {
        let Buyer { customer, email } = buyer;
        let request = wire::QuoteRequest { cart, asked, customer, email };
        let call = self.call(Method::POST, &["holds"]).header(IDEMPOTENCY_KEY, key);
        answer(call.json(&request), Patience::PAYING).await
    }

    /// Just before payment: the order's own lines, and the price the shopper has on the screen.
    ///
    /// Reserves shared uses too ("the first hundred"), for as long as the payment may take. The
    /// answer is what to charge. Refused as `price_changed` (the problem carries the new quote),
    /// `used_up` and the like, `hold_expired`, or `customer_mismatch`.
    pub async fn confirm(&self, hold: &str, checkout: &Confirm<'_>) -> Result<Hold, Error> {
        // The amount is part of the key: with another price it is another thing we mean to do.
        let minor = checkout.to_pay.minor;
        let key = format!("{}:confirm:{hold}:{minor}", checkout.order);
        let call = self.call(Method::POST, &["holds", hold, "confirm"]);
        let call = call.header(IDEMPOTENCY_KEY, key).json(checkout);
        answer(call, Patience::PAYING).await
    }

    /// The card was charged: what was held is now spent. Says the same as the confirmation did.
    pub async fn commit(&self, hold: &str, paid: &Commit<'_>) -> Result<Hold, Error> {
        let key = format!("{}:commit:{hold}", paid.order);
        let call = self.call(Method::POST, &["holds", hold, "commit"]);
        answer(call.header(IDEMPOTENCY_KEY, key).json(paid), Patience::PAYING).await
    }

    /// The cart changed or the card was declined: everything held is free again.
    pub async fn release(&self, hold: &str) -> Result<Hold, Error> {
        let call = self.call(Method::POST, &["holds", hold, "release"]);
        let call = call.header(IDEMPOTENCY_KEY, format!("release:{hold}"));
        answer(call, Patience::PAYING).await
    }

    /// Reports an order as it stands now: state, not what changed. Sending it twice, or late,
    /// changes nothing; a higher version replaces a lower one.
    pub async fn put_order(&self, id: &str, order: &Order) -> Result<OrderReply, Error> {
        let call = self.call(Method::PUT, &["orders", id]).json(order);
        answer(call, Patience::PAYING).await
    }

    /// Pieces of an order came back. The id names the return, so that sending it twice is one.
    pub async fn put_return(
        &self,
        order: &str,
        id: &str,
        back: &wire::Return,
    ) -> Result<OrderReply, Error> {
        let call = self.call(Method::PUT, &["orders", order, "returns", id]);
        answer(call.json(back), Patience::PAYING).await
    }

    /// The newest of our gift cards.
    pub async fn gift_cards(&self) -> Result<Vec<wire::GiftCard>, Error> {
        let call = self.call(Method::GET, &["gift-cards"]);
        let page: wire::GiftCards = answer(call, Patience::LOOKING).await?;
        Ok(page.gift_cards)
    }

    /// Issues a gift card: to somebody, or to whoever knows its code.
    pub async fn issue(
        &self,
        card: &wire::NewGiftCard<'_>,
        key: &str,
    ) -> Result<wire::GiftCard, Error> {
        let call = self.call(Method::POST, &["gift-cards"]).header(IDEMPOTENCY_KEY, key);
        answer(call.json(card), Patience::PAYING).await
    }

    /// Gives credit to a member (`mem_…`).
    pub async fn adjust_credit(
        &self,
        member: &str,
        given: &wire::Adjustment<'_>,
        key: &str,
    ) -> Result<(), Error> {
        let call = self.call(Method::POST, &["members", member, "credit"]);
        let call = call.header(IDEMPOTENCY_KEY, key).json(given);
        answer::<serde::de::IgnoredAny>(call, Patience::PAYING).await.map(drop)
    }

    /// Who a customer is to Habitué: what the widget asks in their browser, with the public key.
    pub async fn begin_session(&self, public_key: &str, token: &str) -> Result<wire::Me, Error> {
        let call = self.http.post(self.at(&["session"])).bearer_auth(public_key);
        let call = call.json(&wire::SessionRequest { token });
        let begun: wire::Session = answer(call, Patience::PAYING).await?;
        Ok(begun.me)
    }

    /// A request to `/v1/…` with our secret key. Each part becomes one segment of the path, encoded:
    /// an id can never reach another address.
    fn call(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.http.request(method, self.at(path)).bearer_auth(&self.secret_key)
    }

    fn at(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path);
        }
        url
    }
}

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Who buys.
#[derive(Clone, Copy, Debug, Default)]
pub struct Buyer<'a> {
    /// Our customer's id; nobody for a guest.
    pub customer: Option<&'a str>,
    /// A guest's address.
    pub email: Option<&'a str>,
}

/// What is confirmed before payment.
#[derive(Clone, Debug, Serialize)]
pub struct Confirm<'a> {
    /// Our order's id.
    pub order: &'a str,
    /// Our customer's id; nobody for a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<&'a str>,
    /// The order's lines and shipping, before any discount of Habitué's.
    pub cart: &'a Cart,
    /// What the shopper has on the screen.
    pub to_pay: crate::money::Money,
    /// How long we may take to get paid: a card takes minutes, a bank transfer days.
    pub ttl_seconds: i64,
}

/// What was paid.
#[derive(Clone, Debug, Serialize)]
pub struct Commit<'a> {
    /// Our order's id, as confirmed.
    pub order: &'a str,
    /// Our customer's id, as confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<&'a str>,
    /// What the card was charged: the confirmation's amount to pay.
    pub amount: crate::money::Money,
}

/// Sends until there is an answer or patience ends. Only silence is repeated, never a refusal.
async fn answer<T: DeserializeOwned>(call: RequestBuilder, patience: Patience) -> Result<T, Error> {
    let mut pause = patience.pause;
    let mut tries_left = patience.tries;
    loop {
        tries_left -= 1;
        // Our bodies are JSON in memory, never streams, so a copy can always be made.
        let copy = call.try_clone().ok_or_else(|| Error::Silent("a body that streams".into()))?;
        match once(copy.timeout(patience.timeout)).await {
            Err(Error::Silent(reason)) if tries_left > 0 => {
                tracing::debug!(reason, "Habitué is silent, trying again");
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            outcome => return outcome,
        }
    }
}

/// Sends once and sorts what comes back: an answer, a refusal, or nothing to go on with.
async fn once<T: DeserializeOwned>(call: RequestBuilder) -> Result<T, Error> {
    let silent = |error: reqwest::Error| Error::Silent(root(&error));
    let response = call.send().await.map_err(silent)?;
    let status = response.status();
    if status.is_success() {
        return response.json().await.map_err(silent);
    }
    // A fault, too many requests, or the first of two equal requests still at work.
    let passing = status.is_server_error() || response.headers().contains_key("retry-after");
    let text = response.text().await.map_err(silent)?;
    match serde_json::from_str::<Problem>(&text) {
        Ok(problem) if !passing => Err(Error::Refused(Box::new(problem))),
        Ok(problem) => Err(Error::Silent(format!("{status} {}", problem.code))),
        Err(_) => Err(Error::Silent(format!("{status} without a problem document"))),
    }
}

/// The innermost cause: "connection refused", not the layers around it.
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
