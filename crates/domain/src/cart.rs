//! [`Cart`]: what the shopper is about to buy, as the shop's own prices say.

use crate::money::Currency;
use crate::points::LIMIT;
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// The most lines a cart or an order may have (rules §1.2).
pub const MAX_LINES: usize = 500;
/// The largest quantity of a line (rules §1.2).
pub const MAX_QUANTITY: i64 = 1_000_000;
/// The longest text that names a line, a product, a category or a brand, in bytes.
pub const MAX_NAME: usize = 200;
/// The most categories of a line.
pub const MAX_CATEGORIES: usize = 20;

/// One line of a cart. Prices are minor units of the cart's currency, as the shopper sees them,
/// after the shop's own sale; tax is never computed here (rules §2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The shop's name for this line, unique in the cart.
    pub id: String,
    /// The shop's name for the product.
    pub product: String,
    /// The shop's categories of the product.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// The brand, if it matters to a promotion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Pieces, from 1 to 1,000,000.
    pub quantity: i64,
    /// Price of one piece in minor units.
    pub unit_price: i64,
    /// Whether the price is already a sale price.
    #[serde(default)]
    pub on_sale: bool,
    /// Whether anybody may discount it (a gift card may not be).
    #[serde(default = "yes")]
    pub discountable: bool,
}

const fn yes() -> bool {
    true
}

impl Line {
    /// What the line costs in minor units; bounded by [`Cart::new`].
    pub const fn total(&self) -> i64 {
        self.quantity.saturating_mul(self.unit_price)
    }
}

/// A cart within the bounds of rules §1.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cart {
    currency: Currency,
    lines: Vec<Line>,
    shipping: i64,
    channel: Option<String>,
}

impl Cart {
    /// A cart of `lines` and `shipping` (minor units, 0 while unknown).
    ///
    /// # Errors
    /// [`Refusal::OutOfBounds`] naming the field: more than 500 lines, a line's id given twice, an
    /// empty or overlong name, a quantity outside 1 to 10⁶, a price or total outside 0 to 10¹².
    pub fn new(currency: Currency, lines: Vec<Line>, shipping: i64) -> Result<Self, Refusal> {
        if lines.is_empty() || lines.len() > MAX_LINES {
            return Err(Refusal::out_of_bounds("lines"));
        }
        let mut total = shipping;
        if !(0..=LIMIT).contains(&shipping) {
            return Err(Refusal::out_of_bounds("shipping"));
        }
        let mut ids = std::collections::BTreeSet::new();
        for (place, line) in lines.iter().enumerate() {
            check_line(line)
                .map_err(|field| Refusal::out_of_bounds(format!("lines[{place}].{field}")))?;
            if !ids.insert(line.id.as_str()) {
                return Err(Refusal::out_of_bounds(format!("lines[{place}].id")));
            }
            total = total.saturating_add(line.total());
        }
        if total > LIMIT {
            return Err(Refusal::out_of_bounds("lines"));
        }
        Ok(Self { currency, lines, shipping, channel: None })
    }

    /// One piece that costs nothing: what to ask the rules with before there is a cart.
    pub fn of_nothing(currency: Currency) -> Self {
        let line = Line {
            id: "cart".to_owned(),
            product: "cart".to_owned(),
            categories: Vec::new(),
            brand: None,
            quantity: 1,
            unit_price: 0,
            on_sale: false,
            discountable: true,
        };
        Self { currency, lines: vec![line], shipping: 0, channel: None }
    }

    /// The same cart, filled in this channel of the shop: `web`, `app`, `store`.
    ///
    /// # Errors
    /// [`Refusal::OutOfBounds`] for an empty or overlong name.
    pub fn in_channel(self, channel: Option<String>) -> Result<Self, Refusal> {
        if channel.as_deref().is_some_and(|name| !is_name(name)) {
            return Err(Refusal::out_of_bounds("channel"));
        }
        Ok(Self { channel, ..self })
    }

    /// The currency of every amount in the cart.
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The lines, at least one.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Shipping in minor units.
    pub const fn shipping(&self) -> i64 {
        self.shipping
    }

    /// The channel of the shop it was filled in, if the shop says so.
    pub fn channel(&self) -> Option<&str> {
        self.channel.as_deref()
    }

    /// What all goods cost in minor units, before any discount of ours.
    pub fn goods(&self) -> i64 {
        self.lines.iter().fold(0, |sum, line| sum.saturating_add(line.total()))
    }
}

const fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME
}

fn check_line(line: &Line) -> Result<(), &'static str> {
    if !is_name(&line.id) {
        return Err("id");
    }
    if !is_name(&line.product) {
        return Err("product");
    }
    if line.categories.len() > MAX_CATEGORIES || !line.categories.iter().all(|name| is_name(name)) {
        return Err("categories");
    }
    if line.brand.as_deref().is_some_and(|brand| !is_name(brand)) {
        return Err("brand");
    }
    if !(1..=MAX_QUANTITY).contains(&line.quantity) {
        return Err("quantity");
    }
    let total = line.quantity.checked_mul(line.unit_price);
    if !(0..=LIMIT).contains(&line.unit_price) || total.is_none_or(|total| total > LIMIT) {
        return Err("unit_price");
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use rstest::rstest;

    pub fn line(id: &str, quantity: i64, unit_price: i64) -> Line {
        Line {
            id: id.to_owned(),
            product: format!("product-{id}"),
            categories: vec![],
            brand: None,
            quantity,
            unit_price,
            on_sale: false,
            discountable: true,
        }
    }

    pub fn cart(lines: Vec<Line>, shipping: i64) -> Cart {
        Cart::new("EUR".parse().unwrap(), lines, shipping).unwrap()
    }

    #[test]
    fn a_cart_of_nothing_is_one_that_a_shop_could_say() {
        let eur = "EUR".parse().unwrap();
        let nothing = Cart::of_nothing(eur);
        assert_eq!(Cart::new(eur, nothing.lines.clone(), 0), Ok(nothing));
    }

    #[rstest]
    #[case(line("a", 0, 100), "lines[0].quantity")]
    #[case(line("a", -1, 100), "lines[0].quantity")]
    #[case(line("a", 1_000_001, 1), "lines[0].quantity")]
    #[case(line("a", 1, -1), "lines[0].unit_price")]
    #[case(line("a", 1_000_000, 1_000_001), "lines[0].unit_price")]
    #[case(line("", 1, 1), "lines[0].id")]
    fn rule_1_2_a_value_out_of_bounds_is_refused_by_name(#[case] bad: Line, #[case] field: &str) {
        let refusal = Cart::new("EUR".parse().unwrap(), vec![bad], 0).unwrap_err();
        assert_eq!(refusal, Refusal::out_of_bounds(field));
    }

    #[test]
    fn rule_1_2_no_lines_too_many_lines_and_a_line_given_twice_are_refused() {
        let eur = "EUR".parse().unwrap();
        assert!(Cart::new(eur, vec![], 0).is_err());
        let many = (0..501).map(|place| line(&place.to_string(), 1, 1)).collect();
        assert!(Cart::new(eur, many, 0).is_err());
        assert!(Cart::new(eur, vec![line("a", 1, 1), line("a", 1, 1)], 0).is_err());
    }
}
