//! What is measured: a cart of many different lines under twenty promotions of ten kinds.

use habitue_domain::calendar::Utc;
use habitue_domain::case::Case;
use habitue_domain::quote::Quote;
use serde_json::{Value, json};

/// How many promotions work on each cart.
pub const PROMOTIONS: usize = 20;
/// How many lines the carts have.
pub const LINES: [usize; 3] = [10, 100, 500];

/// A case with so many lines, all different.
pub fn case(lines: usize) -> Case {
    let line = |place: usize| {
        json!({ "id": format!("l{place}"), "product": format!("p{place}"),
            "categories": [format!("c{}", place % 7)], "quantity": place % 4 + 1,
            "unit_price": 500 + 37 * (place % 90), "on_sale": place.is_multiple_of(5) })
    };
    let promotion = |place: usize| {
        json!({ "id": format!("m{place}"), "actions": [action(place)],
            "scope": { "except_categories": [format!("c{}", place % 7)],
                "not_on_sale": place.is_multiple_of(2) } })
    };
    let lines: Vec<Value> = (0..lines).map(line).collect();
    let promotions: Vec<Value> = (0..PROMOTIONS).map(promotion).collect();
    let case = json!({ "promotions": promotions,
        "cart": { "currency": "EUR", "lines": lines, "shipping": 490 } });
    serde_json::from_value(case).unwrap()
}

fn action(place: usize) -> Value {
    match place % 10 {
        0 => json!({ "kind": "percent", "rate": "3%" }),
        1 => json!({ "kind": "fixed", "amount": ["2.00 EUR"] }),
        2 => json!({ "kind": "fixed_per_unit", "amount": ["0.05 EUR"] }),
        3 => json!({ "kind": "fixed_per_line", "amount": ["0.10 EUR"] }),
        4 => json!({ "kind": "buy_get", "buy": 4, "get": 1, "rate": "20%" }),
        5 => json!({ "kind": "bundle", "quantity": 3, "price": ["30.00 EUR"] }),
        6 => json!({ "kind": "free_product", "product": "p1" }),
        7 => json!({ "kind": "percent_shipping", "rate": "10%" }),
        8 => json!({ "kind": "fixed_shipping", "amount": ["0.50 EUR"] }),
        _ => json!({ "kind": "bundle", "products": ["p1", "p2"], "price": ["9.00 EUR"] }),
    }
}

/// Facts and cart are made once; what is priced again and again is the quote.
pub fn pricing(case: &Case) -> impl Fn() -> Quote + use<> {
    let now = habitue_domain::time::Timestamp::MIN;
    let (facts, cart) = case.parts(&Utc, now).unwrap();
    let asked = case.asked.clone();
    move || habitue_domain::quote::quote(&facts, &cart, &asked, now)
}
