//! [`PromotionDocument`]: a promotion as its merchant writes it, in text, days and percentages.

use super::Contains;
use crate::text::Text;
use crate::time::Date;
use serde::{Deserialize, Serialize};

/// An offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PromotionDocument {
    /// A short name, stable over versions: its uses are counted by it.
    pub id: String,
    /// What the shopper reads; a program's must have one.
    #[serde(default)]
    pub name: Text,
    /// The code that triggers it; without one it applies by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// `"issued"` where it has many codes, each made for a batch, a member or an order, or by a
    /// partner, instead of one that everybody shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codes: Option<Codes>,
    /// The paid orders that issue their member a code of it; none if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_by_order: Option<IssuedByOrderDocument>,
    /// Whether members see it in their list; true if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<bool>,
    /// What it gives.
    pub actions: Vec<ActionDocument>,
    /// The lines it is about; everything if absent.
    #[serde(default, skip_serializing_if = "ScopeDocument::is_everything")]
    pub scope: ScopeDocument,
    /// The least spend, one amount a currency: `["50.00 USD"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub minimum: Vec<String>,
    /// The least number of pieces; none if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_quantity: Option<i64>,
    /// What must be in the cart, all of it: `[{ products = ["turntable"], quantity = 1 }]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<Contains>,
    /// Only for members of these tiers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<String>,
    /// Only for members of one of these segments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// Only for the member's first order; false if absent.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub first_order: bool,
    /// Only for the member's order with one of these numbers: `[5, 10]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nth_order: Vec<i64>,
    /// Only for carts of one of these channels: `["app"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// Only for members; false if absent.
    #[serde(default)]
    pub members_only: bool,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Only at these hours of the week: `[{ days = ["fri"], from = "17:00", until = "19:00" }]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<HoursDocument>,
    /// How often it may be used in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<i64>,
    /// How often each member may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_per_member: Option<i64>,
    /// How much it may give in all, one amount a currency: `["500.00 USD"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budget: Vec<String>,
    /// Order of work, low first; 0 if absent.
    #[serde(default)]
    pub priority: i64,
    /// Whether it tolerates no other promotion; false if absent.
    #[serde(default)]
    pub exclusive: bool,
}

/// Where a promotion's codes come from, if not from the program file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Codes {
    /// They are issued one by one and stand in the database.
    Issued,
}

/// The orders that issue a code, as their merchant writes it:
/// `{ minimum = ["30.00 USD"], days = 30 }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct IssuedByOrderDocument {
    /// The least that must be paid for what is kept, one amount a currency; anything if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub minimum: Vec<String>,
    /// For how many days the code is valid.
    pub days: i64,
}

/// What a promotion gives, as its merchant writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ActionDocument {
    /// `{ kind = "percent", rate = "10%", cap = ["20.00 USD"] }`.
    Percent {
        /// The share, up to 100 %.
        rate: String,
        /// The most it gives, one amount a currency.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cap: Vec<String>,
    },
    /// `{ kind = "fixed", amount = ["10.00 USD", "9.00 EUR"] }`.
    Fixed {
        /// What it gives, one amount a currency.
        amount: Vec<String>,
    },
    /// `{ kind = "fixed_per_unit", amount = ["1.00 USD"] }`.
    FixedPerUnit {
        /// What comes off each piece, one amount a currency.
        amount: Vec<String>,
    },
    /// `{ kind = "fixed_per_line", amount = ["2.00 USD"] }`.
    FixedPerLine {
        /// What comes off each line, one amount a currency.
        amount: Vec<String>,
    },
    /// `{ kind = "free_shipping" }`.
    FreeShipping {},
    /// `{ kind = "percent_shipping", rate = "50%", cap = ["5.00 USD"] }`.
    PercentShipping {
        /// The share, up to 100 %.
        rate: String,
        /// The most it gives, one amount a currency.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cap: Vec<String>,
    },
    /// `{ kind = "fixed_shipping", amount = ["3.00 USD"] }`.
    FixedShipping {
        /// What comes off the shipping, one amount a currency.
        amount: Vec<String>,
    },
    /// `{ kind = "buy_get", buy = 2, get = 1 }`: of three pieces the cheapest is free.
    BuyGet {
        /// Pieces to pay for.
        buy: i64,
        /// Pieces that come with them.
        get: i64,
        /// What is taken off those; `"100%"` if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rate: Option<String>,
        /// How often in one cart; as often as it fits if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        times: Option<i64>,
    },
    /// `{ kind = "free_product", product = "tote" }`, once it lies in the cart.
    FreeProduct {
        /// The shop's name for it.
        product: String,
        /// Pieces that are free in one cart; 1 if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quantity: Option<i64>,
        /// Pieces there are to give in all; without end if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stock: Option<i64>,
    },
    /// `{ kind = "bundle", quantity = 3, price = ["30.00 USD"] }`, or with
    /// `products = ["lamp", "bulb"]` instead of a quantity.
    Bundle {
        /// Any so many pieces of the scope.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quantity: Option<i64>,
        /// One piece of each of these products.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        products: Vec<String>,
        /// What a set costs, one amount a currency.
        price: Vec<String>,
        /// How often in one cart; as often as it fits if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        times: Option<i64>,
    },
}

/// Which lines it is about, as its merchant writes it; an empty list means no restriction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ScopeDocument {
    /// Only these products.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// Only these categories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Only these brands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub brands: Vec<String>,
    /// Never these products.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except_products: Vec<String>,
    /// Never these categories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except_categories: Vec<String>,
    /// Never these brands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except_brands: Vec<String>,
    /// Never what is already on sale.
    pub not_on_sale: bool,
    /// The least price of a piece, one amount a currency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub price_from: Vec<String>,
    /// The highest price of a piece, one amount a currency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub price_to: Vec<String>,
}

impl ScopeDocument {
    /// Whether nothing is restricted.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// Hours of the week, in the program's time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HoursDocument {
    /// The days on which they begin: `["mon", "fri"]`; every day if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<String>,
    /// When they begin, such as `"17:00"`; midnight if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// When they end, not after `from` meaning on the next day; `"24:00"` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}
