//! [`Order`]: what a shop sold, as state; and what of it counts for points.

use crate::cart::{MAX_CATEGORIES, MAX_LINES, MAX_NAME, MAX_QUANTITY};
use crate::money::Currency;
use crate::points::LIMIT;
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Placed, not paid: earns nothing yet.
    Placed,
    /// Paid: earns.
    Paid,
    /// Cancelled: as if it had never been.
    Cancelled,
}

/// One line of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// The shop's name for the line, unique in the order.
    pub id: String,
    /// The shop's name for the product.
    pub product: String,
    /// Pieces bought.
    pub quantity: i64,
    /// What was paid for the whole line in minor units, after every discount and redeemed points,
    /// without shipping (rules §4.1).
    pub paid: i64,
    /// What of that is tax, in minor units; 0 if absent. Counts where the program excludes tax.
    #[serde(default, skip_serializing_if = "crate::is_default")]
    pub tax: i64,
    /// The shop's categories of the product, where the program asks for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// The brand, where the program asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Whether it was sold at a sale price; false if absent.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub on_sale: bool,
}

/// Checks an order's lines against the bounds of rules §1.2.
///
/// # Errors
/// [`Refusal::OutOfBounds`] naming the field.
pub fn check_lines(lines: &[OrderLine]) -> Result<(), Refusal> {
    if lines.is_empty() || lines.len() > MAX_LINES {
        return Err(Refusal::out_of_bounds("lines"));
    }
    let named = |text: &str| !text.is_empty() && text.len() <= MAX_NAME;
    let mut ids = std::collections::BTreeSet::new();
    let mut total = 0_i64;
    for (place, line) in lines.iter().enumerate() {
        let field = if !named(&line.id) || !ids.insert(line.id.as_str()) {
            Some("id")
        } else if !named(&line.product) {
            Some("product")
        } else if !(1..=MAX_QUANTITY).contains(&line.quantity) {
            Some("quantity")
        } else if !(0..=LIMIT).contains(&line.paid) {
            Some("paid")
        } else if !(0..=line.paid).contains(&line.tax) {
            Some("tax")
        } else if line.categories.len() > MAX_CATEGORIES
            || !line.categories.iter().all(|name| named(name))
        {
            Some("categories")
        } else if !line.brand.as_deref().is_none_or(named) {
            Some("brand")
        } else {
            None
        };
        if let Some(field) = field {
            return Err(Refusal::out_of_bounds(format!("lines[{place}].{field}")));
        }
        total = total.saturating_add(line.paid);
    }
    if total > LIMIT { Err(Refusal::out_of_bounds("lines")) } else { Ok(()) }
}

/// An order as the rules see it: its frozen lines in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// How far it is.
    pub state: OrderState,
    /// The currency of every amount.
    pub currency: Currency,
    /// Its lines.
    pub lines: Vec<OrderLine>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn line() -> OrderLine {
        OrderLine {
            id: "a".to_owned(),
            product: "p".to_owned(),
            quantity: 1,
            paid: 1_200,
            tax: 200,
            categories: vec!["jazz".to_owned()],
            brand: Some("Glass".to_owned()),
            on_sale: true,
        }
    }

    #[rstest]
    #[case(OrderLine { tax: 1_201, ..line() }, "lines[0].tax")]
    #[case(OrderLine { tax: -1, ..line() }, "lines[0].tax")]
    #[case(OrderLine { categories: vec![String::new()], ..line() }, "lines[0].categories")]
    #[case(OrderLine { categories: vec!["c".to_owned(); 21], ..line() }, "lines[0].categories")]
    #[case(OrderLine { brand: Some("b".repeat(201)), ..line() }, "lines[0].brand")]
    fn rule_1_2_a_value_of_an_order_out_of_bounds_is_refused_by_name(
        #[case] bad: OrderLine,
        #[case] field: &str,
    ) {
        assert_eq!(check_lines(&[bad]), Err(Refusal::out_of_bounds(field)));
        assert_eq!(check_lines(&[line()]), Ok(()));
    }

    #[test]
    fn a_line_written_before_there_was_more_to_say_reads_on() {
        let old = r#"{"id":"a","product":"p","quantity":1,"paid":1200}"#;
        let read: OrderLine = serde_json::from_str(old).unwrap();
        assert_eq!((read.tax, read.categories.len(), read.brand.clone()), (0, 0, None));
        assert_eq!(serde_json::to_string(&read).unwrap(), old);
    }
}
