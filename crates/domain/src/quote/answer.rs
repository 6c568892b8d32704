//! [`Quote`]: the price of a cart, with an answer for each thing asked for.

use crate::coupon::CouponCode;
use crate::money::Money;
use crate::points::Points;
use crate::refusal::{Missing, Reason};
use serde::{Deserialize, Serialize};

/// The price of a cart, with an answer for each thing asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quote {
    /// All goods before any discount of ours.
    pub goods: Money,
    /// Shipping before any discount of ours.
    pub shipping: Money,
    /// Everything taken off, goods and shipping together.
    pub discount: Money,
    /// What gift cards and credit pay, where they pay anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Money>,
    /// What is left to pay: goods + shipping − discount − paid.
    pub to_pay: Money,
    /// One answer for each automatic promotion that applied, then each code, the points, the
    /// credit.
    pub outcomes: Vec<Outcome>,
}

/// The answer for one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Outcome {
    /// What it is about.
    pub item: Item,
    /// The promotion behind it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<String>,
    /// Applied, refused, or to be asked.
    pub verdict: Verdict,
}

/// What an outcome is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A promotion that applies by itself.
    Automatic(String),
    /// A code the shopper typed.
    Code(CouponCode),
    /// The points the shopper wants to redeem.
    Points(Points),
    /// The store credit the shopper wants to pay with.
    Credit(Money),
}

/// Applied, refused, or to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Verdict {
    /// It counts.
    Applied(Applied),
    /// It does not.
    Refused {
        /// Why.
        reason: Reason,
        /// What is missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missing: Option<Missing>,
    },
    /// Only the server can say: `POST /v1/quotes`.
    AskServer,
}

/// What an applied thing takes off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Applied {
    /// The whole amount, goods and shipping together.
    pub amount: Money,
    /// The part of it that is off shipping.
    pub shipping: Money,
    /// The part of it off each line, where it is not zero, in the cart's order.
    pub lines: Vec<Allocation>,
    /// Points it uses (never more than asked for, fewer where fewer suffice or exist).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Points>,
    /// Whether it is payment (a gift card, credit) and no discount: what it pays earns points.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub is_payment: bool,
}

/// A line's part of a discount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Allocation {
    /// The line's id.
    pub line: String,
    /// How much is taken off the whole line.
    pub amount: Money,
}

impl Quote {
    /// Whether every answer is final.
    pub fn is_final(&self) -> bool {
        !self.outcomes.iter().any(|outcome| outcome.verdict == Verdict::AskServer)
    }

    /// The points it uses.
    pub fn points_used(&self) -> Points {
        let used = |outcome: &Outcome| match &outcome.verdict {
            Verdict::Applied(applied) => applied.points,
            _ => None,
        };
        self.outcomes.iter().find_map(used).unwrap_or_default()
    }

    /// What pays for it: each gift card's code, or nothing for credit, with what it pays.
    pub fn payments(&self) -> impl Iterator<Item = (Option<&CouponCode>, &Applied)> {
        self.outcomes.iter().filter_map(|outcome| match (&outcome.item, &outcome.verdict) {
            (Item::Code(code), Verdict::Applied(applied)) if applied.is_payment => {
                Some((Some(code), applied))
            }
            (Item::Credit(_), Verdict::Applied(applied)) => Some((None, applied)),
            _ => None,
        })
    }

    /// The credit it uses.
    pub fn credit_used(&self) -> Option<Money> {
        self.payments().find(|(code, _)| code.is_none()).map(|(_, applied)| applied.amount)
    }

    /// Ids of the promotions that apply, and what each takes off.
    pub fn promotions_used(&self) -> impl Iterator<Item = (&str, Money)> {
        let used = |outcome: &Outcome| match &outcome.verdict {
            Verdict::Applied(applied) => Some(applied.amount),
            _ => None,
        };
        self.outcomes
            .iter()
            .filter_map(move |outcome| Some((outcome.promotion.as_deref()?, used(outcome)?)))
    }
}
