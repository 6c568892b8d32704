//! What goes over the wire, as far as this shop needs it. Fields we do not know are ignored, so
//! that a newer Habitué may say more.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::money::{Currency, Money};

/// A cart as we price it. Amounts are cents of `currency`, as the shopper sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// The currency of every amount in it.
    pub currency: Currency,
    /// What is in it.
    pub lines: Vec<Line>,
    /// What sending it costs; 0 while we do not know.
    pub shipping: i64,
}

impl Cart {
    /// Goods and shipping, before any discount of Habitué's.
    pub fn total(&self) -> Money {
        let goods: i64 = self.lines.iter().map(|line| line.unit_price * line.quantity).sum();
        self.currency.cents(goods + self.shipping)
    }
}

/// One line of a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Our name for the line; allocations of a discount come back under it.
    pub id: String,
    /// Our name for the product.
    pub product: String,
    /// Our categories of it: what a promotion's `scope.categories` speaks of.
    pub categories: Vec<String>,
    /// Pieces.
    pub quantity: i64,
    /// Price of one, after our own sale.
    pub unit_price: i64,
    /// Whether that is a sale price.
    pub on_sale: bool,
}

/// What the shopper asks for. Nothing is a question too: what applies by itself?
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Codes as typed, gift cards among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// Points to redeem at the most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<i64>,
    /// Store credit to pay with at the most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<Money>,
}

/// `POST /v1/quotes` and `POST /v1/holds`.
#[derive(Debug, Serialize)]
pub struct QuoteRequest<'a> {
    /// What is bought.
    pub cart: &'a Cart,
    /// What is asked for.
    pub asked: &'a Asked,
    /// For whom: our customer's id; nobody for a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<&'a str>,
    /// A guest's address: codes that count once for each person count by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
}

/// What `POST /v1/quotes` answers.
#[derive(Clone, Debug, Deserialize)]
pub struct QuoteReply {
    /// The price.
    pub quote: Quote,
}

/// The price of a cart, with an answer for each thing asked for.
#[derive(Clone, Debug, Deserialize)]
pub struct Quote {
    /// All goods before any discount.
    pub goods: Money,
    /// Shipping before any discount.
    pub shipping: Money,
    /// Everything taken off.
    pub discount: Money,
    /// What gift cards and store credit pay, where they pay anything.
    #[serde(default)]
    pub paid: Option<Money>,
    /// What is left to pay.
    pub to_pay: Money,
    /// The answers.
    pub outcomes: Vec<Outcome>,
}

impl Quote {
    /// What was applied, with what it is about.
    pub fn applied(&self) -> impl Iterator<Item = (&Item, &Applied)> {
        self.outcomes.iter().filter_map(|outcome| match &outcome.verdict {
            Verdict::Applied(applied) => Some((&outcome.item, applied)),
            _ => None,
        })
    }

    /// What need not be paid any more: discounts, gift cards and credit together.
    pub fn saved(&self) -> Money {
        let paid = self.paid.map_or(0, |paid| paid.minor);
        self.discount.currency.cents(self.discount.minor + paid)
    }

    /// What was taken off one line, by all discounts together. A gift card and credit are payment:
    /// what they pay was paid, and earns points.
    pub fn off_line(&self, id: &str) -> i64 {
        let discounts = self.applied().filter(|(_, applied)| !applied.is_payment);
        let allocations = discounts.flat_map(|(_, applied)| &applied.lines);
        let of_line = allocations.filter(|allocation| allocation.line == id);
        of_line.map(|allocation| allocation.amount.minor).sum()
    }

    /// Whether it prices this cart. A hold made before the shipping was chosen does not.
    pub fn is_for(&self, cart: &Cart) -> bool {
        let total = self.goods.minor + self.shipping.minor;
        self.shipping == cart.currency.cents(cart.shipping) && total == cart.total().minor
    }

    /// What the shopper had asked for, to ask for it again.
    pub fn asked(&self) -> Asked {
        let mut asked = Asked::default();
        for outcome in &self.outcomes {
            match &outcome.item {
                Item::Code(code) => asked.codes.push(code.clone()),
                Item::Points(points) => asked.points = Some(*points),
                Item::Credit(credit) => asked.credit = Some(*credit),
                Item::Automatic(_) => {}
            }
        }
        asked
    }
}

/// The answer for one thing.
#[derive(Clone, Debug, Deserialize)]
pub struct Outcome {
    /// What it is about.
    pub item: Item,
    /// Whether it counts.
    pub verdict: Verdict,
}

/// What an outcome is about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A promotion that applies by itself, by its id in the program.
    Automatic(String),
    /// A code.
    Code(String),
    /// Points.
    Points(i64),
    /// Store credit.
    Credit(Money),
}

/// Whether something counts.
#[derive(Clone, Debug, Deserialize)]
pub enum Verdict {
    /// It does.
    Applied(Applied),
    /// It does not. The widget has told the shopper why.
    Refused {},
    /// Only in browsers: the server has to be asked.
    AskServer,
}

/// What something takes off.
#[derive(Clone, Debug, Deserialize)]
pub struct Applied {
    /// In all, goods and shipping together.
    pub amount: Money,
    /// Off each line; the rest is off the shipping.
    pub lines: Vec<Allocation>,
    /// The points it uses.
    #[serde(default)]
    pub points: Option<i64>,
    /// Whether it pays (a gift card, credit) instead of making cheaper.
    #[serde(default)]
    pub is_payment: bool,
}

/// A line's part of a discount.
#[derive(Clone, Debug, Deserialize)]
pub struct Allocation {
    /// Our name for the line.
    pub line: String,
    /// Off the whole line.
    pub amount: Money,
}

/// A hold and its price.
#[derive(Clone, Debug, Deserialize)]
pub struct Hold {
    /// `hld_…`
    #[serde(rename = "hold")]
    pub id: String,
    /// Our customer it was made for.
    #[serde(default)]
    pub customer: Option<String>,
    /// How far it is.
    pub state: HoldState,
    /// Its price: final once confirmed.
    pub quote: Quote,
}

/// How far a hold is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// Reserved.
    Held,
    /// Waiting for the payment.
    Confirmed,
    /// Paid.
    Committed,
    /// Given back, or its time is over.
    Released,
}

impl HoldState {
    /// Whether it still reserves anything.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Held | Self::Confirmed)
    }
}

/// An order as it stands.
#[derive(Clone, Debug, Serialize)]
pub struct Order {
    /// Grows with every change.
    pub version: i64,
    /// Our customer's id; absent for a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// `placed`, `paid` or `cancelled`.
    pub state: &'static str,
    /// The currency of every amount in it.
    pub currency: Currency,
    /// What was bought and what was paid for it.
    pub lines: Vec<OrderLine>,
}

/// One line of an order.
#[derive(Clone, Debug, Serialize)]
pub struct OrderLine {
    /// Our name for the line, as in the cart.
    pub id: String,
    /// Our name for the product.
    pub product: String,
    /// Pieces.
    pub quantity: i64,
    /// What was paid for the whole line, by card, gift card and credit: after every discount and
    /// redeemed points.
    pub paid: i64,
}

/// Units that came back.
#[derive(Clone, Debug, Serialize)]
pub struct Return {
    /// When they came back.
    pub returned_at: Timestamp,
    /// Which.
    pub lines: Vec<ReturnedLine>,
}

/// Units of one line that came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReturnedLine {
    /// Our name for the line, as in the order.
    pub line: String,
    /// Pieces.
    pub quantity: i64,
}

/// What an order did to the customer's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct OrderReply {
    /// What it has earned; 0 for somebody who is no member.
    pub earned: i64,
    /// What was redeemed on it and has not been given back.
    pub redeemed: i64,
    /// The store credit it has earned.
    #[serde(default)]
    pub credit_earned: Option<Money>,
}

/// Why not (RFC 9457).
#[derive(Clone, Debug, Deserialize)]
pub struct Problem {
    /// A stable code to act on.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// A sentence for people, in English.
    pub title: String,
    /// What to do about it, or where it is.
    #[serde(default)]
    pub detail: Option<String>,
    /// With `price_changed`: the price now.
    #[serde(default)]
    pub quote: Option<Box<QuoteReply>>,
}

impl Problem {
    /// Whether the shop is set up wrongly: nothing is wrong with what was asked.
    pub const fn is_about_our_key(&self) -> bool {
        matches!(self.status, 401 | 403)
    }
}

/// A gift card to be issued.
#[derive(Clone, Debug, Serialize)]
pub struct NewGiftCard<'a> {
    /// What is on it.
    pub amount: Money,
    /// Its end.
    pub until: Timestamp,
    /// Our customer who alone may spend it; whoever knows its code if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<&'a str>,
    /// Its code, as printed. (Left out, Habitué makes a random one.)
    pub code: &'a str,
}

/// A gift card that was issued.
#[derive(Clone, Debug, Deserialize)]
pub struct GiftCard {
    /// Our customer who owns it.
    #[serde(default)]
    pub customer: Option<String>,
}

/// The newest of our gift cards.
#[derive(Debug, Deserialize)]
pub struct GiftCards {
    /// At most a page of them.
    pub gift_cards: Vec<GiftCard>,
}

/// Credit put right by hand.
#[derive(Clone, Debug, Serialize)]
pub struct Adjustment<'a> {
    /// What is given; taken away below zero.
    pub amount: Money,
    /// Who at the shop does it.
    pub author: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// `POST /v1/session`, with the public key.
#[derive(Debug, Serialize)]
pub struct SessionRequest<'a> {
    /// Says who the customer is.
    pub token: &'a str,
}

/// What it answers.
#[derive(Debug, Deserialize)]
pub struct Session {
    /// Who that is to Habitué.
    pub me: Me,
}

/// A signed-in customer.
#[derive(Debug, Deserialize)]
pub struct Me {
    /// The member; nobody while the customer has not joined.
    #[serde(default)]
    pub member: Option<Member>,
}

/// A member of the program.
#[derive(Debug, Deserialize)]
pub struct Member {
    /// `mem_…`
    pub id: String,
}
