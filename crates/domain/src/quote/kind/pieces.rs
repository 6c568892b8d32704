//! [`Pieces`]: the eligible pieces of a basket one by one, without ever counting them one by one.
//!
//! A line's pieces share what is left of it by largest remainder: the first ones carry the spare
//! cents (rules §2.5). The cheapest pieces of a line are therefore its last.

use super::super::basket::{Basket, Counts, Merged};
use crate::cart::Line;
use crate::promotion::{Bundle, BuyGet};
use crate::share::{of_first_units, order_of};

/// The eligible pieces of one merged line.
#[derive(Clone, Copy)]
struct Part<'a> {
    place: usize,
    line: &'a Line,
    quantity: i64,
    left: i64,
}

impl Part<'_> {
    /// What the pieces from `start` on, `count` of them, carry.
    fn of(&self, start: i64, count: i64) -> i64 {
        let first = |kept| of_first_units(self.left, self.quantity, kept);
        first(start.saturating_add(count)).saturating_sub(first(start))
    }
}

/// Eligible pieces, line by line.
pub(super) struct Pieces<'a> {
    parts: Vec<Part<'a>>,
    /// How many merged lines the basket has.
    lines: usize,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(basket: &Basket<'a>, left: &[i64], counts: Counts<'_>) -> Self {
        let part = |(place, (merged, left)): (usize, (&Merged<'a>, &i64))| {
            let (line, quantity) = (merged.line, merged.quantity);
            counts(line).then_some(Part { place, line, quantity, left: *left })
        };
        let parts = basket.merged.iter().zip(left).enumerate().filter_map(part).collect();
        Self { parts, lines: basket.merged.len() }
    }

    /// How many there are.
    pub(super) fn count(&self) -> i64 {
        self.parts.iter().fold(0, |sum, part| sum.saturating_add(part.quantity))
    }

    fn nothing(&self) -> Vec<i64> {
        vec![0; self.lines]
    }

    /// At most `most` of each piece.
    pub(super) fn each_at_most(&self, most: i64) -> Vec<i64> {
        let mut weights = self.nothing();
        for part in &self.parts {
            let each = part.left.checked_div(part.quantity).unwrap_or_default();
            let spare = part.left.checked_rem(part.quantity).unwrap_or_default();
            let dearer = each.saturating_add(1).min(most).saturating_mul(spare);
            let rest = part.quantity.saturating_sub(spare);
            add(
                &mut weights,
                part.place,
                each.min(most).saturating_mul(rest).saturating_add(dearer),
            );
        }
        weights
    }

    /// How many pieces an offer makes free.
    pub(super) fn free_of(&self, offer: &BuyGet) -> i64 {
        let size = offer.buy.max(0).saturating_add(offer.get.max(0));
        let sets = self.count().checked_div(size).unwrap_or_default();
        sets.min(offer.times.unwrap_or(sets)).max(0).saturating_mul(offer.get.max(0))
    }

    /// What the `count` cheapest pieces carry, by the shop's price; ties to the earlier line.
    pub(super) fn cheapest(&self, mut count: i64) -> Vec<i64> {
        let mut weights = self.nothing();
        for part in self.by_price(1) {
            let taken = count.min(part.quantity).max(0);
            add(&mut weights, part.place, part.of(part.quantity.saturating_sub(taken), taken));
            count = count.saturating_sub(taken);
        }
        weights
    }

    /// By the shop's price: rising for 1, falling for −1; ties to the earlier line.
    fn by_price(&self, sign: i64) -> Vec<Part<'a>> {
        let key = |part: &Part<'_>| part.line.unit_price.saturating_mul(sign);
        let order = order_of(self.parts.iter().map(key)).into_iter();
        order.filter_map(|place| self.parts.get(place).copied()).collect()
    }

    /// What sets at one price save, and what that is spread by: the dearest pieces come first, so
    /// that a cheap one never spoils a set.
    pub(super) fn in_sets(&self, bundle: &Bundle, price: i64) -> (i64, Vec<i64>) {
        let times = bundle.times.unwrap_or(i64::MAX).max(0);
        if bundle.products.is_empty() {
            let mut sets = Sets::new(bundle.quantity.max(1), price, times, self.nothing());
            for part in self.by_price(-1) {
                sets.put(&part);
            }
            (sets.saved, sets.weights)
        } else {
            self.in_sets_of(bundle, price, times)
        }
    }

    /// Sets of one piece of each named product, all priced together.
    fn in_sets_of(&self, bundle: &Bundle, price: i64, times: i64) -> (i64, Vec<i64>) {
        let needed = needed(bundle);
        let sets = |(product, each): &(&str, i64)| {
            self.pieces_of(product).checked_div(*each).unwrap_or_default()
        };
        let sets = needed.iter().map(sets).min().unwrap_or_default().min(times);
        let mut weights = self.nothing();
        let order = self.by_price(-1);
        for (product, each) in needed {
            let mut rest = each.saturating_mul(sets);
            for part in order.iter().filter(|part| part.line.product == product) {
                let taken = part.quantity.min(rest);
                add(&mut weights, part.place, part.of(0, taken));
                rest = rest.saturating_sub(taken);
            }
        }
        let saved = super::sum(&weights).saturating_sub(sets.saturating_mul(price)).max(0);
        (saved, weights)
    }

    fn pieces_of(&self, product: &str) -> i64 {
        let of = self.parts.iter().filter(|part| part.line.product == product);
        of.fold(0, |sum, part| sum.saturating_add(part.quantity))
    }

    /// How many pieces a first set lacks.
    pub(super) fn missing_of_set(&self, bundle: &Bundle) -> i64 {
        if bundle.products.is_empty() {
            return bundle.quantity.saturating_sub(self.count());
        }
        needed(bundle).into_iter().fold(0, |sum: i64, (product, each)| {
            sum.saturating_add(each.saturating_sub(self.pieces_of(product)).max(0))
        })
    }
}

/// Pieces of each product in one set.
fn needed(bundle: &Bundle) -> Vec<(&str, i64)> {
    let mut needed: Vec<(&str, i64)> = Vec::new();
    for product in &bundle.products {
        match needed.iter_mut().find(|(known, _)| known == product) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => needed.push((product, 1)),
        }
    }
    needed
}

fn add(weights: &mut [i64], place: usize, more: i64) {
    if let Some(weight) = weights.get_mut(place) {
        *weight = weight.saturating_add(more);
    }
}

/// Sets of any pieces, filled line by line; a set that costs no more than its price saves nothing.
struct Sets {
    size: i64,
    price: i64,
    /// How many more sets there may be.
    times: i64,
    /// The set that is being filled: its pieces, and what each line gave to it.
    open: Vec<(usize, i64)>,
    count: i64,
    saved: i64,
    weights: Vec<i64>,
}

impl Sets {
    const fn new(size: i64, price: i64, times: i64, weights: Vec<i64>) -> Self {
        Self { size, price, times, open: Vec::new(), count: 0, saved: 0, weights }
    }

    fn put(&mut self, part: &Part<'_>) {
        let mut used = if self.count > 0 { self.fill(part, 0) } else { 0 };
        let rest = part.quantity.saturating_sub(used);
        let full = rest.checked_div(self.size).unwrap_or_default().min(self.times);
        let saving = self.saving(part, used, full);
        let pieces = saving.saturating_mul(self.size);
        self.close(saving, &[(part.place, part.of(used, pieces))]);
        self.times = self.times.saturating_sub(full.saturating_sub(saving));
        used = used.saturating_add(full.saturating_mul(self.size));
        if self.times > 0 {
            self.fill(part, used);
        }
    }

    /// How many of `full` sets of a line's pieces from `start` on cost more than their price. The
    /// first pieces carry the spare cents, so that these are the first sets.
    fn saving(&self, part: &Part<'_>, start: i64, full: i64) -> i64 {
        let (mut least, mut most) = (0, full);
        while least < most {
            let middle = least.midpoint(most);
            let from = start.saturating_add(middle.saturating_mul(self.size));
            if part.of(from, self.size) > self.price {
                least = middle.saturating_add(1);
            } else {
                most = middle;
            }
        }
        least
    }

    /// Puts pieces from `start` on into the open set; how many.
    fn fill(&mut self, part: &Part<'_>, start: i64) -> i64 {
        let room = self.size.saturating_sub(self.count);
        let taken = part.quantity.saturating_sub(start).min(room).max(0);
        self.open.push((part.place, part.of(start, taken)));
        self.count = self.count.saturating_add(taken);
        if self.count >= self.size {
            let open = core::mem::take(&mut self.open);
            self.count = 0;
            self.close(1, &open);
        }
        taken
    }

    fn close(&mut self, sets: i64, given: &[(usize, i64)]) {
        self.times = self.times.saturating_sub(sets);
        let worth = given.iter().fold(0_i64, |sum, (_, part)| sum.saturating_add(*part));
        let saved = worth.saturating_sub(sets.saturating_mul(self.price));
        if saved > 0 {
            self.saved = self.saved.saturating_add(saved);
            for (place, part) in given {
                add(&mut self.weights, *place, *part);
            }
        }
    }
}
