//! [`Case`]: everything a quote depends on in one document, so that anybody can try the rules.

use crate::calendar::Calendar;
use crate::cart::{Cart, Line};
use crate::member::MemberFacts;
use crate::money::{Currency, Money};
use crate::program::{PromotionDocument, RateDocument};
use crate::quote::{Asked, Facts, GiftCard, MAX_CODES, PublicFacts, Quote, ShopFacts, quote};
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::validate::{Mistake, Mistakes, promotion, rates, redeem_rate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A quote to be worked out: promotions as in a program file, the member's and the shop's facts,
/// the cart, and what is asked for (`docs/quote-cases.md`). Unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name, for whoever wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The instant it is priced at; the clock's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<Timestamp>,
    /// The zone of days and hours, such as `Europe/Paris`; UTC if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// How many codes the cart takes; 1 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codes_per_cart: Option<i64>,
    /// What points are worth, one entry a currency, as in a program file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redeem: Vec<RateDocument>,
    /// Promotions as in a program file; names may be left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promotions: Vec<PromotionDocument>,
    /// The member, if somebody is signed in and is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberFacts>,
    /// What only the shop's server knows.
    #[serde(default)]
    pub shop: CaseShop,
    /// Whether to answer as a browser, which does not know `shop` nor codes that are not listed.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub preview: bool,
    /// The cart.
    pub cart: CaseCart,
    /// What is asked for.
    #[serde(default)]
    pub asked: Asked,
}

/// What only the shop's server knows, by promotion id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CaseShop {
    /// Completed orders and confirmed holds.
    pub uses: BTreeMap<String, i64>,
    /// What these took off, one amount a currency.
    pub spent: BTreeMap<String, Vec<Money>>,
    /// The segments the member is in.
    pub segments: Vec<String>,
    /// Gift cards that there are.
    pub gift_cards: Vec<GiftCard>,
}

/// A cart as the shop prices it, in minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CaseCart {
    /// ISO 4217.
    pub currency: Currency,
    /// 1 to 500 lines.
    pub lines: Vec<Line>,
    /// 0 while unknown.
    #[serde(default)]
    pub shipping: i64,
    /// The channel of the shop, such as `app`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// Why a case has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseError {
    /// Mistakes in its promotions and rates.
    Mistakes(Vec<Mistake>),
    /// A value out of bounds.
    Refused(Refusal),
}

impl Case {
    /// Answers it; `calendar` is the one of its zone, `now` counts where it names no instant.
    ///
    /// # Errors
    /// All mistakes in promotions and rates, else the first value out of bounds.
    pub fn quote(&self, calendar: &dyn Calendar, now: Timestamp) -> Result<Quote, CaseError> {
        let now = self.now.unwrap_or(now);
        let (facts, cart) = self.parts(calendar, now)?;
        Ok(quote(&facts, &cart, &self.asked, now))
    }

    /// What its quote depends on at `now`, beside what is asked for.
    ///
    /// # Errors
    /// As [`Case::quote`].
    pub fn parts(
        &self,
        calendar: &dyn Calendar,
        now: Timestamp,
    ) -> Result<(Facts, Cart), CaseError> {
        let facts = self.facts(calendar, now).map_err(CaseError::Mistakes)?;
        Ok((facts, self.check().map_err(CaseError::Refused)?))
    }

    fn facts(&self, calendar: &dyn Calendar, now: Timestamp) -> Result<Facts, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        // A case has no database: codes that are issued are written as `code` there.
        let (mut promotions, _) = promotion::all(&self.promotions, calendar, &mut mistakes);
        let redeem = if self.redeem.is_empty() {
            Vec::new()
        } else {
            rates(&self.redeem, "redeem", &mut mistakes)
        };
        let codes = self.codes_per_cart.unwrap_or(1);
        let fits = (0..=20).contains(&codes);
        mistakes.check(fits, "codes_per_cart", "must lie between 0 and 20");
        if !mistakes.0.is_empty() {
            return Err(mistakes.0);
        }
        for promotion in &mut promotions {
            promotion.expand(calendar, now);
        }
        if self.preview {
            promotions.retain(|promotion| promotion.listed || promotion.code.is_none());
        }
        let public = PublicFacts {
            version: 0,
            codes_per_cart: usize::try_from(codes).unwrap_or_default(),
            redeem: redeem
                .into_iter()
                .filter_map(|(points, per)| redeem_rate(points, per))
                .collect(),
            promotions,
            member: self.member.clone(),
            gift_cards: Vec::new(),
        };
        let CaseShop { uses, spent, segments, gift_cards } = self.shop.clone();
        let each = |(id, amounts): (String, Vec<Money>)| {
            amounts.into_iter().map(move |amount| (id.clone(), amount))
        };
        let spent = spent.into_iter().flat_map(each).collect();
        let shop = ShopFacts { uses, spent, segments, gift_cards, ..ShopFacts::default() };
        Ok(Facts { public, shop: (!self.preview).then_some(shop) })
    }

    fn check(&self) -> Result<Cart, Refusal> {
        let CaseCart { currency, lines, shipping, channel } = self.cart.clone();
        if self.asked.codes.len() > MAX_CODES {
            return Err(Refusal::out_of_bounds("asked.codes"));
        }
        if self.asked.points.is_some_and(|points| points.get() < 0) {
            return Err(Refusal::out_of_bounds("asked.points"));
        }
        if self.asked.credit.is_some_and(|credit| credit.minor() < 0) {
            return Err(Refusal::out_of_bounds("asked.credit"));
        }
        let cart = Cart::new(currency, lines, shipping);
        cart.and_then(|cart| cart.in_channel(channel)).map_err(|refusal| match refusal {
            Refusal::OutOfBounds { field } => Refusal::out_of_bounds(format!("cart.{field}")),
            other => other,
        })
    }
}
