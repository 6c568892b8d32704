//! The shop's orders, and what Habitué has still to hear of each.
//!
//! Paying and telling are two things. The shopper's order stands once the card is charged; what
//! Habitué must hear of it waits in [`Order::todo`] until it was heard, in this order, however long
//! that takes. Every step may be repeated without harm (see [`crate::loyalty`]).

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use jiff::Timestamp;

use crate::loyalty::{self, Commit, Error, Item, Loyalty, OrderReply, Quote, wire};
use crate::money::Money;
use crate::returns::Return;

/// An order that was paid.
#[derive(Clone, Debug)]
pub struct Order {
    /// `DS-2026-000123`.
    pub id: String,
    /// Who bought; nobody for a guest.
    pub customer: Option<String>,
    /// The session that bought, so that a guest sees their order too.
    pub session: String,
    /// When.
    pub placed_at: Timestamp,
    /// What.
    pub lines: Vec<OrderLine>,
    /// What sending it would have cost before discounts.
    pub shipping: Money,
    /// What came off or was paid, and by what: discounts first, then gift cards and credit.
    pub taken: Vec<Taken>,
    /// What the card was charged.
    pub paid: Money,
    /// The hold behind the discount.
    pub hold: Option<String>,
    /// What came back, in the order it did.
    pub returns: Vec<Return>,
    /// When it was cancelled, if it was.
    pub cancelled_at: Option<Timestamp>,
    /// What Habitué said of it last.
    pub reply: Option<OrderReply>,
    /// What Habitué has still to hear.
    pub todo: VecDeque<Step>,
}

/// One record of an order.
#[derive(Clone, Debug)]
pub struct OrderLine {
    /// The record's id; also the line's.
    pub slug: String,
    /// Pieces.
    pub quantity: i64,
    /// What they cost before discounts of Habitué's.
    pub cost: Money,
    /// What was paid for them by card, gift card and credit: the cost less every discount on it.
    pub paid: i64,
}

/// Something that came off, or paid.
#[derive(Clone, Debug)]
pub struct Taken {
    /// A code, points, credit, or what applied by itself.
    pub item: Item,
    /// The points it used.
    pub points: Option<i64>,
    /// How much.
    pub amount: Money,
    /// How much of it on each line; the rest is on the shipping.
    pub lines: Vec<(String, i64)>,
    /// Whether it paid (a gift card, credit) instead of making cheaper.
    pub is_payment: bool,
}

impl Taken {
    /// How much of it is on this line.
    pub fn on_line(&self, id: &str) -> i64 {
        self.lines.iter().filter(|(line, _)| line == id).map(|(_, amount)| amount).sum()
    }
}

/// Something Habitué has to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The hold is spent.
    Commit,
    /// The order stands.
    Report,
    /// Pieces came back: the return with this place among the order's.
    Return(usize),
    /// The whole order is cancelled.
    Cancel,
}

/// Everything a quote took off or paid, for a page or an order.
pub fn taken(quote: &Quote) -> Vec<Taken> {
    let taken = quote.applied().map(|(item, applied)| {
        let part = |part: &wire::Allocation| (part.line.clone(), part.amount.minor);
        Taken {
            item: item.clone(),
            points: applied.points,
            amount: applied.amount,
            lines: applied.lines.iter().map(part).collect(),
            is_payment: applied.is_payment,
        }
    });
    // Free shipping counts before there is any shipping to take off: nothing to show.
    let mut taken: Vec<Taken> = taken.filter(|taken| taken.amount.minor > 0).collect();
    taken.sort_by_key(|taken| taken.is_payment);
    taken
}

impl Order {
    /// As Habitué's API takes it.
    fn on_the_wire(&self, version: i64, state: &'static str) -> loyalty::Order {
        let line = |line: &OrderLine| loyalty::OrderLine {
            id: line.slug.clone(),
            product: line.slug.clone(),
            quantity: line.quantity,
            paid: line.paid,
        };
        loyalty::Order {
            version,
            customer: self.customer.clone(),
            placed_at: self.placed_at,
            state,
            currency: self.paid.currency,
            lines: self.lines.iter().map(line).collect(),
        }
    }

    /// Tells one step.
    async fn tell(&self, step: Step, habitue: &Loyalty) -> Result<Option<OrderReply>, Error> {
        match (step, &self.hold) {
            (Step::Commit, Some(hold)) => {
                let customer = self.customer.as_deref();
                let paid = Commit { order: &self.id, customer, amount: self.paid };
                habitue.commit(hold, &paid).await.map(|_| None)
            }
            (Step::Commit, None) => Ok(None),
            (Step::Report, _) => {
                habitue.put_order(&self.id, &self.on_the_wire(1, "paid")).await.map(Some)
            }
            (Step::Return(place), _) => {
                let Some(back) = self.returns.get(place) else { return Ok(None) };
                habitue.put_return(&self.id, &back.id, &back.on_the_wire()).await.map(Some)
            }
            (Step::Cancel, _) => {
                habitue.put_order(&self.id, &self.on_the_wire(2, "cancelled")).await.map(Some)
            }
        }
    }
}

/// All orders of this run, and the numbers of all runs.
#[derive(Debug)]
pub struct Orders {
    by_id: Mutex<BTreeMap<String, Order>>,
    counter: Mutex<Counter>,
}

#[derive(Debug)]
struct Counter {
    file: PathBuf,
    last: u64,
}

impl Orders {
    /// No orders yet; numbers go on where `file` says the last run ended.
    ///
    /// # Errors
    /// One sentence that says what to do, if the file cannot be read or written.
    pub fn open(file: &Path) -> Result<Self> {
        let shown = file.display();
        let last = match fs::read_to_string(file) {
            Ok(text) => text.trim().parse().with_context(|| {
                format!(
                    "{shown} should hold the number of the last order and nothing else: write it \
                     there, at least as high as any number used"
                )
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => {
                return Err(error).with_context(|| {
                    format!("{shown} cannot be read: let this program read and write it")
                });
            }
        };
        let counter = Counter { file: file.to_owned(), last };
        Ok(Self { by_id: Mutex::default(), counter: Mutex::new(counter) })
    }

    /// A number no order has had. Written down before it is used: a restart never gives it again.
    ///
    /// # Errors
    /// If it cannot be written down.
    pub fn number(&self, now: Timestamp) -> Result<String> {
        let mut counter = self.counter.lock().unwrap_or_else(PoisonError::into_inner);
        let next = counter.last + 1;
        let aside = counter.file.with_extension("new");
        fs::write(&aside, format!("{next}\n"))
            .and_then(|()| fs::rename(&aside, &counter.file))
            .with_context(|| format!("writing {}", counter.file.display()))?;
        counter.last = next;
        let year = now.to_zoned(jiff::tz::TimeZone::UTC).year();
        Ok(format!("DS-{year}-{next:06}"))
    }

    /// Records a paid order, once: pressing "pay" twice is one order.
    pub fn place(&self, order: Order) {
        self.orders().entry(order.id.clone()).or_insert(order);
    }

    /// The order with this id, if it is this visitor's.
    pub fn of(&self, id: &str, customer: Option<&str>, session: &str) -> Option<Order> {
        self.orders().get(id).filter(|order| is_of(order, customer, session)).cloned()
    }

    /// This visitor's orders, newest first.
    pub fn all_of(&self, customer: Option<&str>, session: &str) -> Vec<Order> {
        let orders = self.orders();
        let own = orders.values().rev().filter(|order| is_of(order, customer, session));
        own.cloned().collect()
    }

    /// Cancels an order, once.
    pub fn cancel(&self, id: &str, now: Timestamp) {
        if let Some(order) = self.orders().get_mut(id).filter(|order| order.cancelled_at.is_none())
        {
            order.cancelled_at = Some(now);
            order.todo.push_back(Step::Cancel);
        }
    }

    /// Takes pieces back, no more than are kept; gives whether there were any.
    pub fn take_back(&self, id: &str, wanted: &[(String, i64)], now: Timestamp) -> bool {
        let mut orders = self.orders();
        let Some(order) = orders.get_mut(id) else { return false };
        let Some(back) = Return::of(order, wanted, now) else { return false };
        order.todo.push_back(Step::Return(order.returns.len()));
        order.returns.push(back);
        true
    }

    /// Orders of which Habitué has still to hear something.
    pub fn unsettled(&self) -> Vec<String> {
        let orders = self.orders();
        let waiting = orders.values().filter(|order| !order.todo.is_empty());
        waiting.map(|order| order.id.clone()).collect()
    }

    /// Tells Habitué what it has still to hear of an order, until it falls silent.
    pub async fn settle(&self, id: &str, habitue: &Loyalty) {
        while let Some((step, order)) = self.next_step(id) {
            match order.tell(step, habitue).await {
                Ok(reply) => self.heard(id, step, reply),
                Err(Error::Refused(problem)) if !problem.is_about_our_key() => {
                    // Repeating cannot mend it. The money is right; somebody has to look at it.
                    tracing::error!(order = id, ?step, code = problem.code, "Habitué refused");
                    self.heard(id, step, None);
                }
                Err(error) => {
                    tracing::warn!(order = id, ?step, %error, "will be told later");
                    return;
                }
            }
        }
    }

    fn next_step(&self, id: &str) -> Option<(Step, Order)> {
        let orders = self.orders();
        let order = orders.get(id)?;
        Some((*order.todo.front()?, order.clone()))
    }

    fn heard(&self, id: &str, step: Step, reply: Option<OrderReply>) {
        if let Some(order) = self.orders().get_mut(id) {
            // Two may have told the same step at once; it counts once.
            if order.todo.front() == Some(&step) {
                order.todo.pop_front();
            }
            order.reply = reply.or(order.reply);
        }
    }

    fn orders(&self) -> MutexGuard<'_, BTreeMap<String, Order>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_of(order: &Order, customer: Option<&str>, session: &str) -> bool {
    match &order.customer {
        Some(owner) => customer == Some(owner),
        None => order.session == session,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_never_given_twice_not_even_after_a_restart() {
        let file =
            std::env::temp_dir().join(format!("habitue-demo-{}.counter", std::process::id()));
        let now: Timestamp = "2026-11-21T09:30:00Z".parse().unwrap();
        let first = Orders::open(&file).unwrap();
        assert_eq!(first.number(now).unwrap(), "DS-2026-000001");
        assert_eq!(first.number(now).unwrap(), "DS-2026-000002");
        let again = Orders::open(&file).unwrap();
        assert_eq!(again.number(now).unwrap(), "DS-2026-000003");
        fs::write(&file, "three").unwrap();
        assert!(Orders::open(&file).unwrap_err().to_string().contains("last order"));
        fs::remove_file(&file).unwrap();
    }
}
