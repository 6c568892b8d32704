//! [`ProgramDocument`], the file a merchant writes, and [`Program`], what the rules read.
//!
//! A document is text, days and percentages; [`ProgramDocument::compile`] turns it into integers
//! and instants or says what is wrong and where.

use crate::action::{EarningAction, EarningActionDocument};
use crate::consent::ConsentDocument;
use crate::coupon::CouponCode;
use crate::credit::{Credit, CreditDocument};
use crate::earn::{BonusDocument, CampaignDocument, Earning, Multipliers, Tax};
use crate::expiry::Expiry;
use crate::money::{Currency, Money};
use crate::points::Points;
pub use crate::promotion::{ActionDocument, HoursDocument, PromotionDocument, ScopeDocument};
use crate::promotion::{Issued, Promotion};
use crate::quote::PublicFacts;
use crate::rate::Rate;
use crate::reward::{Reward, RewardDocument};
use crate::text::Text;
use crate::tier::{EntryReward, Privilege, Tier, TierRule, TierRuleDocument};
use serde::{Deserialize, Serialize};

/// The version of the document's format this code reads.
pub const FORMAT: i64 = 1;

/// A loyalty program as its merchant writes it (TOML or JSON). Unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProgramDocument {
    /// Version of this format: 1.
    pub format: i64,
    /// What the program is called.
    pub name: Text,
    /// The zone its days are in, such as `Europe/Paris`.
    pub time_zone: String,
    /// The language to fall back to, such as `en`.
    pub locale: String,
    /// What a member agrees to.
    pub terms: Terms,
    /// How points are earned and what they are worth, one entry a currency.
    pub points: PointsDocument,
    /// The ladder, lowest first.
    pub tiers: Vec<TierDocument>,
    /// What is offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promotions: Vec<PromotionDocument>,
    /// How many codes one cart takes; 1 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codes_per_cart: Option<i64>,
    /// What consent is asked for; nothing if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentDocument>,
    /// How store credit is earned; none is if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<CreditDocument>,
    /// What points are claimed for; nothing if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rewards: Vec<RewardDocument>,
    /// What counts for a tier, and how one is lost; points of the last months and never if absent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tier_rule: TierRuleDocument,
}

/// What a member agrees to on joining.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The version that is agreed to.
    pub version: String,
    /// Where to read them: an `https` address.
    pub url: String,
}

/// How points are earned and what they are worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PointsDocument {
    /// Days until earned points may be spent; 14 if absent (the return window).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_days: Option<i64>,
    /// The months a tier looks back; 12 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier_months: Option<i64>,
    /// Earning, one entry a currency: `{ points = 5, per = "1.00 USD" }`.
    pub earn: Vec<RateDocument>,
    /// Redeeming, one entry a currency: `{ points = 100, per = "1.00 USD" }`.
    pub redeem: Vec<RateDocument>,
    /// Whether the tax in what was paid earns; `"included"` if absent.
    #[serde(default, skip_serializing_if = "Tax::is_included")]
    pub tax: Tax,
    /// The lines of an order that earn; all of them if absent.
    #[serde(default, skip_serializing_if = "ScopeDocument::is_everything")]
    pub scope: ScopeDocument,
    /// The most points an order earns; without end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_per_order: Option<i64>,
    /// More points for some goods; of several for a line, the largest multiplier and the most
    /// points for a piece count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bonuses: Vec<BonusDocument>,
    /// More points for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub campaigns: Vec<CampaignDocument>,
    /// How the multipliers of tier and campaigns come together; `"best"` if absent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub multipliers: Multipliers,
    /// The most points the shop may put right at once; 10,000 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjust_limit: Option<i64>,
    /// When points end; never if absent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub expiry: Expiry,
    /// What earns besides paid orders; nothing if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<EarningActionDocument>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// So many points for, or worth, an amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RateDocument {
    /// Points, at least 1.
    pub points: i64,
    /// The amount, such as `"1.00 USD"`.
    pub per: String,
}

/// A step of the ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TierDocument {
    /// A short name, stable over versions: `gold`.
    pub id: String,
    /// What the shopper reads.
    pub name: Text,
    /// Points to have earned, or orders to have paid, in the window; 0 for the first step.
    #[serde(default)]
    pub threshold: i64,
    /// Where money spent counts: how much, such as `"500.00 USD"`; nothing for the first step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<String>,
    /// Multiplies what is earned; `"1"` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<String>,
    /// What it brings besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub privileges: Vec<Privilege>,
    /// What whoever enters it is given; nothing if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryReward>,
}

/// Points for an amount, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarnRate {
    /// The currency.
    pub currency: Currency,
    /// Points for each minor unit.
    pub points_per_minor: Rate,
}

/// What points are worth, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RedeemRate {
    /// The currency.
    pub currency: Currency,
    /// Minor units for each point.
    pub minor_per_point: Rate,
}

/// A program as the rules read it: one immutable version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The version, from 1.
    pub version: i64,
    /// What it is called.
    pub name: Text,
    /// The zone its days are in.
    pub time_zone: String,
    /// The language to fall back to.
    pub locale: String,
    /// What a member agrees to.
    pub terms: Terms,
    /// Days until earned points may be spent.
    pub pending_days: i64,
    /// What counts for a tier, and how one is lost.
    pub tier_rule: TierRule,
    /// What a purchase earns.
    pub earn: Vec<EarnRate>,
    /// What of it counts, and what earns more.
    pub earning: Earning,
    /// The most points the shop may put right at once.
    pub adjust_limit: Points,
    /// When points end.
    pub expiry: Expiry,
    /// What earns besides paid orders.
    pub actions: Vec<EarningAction>,
    /// What points are worth.
    pub redeem: Vec<RedeemRate>,
    /// The ladder, lowest first, never empty.
    pub tiers: Vec<Tier>,
    /// What is offered.
    pub promotions: Vec<Promotion>,
    /// What is offered by codes that are issued one by one.
    pub issued: Vec<Issued>,
    /// How many codes one cart takes.
    pub codes_per_cart: usize,
    /// What consent is asked for.
    pub consent: Option<ConsentDocument>,
    /// How store credit is earned.
    pub credit: Option<Credit>,
    /// What points are claimed for.
    pub rewards: Vec<Reward>,
}

impl Program {
    /// The tier with this id.
    pub fn tier(&self, id: &str) -> Option<&Tier> {
        self.tiers.iter().find(|tier| tier.id == id)
    }

    /// The action that earns by this id.
    pub fn action(&self, id: &str) -> Option<&EarningAction> {
        self.actions.iter().find(|action| action.id == id)
    }

    /// The promotion that `code` triggers.
    pub fn by_code(&self, code: &CouponCode) -> Option<&Promotion> {
        self.promotions.iter().find(|promotion| promotion.coupon_code().as_ref() == Some(code))
    }

    /// The promotion with this id whose codes are issued.
    pub fn issued(&self, id: &str) -> Option<&Issued> {
        self.issued.iter().find(|issued| issued.promotion.id == id)
    }

    /// The reward with this id.
    pub fn reward(&self, id: &str) -> Option<&Reward> {
        self.rewards.iter().find(|reward| reward.id == id)
    }

    /// Every promotion, those whose codes are issued last.
    pub fn every_promotion(&self) -> impl Iterator<Item = &Promotion> {
        self.promotions.iter().chain(self.issued.iter().map(|issued| &issued.promotion))
    }

    /// What anybody may know of it, without a member: automatic promotions and listed codes.
    pub fn public_facts(&self) -> PublicFacts {
        let public = |promotion: &&Promotion| promotion.listed || promotion.code.is_none();
        PublicFacts {
            version: self.version,
            codes_per_cart: self.codes_per_cart,
            redeem: self.redeem.clone(),
            promotions: self.promotions.iter().filter(public).cloned().collect(),
            member: None,
            gift_cards: Vec::new(),
        }
    }

    /// What `points` are worth in the program's first currency, for a shopper to read.
    pub fn worth(&self, points: Points) -> Option<Money> {
        let rate = self.redeem.first()?;
        rate.currency.amount(rate.minor_per_point.floor(points.get().max(0))?)
    }
}
