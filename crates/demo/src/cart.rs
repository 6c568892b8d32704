//! The shopper's cart, and how it is told to Habitué.

use crate::catalogue::{self, Record};
use crate::loyalty::wire;
use crate::money::{Currency, Money};
use crate::text::{Lang, Texts};

/// The most pieces of one record in a cart.
pub const MAX_QUANTITY: i64 = 20;

/// How it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shipping {
    /// By post.
    #[default]
    Standard,
    /// By courier.
    Express,
}

impl Shipping {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Express];

    /// Its name in forms.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Express => "express",
        }
    }

    /// The way with this name.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.slug() == slug)
    }

    /// What it costs, the same figure in both currencies.
    pub const fn price(self, currency: Currency) -> Money {
        currency.cents(match self {
            Self::Standard => 490,
            Self::Express => 990,
        })
    }

    /// Its name and how long it takes.
    pub const fn words(self, texts: &Texts) -> (&'static str, &'static str) {
        match self {
            Self::Standard => (texts.standard, texts.standard_lead),
            Self::Express => (texts.express, texts.express_lead),
        }
    }
}

/// What the shopper is about to buy.
#[derive(Clone, Debug, Default)]
pub struct Cart {
    /// Records and pieces, in the order they were added; each record once.
    lines: Vec<(&'static Record, i64)>,
}

impl Cart {
    /// Whether nothing is in it.
    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Pieces in all.
    pub fn count(&self) -> i64 {
        self.lines.iter().map(|(_, quantity)| quantity).sum()
    }

    /// Records and pieces.
    pub fn lines(&self) -> impl Iterator<Item = (&'static Record, i64)> {
        self.lines.iter().copied()
    }

    /// Adds pieces of a record, up to [`MAX_QUANTITY`].
    pub fn add(&mut self, record: &'static Record, quantity: i64) {
        let before = self.quantity(record);
        self.set(record, before + quantity.clamp(1, MAX_QUANTITY));
    }

    /// Sets the pieces of a record; none removes it.
    pub fn set(&mut self, record: &'static Record, quantity: i64) {
        let quantity = quantity.clamp(0, MAX_QUANTITY);
        match self.lines.iter().position(|(known, _)| known.slug == record.slug) {
            Some(place) if quantity == 0 => {
                self.lines.remove(place);
            }
            Some(place) => self.lines[place].1 = quantity,
            None if quantity > 0 => self.lines.push((record, quantity)),
            None => {}
        }
    }

    fn quantity(&self, record: &Record) -> i64 {
        self.lines()
            .find(|(known, _)| known.slug == record.slug)
            .map_or(0, |(_, quantity)| quantity)
    }

    /// What the records cost.
    pub fn goods(&self, currency: Currency) -> Money {
        let cost = |(record, quantity): (&Record, i64)| {
            record.price.in_currency(currency).minor * quantity
        };
        currency.cents(self.lines().map(cost).sum())
    }

    /// The cart as Habitué's API takes it. The same figures go to the browser
    /// (`Habitue.cart(…)`), to the hold and to the confirmation, so that all three agree.
    pub fn on_the_wire(&self, currency: Currency, shipping: Shipping) -> wire::Cart {
        let line = |(record, quantity): (&'static Record, i64)| wire::Line {
            id: record.slug.to_owned(),
            product: record.slug.to_owned(),
            categories: vec![record.category.slug().to_owned()],
            quantity,
            unit_price: record.price.in_currency(currency).minor,
            on_sale: record.was.is_some(),
        };
        wire::Cart {
            currency,
            lines: self.lines().map(line).collect(),
            shipping: shipping.price(currency).minor,
        }
    }
}

/// The title of a line, by its id.
pub fn title_of(line: &str, lang: Lang) -> &'static str {
    catalogue::record(line).map_or_else(|| lang.texts().goods, |record| record.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cart_counts_each_record_once_and_stays_within_its_bounds() {
        let ferry = catalogue::record("night-ferry").unwrap();
        let mut cart = Cart::default();
        cart.add(ferry, 1);
        cart.add(ferry, 2);
        assert_eq!((cart.lines().count(), cart.count()), (1, 3));
        cart.add(ferry, 1_000);
        assert_eq!(cart.count(), MAX_QUANTITY);
        cart.set(ferry, 0);
        assert!(cart.is_empty());
        cart.set(ferry, 0);
        assert!(cart.is_empty());
    }

    #[test]
    fn habitue_is_told_the_prices_the_shopper_sees() {
        let mut cart = Cart::default();
        cart.add(catalogue::record("brass-weather").unwrap(), 2);
        let wire = cart.on_the_wire(Currency::Eur, Shipping::Express);
        assert_eq!(wire.total(), Currency::Eur.cents(2 * 1_350 + 990));
        assert!(wire.lines[0].on_sale);
        assert_eq!(wire.lines[0].categories, ["jazz"]);
    }
}
