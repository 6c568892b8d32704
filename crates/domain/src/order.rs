//! [`Order`]: what a shop sold, as state; and what of it counts for points.

use crate::cart::{MAX_LINES, MAX_NAME, MAX_QUANTITY};
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
