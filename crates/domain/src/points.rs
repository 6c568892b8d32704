//! [`Points`]: what a member earns and redeems.

use core::fmt;
use serde::{Deserialize, Serialize};

/// The largest number of points, and of minor units, any one value may hold (rules §1.2).
pub const LIMIT: i64 = 1_000_000_000_000;

/// A number of points, between −10¹² and 10¹². Negative only as a difference.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "i64", into = "i64")]
pub struct Points(i64);

impl Points {
    /// No points.
    pub const ZERO: Self = Self(0);

    /// Points from a whole number; `None` outside ±10¹².
    pub const fn new(count: i64) -> Option<Self> {
        if count > LIMIT || count < -LIMIT { None } else { Some(Self(count)) }
    }

    /// The nearest allowed number of points.
    pub const fn clamped(count: i64) -> Self {
        if count > LIMIT {
            Self(LIMIT)
        } else if count < -LIMIT {
            Self(-LIMIT)
        } else {
            Self(count)
        }
    }

    /// The whole number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, or `None` outside ±10¹².
    #[must_use]
    pub const fn plus(self, other: Self) -> Option<Self> {
        Self::new(self.0.saturating_add(other.0))
    }

    /// The difference, or `None` outside ±10¹².
    #[must_use]
    pub const fn minus(self, other: Self) -> Option<Self> {
        Self::new(self.0.saturating_sub(other.0))
    }

    /// The difference, never below zero.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        let rest = self.0.saturating_sub(other.0);
        if rest < 0 { Self::ZERO } else { Self::clamped(rest) }
    }

    /// Whether there is at least one point.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }
}

impl TryFrom<i64> for Points {
    type Error = &'static str;
    fn try_from(count: i64) -> Result<Self, Self::Error> {
        Self::new(count).ok_or("points must lie between -10^12 and 10^12")
    }
}

impl From<Points> for i64 {
    fn from(points: Points) -> Self {
        points.0
    }
}

impl fmt::Display for Points {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, to)
    }
}
