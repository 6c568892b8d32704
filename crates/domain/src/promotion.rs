//! [`Promotion`]: what a merchant offers, by a code or by itself, as instants and integers.

use crate::cart::Line;
use crate::coupon::CouponCode;
use crate::money::{Currency, Money};
use crate::rate::Rate;
use crate::text::Text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// An offer: trigger + scope + conditions + actions + limits + dates + order of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// The merchant's name for it in the program file, stable over versions.
    pub id: String,
    /// What the shopper reads.
    pub name: Text,
    /// The code that triggers it, as the merchant wrote it; without one it applies by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether members see it in their list of coupons (and the browser may preview it).
    pub listed: bool,
    /// What it gives.
    pub actions: Vec<Action>,
    /// The lines it is about.
    #[serde(default, skip_serializing_if = "Scope::is_everything")]
    pub scope: Scope,
    /// The least spend on eligible goods, inclusive, one amount a currency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub minimum: Vec<Money>,
    /// Only for members of these tiers; empty = everybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<String>,
    /// Only for members.
    #[serde(default)]
    pub members_only: bool,
    /// First instant, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// End, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// How often it may be used in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<i64>,
    /// How often each member may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_per_member: Option<i64>,
    /// Order of work, low first; ties in the program's order.
    #[serde(default)]
    pub priority: i64,
    /// Whether it tolerates no other promotion in the cart.
    #[serde(default)]
    pub exclusive: bool,
}

/// What a promotion gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A share of the eligible goods, rounded half up, up to a cap (one amount a currency).
    Percent {
        /// The share.
        rate: Rate,
        /// The most it may give.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cap: Vec<Money>,
    },
    /// An amount, one a currency.
    Fixed(Vec<Money>),
    /// The shipping.
    FreeShipping,
}

/// The lines a promotion is about (rules §2.7); an empty list means no restriction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Never what is already on sale.
    pub not_on_sale: bool,
}

impl Scope {
    /// Whether nothing is restricted.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether `line` is in the scope.
    pub fn holds(&self, line: &Line) -> bool {
        let within = |list: &[String], name: &String| list.is_empty() || list.contains(name);
        let categories = |list: &[String]| line.categories.iter().any(|name| list.contains(name));
        let brand = self.brands.is_empty()
            || line.brand.as_ref().is_some_and(|brand| self.brands.contains(brand));
        within(&self.products, &line.product)
            && (self.categories.is_empty() || categories(&self.categories))
            && brand
            && !self.except_products.contains(&line.product)
            && !categories(&self.except_categories)
            && !(self.not_on_sale && line.on_sale)
    }
}

impl Promotion {
    /// The code in capitals, if a code triggers it.
    pub fn coupon_code(&self) -> Option<CouponCode> {
        self.code.as_deref().and_then(|code| code.parse().ok())
    }

    /// Whether only a member can use it.
    pub fn needs_member(&self) -> bool {
        self.members_only || !self.tiers.is_empty() || self.uses_per_member.is_some()
    }

    /// Whether all it gives is about shipping.
    pub fn is_about_shipping(&self) -> bool {
        self.actions.iter().all(|action| matches!(action, Action::FreeShipping))
    }

    /// The minimum spend in `currency`, in minor units.
    pub fn minimum_in(&self, currency: Currency) -> Option<i64> {
        in_currency(&self.minimum, currency)
    }

    /// Whether every amount it names stands in `currency` too.
    pub fn is_offered_in(&self, currency: Currency) -> bool {
        let named = |list: &[Money]| list.is_empty() || in_currency(list, currency).is_some();
        named(&self.minimum)
            && self.actions.iter().all(|action| match action {
                Action::Percent { cap, .. } => named(cap),
                Action::Fixed(amounts) => in_currency(amounts, currency).is_some(),
                Action::FreeShipping => true,
            })
    }
}

/// The amount in `currency` among one amount a currency, in minor units.
pub fn in_currency(amounts: &[Money], currency: Currency) -> Option<i64> {
    amounts.iter().find(|money| money.currency() == currency).map(|money| money.minor())
}
