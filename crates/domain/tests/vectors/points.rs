//! Vectors about points: what an order earns.

use habitue_domain::calendar::Utc;
use habitue_domain::earn;
use habitue_domain::order::{Order, OrderLine, OrderState, check_lines};
use habitue_domain::points::Points;
use habitue_domain::program::ProgramDocument;
use habitue_domain::returns::{ReturnedLine, returned, target};
use habitue_domain::time::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str().map(|text| text.parse().unwrap())
}

/// What an order earns in a program: a point a euro, beside what the vector says of its points.
pub fn earned(vector: &Value) -> Vec<String> {
    let mut of = json!({ "earn": [{ "points": 1, "per": "1.00 EUR" }],
        "redeem": [{ "points": 100, "per": "1.00 EUR" }] });
    for (name, value) in vector["points"].as_object().into_iter().flatten() {
        of[name] = value.clone();
    }
    let document = json!({ "format": 1, "name": { "en": "p" }, "time_zone": "UTC", "locale": "en",
        "terms": { "version": "1", "url": "https://shop.example/terms" }, "points": of,
        "tiers": [{ "id": "first", "name": { "en": "f" }, "threshold": 0 },
            { "id": "gold", "name": { "en": "g" }, "threshold": 100, "multiplier": "1.5" }] });
    let document: ProgramDocument = serde_json::from_value(document).unwrap();
    let program = document.compile(1, &Utc).unwrap();
    let lines: Vec<OrderLine> = serde_json::from_value(vector["lines"].clone()).unwrap();
    check_lines(&lines).unwrap();
    let currency = vector["currency"].as_str().unwrap_or("EUR").parse().unwrap();
    let order = Order { state: OrderState::Paid, currency, lines };
    let placed_at = time(&vector["placed_at"]).unwrap_or(Timestamp::MIN);
    let tier = vector["tier"].as_str().unwrap_or("first");
    let Some(basis) = earn::basis(&program, &order, Some(tier), placed_at) else {
        return vec!["no rate".to_owned()];
    };
    let steps: Option<Vec<Vec<ReturnedLine>>> =
        serde_json::from_value(vector["returns"].clone()).unwrap();
    let back = returned(&order, &steps.unwrap_or_default()).unwrap();
    let end = target(&order, &back, Some(&basis), Points::ZERO, &BTreeMap::new());
    vec![format!("earned {}", end.earned)]
}
