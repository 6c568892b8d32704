//! From what a document says of tiers to the ladder and the [`TierRule`].

use super::{Mistakes, check_id, check_link, check_text};
use crate::money::{Currency, Money};
use crate::points::Points;
use crate::program::{ProgramDocument, TierDocument};
use crate::promotion::Codes;
use crate::rate::Rate;
use crate::tier::{EntryReward, Metric, Review, Tier, TierRule};
use std::collections::BTreeSet;

/// Compiles the ladder and what counts for it.
pub(super) fn ladder(document: &ProgramDocument, mistakes: &mut Mistakes) -> (Vec<Tier>, TierRule) {
    let rule = rule(document, mistakes);
    mistakes.check(!document.tiers.is_empty(), "tiers", "needs at least one tier");
    let mut seen = BTreeSet::new();
    let mut above: Option<Points> = None;
    let mut ladder = Vec::new();
    for (place, tier) in document.tiers.iter().enumerate() {
        let path = format!("tiers[{place}]");
        check_id(&tier.id, &path, mistakes);
        let id = format!("{path}.id");
        mistakes.check(seen.insert(tier.id.as_str()), &id, "another tier has this id");
        let threshold = threshold(tier, &rule, &path, mistakes);
        let at = format!("{path}.threshold");
        match above {
            None => {
                mistakes.check(threshold == Points::ZERO, &at, "the first tier begins at 0");
            }
            Some(above) => mistakes.check(
                threshold > above,
                &at,
                "must be above the threshold of the tier before",
            ),
        }
        above = Some(threshold);
        let compiled = compile(tier, threshold, (&path, &document.locale), mistakes);
        entry(document, place, tier.entry.as_ref(), mistakes);
        ladder.push(compiled);
    }
    (ladder, rule)
}

fn rule(document: &ProgramDocument, mistakes: &mut Mistakes) -> TierRule {
    let months = document.points.tier_months.unwrap_or(12);
    let in_range = (1..=120).contains(&months);
    mistakes.check(in_range, "points.tier_months", "must lie between 1 and 120");
    let given = &document.tier_rule;
    let review = given.review.as_ref().map(|review| {
        let grace_days = review.grace_days.unwrap_or(30);
        let in_range = (1..=366).contains(&grace_days);
        mistakes.check(in_range, "tier_rule.review.grace_days", "must lie between 1 and 366");
        Review { grace_days, fall: review.fall }
    });
    let is_money = given.metric == Metric::Spent;
    let spent = document.tiers.iter().filter_map(|tier| tier.spent.as_ref());
    let currency = spent.filter_map(|text| text.parse::<Money>().ok()).map(Money::currency).next();
    TierRule {
        metric: given.metric,
        currency: currency.filter(|_| is_money),
        window: given.window,
        months,
        review,
    }
}

/// In points or orders as it is written, in minor units where money counts.
fn threshold(tier: &TierDocument, rule: &TierRule, path: &str, mistakes: &mut Mistakes) -> Points {
    let (at, spent) = (format!("{path}.threshold"), format!("{path}.spent"));
    let Some(text) = &tier.spent else {
        let plain = mistakes.keep(&at, Points::try_from(tier.threshold)).unwrap_or_default();
        let fits = rule.metric != Metric::Spent || plain == Points::ZERO;
        mistakes.check(fits, &at, "what is spent stands in spent, such as \"500.00 USD\"");
        return plain;
    };
    let counts = rule.metric == Metric::Spent;
    mistakes.check(counts, &spent, "needs metric = \"spent\" in tier_rule");
    mistakes.check(tier.threshold == 0, &at, "must not stand beside spent");
    let money = mistakes.keep(&spent, text.parse::<Money>());
    let same = |money: &Money| rule.currency.is_none_or(|it: Currency| it == money.currency());
    mistakes.check(money.as_ref().is_none_or(same), &spent, "all tiers count in one currency");
    let minor = money.map_or(0, Money::minor);
    mistakes.keep(&spent, Points::try_from(minor)).unwrap_or_default()
}

fn compile(
    tier: &TierDocument,
    threshold: Points,
    (path, locale): (&str, &str),
    mistakes: &mut Mistakes,
) -> Tier {
    check_text(&tier.name, &format!("{path}.name"), locale, mistakes);
    let written = tier.multiplier.as_deref().unwrap_or("1");
    let multiplier = mistakes.keep(&format!("{path}.multiplier"), written.parse::<Rate>());
    for (place, privilege) in tier.privileges.iter().enumerate() {
        let path = format!("{path}.privileges[{place}]");
        check_text(&privilege.text, &format!("{path}.text"), locale, mistakes);
        if let Some(link) = &privilege.link {
            check_link(link, &format!("{path}.link"), mistakes);
        }
    }
    Tier {
        id: tier.id.clone(),
        name: tier.name.clone(),
        threshold,
        multiplier: multiplier.unwrap_or(Rate::ONE),
        privileges: tier.privileges.clone(),
        entry: tier.entry.clone(),
    }
}

fn entry(
    document: &ProgramDocument,
    place: usize,
    reward: Option<&EntryReward>,
    mistakes: &mut Mistakes,
) {
    let Some(reward) = reward else { return };
    let path = format!("tiers[{place}].entry");
    mistakes.check(place > 0, &path, "the first tier is entered by joining: nothing is given");
    let gives = reward.points.is_some() || reward.coupon.is_some();
    mistakes.check(gives, &path, "needs points or a coupon");
    let fits = reward.points.is_none_or(|points| (1..=1_000_000_000).contains(&points));
    mistakes.check(fits, &format!("{path}.points"), "must lie between 1 and 1000000000");
    let fits = reward.days.is_none_or(|days| (1..=3660).contains(&days));
    mistakes.check(fits, &format!("{path}.days"), "must lie between 1 and 3660");
    if let Some(coupon) = &reward.coupon {
        let issued = |id: &str| {
            document.promotions.iter().any(|it| it.id == id && it.codes == Some(Codes::Issued))
        };
        let reason = "no promotion with codes = \"issued\" has this id";
        mistakes.check(issued(coupon), &format!("{path}.coupon"), reason);
    }
}

#[cfg(test)]
mod tests {
    use crate::calendar::Utc;
    use crate::program::{Program, ProgramDocument};
    use crate::tier::{Fall, Metric, TierWindow};
    use serde_json::{Value, json};

    fn compiled(tier_rule: &Value, silver: &Value) -> Result<Program, Vec<String>> {
        let rates = json!([{ "points": 1, "per": "1.00 EUR" }]);
        let mut second = json!({ "id": "silver", "name": { "en": "s" } });
        second.as_object_mut().unwrap().extend(silver.as_object().unwrap().clone());
        let document = json!({ "format": 1, "name": { "en": "p" }, "time_zone": "UTC",
            "locale": "en", "terms": { "version": "1", "url": "https://shop.example/terms" },
            "points": { "earn": rates, "redeem": rates }, "tier_rule": tier_rule,
            "tiers": [{ "id": "first", "name": { "en": "f" }, "threshold": 0 }, second],
            "promotions": [{ "id": "gift", "name": { "en": "g" }, "codes": "issued",
                "actions": [{ "kind": "free_shipping" }] }] });
        let document: ProgramDocument = serde_json::from_value(document).unwrap();
        let told = |mistakes: Vec<_>| mistakes.iter().map(ToString::to_string).collect();
        document.compile(1, &Utc).map_err(told)
    }

    fn mistakes(tier_rule: &Value, silver: &Value) -> Vec<String> {
        compiled(tier_rule, silver).unwrap_err()
    }

    #[test]
    fn rule_7_1_points_of_twelve_months_count_and_nobody_falls_where_nothing_is_said() {
        let rule = compiled(&json!({}), &json!({ "threshold": 500 })).unwrap().tier_rule;
        assert_eq!((rule.metric, rule.window), (Metric::Earned, TierWindow::Rolling));
        assert_eq!((rule.months, rule.review, rule.currency), (12, None, None));
    }

    #[test]
    fn rule_7_1_money_spent_counts_in_one_currency() {
        let rule = json!({ "metric": "spent", "window": "lifetime", "review": {} });
        let program = compiled(&rule, &json!({ "spent": "500.00 EUR" })).unwrap();
        assert_eq!(program.tiers[1].threshold.get(), 50_000);
        assert_eq!(program.tier_rule.currency.unwrap().code(), "EUR");
        let review = program.tier_rule.review.unwrap();
        assert_eq!((review.grace_days, review.fall), (30, Fall::Step));
        assert_eq!(
            mistakes(&rule, &json!({ "threshold": 500 })),
            ["tiers[1].threshold: what is spent stands in spent, such as \"500.00 USD\""]
        );
        assert_eq!(
            mistakes(&json!({}), &json!({ "spent": "500.00 EUR" })),
            ["tiers[1].spent: needs metric = \"spent\" in tier_rule"]
        );
    }

    #[test]
    fn rule_7_3_an_entry_reward_is_points_or_a_coupon_that_can_be_issued() {
        let with = |entry: Value| json!({ "threshold": 500, "entry": entry });
        assert!(compiled(&json!({}), &with(json!({ "coupon": "gift", "points": 5 }))).is_ok());
        assert_eq!(
            mistakes(&json!({}), &with(json!({}))),
            ["tiers[1].entry: needs points or a coupon"]
        );
        assert_eq!(
            mistakes(&json!({}), &with(json!({ "coupon": "none" }))),
            ["tiers[1].entry.coupon: no promotion with codes = \"issued\" has this id"]
        );
        let rule = json!({ "review": { "grace_days": 0 } });
        assert_eq!(
            mistakes(&rule, &json!({ "threshold": 500 })),
            ["tier_rule.review.grace_days: must lie between 1 and 366"]
        );
    }
}
