//! From what a document says of earning to [`Earning`], and of expiry to [`Expiry`].

use super::Mistakes;
use super::promotion::{days, scope};
use crate::calendar::Calendar;
use crate::earn::{Bonus, BonusDocument, Campaign, CampaignDocument, Earning, Multipliers};
use crate::expiry::Expiry;
use crate::points::Points;
use crate::program::{PointsDocument, ScopeDocument};
use crate::promotion::Scope;
use crate::rate::Rate;
use crate::tier::Tier;

/// The most points of a bonus for a piece, and of a cap.
const MANY: i64 = 1_000_000_000;

/// Compiles what `points` says beside its rates.
pub(crate) fn earning(
    points: &PointsDocument,
    tiers: &[Tier],
    calendar: &dyn Calendar,
    mistakes: &mut Mistakes,
) -> Earning {
    for (list, path) in
        [(points.bonuses.len(), "points.bonuses"), (points.campaigns.len(), "points.campaigns")]
    {
        mistakes.check(list <= 100, path, "at most 100 entries");
    }
    if let Some(cap) = points.cap_per_order {
        let fits = (1..=MANY).contains(&cap);
        mistakes.check(fits, "points.cap_per_order", "must lie between 1 and 1000000000");
    }
    let bonuses = points.bonuses.iter().enumerate().map(|(place, document)| {
        bonus(document, &format!("points.bonuses[{place}]"), calendar, mistakes)
    });
    let bonuses = bonuses.collect();
    let campaigns = points.campaigns.iter().enumerate().map(|(place, document)| {
        campaign(document, &format!("points.campaigns[{place}]"), calendar, mistakes)
    });
    let earning = Earning {
        campaigns: campaigns.collect(),
        bonuses,
        tax: points.tax,
        scope: goods(&points.scope, "points.scope", mistakes),
        multipliers: points.multipliers,
        cap: points.cap_per_order.map(Points::clamped),
    };
    products_fit(&earning, tiers, mistakes);
    earning
}

/// A scope of earning is about goods, not about what a piece costs.
fn goods(document: &ScopeDocument, path: &str, mistakes: &mut Mistakes) -> Scope {
    for (field, limits) in [("price_from", &document.price_from), ("price_to", &document.price_to)]
    {
        let at = format!("{path}.{field}");
        mistakes.check(limits.is_empty(), &at, "points are not earned by the price of a piece");
    }
    scope(document, path, mistakes)
}

fn bonus(
    document: &BonusDocument,
    path: &str,
    calendar: &dyn Calendar,
    mistakes: &mut Mistakes,
) -> Bonus {
    let gives = document.multiplier.is_some() || document.points_per_piece.is_some();
    mistakes.check(gives, path, "needs a multiplier or points_per_piece");
    if let Some(points) = document.points_per_piece {
        let at = format!("{path}.points_per_piece");
        let fits = (1..=MANY).contains(&points);
        mistakes.check(fits, &at, "must lie between 1 and 1000000000");
    }
    let multiplier = document.multiplier.as_deref();
    Bonus {
        scope: goods(&document.scope, &format!("{path}.scope"), mistakes),
        multiplier: multiplier
            .map_or(Rate::ONE, |text| rise(text, &format!("{path}.multiplier"), mistakes)),
        per_piece: document.points_per_piece.unwrap_or_default(),
        days: days(document.from, document.until, path, calendar, mistakes),
    }
}

fn campaign(
    document: &CampaignDocument,
    path: &str,
    calendar: &dyn Calendar,
    mistakes: &mut Mistakes,
) -> Campaign {
    Campaign {
        multiplier: rise(&document.multiplier, &format!("{path}.multiplier"), mistakes),
        days: days(document.from, document.until, path, calendar, mistakes),
    }
}

/// A multiplier that gives more, in whole thousandths: an order's lines are summed up in those.
fn rise(text: &str, path: &str, mistakes: &mut Mistakes) -> Rate {
    let Some(rate) = mistakes.keep(path, text.parse::<Rate>()) else { return Rate::ONE };
    let (num, den) = (u64::from(rate.num()), u64::from(rate.den()));
    let fits = num > den && num <= den.saturating_mul(100);
    mistakes.check(fits, path, "must be above 1 and at most 100");
    let exact = 1_000_u32.checked_rem(rate.den()) == Some(0);
    mistakes.check(exact, path, "must have at most three decimals");
    rate
}

/// Where campaigns multiply, all that ever run together must fit into one rate: the most of them
/// do when one begins.
fn products_fit(earning: &Earning, tiers: &[Tier], mistakes: &mut Mistakes) {
    if earning.multipliers == Multipliers::Best {
        return;
    }
    for (place, begins) in earning.campaigns.iter().enumerate() {
        let at = begins.days.from.unwrap_or(crate::time::Timestamp::MIN);
        let running = || earning.campaigns.iter().filter(|campaign| campaign.days.hold(at));
        let fits = tiers.iter().all(|tier| {
            let all = running().try_fold(tier.multiplier, |all, it| all.times(it.multiplier));
            all.is_some()
        });
        let path = format!("points.campaigns[{place}].multiplier");
        mistakes.check(fits, &path, "together with what runs meanwhile it is too much");
    }
}

/// Whether the policy of expiry makes sense beside how long points are pending.
pub(crate) fn expiry(expiry: Expiry, pending_days: i64, mistakes: &mut Mistakes) -> Expiry {
    let mut within = |field: &str, number: i64, least: i64, most: i64| {
        if !(least..=most).contains(&number) {
            let path = format!("points.expiry.{field}");
            mistakes.add(&path, format!("must lie between {least} and {most}"));
        }
    };
    match expiry {
        Expiry::None => {}
        Expiry::Inactivity { months } => within("months", months, 1, 120),
        Expiry::AfterEarning { days } => within("days", days, pending_days.saturating_add(1), 3660),
        Expiry::EndOfYear { years } => within("years", years, 0, 10),
    }
    expiry
}

#[cfg(test)]
mod tests {
    use crate::calendar::Utc;
    use crate::program::ProgramDocument;
    use rstest::rstest;
    use serde_json::{Value, json};

    fn mistakes(field: &str, value: Value) -> Vec<String> {
        let mut points = json!({ "earn": [{ "points": 1, "per": "1.00 EUR" }],
            "redeem": [{ "points": 100, "per": "1.00 EUR" }] });
        points[field] = value;
        let document = json!({ "format": 1, "name": { "en": "p" }, "time_zone": "UTC",
            "locale": "en", "terms": { "version": "1", "url": "https://shop.example/terms" },
            "points": points,
            "tiers": [{ "id": "first", "name": { "en": "f" }, "threshold": 0 }] });
        let document: ProgramDocument = serde_json::from_value(document).unwrap();
        let found = document.compile(1, &Utc).err().unwrap_or_default();
        found.iter().map(ToString::to_string).collect()
    }

    #[rstest]
    #[case("cap_per_order", json!(0), "points.cap_per_order: must lie between 1 and 1000000000")]
    #[case("scope", json!({ "price_from": ["1.00 EUR"] }),
        "points.scope.price_from: points are not earned by the price of a piece")]
    #[case("bonuses", json!([{}]), "points.bonuses[0]: needs a multiplier or points_per_piece")]
    #[case("bonuses", json!([{ "points_per_piece": -1 }]),
        "points.bonuses[0].points_per_piece: must lie between 1 and 1000000000")]
    #[case("bonuses", json!([{ "multiplier": "1" }]),
        "points.bonuses[0].multiplier: must be above 1 and at most 100")]
    #[case("bonuses", json!([{ "multiplier": "4/3" }]),
        "points.bonuses[0].multiplier: must have at most three decimals")]
    #[case("campaigns", json!([{ "multiplier": "two" }]),
        "points.campaigns[0].multiplier: not a rate such as \"10%\", \"1.5\" or \"3/2\"")]
    #[case("campaigns", json!([{ "multiplier": "2", "from": "2026-11-28", "until": "2026-11-27" }]),
        "points.campaigns[0].until: lies before the first day")]
    #[case("expiry", json!({ "kind": "inactivity", "months": 0 }),
        "points.expiry.months: must lie between 1 and 120")]
    #[case("expiry", json!({ "kind": "after_earning", "days": 14 }),
        "points.expiry.days: must lie between 15 and 3660")]
    #[case("expiry", json!({ "kind": "end_of_year", "years": 11 }),
        "points.expiry.years: must lie between 0 and 10")]
    fn a_mistake_about_points_is_named(
        #[case] field: &str,
        #[case] value: Value,
        #[case] says: &str,
    ) {
        assert_eq!(mistakes(field, value), [says]);
    }

    #[test]
    fn multipliers_that_run_together_must_fit() {
        let many: Vec<Value> = (0..12).map(|_| json!({ "multiplier": "99.999" })).collect();
        assert!(mistakes("campaigns", json!(many)).is_empty(), "the best one counts");
        let mut points = json!({ "earn": [{ "points": 1, "per": "1.00 EUR" }],
            "redeem": [{ "points": 100, "per": "1.00 EUR" }], "multipliers": "multiply" });
        points["campaigns"] = json!(many);
        let points = serde_json::from_value(points).unwrap();
        let mut found = super::Mistakes::default();
        let tier = crate::tier::Tier {
            id: "first".to_owned(),
            name: crate::text::Text::default(),
            threshold: crate::points::Points::ZERO,
            multiplier: crate::rate::Rate::ONE,
            privileges: vec![],
            entry: None,
        };
        super::earning(&points, &[tier], &Utc, &mut found);
        let said =
            "points.campaigns[0].multiplier: together with what runs meanwhile it is too much";
        assert_eq!(found.0.first().unwrap().to_string(), said);
    }
}
