//! Store credit, the *cagnotte*: a share of what was paid, to be spent from the next order on
//! (rules §8). It is payment, no discount.

use crate::money::Currency;
use crate::order::{Order, OrderState};
use crate::program::Program;
use crate::rate::Rate;
use serde::{Deserialize, Serialize};

/// The least days credit must be good for: its end is shown from the first day on, and comes no
/// sooner after that than that of points after their notice (rules §4.6).
pub const EXPIRES_DAYS_MIN: i64 = crate::lot::NOTICE_DAYS;

/// From this many cents of euros on, given out in 12 months, a merchant is warned: 80 % of
/// 1,000,000.00 € (rules §8).
pub const WARNING_MINOR: i64 = 80_000_000;
/// Over how many days that is counted.
pub const WARNING_DAYS: i64 = 365;

/// How credit is earned, as a merchant writes it: `earn = [{ currency = "EUR", rate = "3%" }]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreditDocument {
    /// The share of what is paid for goods, one entry a currency; a currency without one earns
    /// none.
    pub earn: Vec<CreditRateDocument>,
    /// Days after it is earned until it ends; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_days: Option<i64>,
}

/// A share for one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreditRateDocument {
    /// ISO 4217.
    pub currency: String,
    /// The share, such as `"3%"`.
    pub rate: String,
}

/// How credit is earned, as the rules read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The share of what is paid, exact.
    pub earn: Vec<(Currency, Rate)>,
    /// Days after it is earned until it ends.
    pub expires_days: Option<i64>,
}

/// The rule an order earns credit by, frozen with it: returns use it, never today's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// Version of the program in force when the order was placed.
    pub version: i64,
    /// The share of what is paid.
    pub rate: Rate,
    /// Days until it may be spent: those of points.
    pub pending_days: i64,
    /// Days after it is earned until it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_days: Option<i64>,
}

/// The basis for an order in `currency`; `None` where the program gives no credit in it.
pub fn basis(program: &Program, currency: Currency) -> Option<Basis> {
    let credit = program.credit.as_ref()?;
    let (_, rate) = credit.earn.iter().find(|(known, _)| *known == currency)?;
    Some(Basis {
        version: program.version,
        rate: *rate,
        pending_days: program.pending_days,
        expires_days: credit.expires_days,
    })
}

impl Basis {
    /// What an order is to have earned in minor units: `⌊paid × rate⌋` of the goods kept, once per
    /// order; nothing until it is paid.
    pub fn earned(&self, order: &Order, kept_paid: i64) -> i64 {
        if order.state != OrderState::Paid {
            return 0;
        }
        self.rate.floor(kept_paid.max(0)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_8_credit_is_a_share_of_what_was_paid_rounded_down_once() {
        let basis =
            Basis { version: 1, rate: "3%".parse().unwrap(), pending_days: 14, expires_days: None };
        let mut order =
            Order { state: OrderState::Paid, currency: "EUR".parse().unwrap(), lines: vec![] };
        assert_eq!(basis.earned(&order, 1_999), 59);
        assert_eq!(basis.earned(&order, -5), 0);
        order.state = OrderState::Placed;
        assert_eq!(basis.earned(&order, 1_999), 0);
    }
}
