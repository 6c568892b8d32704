//! [`Promotion`]: what a merchant offers, by a code or by itself, as instants and integers.

use crate::calendar::{Calendar, Weekly, Window, windows};
use crate::coupon::CouponCode;
use crate::money::{Currency, Money};
use crate::rate::Rate;
use crate::text::Text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

mod document;
mod issued;
mod scope;
pub use document::{
    ActionDocument, Codes, HoursDocument, IssuedByOrderDocument, PromotionDocument, ScopeDocument,
};
pub use issued::{Issued, IssuedByOrder, Validity};
pub use scope::{Contains, Scope};

/// An offer: trigger + scope + conditions + actions + limits + dates + order of work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// What it gives, one after the other, each on what the one before left.
    pub actions: Vec<Action>,
    /// The lines it is about.
    #[serde(default, skip_serializing_if = "Scope::is_everything")]
    pub scope: Scope,
    /// The least spend on eligible goods, inclusive, one amount a currency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub minimum: Vec<Money>,
    /// The least number of eligible pieces, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_quantity: Option<i64>,
    /// What must be in the cart besides, all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<Contains>,
    /// Only for members of these tiers; empty = everybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<String>,
    /// Only for members of one of these segments; empty = everybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// Only for the member's order with one of these numbers, 1 = the first; empty = any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<i64>,
    /// Only for carts of one of these channels; empty = any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// Only for members.
    #[serde(default)]
    pub members_only: bool,
    /// First instant, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// End, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The hours of the week it counts in, as its merchant wrote them; only the server reads them
    /// and puts `hours` in their place.
    #[serde(skip)]
    pub weekly: Vec<Weekly>,
    /// The spans of time around now it counts in; empty = always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Window>,
    /// How often it may be used in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<i64>,
    /// How often each member may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_per_member: Option<i64>,
    /// How much it may give in all, one amount a currency; empty = no limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budget: Vec<Money>,
    /// Order of work, low first; ties in the program's order.
    #[serde(default)]
    pub priority: i64,
    /// Whether it tolerates no other promotion in the cart.
    #[serde(default)]
    pub exclusive: bool,
}

/// What a promotion gives (rules §2.8). Amounts stand once for each currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A share of the eligible goods.
    Percent(Share),
    /// An amount off the eligible goods.
    Fixed(Vec<Money>),
    /// An amount off each eligible piece.
    FixedPerUnit(Vec<Money>),
    /// An amount off each eligible line, equal lines being one.
    FixedPerLine(Vec<Money>),
    /// The shipping.
    FreeShipping,
    /// A share of the shipping.
    PercentShipping(Share),
    /// An amount off the shipping.
    FixedShipping(Vec<Money>),
    /// Of so many eligible pieces the cheapest are free, or cheaper.
    BuyGet(BuyGet),
    /// Pieces of one product that lie in the cart are free.
    FreeProduct(FreeProduct),
    /// A set of pieces at one price.
    Bundle(Bundle),
}

/// A share, rounded half up once, up to a cap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Share {
    /// The share.
    pub rate: Rate,
    /// The most it may give, one amount a currency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cap: Vec<Money>,
}

/// "Buy 2, get 1": in every `buy + get` eligible pieces of the cart, the cheapest `get` are `rate`
/// off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BuyGet {
    /// Pieces to pay for.
    pub buy: i64,
    /// Pieces that come with them.
    pub get: i64,
    /// What is taken off those: all of it, or a share.
    pub rate: Rate,
    /// How often in one cart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<i64>,
}

/// A product that is free once it lies in the cart, whatever the promotion's scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FreeProduct {
    /// The shop's name for it.
    pub product: String,
    /// Pieces that are free in one cart.
    pub quantity: i64,
    /// Pieces there are to give in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
}

/// "3 for 30": any `quantity` eligible pieces, or one of each of `products`, at one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bundle {
    /// Pieces of one set; the number of `products` where those are named.
    pub quantity: i64,
    /// The products of a set, one piece each; empty = any eligible pieces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// What a set costs, one amount a currency.
    pub price: Vec<Money>,
    /// How often in one cart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<i64>,
}

impl Action {
    /// Whether it takes something off the shipping.
    pub const fn is_about_shipping(&self) -> bool {
        matches!(self, Self::FreeShipping | Self::PercentShipping(_) | Self::FixedShipping(_))
    }

    /// The amounts of which one must stand in the cart's currency, and those that may be absent.
    fn amounts(&self) -> (Option<&[Money]>, &[Money]) {
        match self {
            Self::Percent(share) | Self::PercentShipping(share) => (None, &share.cap),
            Self::Fixed(amounts)
            | Self::FixedPerUnit(amounts)
            | Self::FixedPerLine(amounts)
            | Self::FixedShipping(amounts) => (Some(amounts), &[]),
            Self::Bundle(bundle) => (Some(&bundle.price), &[]),
            Self::FreeShipping | Self::BuyGet(_) | Self::FreeProduct(_) => (None, &[]),
        }
    }
}

impl Promotion {
    /// The code in capitals, if a code triggers it.
    pub fn coupon_code(&self) -> Option<CouponCode> {
        self.code.as_deref().and_then(|code| code.parse().ok())
    }

    /// Whether `code` triggers it.
    pub fn is_triggered_by(&self, code: &CouponCode) -> bool {
        self.code.as_deref().is_some_and(|own| own.trim().eq_ignore_ascii_case(code.as_str()))
    }

    /// Whether only a member can use it, or a guest whose uses are counted.
    pub fn needs_member(&self) -> bool {
        self.uses_per_member.is_some() || self.is_for_members()
    }

    /// Whether only a member can use it.
    pub fn is_for_members(&self) -> bool {
        self.members_only
            || ![&self.tiers, &self.segments].iter().all(|list| list.is_empty())
            || !self.orders.is_empty()
    }

    /// Whether all it gives is about shipping.
    pub fn is_about_shipping(&self) -> bool {
        self.actions.iter().all(Action::is_about_shipping)
    }

    /// The minimum spend in `currency`, in minor units.
    pub fn minimum_in(&self, currency: Currency) -> Option<i64> {
        in_currency(&self.minimum, currency)
    }

    /// Whether every amount it names stands in `currency` too.
    pub fn is_offered_in(&self, currency: Currency) -> bool {
        let there = |list: &[Money]| in_currency(list, currency).is_some();
        let named = |list: &[Money]| list.is_empty() || there(list);
        let (from, to) = (&self.scope.price_from, &self.scope.price_to);
        [&self.minimum, &self.budget, from, to].into_iter().all(|list| named(list))
            && self.actions.iter().all(|action| {
                let (needed, optional) = action.amounts();
                needed.is_none_or(there) && named(optional)
            })
    }

    /// Pieces of a free product that one use gives, and how many there are to give in all.
    fn stock(&self) -> impl Iterator<Item = (i64, i64)> {
        self.actions.iter().filter_map(|action| match action {
            Action::FreeProduct(free) => free.stock.map(|stock| (free.quantity.max(1), stock)),
            _ => None,
        })
    }

    /// How often its free products last, if they are counted.
    pub fn uses_of_stock(&self) -> Option<i64> {
        self.stock().map(|(each, stock)| stock.checked_div(each).unwrap_or_default()).min()
    }

    /// How often it may be used in all: by its limit and by its stock.
    pub fn use_limit(&self) -> Option<i64> {
        self.uses.into_iter().chain(self.uses_of_stock()).min()
    }

    /// Puts the hours around `now` in the place of those of the week (rules §1.3).
    pub fn expand(&mut self, calendar: &dyn Calendar, now: Timestamp) {
        if !self.weekly.is_empty() {
            self.hours = windows(calendar, &self.weekly, now);
        }
    }

    /// When it begins to count, seen from a `now` at which it does not: its first day, or the next
    /// of its hours.
    pub fn opens_at(&self, now: Timestamp) -> Option<Timestamp> {
        let first = self.from.filter(|from| now < *from);
        let next = || self.hours.iter().map(|window| window.from).filter(|from| now < *from).min();
        first.or_else(next)
    }
}

/// The amount in `currency` among one amount a currency, in minor units.
pub fn in_currency(amounts: &[Money], currency: Currency) -> Option<i64> {
    amounts.iter().find(|money| money.currency() == currency).map(|money| money.minor())
}
