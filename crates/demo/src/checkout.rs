//! The checkout: what the cart costs with Habitué's discount, paying, cancelling, taking back.
//!
//! The rule of the house: Habitué may make an order cheaper, it never stands in its way. Whatever
//! goes wrong with a discount is said in one sentence, and the records can be bought without it.

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;

use crate::loyalty::{Asked, Cart, Confirm, Error, Hold, Quote};
use crate::money::Money;
use crate::order::{Order, OrderLine, Step, taken};
use crate::session::{Notice, Session};
use crate::shop::Shop;

/// How long a card payment may take after the confirmation, in seconds.
const PAYMENT_SECONDS: i64 = 900;
/// How long "thank you" waits for Habitué to hear of the order.
const SETTLE: Duration = Duration::from_secs(3);

/// What the shopper is to see before paying.
#[derive(Debug)]
pub struct Price {
    /// The cart, as told to Habitué.
    pub cart: Cart,
    /// Habitué's price, if there is a discount.
    pub quote: Option<Quote>,
    /// The hold behind it; a privilege that applies by itself needs none until payment.
    pub hold: Option<String>,
}

impl Price {
    /// What is to be paid.
    pub fn to_pay(&self) -> Money {
        self.quote.as_ref().map_or_else(|| self.cart.total(), |quote| quote.to_pay)
    }
}

/// The price of the visitor's cart. Where a discount is lost, the session's notice says so.
pub async fn price(shop: &Shop, visitor: &str) -> Price {
    let session = shop.sessions.with(visitor, |session| session.clone());
    let cart = session.cart.on_the_wire(session.currency, session.shipping);
    if let Some(hold) = session.hold.as_deref() {
        match current(shop, &session, &cart, hold).await {
            Ok(held) => {
                shop.sessions.with(visitor, |session| session.hold = Some(held.id.clone()));
                return Price { cart, quote: Some(held.quote), hold: Some(held.id) };
            }
            Err(notice) => lose(shop, visitor, Some(hold), notice),
        }
    }
    let Some(customer) = session.customer.as_deref() else {
        return Price { cart, quote: None, hold: None };
    };
    // Nothing asked for: what applies by itself, such as free shipping for a tier.
    let quote = shop.habitue.quote(customer, &cart, &Asked::default()).await;
    let quote = quote.inspect_err(|error| tracing::warn!(%error, "no quote")).ok();
    let quote = quote.filter(|quote| quote.saved().minor > 0);
    Price { cart, quote, hold: None }
}

/// The visitor's hold, made anew where the cart is not the one it was made for.
async fn current(shop: &Shop, session: &Session, cart: &Cart, hold: &str) -> Result<Hold, Notice> {
    let seen = shop.habitue.hold(hold).await.map_err(|error| told(&error))?;
    if !seen.state.is_live() {
        return Err(Notice::HoldOver);
    }
    if seen.quote.is_for(cart) {
        return Ok(seen);
    }
    let order = session.order.as_deref().unwrap_or("cart");
    let key = format!("{order}:hold:{}:after:{hold}", cart.total().minor);
    let anew = shop.habitue.make_hold(session.buyer(), cart, &seen.quote.asked(), &key).await;
    anew.map_err(|error| told(&error))
}

/// What an error means to the shopper.
fn told(error: &Error) -> Notice {
    tracing::warn!(%error, "no discount");
    match error.code() {
        None => Notice::DiscountUnavailable,
        Some("hold_expired" | "hold_released" | "not_found") => Notice::HoldOver,
        Some(code) => Notice::Refused(code.to_owned()),
    }
}

/// Goes on without the hold, and says why. The next attempt to pay is another order: this one's
/// number may have been confirmed without our hearing of it.
fn lose(shop: &Shop, visitor: &str, hold: Option<&str>, notice: Notice) {
    shop.sessions.with(visitor, |session| {
        session.hold = None;
        session.order = None;
        session.notice = Some(notice);
    });
    if let Some(hold) = hold {
        release(shop, hold);
    }
}

/// Gives a hold back, without making anybody wait. Should it fail, the hold ends by itself.
fn release(shop: &Shop, hold: &str) {
    let (habitue, hold) = (shop.habitue.clone(), hold.to_owned());
    tokio::spawn(async move {
        if let Err(error) = habitue.release(&hold).await {
            tracing::warn!(hold, %error, "not released, it ends by itself");
        }
    });
}

/// Why a hold is not kept with the cart.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// It is over, or another customer's: asking again would change nothing.
    #[error("the hold is over, or not theirs")]
    Unusable,
    /// Habitué does not say what it is.
    #[error(transparent)]
    Unanswered(#[from] Error),
}

/// The browser says that it holds something for this cart (`habitue:redeem`).
///
/// # Errors
/// [`NotKept`]; the widget then gives the hold back and tells the shopper.
pub async fn keep(shop: &Shop, visitor: &str, hold: &str) -> Result<(), NotKept> {
    let seen = shop.habitue.hold(hold).await?;
    let customer = shop.sessions.with(visitor, |session| session.customer.clone());
    // The id came from the browser: it may name somebody else's hold.
    if !seen.state.is_live() || seen.customer != customer {
        return Err(NotKept::Unusable);
    }
    shop.sessions.with(visitor, |session| session.hold = Some(seen.id));
    Ok(())
}

/// A guest has typed a code: our back end holds it for them, by their address. Where it does not
/// count, the session's notice says why.
pub async fn take_code(shop: &Shop, visitor: &str, email: &str, code: &str, attempt: &str) {
    let session = shop.sessions.with(visitor, |session| {
        session.email = Some(email.to_owned());
        session.clone()
    });
    if session.customer.is_some() || session.cart.is_empty() {
        return;
    }
    let cart = session.cart.on_the_wire(session.currency, session.shipping);
    let asked = Asked { codes: vec![code.to_owned()], ..Asked::default() };
    // The page that was drawn names the attempt: pressed twice, it is one.
    let key = format!("guest:{attempt}");
    let made = shop.habitue.make_hold(session.buyer(), &cart, &asked, &key).await;
    if let (Ok(made), Some(before)) = (&made, &session.hold)
        && made.id != *before
    {
        release(shop, before);
    }
    shop.sessions.with(visitor, |session| match made {
        Ok(hold) => session.hold = Some(hold.id),
        // Here it is the code that was not found, not a hold.
        Err(error) => {
            session.notice = Some(match error.code() {
                Some(code) => Notice::Refused(code.to_owned()),
                None => Notice::DiscountUnavailable,
            });
        }
    });
}

/// The cart has changed, or the shopper took the code back: the hold was for something else.
pub fn let_go(shop: &Shop, visitor: &str) {
    let hold = shop.sessions.with(visitor, |session| {
        session.order = None;
        session.hold.take()
    });
    if let Some(hold) = hold {
        release(shop, &hold);
    }
}

/// The number this checkout's order will have; the same until it is paid or lost.
///
/// # Errors
/// If no number can be written down.
pub fn number(shop: &Shop, visitor: &str) -> Result<String> {
    if let Some(order) = shop.sessions.with(visitor, |session| session.order.clone()) {
        return Ok(order);
    }
    let order = shop.orders.number(Timestamp::now())?;
    shop.sessions.with(visitor, |session| session.order = Some(order.clone()));
    Ok(order)
}

/// What the shopper pressed "pay" on.
#[derive(Debug)]
pub struct Payment {
    /// The order's number in the form.
    pub order: String,
    /// The amount on the button, in cents.
    pub to_pay: i64,
    /// Whether the pretend card works.
    pub card_works: bool,
}

/// Pays. Gives the order's id, or nothing where the checkout has to be looked at again; the
/// session's notice then says why.
pub async fn pay(shop: &Shop, visitor: &str, payment: &Payment) -> Option<String> {
    let session = shop.sessions.with(visitor, |session| session.clone());
    let customer = session.customer.as_deref();
    if shop.orders.of(&payment.order, customer, visitor).is_some() {
        return Some(payment.order.clone()); // Pressed twice.
    }
    if session.cart.is_empty() || session.order.as_ref() != Some(&payment.order) {
        return None;
    }
    let cart = session.cart.on_the_wire(session.currency, session.shipping);
    let to_pay = session.currency.cents(payment.to_pay);
    let confirmed = match honour(shop, &session, &cart, payment, to_pay).await {
        Ok(confirmed) => confirmed,
        Err((hold, error)) => {
            reconsider(shop, visitor, &session, &cart, hold, &error).await;
            return None;
        }
    };
    let quote = confirmed.as_ref().map(|hold| &hold.quote);
    let price = quote.map_or_else(|| cart.total(), |quote| quote.to_pay);
    if price != to_pay {
        // Never charge what was not on the button.
        let price = price.show(session.lang);
        shop.sessions.with(visitor, |session| {
            session.notice = Some(Notice::PriceChanged(price));
        });
        return None;
    }
    // Gift card and credit may have paid it all: then no card is asked for.
    if to_pay.minor > 0 && !charge(payment) {
        if let Some(hold) = &confirmed {
            release(shop, &hold.id);
        }
        shop.sessions.with(visitor, |session| {
            session.hold = None;
            session.order = None;
            session.notice = Some(Notice::Declined { held: confirmed.is_some() });
        });
        return None;
    }
    let order = ordered(&payment.order, visitor, &session, &cart, confirmed);
    let id = order.id.clone();
    shop.orders.place(order);
    shop.sessions.with(visitor, Session::bought);
    settle(shop, &id).await;
    Some(id)
}

/// Confirms the discount that the shopper was shown; nothing where none was.
async fn honour(
    shop: &Shop,
    session: &Session,
    cart: &Cart,
    payment: &Payment,
    to_pay: Money,
) -> Result<Option<Hold>, (Option<String>, Error)> {
    let hold = match &session.hold {
        Some(hold) => hold.clone(),
        None if session.customer.is_none() || to_pay == cart.total() => return Ok(None),
        None => {
            // A privilege that applies by itself was shown: hold it now.
            let key = format!("{}:hold:{}", payment.order, to_pay.minor);
            let made = shop.habitue.make_hold(session.buyer(), cart, &Asked::default(), &key).await;
            made.map_err(|error| (None, error))?.id
        }
    };
    let customer = session.customer.as_deref();
    let confirm =
        Confirm { order: &payment.order, customer, cart, to_pay, ttl_seconds: PAYMENT_SECONDS };
    let confirmed = shop.habitue.confirm(&hold, &confirm).await;
    confirmed.map(Some).map_err(|error| (Some(hold), error))
}

/// Not confirmed. Another price is shown and asked again; a lost discount is lost.
async fn reconsider(
    shop: &Shop,
    visitor: &str,
    session: &Session,
    cart: &Cart,
    hold: Option<String>,
    error: &Error,
) {
    let quote = match error {
        Error::Refused(problem) if problem.code == "price_changed" => problem.quote.as_deref(),
        _ => None,
    };
    let (Some(hold), Some(reply)) = (&hold, quote) else {
        // A hold that turns out to be somebody else's is not ours to give back.
        let ours = hold.filter(|_| error.code() != Some("customer_mismatch"));
        return lose(shop, visitor, ours.as_deref(), told(error));
    };
    // Hold what was asked for at today's price, so that the page shows it.
    let key = format!("{hold}:anew:{}", reply.quote.to_pay.minor);
    let anew = shop.habitue.make_hold(session.buyer(), cart, &reply.quote.asked(), &key).await;
    match anew {
        Ok(anew) => shop.sessions.with(visitor, |session| {
            let price = anew.quote.to_pay.show(session.lang);
            session.hold = Some(anew.id);
            session.notice = Some(Notice::PriceChanged(price));
        }),
        Err(error) => lose(shop, visitor, Some(hold), told(&error)),
    }
}

/// Charges the card. In a demo it only pretends.
fn charge(payment: &Payment) -> bool {
    tracing::info!(order = payment.order, cents = payment.to_pay, "charging the card");
    payment.card_works
}

/// The order as it was paid, with what Habitué has to hear of it.
fn ordered(
    id: &str,
    visitor: &str,
    session: &Session,
    cart: &Cart,
    confirmed: Option<Hold>,
) -> Order {
    let quote = confirmed.as_ref().map(|hold| &hold.quote);
    let lines = cart.lines.iter().map(|line| {
        let cost = line.unit_price * line.quantity;
        let off = quote.map_or(0, |quote| quote.off_line(&line.id));
        OrderLine {
            slug: line.id.clone(),
            quantity: line.quantity,
            cost: cart.currency.cents(cost),
            paid: cost - off,
        }
    });
    let commit = confirmed.iter().map(|_| Step::Commit);
    Order {
        id: id.to_owned(),
        customer: session.customer.clone(),
        session: visitor.to_owned(),
        placed_at: Timestamp::now(),
        lines: lines.collect(),
        shipping: cart.currency.cents(cart.shipping),
        taken: quote.map(taken).unwrap_or_default(),
        paid: quote.map_or_else(|| cart.total(), |quote| quote.to_pay),
        todo: commit.chain([Step::Report]).collect(),
        hold: confirmed.map(|hold| hold.id),
        returns: Vec::new(),
        cancelled_at: None,
        reply: None,
    }
}

/// Cancels an order of the visitor's; Habitué hears that everything came back.
pub async fn cancel(shop: &Shop, id: &str) {
    shop.orders.cancel(id, Timestamp::now());
    settle(shop, id).await;
}

/// Takes pieces of an order back; Habitué hears which. Gives whether there were any.
pub async fn take_back(shop: &Shop, id: &str, wanted: &[(String, i64)]) -> bool {
    let any = shop.orders.take_back(id, wanted, Timestamp::now());
    if any {
        settle(shop, id).await;
    }
    any
}

/// Tells Habitué now, but lets nobody wait long: what is not heard is told again by
/// [`keep_telling`].
async fn settle(shop: &Shop, id: &str) {
    if tokio::time::timeout(SETTLE, shop.orders.settle(id, &shop.habitue)).await.is_err() {
        tracing::warn!(order = id, "Habitué is slow, will be told later");
    }
}

/// Tells Habitué what it has not heard yet, for as long as the shop is open.
pub async fn keep_telling(shop: &Shop, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        for id in shop.orders.unsettled() {
            shop.orders.settle(&id, &shop.habitue).await;
        }
    }
}
