//! What came back of an order, and what is given back for it: to each means of payment its own part.
//!
//! The shop's part is the card. It was charged a share of every piece, as it says in the answer that
//! the order was paid by; the shares of gift card, credit and points are given back by Habitué, by
//! the same arithmetic: a line's amount lies on its pieces as evenly as whole cents can, the first
//! ones the larger, and what is kept are the first ones. Nothing kept is never bought, so that the
//! shipping is given back too.

use jiff::Timestamp;

use crate::loyalty::{Item, wire};
use crate::money::Money;
use crate::order::{Order, OrderLine};

/// Pieces that came back together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// `return-1`: sent twice, it is one return.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// How many of which line.
    pub lines: Vec<(String, i64)>,
}

impl Return {
    /// What may come back of what is wanted; nothing where nothing may.
    pub fn of(order: &Order, wanted: &[(String, i64)], at: Timestamp) -> Option<Self> {
        let most = |line: &OrderLine| {
            let wanted = wanted.iter().find(|(id, _)| *id == line.slug).map_or(0, |(_, it)| *it);
            let pieces = wanted.clamp(0, order.kept(line));
            (pieces > 0).then(|| (line.slug.clone(), pieces))
        };
        let lines: Vec<_> = order.lines.iter().filter_map(most).collect();
        let id = format!("return-{}", order.returns.len() + 1);
        (!lines.is_empty()).then_some(Self { id, at, lines })
    }

    /// As Habitué's API takes it.
    pub fn on_the_wire(&self) -> wire::Return {
        let line = |(line, quantity): &(String, i64)| wire::ReturnedLine {
            line: line.clone(),
            quantity: *quantity,
        };
        wire::Return { returned_at: self.at, lines: self.lines.iter().map(line).collect() }
    }
}

/// What was given back, to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// A gift card or credit; nothing stands for the card.
    pub to: Option<Item>,
    /// How much.
    pub amount: Money,
}

impl Order {
    /// Pieces of a line that the shopper keeps.
    pub fn kept(&self, line: &OrderLine) -> i64 {
        if self.cancelled_at.is_some() {
            return 0;
        }
        let of_line = |(id, _): &&(String, i64)| *id == line.slug;
        let back: i64 =
            self.returns.iter().flat_map(|it| &it.lines).filter(of_line).map(|(_, it)| it).sum();
        line.quantity - back
    }

    /// Whether anything is kept.
    pub fn keeps_any(&self) -> bool {
        self.lines.iter().any(|line| self.kept(line) > 0)
    }

    /// What was given back so far: gift cards and credit, then the card.
    pub fn refunds(&self) -> Vec<Refund> {
        let payments = self.taken.iter().filter(|taken| taken.is_payment);
        let by_card = |line: &OrderLine| {
            let others: i64 = payments.clone().map(|taken| taken.on_line(&line.slug)).sum();
            line.paid - others
        };
        let others = payments.clone().map(|taken| Refund {
            to: Some(taken.item.clone()),
            amount: self.back(taken.amount, &|line| taken.on_line(&line.slug)),
        });
        let card = Refund { to: None, amount: self.back(self.paid, &by_card) };
        others.chain([card]).filter(|refund| refund.amount.minor > 0).collect()
    }

    /// Points given back, once Habitué has said how many stay.
    pub fn points_back(&self) -> i64 {
        let used: i64 = self.taken.iter().filter_map(|taken| taken.points).sum();
        self.reply.map_or(0, |reply| (used - reply.redeemed).max(0))
    }

    /// What goes back of `all`, of which `on_line` lies on each line and the rest on the shipping.
    fn back(&self, all: Money, on_line: &dyn Fn(&OrderLine) -> i64) -> Money {
        if !self.keeps_any() {
            return all;
        }
        let back = self.lines.iter().map(|line| {
            let amount = on_line(line);
            amount - of_first_pieces(amount, line.quantity, self.kept(line))
        });
        all.currency.cents(back.sum())
    }
}

/// What lies on the first `kept` of `pieces`, the larger parts first.
const fn of_first_pieces(amount: i64, pieces: i64, kept: i64) -> i64 {
    if pieces <= 0 {
        return 0;
    }
    let larger = amount % pieces;
    kept * (amount / pieces) + if kept < larger { kept } else { larger }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::money::Currency;
    use crate::order::Taken;

    /// Three of one record and one of another, shipping 4.90: 10.00 by gift card, 5.00 of credit,
    /// the rest by card.
    fn order() -> Order {
        let usd = |minor| Currency::Usd.cents(minor);
        let line = |slug: &str, quantity, paid| OrderLine {
            slug: slug.to_owned(),
            quantity,
            cost: usd(paid),
            paid,
        };
        let by = |item, amount, lines: &[(&str, i64)]| Taken {
            item,
            points: None,
            amount: usd(amount),
            lines: lines.iter().map(|(id, amount)| ((*id).to_owned(), *amount)).collect(),
            is_payment: true,
        };
        Order {
            id: "DS-1".to_owned(),
            customer: Some("0001".to_owned()),
            session: String::new(),
            placed_at: Timestamp::UNIX_EPOCH,
            lines: vec![line("ferry", 3, 3_000), line("road", 1, 1_000)],
            shipping: usd(490),
            taken: vec![
                by(Item::Code("GIFT".to_owned()), 1_000, &[("ferry", 668), ("road", 223)]),
                by(Item::Credit(usd(500)), 500, &[("ferry", 334), ("road", 111)]),
            ],
            paid: usd(2_990),
            hold: None,
            returns: Vec::new(),
            cancelled_at: None,
            reply: None,
            todo: VecDeque::new(),
        }
    }

    fn take_back(order: &mut Order, slug: &str, pieces: i64) {
        let back = Return::of(order, &[(slug.to_owned(), pieces)], Timestamp::UNIX_EPOCH);
        order.returns.push(back.unwrap());
    }

    fn amounts(order: &Order) -> Vec<i64> {
        order.refunds().iter().map(|refund| refund.amount.minor).collect()
    }

    #[test]
    fn a_return_gives_each_means_its_part_of_the_pieces() {
        let mut order = order();
        assert!(order.refunds().is_empty());
        take_back(&mut order, "ferry", 1);
        // The last of three: 668 = 223 + 223 + 222, 334 = 112 + 111 + 111, 1,998 = 3 × 666.
        assert_eq!(amounts(&order), [222, 111, 666]);
        take_back(&mut order, "road", 9);
        assert_eq!(amounts(&order), [222 + 223, 111 + 111, 666 + 666]);
    }

    #[test]
    fn the_end_is_the_same_in_any_number_of_steps_and_nothing_kept_is_never_bought() {
        let (mut at_once, mut by_one, mut cancelled) = (order(), order(), order());
        take_back(&mut at_once, "ferry", 2);
        take_back(&mut by_one, "ferry", 1);
        take_back(&mut by_one, "ferry", 1);
        assert_eq!(amounts(&at_once), amounts(&by_one));
        take_back(&mut by_one, "ferry", 1);
        take_back(&mut by_one, "road", 1);
        cancelled.cancelled_at = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(amounts(&by_one), [1_000, 500, 2_990], "with the shipping");
        assert_eq!(amounts(&by_one), amounts(&cancelled));
        assert!(Return::of(&by_one, &[("ferry".to_owned(), 1)], Timestamp::UNIX_EPOCH).is_none());
    }
}
