//! [`Earning`]: what counts for points, and what earns more than usual.

use crate::cart::Line;
use crate::money::Currency;
use crate::order::OrderLine;
use crate::points::Points;
use crate::promotion::Scope;
use crate::rate::Rate;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Whether the tax in what was paid earns points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tax {
    /// It does.
    #[default]
    Included,
    /// It does not: each line of an order says what of it is tax.
    Excluded,
}

impl Tax {
    /// Whether nothing has to be known of it.
    pub fn is_included(&self) -> bool {
        *self == Self::Included
    }

    /// What counts of a line, in minor units.
    pub fn counted(self, line: &OrderLine) -> i64 {
        match self {
            Self::Included => line.paid,
            Self::Excluded => line.paid.saturating_sub(line.tax).max(0),
        }
    }
}

/// How the multipliers of tier and campaigns come together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Multipliers {
    /// The largest counts, alone.
    #[default]
    Best,
    /// Each multiplies the others.
    Multiply,
}

/// Some days, as instants: `from` inclusive, `until` exclusive, each where there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// The first instant.
    pub from: Option<Timestamp>,
    /// The end.
    pub until: Option<Timestamp>,
}

impl Days {
    /// Whether `instant` lies in them.
    pub fn hold(&self, instant: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= instant)
            && self.until.is_none_or(|until| instant < until)
    }
}

/// More points for some goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bonus {
    /// The lines it is about.
    pub scope: Scope,
    /// Multiplies what they earn: at least 1, in whole thousandths.
    pub multiplier: Rate,
    /// Points besides, for each piece.
    pub per_piece: i64,
    /// When.
    pub days: Days,
}

/// More points for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Multiplies what orders earn that are placed meanwhile.
    pub multiplier: Rate,
    /// When.
    pub days: Days,
}

/// What counts for points, and what earns more than usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earning {
    /// Whether tax earns.
    pub tax: Tax,
    /// The lines that earn.
    pub scope: Scope,
    /// More for some goods.
    pub bonuses: Vec<Bonus>,
    /// More for a while.
    pub campaigns: Vec<Campaign>,
    /// How the multipliers of tier and campaigns come together.
    pub multipliers: Multipliers,
    /// The most an order earns.
    pub cap: Option<Points>,
}

impl Earning {
    /// What an order placed at `at` is multiplied by, in a tier that multiplies by `tier`.
    pub fn multiplier(&self, tier: Rate, at: Timestamp) -> Rate {
        let running = self.campaigns.iter().filter(|campaign| campaign.days.hold(at));
        running.map(|campaign| campaign.multiplier).fold(tier, |all, next| match self.multipliers {
            Multipliers::Best => all.larger(next),
            // Publishing has checked that they fit.
            Multipliers::Multiply => all.times(next).unwrap_or(all),
        })
    }

    /// Whether every line earns alike at `at`, so that nothing has to be kept of each.
    fn is_plain(&self, at: Timestamp) -> bool {
        self.scope.is_everything() && !self.bonuses.iter().any(|bonus| bonus.days.hold(at))
    }

    /// What each piece of `line` is frozen with; nothing where every line earns alike.
    pub fn share(&self, line: &OrderLine, currency: Currency, at: Timestamp) -> Option<Share> {
        if self.is_plain(at) {
            return None;
        }
        let line = as_in_cart(line);
        if !self.scope.holds(&line, currency) {
            return Some(Share::NONE);
        }
        let running = self.bonuses.iter().filter(|bonus| bonus.days.hold(at));
        let theirs = running.filter(|bonus| bonus.scope.holds(&line, currency));
        Some(theirs.fold(Share::PLAIN, |best, bonus| Share {
            multiplier: best.multiplier.larger(bonus.multiplier),
            per_piece: best.per_piece.max(bonus.per_piece),
        }))
    }
}

/// The line as a scope looks at it. What a piece costs does not matter: a scope of earning has no
/// limits of price.
fn as_in_cart(line: &OrderLine) -> Line {
    Line {
        id: line.id.clone(),
        product: line.product.clone(),
        categories: line.categories.clone(),
        brand: line.brand.clone(),
        quantity: line.quantity,
        unit_price: 0,
        on_sale: line.on_sale,
        discountable: true,
    }
}

/// How a line earns, frozen with its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Multiplies what was paid for it, in whole thousandths; zero where it earns nothing.
    pub multiplier: Rate,
    /// Points besides, for each piece.
    #[serde(default, skip_serializing_if = "crate::is_default")]
    pub per_piece: i64,
}

impl Share {
    /// Earns as any line does.
    pub const PLAIN: Self = Self { multiplier: Rate::ONE, per_piece: 0 };
    /// Earns nothing.
    pub const NONE: Self = Self { multiplier: Rate::ZERO, per_piece: 0 };
}
