//! What a document offers for points: mistakes with their path.

use super::promotion::days;
use super::{Mistakes, check_id, check_text};
use crate::calendar::Calendar;
use crate::money::Money;
use crate::points::Points;
use crate::program::{ActionDocument, ProgramDocument, PromotionDocument};
use crate::promotion::Codes;
use crate::reward::{CODE_DAYS, Grant, GrantDocument, Kind, Reward, RewardDocument};
use std::collections::BTreeSet;

/// The most of anything counted one by one.
const MANY: i64 = 1_000_000_000;
/// The most days for which something granted is good: ten years.
const MOST_DAYS: i64 = 3_660;

/// What the rules read of all rewards, or what is wrong with them.
pub fn all(
    document: &ProgramDocument,
    calendar: &dyn Calendar,
    mistakes: &mut Mistakes,
) -> Vec<Reward> {
    mistakes.check(document.rewards.len() <= 200, "rewards", "at most 200");
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for (place, reward) in document.rewards.iter().enumerate() {
        let path = format!("rewards[{place}]");
        check_id(&reward.id, &path, mistakes);
        let fresh = seen.insert(reward.id.as_str());
        mistakes.check(fresh, &format!("{path}.id"), "another reward has this id");
        all.extend(compile(document, (reward, &path), calendar, mistakes));
    }
    all
}

fn compile(
    document: &ProgramDocument,
    (reward, path): (&RewardDocument, &str),
    calendar: &dyn Calendar,
    mistakes: &mut Mistakes,
) -> Option<Reward> {
    let at = |field: &str| format!("{path}.{field}");
    check_text(&reward.name, &at("name"), &document.locale, mistakes);
    if !reward.text.0.is_empty() {
        check_text(&reward.text, &at("text"), &document.locale, mistakes);
    }
    let counted = [
        ("points", Some(reward.points)),
        ("stock", reward.stock),
        ("per_member", reward.per_member),
    ];
    for (field, count) in counted {
        let fits = count.is_none_or(|count| (1..=MANY).contains(&count));
        mistakes.check(fits, &at(field), "must lie between 1 and 1000000000");
    }
    for (place, tier) in reward.tiers.iter().enumerate() {
        let known = document.tiers.iter().any(|known| known.id == *tier);
        mistakes.check(known, &at(&format!("tiers[{place}]")), "no tier has this id");
    }
    let (kind, grant) = grant(document, (&reward.grants, &at("grants")), mistakes)?;
    Some(Reward {
        id: reward.id.clone(),
        name: reward.name.clone(),
        text: reward.text.clone(),
        points: Points::clamped(reward.points),
        kind,
        grant,
        stock: reward.stock,
        per_member: reward.per_member,
        tiers: reward.tiers.clone(),
        days: days(reward.from, reward.until, path, calendar, mistakes),
    })
}

fn grant(
    document: &ProgramDocument,
    (grants, path): (&GrantDocument, &str),
    mistakes: &mut Mistakes,
) -> Option<(Kind, Grant)> {
    let days_path = format!("{path}.days");
    let mut lasting = |days: &Option<i64>| {
        let fits = days.is_none_or(|days| (1..=MOST_DAYS).contains(&days));
        mistakes.check(fits, &days_path, "must lie between 1 and 3660");
    };
    let (kind, promotion, days) = match grants {
        GrantDocument::Coupon { promotion, days } => (Kind::Coupon, promotion, days),
        GrantDocument::FreeProduct { promotion, days } => (Kind::FreeProduct, promotion, days),
        GrantDocument::Sample { promotion, days } => (Kind::Sample, promotion, days),
        GrantDocument::Shipping { promotion, days } => (Kind::Shipping, promotion, days),
        GrantDocument::Partner { promotion } => (Kind::Partner, promotion, &None),
        GrantDocument::GiftCard { amount, days } => {
            lasting(days);
            let amount = positive(amount, path, mistakes)?;
            return Some((Kind::GiftCard, Grant::GiftCard { amount, days: *days }));
        }
        GrantDocument::Credit { amount } => {
            return Some((Kind::Credit, Grant::Credit(positive(amount, path, mistakes)?)));
        }
        GrantDocument::Experience {} => return Some((Kind::Experience, Grant::Experience)),
    };
    lasting(days);
    check_promotion(document, (kind, promotion), &format!("{path}.promotion"), mistakes);
    let promotion = promotion.clone();
    let grant = match kind {
        Kind::Partner => Grant::Pool(promotion),
        _ => Grant::Code { promotion, days: days.unwrap_or(CODE_DAYS) },
    };
    Some((kind, grant))
}

/// The promotion behind a reward has codes of its own, and gives what the reward says.
fn check_promotion(
    document: &ProgramDocument,
    (kind, id): (Kind, &str),
    path: &str,
    mistakes: &mut Mistakes,
) {
    let is_it = |promotion: &&PromotionDocument| {
        promotion.id == id && promotion.codes == Some(Codes::Issued)
    };
    let Some(promotion) = document.promotions.iter().find(is_it) else {
        let reason = "no promotion with codes = \"issued\" has this id";
        return mistakes.check(false, path, reason);
    };
    let gives = |wanted: fn(&ActionDocument) -> bool| promotion.actions.iter().any(wanted);
    match kind {
        Kind::FreeProduct | Kind::Sample => {
            let fits = gives(|action| matches!(action, ActionDocument::FreeProduct { .. }));
            mistakes.check(fits, path, "this promotion gives no product");
        }
        Kind::Shipping => {
            let fits = gives(|action| {
                matches!(
                    action,
                    ActionDocument::FreeShipping {}
                        | ActionDocument::PercentShipping { .. }
                        | ActionDocument::FixedShipping { .. }
                )
            });
            mistakes.check(fits, path, "this promotion takes nothing off the shipping");
        }
        _ => {}
    }
}

fn positive(amount: &str, path: &str, mistakes: &mut Mistakes) -> Option<Money> {
    let path = format!("{path}.amount");
    let money = mistakes.keep(&path, amount.parse::<Money>())?;
    mistakes.check(money.minor() > 0, &path, "must be above zero");
    Some(money)
}
