//! Figures worked out by hand.

use super::*;
use proptest::prelude::*;

fn at(days: i64) -> Timestamp {
    Timestamp::from_micros(0).unwrap().plus_days(days)
}

fn buyer(is_member: bool, orders: i64, revenue: i64, day: i64) -> Buyer {
    Buyer { is_member, orders, revenue, last: at(day) }
}

/// Two members (4 orders, 300.00), two others (2 orders, 100.00), a guest's order of 100.00.
fn data() -> Data {
    Data {
        currency: "EUR".parse().unwrap(),
        days: 365,
        buyers: vec![
            buyer(true, 3, 25_000, 90),
            buyer(true, 1, 5_000, 10),
            buyer(false, 1, 7_000, 40),
            buyer(false, 1, 3_000, 20),
        ],
        guests: Sales { buyers: 0, repeaters: 0, orders: 1, revenue: 10_000 },
        activity: Activity {
            enrolled: 8,
            joined: 3,
            redeeming: 1,
            issued: Points::clamped(1000),
            redeemed: Points::clamped(300),
            expired: Points::clamped(40),
            credit: 250,
            outstanding: Points::clamped(2000),
            ever_redeemed: Points::clamped(900),
            ever_expired: Points::clamped(100),
        },
        minor_per_point: Some("5".parse().unwrap()),
    }
}

fn value(report: &Report, measure: Measure) -> &Value {
    let figure = report.figures.iter().find(|figure| figure.measure == measure);
    assert_eq!(figure.unwrap().formula, measure.formula());
    &figure.unwrap().value
}

fn percent(report: &Report, measure: Measure) -> Option<String> {
    match value(report, measure) {
        Value::Share(share) => share.percent.clone(),
        other => panic!("{measure:?} is {other:?}"),
    }
}

fn minor(report: &Report, measure: Measure) -> i64 {
    match value(report, measure) {
        Value::Money(money) => money.minor(),
        other => panic!("{measure:?} is {other:?}"),
    }
}

#[test]
fn rule_9_member_rate_is_members_over_identified_customers() {
    let report = report(&data());
    assert_eq!(percent(&report, Measure::MemberRate).unwrap(), "50.0");
    // Of 7 orders 4 and of 500.00 300.00 are theirs: guests count in the whole.
    assert_eq!(percent(&report, Measure::MemberOrders).unwrap(), "57.1");
    assert_eq!(percent(&report, Measure::MemberRevenue).unwrap(), "60.0");
    assert_eq!(minor(&report, Measure::Revenue), 50_000);
}

#[test]
fn rule_9_the_average_basket_is_told_both_ways() {
    let report = report(&data());
    assert_eq!(minor(&report, Measure::BasketPerMember), 15_000);
    assert_eq!(minor(&report, Measure::BasketOfMembers), 7_500);
    assert_eq!(minor(&report, Measure::BasketPerOther), 5_000);
    assert_eq!(minor(&report, Measure::BasketOfOthers), 5_000);
    assert_eq!(percent(&report, Measure::RepeatOfMembers).unwrap(), "50.0");
    assert_eq!(percent(&report, Measure::RepeatOfOthers).unwrap(), "0.0");
    // 300.00 a year over the one of two who does not come back.
    assert_eq!(minor(&report, Measure::LifetimeOfMembers), 30_000);
}

#[test]
fn rule_9_points_cost_and_are_owed_what_they_are_worth() {
    let report = report(&data());
    assert_eq!(percent(&report, Measure::Active).unwrap(), "25.0");
    assert_eq!(percent(&report, Measure::Redeeming).unwrap(), "12.5");
    // 300 points of 5 cents and 2.50 of credit, over 500.00.
    assert_eq!(minor(&report, Measure::RewardCost), 1_750);
    assert_eq!(percent(&report, Measure::RewardCostShare).unwrap(), "3.5");
    assert_eq!(percent(&report, Measure::Breakage).unwrap(), "10.0");
    assert_eq!(minor(&report, Measure::Liability), 10_000);
    assert_eq!(minor(&report, Measure::LiabilityAfterBreakage), 9_000);
}

#[test]
fn rule_9_the_pareto_curve_begins_with_the_best() {
    let curve = report(&data()).pareto;
    // The best tenth of four is one of them: 250.00 of 400.00.
    assert_eq!(curve[0].revenue, Share::new(25_000, 40_000));
    assert_eq!(curve[2].revenue, Share::new(32_000, 40_000));
    assert_eq!(curve[9].revenue, Share::new(40_000, 40_000));
}

#[test]
fn rule_9_equals_stand_in_the_same_quintile() {
    let cells = report(&data()).rfm;
    // Days 10, 20, 40, 90 are quintiles 1, 2, 3, 4; one order three times is 1, three orders are 4.
    let places: Vec<_> = cells.iter().map(|it| (it.recency, it.frequency, it.buyers)).collect();
    assert_eq!(places, [(4, 4, 1), (3, 1, 1), (2, 1, 1), (1, 1, 1)]);
}

#[test]
fn rule_9_without_anything_nothing_is_made_up() {
    let (buyers, guests) = (Vec::new(), Sales::default());
    let activity = Activity::default();
    let report = report(&Data { buyers, guests, activity, minor_per_point: None, ..data() });
    assert_eq!(percent(&report, Measure::MemberRate), None);
    assert_eq!(*value(&report, Measure::BasketPerMember), Value::None);
    assert_eq!(*value(&report, Measure::Liability), Value::None);
    assert!(report.pareto.is_empty() && report.rfm.is_empty());
}

proptest! {
    #[test]
    fn rule_9_everybody_stands_in_the_grid_once_and_the_curve_ends_with_all(
        bought in prop::collection::vec((any::<bool>(), 1..9_i64, 0..1_000_000_i64, 0..99_i64), 0..60)
    ) {
        let buyers: Vec<Buyer> =
            bought.iter().map(|(is, orders, paid, day)| buyer(*is, *orders, *paid, *day)).collect();
        let sum: i64 = buyers.iter().map(|buyer| buyer.revenue).sum();
        let report = report(&Data { buyers: buyers.clone(), ..data() });
        let stand: i64 = report.rfm.iter().map(|cell| cell.buyers).sum();
        prop_assert_eq!(stand, i64::try_from(buyers.len()).unwrap());
        prop_assert_eq!(report.rfm.iter().map(|cell| cell.revenue.minor()).sum::<i64>(), sum);
        if let Some(last) = report.pareto.last() {
            prop_assert_eq!(last.revenue.of, sum);
        }
        for two in report.pareto.windows(2) {
            prop_assert!(two[0].revenue.of <= two[1].revenue.of);
        }
    }
}
