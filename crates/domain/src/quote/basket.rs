//! [`Basket`]: the cart with equal lines merged, so that splitting a line changes nothing
//! (rules §2.1).

use super::{Allocation, Applied};
use crate::cart::{Cart, Line};
use crate::share::largest_remainder;
use std::collections::BTreeMap;

/// Which lines count.
pub(super) type Counts<'a> = &'a dyn Fn(&Line) -> bool;

/// Lines equal in product, price, flags, categories and brand.
pub(super) struct Merged<'a> {
    /// The first of them.
    pub line: &'a Line,
    /// Pieces of all.
    pub quantity: i64,
    /// Where they stand in the cart.
    places: Vec<usize>,
}

/// The cart as it is priced.
pub(super) struct Basket<'a> {
    /// The cart as the shop sent it.
    pub cart: &'a Cart,
    /// Its merged lines, in the order of their first.
    pub merged: Vec<Merged<'a>>,
}

/// What is left to pay, in minor units.
#[derive(Clone)]
pub(super) struct Left {
    /// Of each merged line.
    pub goods: Vec<i64>,
    /// Of the shipping.
    pub shipping: i64,
    /// Of each line of the cart: their sums are `goods`.
    lines: Vec<i64>,
}

impl Left {
    /// What is left of everything.
    pub(super) fn sum(&self) -> i64 {
        self.goods.iter().fold(self.shipping, |sum, part| sum.saturating_add(*part))
    }
}

impl<'a> Basket<'a> {
    pub(super) fn new(cart: &'a Cart) -> Self {
        let mut by_key = BTreeMap::new();
        let mut merged: Vec<Merged<'a>> = Vec::new();
        for (place, line) in cart.lines().iter().enumerate() {
            let flags = (line.on_sale, line.discountable);
            let key = (&line.product, line.unit_price, flags, &line.categories, &line.brand);
            let found = *by_key.entry(key).or_insert(merged.len());
            if let Some(merged) = merged.get_mut(found) {
                merged.quantity = merged.quantity.saturating_add(line.quantity);
                merged.places.push(place);
            } else {
                merged.push(Merged { line, quantity: line.quantity, places: vec![place] });
            }
        }
        Self { cart, merged }
    }

    /// What is left before anything was taken off.
    pub(super) fn left(&self) -> Left {
        let total = |merged: &Merged<'_>| merged.quantity.saturating_mul(merged.line.unit_price);
        Left {
            goods: self.merged.iter().map(total).collect(),
            shipping: self.cart.shipping(),
            lines: self.cart.lines().iter().map(Line::total).collect(),
        }
    }

    /// `left` where `counts` holds, else nothing: what an amount is spread by.
    pub(super) fn weights(&self, left: &[i64], counts: Counts<'_>) -> Vec<i64> {
        let weight = |(merged, left): (&Merged<'_>, &i64)| {
            if counts(merged.line) { *left } else { 0 }
        };
        self.merged.iter().zip(left).map(weight).collect()
    }

    /// Takes `parts` off the merged lines and `shipping` off the shipping. Lines that were merged
    /// share their part by largest remainder over what is left of each (rules §2.5).
    pub(super) fn take(&self, parts: &[i64], shipping: i64, left: &mut Left) -> Applied {
        let mut off_lines = vec![0_i64; left.lines.len()];
        let mut sum = shipping;
        for ((merged, part), goods) in self.merged.iter().zip(parts).zip(&mut left.goods) {
            if *part <= 0 {
                continue;
            }
            *goods = goods.saturating_sub(*part);
            sum = sum.saturating_add(*part);
            let of = |place: &usize| left.lines.get(*place).copied().unwrap_or_default();
            let weights: Vec<i64> = merged.places.iter().map(of).collect();
            for (place, share) in merged.places.iter().zip(largest_remainder(*part, &weights)) {
                if let (Some(left), Some(off)) =
                    (left.lines.get_mut(*place), off_lines.get_mut(*place))
                {
                    *left = left.saturating_sub(share);
                    *off = share;
                }
            }
        }
        left.shipping = left.shipping.saturating_sub(shipping);
        let currency = self.cart.currency();
        let lines = self.cart.lines().iter().zip(off_lines).filter(|(_, off)| *off != 0);
        Applied {
            amount: currency.clamped(sum),
            shipping: currency.clamped(shipping),
            lines: lines
                .map(|(line, off)| Allocation {
                    line: line.id.clone(),
                    amount: currency.clamped(off),
                })
                .collect(),
            points: None,
            is_payment: false,
        }
    }
}
