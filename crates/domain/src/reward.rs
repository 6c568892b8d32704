//! [`Reward`]: what points are claimed for, besides what they take off an order (rules §8).

use crate::earn::Days;
use crate::money::Money;
use crate::points::Points;
use crate::refusal::{Missing, Reason};
use crate::text::Text;
use crate::time::{Date, Timestamp};
use serde::{Deserialize, Serialize};

/// For how many days a code is good that a reward does not say it of (rules §3.8).
pub const CODE_DAYS: i64 = 30;

/// A reward as its merchant writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RewardDocument {
    /// A short name, stable over versions: its claims are counted by it.
    pub id: String,
    /// What the shopper reads.
    pub name: Text,
    /// What it is, in a sentence or two; nothing if absent.
    #[serde(default, skip_serializing_if = "crate::is_default")]
    pub text: Text,
    /// What it costs, in points.
    pub points: i64,
    /// What it grants.
    pub grants: GrantDocument,
    /// How often it may be claimed in all; without end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
    /// How often each member may claim it; without end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_member: Option<i64>,
    /// Only for members of these tiers; all of them if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<String>,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// What a reward grants, as its merchant writes it. `promotion` is one with `codes = "issued"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum GrantDocument {
    /// `{ kind = "coupon", promotion = "five_off", days = 60 }`.
    Coupon {
        /// What the code is of.
        promotion: String,
        /// For how many days it is good; 30 if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<i64>,
    },
    /// A product, free with an order: a code of a promotion that gives one.
    FreeProduct {
        /// What the code is of.
        promotion: String,
        /// For how many days it is good; 30 if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<i64>,
    },
    /// A sample with an order: a code of a promotion that gives a product.
    Sample {
        /// What the code is of.
        promotion: String,
        /// For how many days it is good; 30 if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<i64>,
    },
    /// A code of a promotion that takes something off the shipping.
    Shipping {
        /// What the code is of.
        promotion: String,
        /// For how many days it is good; 30 if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<i64>,
    },
    /// `{ kind = "gift_card", amount = "10.00 USD" }`, which belongs to the member.
    GiftCard {
        /// What is on it.
        amount: String,
        /// For how many days it is good; without end if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<i64>,
    },
    /// `{ kind = "credit", amount = "5.00 USD" }`, to be spent at once.
    Credit {
        /// How much.
        amount: String,
    },
    /// The next code of those that were imported for a promotion.
    Partner {
        /// What the codes were imported for.
        promotion: String,
    },
    /// `{ kind = "experience" }`: the shop fulfils it and says so.
    Experience {},
}

/// What kind of thing a reward grants, for a shopper to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A coupon.
    Coupon,
    /// A product, free with an order.
    FreeProduct,
    /// A sample with an order.
    Sample,
    /// Something off the shipping.
    Shipping,
    /// A gift card.
    GiftCard,
    /// Store credit.
    Credit,
    /// A partner's code.
    Partner,
    /// What the shop fulfils by hand.
    Experience,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Coupon,
        Self::FreeProduct,
        Self::Sample,
        Self::Shipping,
        Self::GiftCard,
        Self::Credit,
        Self::Partner,
        Self::Experience,
    ];

    /// The stable word, as in the database and on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Coupon => "coupon",
            Self::FreeProduct => "free_product",
            Self::Sample => "sample",
            Self::Shipping => "shipping",
            Self::GiftCard => "gift_card",
            Self::Credit => "credit",
            Self::Partner => "partner",
            Self::Experience => "experience",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What a claim makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A code of a promotion, the member's own.
    Code {
        /// The promotion.
        promotion: String,
        /// For how many days it is good.
        days: i64,
    },
    /// A gift card, the member's own.
    GiftCard {
        /// What is on it.
        amount: Money,
        /// For how many days it is good, if not for ever.
        days: Option<i64>,
    },
    /// Store credit.
    Credit(Money),
    /// The next of the codes that were imported for a promotion.
    Pool(String),
    /// Nothing before the shop has fulfilled it.
    Experience,
}

/// A reward as the rules read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reward {
    /// The merchant's name for it.
    pub id: String,
    /// What the shopper reads.
    pub name: Text,
    /// What it is.
    pub text: Text,
    /// What it costs.
    pub points: Points,
    /// What kind of thing it grants.
    pub kind: Kind,
    /// What a claim makes.
    pub grant: Grant,
    /// How often it may be claimed in all.
    pub stock: Option<i64>,
    /// How often each member may claim it.
    pub per_member: Option<i64>,
    /// Only for members of these tiers; empty = all.
    pub tiers: Vec<String>,
    /// When it may be claimed.
    pub days: Days,
}

/// What a claim is decided by.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The member's tier.
    pub tier: &'a str,
    /// The points they may spend.
    pub available: Points,
    /// The points they owe.
    pub debt: Points,
    /// How often the reward was claimed in all.
    pub claimed: i64,
    /// How often by this member.
    pub claimed_by_member: i64,
    /// How many codes a partner's pool has left; `None` where the reward needs none.
    pub pool: Option<i64>,
}

impl Reward {
    /// How many are left of it, if there is an end.
    pub fn left(&self, standing: &Standing<'_>) -> Option<i64> {
        let stock = self.stock.map(|stock| stock.saturating_sub(standing.claimed).max(0));
        stock.into_iter().chain(standing.pool).min()
    }

    /// Whether the member may claim it at `now`.
    ///
    /// # Errors
    /// The first reason why not, from what nobody can change to what the member can, and what is
    /// missing.
    pub fn claimable(
        &self,
        standing: &Standing<'_>,
        now: Timestamp,
    ) -> Result<(), (Reason, Option<Missing>)> {
        let missing = self.points.less(standing.available);
        let used_up = self.per_member.is_some_and(|most| standing.claimed_by_member >= most);
        let reason = if self.days.until.is_some_and(|until| until <= now) {
            Reason::Expired
        } else if self.left(standing) == Some(0) {
            Reason::OutOfStock
        } else if used_up {
            Reason::UsedUpForMember
        } else if self.days.from.is_some_and(|from| now < from) {
            Reason::NotStarted
        } else if !self.tiers.is_empty() && !self.tiers.iter().any(|tier| tier == standing.tier) {
            Reason::NotEligible
        } else if standing.debt.is_positive() {
            Reason::InDebt
        } else if missing.is_positive() {
            return Err((Reason::NotEnoughPoints, Some(Missing::Points(missing))));
        } else {
            return Ok(());
        };
        Err((reason, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_micros(0).unwrap().plus_days(day)
    }

    fn reward() -> Reward {
        Reward {
            id: "tote".to_owned(),
            name: Text::default(),
            text: Text::default(),
            points: Points::clamped(500),
            kind: Kind::Experience,
            grant: Grant::Experience,
            stock: Some(10),
            per_member: Some(2),
            tiers: vec!["gold".to_owned()],
            days: Days { from: Some(at(10)), until: Some(at(20)) },
        }
    }

    const FREE: Standing<'_> = Standing {
        tier: "gold",
        available: Points::clamped(500),
        debt: Points::ZERO,
        claimed: 9,
        claimed_by_member: 1,
        pool: None,
    };

    fn refused(standing: Standing<'_>, day: i64) -> Option<Reason> {
        reward().claimable(&standing, at(day)).err().map(|(reason, _)| reason)
    }

    #[test]
    fn rule_8_a_reward_is_claimed_within_its_bounds_and_they_are_inclusive() {
        assert_eq!(refused(FREE, 10), None);
        assert_eq!(refused(FREE, 19), None);
        assert_eq!(refused(FREE, 9), Some(Reason::NotStarted));
        assert_eq!(refused(FREE, 20), Some(Reason::Expired));
        assert_eq!(refused(Standing { tier: "iron", ..FREE }, 10), Some(Reason::NotEligible));
        assert_eq!(refused(Standing { claimed: 10, ..FREE }, 10), Some(Reason::OutOfStock));
        assert_eq!(refused(Standing { pool: Some(0), ..FREE }, 10), Some(Reason::OutOfStock));
        let twice = Standing { claimed_by_member: 2, ..FREE };
        assert_eq!(refused(twice, 10), Some(Reason::UsedUpForMember));
        let owing = Standing { debt: Points::clamped(1), ..FREE };
        assert_eq!(refused(owing, 10), Some(Reason::InDebt));
    }

    #[test]
    fn rule_8_who_has_too_few_points_is_told_how_many_are_missing() {
        let poor = Standing { available: Points::clamped(420), ..FREE };
        let missing = Some(Missing::Points(Points::clamped(80)));
        assert_eq!(reward().claimable(&poor, at(10)), Err((Reason::NotEnoughPoints, missing)));
    }

    #[test]
    fn rule_8_what_is_left_is_the_least_of_stock_and_pool() {
        assert_eq!(reward().left(&FREE), Some(1));
        assert_eq!(reward().left(&Standing { pool: Some(0), ..FREE }), Some(0));
        assert_eq!(reward().left(&Standing { claimed: 12, pool: Some(3), ..FREE }), Some(0));
        let endless = Reward { stock: None, ..reward() };
        assert_eq!(endless.left(&FREE), None);
    }

    #[test]
    fn a_kind_has_the_same_word_in_rust_and_on_the_wire() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
        }
    }
}
