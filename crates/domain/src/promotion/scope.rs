//! [`Scope`], the lines a promotion is about, and [`Contains`], what must be in the cart besides.

use super::in_currency;
use crate::cart::Line;
use crate::money::{Currency, Money};
use serde::{Deserialize, Serialize};

/// The lines a promotion is about (rules §2.7); an empty list means no restriction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
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
    /// The least price of a piece, inclusive, one amount a currency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub price_from: Vec<Money>,
    /// The highest price of a piece, inclusive, one amount a currency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub price_to: Vec<Money>,
}

impl Scope {
    /// Whether nothing is restricted.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether `line` of a cart in `currency` is in the scope.
    pub fn holds(&self, line: &Line, currency: Currency) -> bool {
        is_one_of(line, &self.products, &self.categories)
            && (self.brands.is_empty() || has_brand(line, &self.brands))
            && !self.except_products.contains(&line.product)
            && !has_category(line, &self.except_categories)
            && !has_brand(line, &self.except_brands)
            && !(self.not_on_sale && line.on_sale)
            && in_currency(&self.price_from, currency).is_none_or(|from| line.unit_price >= from)
            && in_currency(&self.price_to, currency).is_none_or(|to| line.unit_price <= to)
    }
}

/// Pieces that must be in the cart: of one of these products and in one of these categories, an
/// empty list meaning any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Contains {
    /// Any of these products.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// In any of these categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// At least so many pieces in all; 1 if absent.
    #[serde(default = "one")]
    pub quantity: i64,
}

const fn one() -> i64 {
    1
}

impl Contains {
    /// How many pieces `lines` lack.
    pub fn missing_in(&self, lines: &[Line]) -> i64 {
        let counts = |line: &&Line| is_one_of(line, &self.products, &self.categories);
        let pieces = lines.iter().filter(counts).map(|line| line.quantity);
        self.quantity.saturating_sub(pieces.fold(0, i64::saturating_add)).max(0)
    }
}

fn is_one_of(line: &Line, products: &[String], categories: &[String]) -> bool {
    (products.is_empty() || products.contains(&line.product))
        && (categories.is_empty() || has_category(line, categories))
}

fn has_category(line: &Line, categories: &[String]) -> bool {
    line.categories.iter().any(|name| categories.contains(name))
}

fn has_brand(line: &Line, brands: &[String]) -> bool {
    line.brand.as_ref().is_some_and(|brand| brands.contains(brand))
}
