//! Sets at one price: which of them save something, and whose lines carry it (rules §2.8, §2.5).

use habitue_domain::calendar::Utc;
use habitue_domain::case::Case;
use habitue_domain::quote::{Quote, Verdict};
use serde_json::{Value, json};

fn quote(case: Value) -> Quote {
    let case: Case = serde_json::from_value(case).unwrap();
    case.quote(&Utc, super::at("2026-11-21T12:00:00Z")).unwrap()
}

/// What a promotion takes off each line.
fn taken(quote: &Quote, id: &str) -> Vec<(String, i64)> {
    let found = quote.outcomes.iter().find(|it| it.promotion.as_deref() == Some(id)).unwrap();
    match &found.verdict {
        Verdict::Applied(applied) => {
            applied.lines.iter().map(|part| (part.line.clone(), part.amount.minor())).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn line(id: &str, quantity: i64, unit_price: i64) -> Value {
    json!({ "id": id, "product": id, "quantity": quantity, "unit_price": unit_price })
}

#[test]
fn rule_2_8_a_set_that_costs_just_its_price_carries_nothing() {
    // Two for 20.00: those at 10.50 save 1.00, the two at 10.00 are a set that saves nothing.
    let case = json!({
        "promotions": [{ "id": "two", "actions": [
            { "kind": "bundle", "quantity": 2, "price": ["20.00 EUR"] }] }],
        "cart": { "currency": "EUR", "lines": [line("a", 1, 1_000), line("b", 1, 1_000),
            line("c", 2, 1_050)] }
    });
    assert_eq!(taken(&quote(case), "two"), [("c".to_owned(), 100)]);
}

#[test]
fn rule_2_8_of_the_sets_of_one_line_those_that_save_carry_it() {
    // 5.99 off six at 11.00 leave 60.01: a set of three for 30.01 and one for 30.00. With three at
    // 10.02, 0.01 and 0.06 are saved; 7 cents by 3001 : 3006 are 3.497 and 3.503.
    let case = json!({
        "promotions": [
            { "id": "off", "scope": { "products": ["a"] }, "priority": 1,
              "actions": [{ "kind": "fixed", "amount": ["5.99 EUR"] }] },
            { "id": "three", "priority": 2, "actions": [
                { "kind": "bundle", "quantity": 3, "price": ["30.00 EUR"] }] }],
        "cart": { "currency": "EUR", "lines": [line("a", 6, 1_100), line("b", 3, 1_002)] }
    });
    let off = taken(&quote(case), "three");
    assert_eq!(off, [("a".to_owned(), 3), ("b".to_owned(), 4)]);
}
