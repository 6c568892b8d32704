//! The last value that is taken, and the first that is not (rules §1.2).

use habitue_domain::cart::{Cart, Line, MAX_NAME};
use habitue_domain::money::{Currency, Money};
use habitue_domain::refusal::Refusal;

const MOST: i64 = 1_000_000_000_000;

fn line() -> Line {
    super::line("a", 100, true)
}

/// The field that is named, if the line is refused.
fn refused(line: Line) -> Option<String> {
    match Cart::new("EUR".parse().unwrap(), vec![line], 0) {
        Ok(_) => None,
        Err(Refusal::OutOfBounds { field }) => Some(field),
        Err(other) => panic!("{other:?}"),
    }
}

fn named(field: &str) -> String {
    format!("lines[0].{field}")
}

#[test]
fn rule_1_2_twenty_categories_with_names_are_taken() {
    let of = |count: usize| (0..count).map(|it| format!("c{it}")).collect::<Vec<_>>();
    assert_eq!(refused(Line { categories: of(20), ..line() }), None);
    assert_eq!(refused(Line { categories: of(21), ..line() }), Some(named("categories")));
    let with_none = vec!["jazz".to_owned(), String::new()];
    assert_eq!(refused(Line { categories: with_none, ..line() }), Some(named("categories")));
}

#[test]
fn rule_1_2_a_name_has_1_to_200_bytes() {
    let of = |length: usize| "n".repeat(length);
    for (length, is_fine) in [(0, false), (1, true), (MAX_NAME, true), (MAX_NAME + 1, false)] {
        let field = |name: &str| (!is_fine).then(|| named(name));
        assert_eq!(refused(Line { id: of(length), ..line() }), field("id"));
        assert_eq!(refused(Line { product: of(length), ..line() }), field("product"));
        assert_eq!(refused(Line { brand: Some(of(length)), ..line() }), field("brand"));
        let categories = vec![of(length)];
        assert_eq!(refused(Line { categories, ..line() }), field("categories"));
    }
}

#[test]
fn rule_1_2_amounts_go_up_to_ten_to_the_twelfth() {
    let of = |quantity, unit_price| refused(Line { quantity, unit_price, ..line() });
    assert_eq!(of(1, MOST), None);
    assert_eq!(of(1, MOST + 1), Some(named("unit_price")));
    // A million pieces at a million are just as much in all, and one more is too much.
    assert_eq!(of(1_000_000, 1_000_000), None);
    assert_eq!(of(1_000_000, 1_000_001), Some(named("unit_price")));
    assert_eq!(of(1_000_001, 1), Some(named("quantity")));
    let whole = |shipping| Cart::new("EUR".parse().unwrap(), vec![line()], shipping);
    // Two pieces of 100.
    assert!(whole(MOST - 200).is_ok() && whole(MOST - 199).is_err() && whole(-1).is_err());
}

#[test]
fn rule_1_2_an_amount_lies_within_ten_to_the_twelfth_on_both_sides() {
    let euro = "EUR".parse::<Currency>().unwrap();
    for (minor, is_fine) in [
        (0, true),
        (MOST, true),
        (MOST + 1, false),
        (-MOST, true),
        (-MOST - 1, false),
        (i64::MAX, false),
        (i64::MIN, false),
    ] {
        assert_eq!(euro.amount(minor).map(Money::minor), is_fine.then_some(minor));
        assert_eq!(euro.clamped(minor).minor(), minor.clamp(-MOST, MOST));
    }
}

#[test]
fn rule_1_2_a_case_asks_for_20_codes_and_nothing_below_zero() {
    let ask = |asked: serde_json::Value| {
        let case = serde_json::json!({ "cart": { "currency": "EUR", "lines": [
            { "id": "a", "product": "a", "quantity": 1, "unit_price": 1000 }] }, "asked": asked,
            "redeem": [{ "points": 100, "per": "1.00 EUR" }], "member": { "available": 9 } });
        let case: habitue_domain::case::Case = serde_json::from_value(case).unwrap();
        match case.quote(&habitue_domain::calendar::Utc, super::at("2026-11-21T12:00:00Z")) {
            Ok(_) => None,
            Err(error) => Some(format!("{error:?}")),
        }
    };
    let codes = |count: usize| {
        let codes: Vec<String> = (0..count).map(|it| format!("CODE{it}")).collect();
        ask(serde_json::json!({ "codes": codes }))
    };
    assert_eq!(codes(20), None);
    assert!(codes(21).unwrap().contains("asked.codes"));
    for points in [0, 1] {
        assert_eq!(ask(serde_json::json!({ "points": points })), None);
    }
    for points in [-1, -2] {
        let refused = ask(serde_json::json!({ "points": points }));
        assert!(refused.unwrap().contains("asked.points"));
    }
}

#[test]
fn rule_1_2_sums_of_points_stay_within_their_bounds() {
    use habitue_domain::points::Points;
    let points = |count| Points::new(count).unwrap();
    for (one, two, sum, difference) in
        [(7, 5, Some(12), Some(2)), (5, 7, Some(12), Some(-2)), (MOST, 1, None, Some(MOST - 1))]
    {
        assert_eq!(points(one).plus(points(two)).map(Points::get), sum);
        assert_eq!(points(one).minus(points(two)).map(Points::get), difference);
    }
    assert_eq!(points(-MOST).minus(points(1)), None);
    assert_eq!([points(7).less(points(5)), points(5).less(points(7))], [points(2), points(0)]);
    assert_eq!(points(5).less(points(5)), points(0));
}
