//! What an order earns, rule by rule; laws over many orders stand in `tests/laws.rs`.

use super::*;
use crate::calendar::Utc;
use crate::program::ProgramDocument;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

/// A program that gives a point a euro, with more in its points.
fn program(points: &Value) -> Program {
    let mut all = json!({ "earn": [{ "points": 1, "per": "1.00 EUR" }],
        "redeem": [{ "points": 100, "per": "1.00 EUR" }] });
    for (name, value) in points.as_object().unwrap() {
        all[name] = value.clone();
    }
    let document = json!({ "format": 1, "name": { "en": "p" }, "time_zone": "UTC", "locale": "en",
        "terms": { "version": "1", "url": "https://shop.example/terms" }, "points": all,
        "tiers": [{ "id": "first", "name": { "en": "f" }, "threshold": 0 },
            { "id": "gold", "name": { "en": "g" }, "threshold": 100, "multiplier": "1.5" }] });
    let document: ProgramDocument = serde_json::from_value(document).unwrap();
    document.compile(7, &Utc).unwrap()
}

fn line(id: &str, quantity: i64, paid: i64) -> OrderLine {
    OrderLine { id: id.to_owned(), product: id.to_owned(), quantity, paid, ..OrderLine::default() }
}

fn order(lines: &[OrderLine]) -> Order {
    let state = crate::order::OrderState::Paid;
    Order { state, currency: "EUR".parse().unwrap(), lines: lines.to_vec() }
}

fn at(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

/// What an order earns with all its pieces kept.
fn earned(program: &Program, lines: &[OrderLine], tier: &str, day: &str) -> i64 {
    let basis = basis(program, &order(lines), Some(tier), at(day)).unwrap();
    basis.points(lines.iter().map(|line| (line, line.quantity))).get()
}

#[rstest]
#[case(1_999, "first", 19)]
#[case(1_999, "gold", 29)]
#[case(0, "first", 0)]
fn rule_4_2_points_are_rounded_down_once_after_the_multiplier(
    #[case] paid: i64,
    #[case] tier: &str,
    #[case] points: i64,
) {
    assert_eq!(earned(&program(&json!({})), &[line("a", 1, paid)], tier, "2026-11-25"), points);
}

/// 2 on the Friday, 3 on the Saturday; gold is 1.5.
#[rstest]
#[case("best", "2026-11-26", 150)]
#[case("best", "2026-11-27", 200)]
#[case("best", "2026-11-28", 300)]
#[case("best", "2026-11-29", 150)]
#[case("multiply", "2026-11-27", 300)]
#[case("multiply", "2026-11-28", 900)]
fn rule_4_2_the_best_multiplier_counts_or_all_multiply(
    #[case] multipliers: &str,
    #[case] day: &str,
    #[case] points: i64,
) {
    let program = program(&json!({ "multipliers": multipliers, "campaigns": [
        { "multiplier": "2", "from": "2026-11-27", "until": "2026-11-28" },
        { "multiplier": "3", "from": "2026-11-28", "until": "2026-11-28" }] }));
    assert_eq!(earned(&program, &[line("a", 1, 10_000)], "gold", day), points);
}

#[test]
fn rule_4_3_a_line_added_later_earns_by_the_rule_of_its_order_and_known_lines_stay() {
    let double = json!({ "bonuses": [{ "scope": { "products": ["b"] }, "multiplier": "2" }] });
    let program = program(&double);
    let sold = order(&[line("a", 1, 1_000)]);
    let mut basis = basis(&program, &sold, None, at("2026-11-25")).unwrap();
    // The shop now calls what was "a" by another name: it earns as it did.
    let renamed = OrderLine { product: "b".to_owned(), ..line("a", 1, 1_000) };
    let edited = order(&[renamed, line("b", 1, 1_000)]);
    basis.cover(&program, &edited, at("2026-11-25"));
    assert_eq!(basis.points(edited.lines.iter().map(|line| (line, 1))).get(), 30);
}

#[test]
fn rule_4_3_a_rule_frozen_before_there_was_more_to_freeze_reads_on() {
    let old = r#"{"version":1,"points_per_minor":"1/100","multiplier":"3/2","pending_days":14}"#;
    let read: Basis = serde_json::from_str(old).unwrap();
    let sold = line("a", 1, 1_999);
    assert_eq!(read.points([(&sold, 1)].into_iter()).get(), 29);
    assert_eq!(serde_json::to_string(&read).unwrap(), old);
}

#[test]
fn a_plain_program_freezes_nothing_of_its_lines() {
    let sold = order(&[line("a", 1, 1_000)]);
    let plain = basis(&program(&json!({})), &sold, None, at("2026-11-25")).unwrap();
    assert!(plain.lines.is_empty());
}

#[test]
fn the_rate_card_says_what_an_amount_that_counts_earns() {
    let program = program(&json!({ "tax": "excluded", "campaigns": [{ "multiplier": "2" }] }));
    let card = |tier| {
        let row = rate_card(&program, tier).remove(0);
        (row.num, row.den)
    };
    assert_eq!((card(None), card(Some("gold"))), ((1, 100), (3, 200)));
}

/// A line of a third kind each: excluded, doubled and with points besides, plain.
fn kinds(place: usize, quantity: i64, paid: i64) -> OrderLine {
    let product = ["out", "more", "plain"][place % 3].to_owned();
    OrderLine { product, ..line(&place.to_string(), quantity, paid) }
}

fn of_every_kind() -> Program {
    program(&json!({ "scope": { "except_products": ["out"] }, "bonuses": [
        { "scope": { "products": ["more"] }, "multiplier": "1.333", "points_per_piece": 5 }] }))
}

proptest! {
    #[test]
    fn rule_4_2_splitting_an_order_never_earns_more(
        lines in prop::collection::vec((1..5_i64, 0..1_000_000_i64, any::<bool>()), 1..9)
    ) {
        let program = of_every_kind();
        let all: Vec<OrderLine> =
            lines.iter().enumerate().map(|(place, it)| kinds(place, it.0, it.1)).collect();
        let half = |wanted: bool| -> Vec<OrderLine> {
            let pairs = all.iter().zip(&lines).filter(|(_, it)| it.2 == wanted);
            pairs.map(|(line, _)| line.clone()).collect()
        };
        let sum = |lines: &[OrderLine]| earned(&program, lines, "gold", "2026-11-25");
        prop_assert!(sum(&half(true)) + sum(&half(false)) <= sum(&all));
    }

    #[test]
    fn rule_4_2_a_piece_more_never_earns_less(
        lines in prop::collection::vec((1..5_i64, 0..1_000_000_i64, 0..5_i64), 1..9)
    ) {
        let all: Vec<OrderLine> =
            lines.iter().enumerate().map(|(place, it)| kinds(place, it.0, it.1)).collect();
        let basis = basis(&of_every_kind(), &order(&all), None, at("2026-11-25")).unwrap();
        let kept = |more: i64| {
            let pieces = lines.iter().map(|it| (it.2 + more).min(it.0));
            basis.points(all.iter().zip(pieces)).get()
        };
        prop_assert!(kept(0) <= kept(1));
    }
}
