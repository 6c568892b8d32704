//! Who is visiting: one random cookie, everything else in memory.
//!
//! The cookie is ours alone: `HttpOnly`, `SameSite=Lax`, and never sent to Habitué, which is told
//! who is logged in by a signed token instead ([`crate::token`]).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cart::{Cart, Shipping};
use crate::loyalty::Buyer;
use crate::money::Currency;
use crate::text::Lang;

/// The cookie's name.
pub const COOKIE: &str = "sillon_session";

/// As many visitors as a demo needs; the one seen longest ago makes room.
const MOST: usize = 5_000;

/// What we know of a visitor.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// Stands in every form of ours. `SameSite` alone is not enough: it takes two ports of one
    /// host for one site.
    pub csrf: String,
    /// The customer who is logged in.
    pub customer: Option<String>,
    /// What is in the cart.
    pub cart: Cart,
    /// The language chosen.
    pub lang: Lang,
    /// The currency chosen.
    pub currency: Currency,
    /// How it is to be sent.
    pub shipping: Shipping,
    /// The address a guest has given with a code.
    pub email: Option<String>,
    /// Habitué's hold on points and codes for this cart.
    pub hold: Option<String>,
    /// The number of the order this checkout will become: the anchor of every idempotency key.
    pub order: Option<String>,
    /// What the next page has to say.
    pub notice: Option<Notice>,
    seen: u64,
}

impl Session {
    /// Who buys, as Habitué is told.
    pub fn buyer(&self) -> Buyer<'_> {
        let customer = self.customer.as_deref();
        let email = if customer.is_none() { self.email.as_deref() } else { None };
        Buyer { customer, email }
    }

    /// The cart was paid: the next one starts empty.
    pub fn bought(&mut self) {
        self.cart = Cart::default();
        self.shipping = Shipping::default();
        self.hold = None;
        self.order = None;
    }
}

/// What a page has to say at its top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Habitué is silent: no discount now.
    DiscountUnavailable,
    /// The hold is over.
    HoldOver,
    /// The price is another one than the shopper saw.
    PriceChanged(String),
    /// Habitué refused, with this code.
    Refused(String),
    /// The card was declined, and what was held is free again.
    Declined {
        /// Whether anything was.
        held: bool,
    },
    /// This is in the cart now.
    Added(&'static str),
    /// This order was cancelled.
    Cancelled(String),
    /// Pieces of this order were taken back.
    Returned(String),
    /// No piece was chosen to be taken back.
    NoPieces,
    /// No such customer.
    UnknownCustomer(String),
}

impl Notice {
    /// The sentence.
    pub fn words(&self, lang: Lang) -> String {
        let texts = lang.texts();
        match self {
            Self::DiscountUnavailable => texts.discount_unavailable.to_owned(),
            Self::HoldOver => texts.hold_over.to_owned(),
            Self::PriceChanged(price) => crate::text::with(texts.price_changed, price),
            Self::Refused(code) => refusal(code, lang).to_owned(),
            Self::Declined { held: true } => {
                format!("{} {}", texts.declined, texts.declined_held)
            }
            Self::Declined { held: false } => texts.declined.to_owned(),
            Self::Added(title) => crate::text::with(texts.added, title),
            Self::Cancelled(order) => crate::text::with(texts.cancelled, order),
            Self::Returned(order) => crate::text::with(texts.returned, order),
            Self::NoPieces => texts.no_pieces.to_owned(),
            Self::UnknownCustomer(id) => crate::text::with(texts.unknown_customer, id),
        }
    }

    /// Whether it is about something that went otherwise than hoped.
    pub const fn is_trouble(&self) -> bool {
        !matches!(self, Self::Added(_) | Self::Cancelled(_) | Self::Returned(_))
    }
}

/// What a refusal's code means to the shopper: the few they can do something about, then the rest.
fn refusal(code: &str, lang: Lang) -> &'static str {
    let texts = lang.texts();
    match code {
        "used_up" => texts.used_up,
        "used_up_for_member" => texts.used_up_for_member,
        "expired" => texts.expired,
        "below_minimum" => texts.below_minimum,
        "not_enough_points" => texts.not_enough_points,
        "not_found" => texts.code_unknown,
        "login_required" => texts.login_required,
        _ => texts.code_refused,
    }
}

/// All visitors.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    by_id: HashMap<String, Session>,
    clock: u64,
}

impl Sessions {
    /// The id of a session: this one if it is known, else a new one.
    pub fn enter(&self, id: Option<&str>) -> (String, bool) {
        let mut book = self.book();
        if let Some(id) = id.filter(|id| book.by_id.contains_key(*id)) {
            return (id.to_owned(), false);
        }
        (book.open(Session::default()), true)
    }

    /// Looks at a session or changes it. Never wait for anything inside.
    pub fn with<T>(&self, id: &str, work: impl FnOnce(&mut Session) -> T) -> T {
        let mut book = self.book();
        book.clock += 1;
        let clock = book.clock;
        let session = book.by_id.entry(id.to_owned()).or_default();
        session.seen = clock;
        work(session)
    }

    /// The session under a new id: whoever knew the old one is not logged in by it.
    pub fn rotate(&self, id: &str) -> String {
        let mut book = self.book();
        let session = book.by_id.remove(id).unwrap_or_default();
        book.open(session)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // A panic while holding it leaves whole sessions behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn open(&mut self, session: Session) -> String {
        if self.by_id.len() >= MOST {
            let oldest = self.by_id.iter().min_by_key(|(_, session)| session.seen);
            if let Some(id) = oldest.map(|(id, _)| id.clone()) {
                self.by_id.remove(&id);
            }
        }
        self.clock += 1;
        let id = random();
        let session = Session { csrf: random(), seen: self.clock, ..session };
        self.by_id.insert(id.clone(), session);
        id
    }
}

/// 256 random bits.
fn random() -> String {
    format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_cookie_opens_a_new_session_under_an_id_of_ours() {
        let sessions = Sessions::default();
        let (id, new) = sessions.enter(Some("chosen by somebody else"));
        assert!(new && id.len() == 64 && id != "chosen by somebody else");
        assert_eq!(sessions.enter(Some(&id)), (id, false));
    }

    #[test]
    fn logging_in_changes_the_id_and_the_forms_and_keeps_the_cart() {
        let sessions = Sessions::default();
        let (id, _) = sessions.enter(None);
        let csrf = sessions.with(&id, |session| {
            session.shipping = Shipping::Express;
            session.csrf.clone()
        });
        let next = sessions.rotate(&id);
        assert!(sessions.enter(Some(&id)).1, "the old id is unknown");
        sessions.with(&next, |session| {
            assert_eq!(session.shipping, Shipping::Express);
            assert_ne!(session.csrf, csrf);
        });
    }

    #[test]
    fn the_visitor_seen_longest_ago_makes_room() {
        let sessions = Sessions::default();
        let (first, _) = sessions.enter(None);
        let (second, _) = sessions.enter(None);
        sessions.with(&first, |_| ());
        for _ in 2..=MOST {
            sessions.enter(None);
        }
        assert!(!sessions.enter(Some(&first)).1, "seen again");
        assert!(sessions.enter(Some(&second)).1, "made room");
    }
}
