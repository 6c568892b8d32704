//! Vectors about points: what an order earns, when points end, and what a member's lots come to.

use habitue_domain::calendar::Utc;
use habitue_domain::earn;
use habitue_domain::expiry::{Expiry, forgiven};
use habitue_domain::id::LotId;
use habitue_domain::lot::{self, Lot};
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

fn points(value: &Value) -> Points {
    Points::clamped(value.as_i64().unwrap_or_default())
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

/// When points end.
pub fn end(vector: &Value) -> Vec<String> {
    let expiry: Expiry = serde_json::from_value(vector["rule"].clone()).unwrap();
    let end = expiry.end(time(&vector["from"]).unwrap(), &Utc);
    vec![end.map_or("never".to_owned(), |end| format!("ends {end}"))]
}

/// What lots come to, and what is drawn from them.
pub fn lots(vector: &Value) -> Vec<String> {
    let now = time(&vector["now"]).unwrap();
    let read = |(id, lot): (u128, &Value)| Lot {
        id: LotId::from_u128(id),
        remaining: points(&lot["remaining"]),
        held: points(&lot["held"]),
        active_from: time(&lot["active_from"]).unwrap_or(Timestamp::MIN),
        expires_at: time(&lot["expires_at"]),
        notice_at: time(&lot["notice_at"]),
    };
    let lots: Vec<Lot> = (1..).zip(vector["lots"].as_array().unwrap()).map(read).collect();
    let sum = lot::balance(&lots, points(&vector["debt"]), now);
    let mut said = vec![format!(
        "available {}, pending {}, held {}, debt {}",
        sum.available, sum.pending, sum.held, sum.debt
    )];
    if let Some(soon) = lot::expiring(&lots, now) {
        let told = if soon.told { "told" } else { "to be told" };
        said.push(format!("{} end from {}, {told}", soon.points, soon.at));
    }
    let place = |(id, points): &(LotId, Points)| {
        let found = (1_u128..).zip(&lots).find(|(_, lot)| lot.id == *id).unwrap();
        format!("lot {} {points}", found.0)
    };
    let places = |parts: &[(LotId, Points)]| parts.iter().map(place).collect::<Vec<_>>().join(", ");
    if !vector["take"].is_null() {
        said.push(match lot::take(&lots, points(&vector["take"]), now) {
            Ok(parts) => format!("takes {}", places(&parts)),
            Err(missing) => format!("missing {missing}"),
        });
    }
    if !vector["take_back"].is_null() {
        let asked = points(&vector["take_back"]);
        let left = forgiven(asked, points(&vector["ended"]), Points::ZERO);
        let (parts, debt) = lot::take_back(&lots, asked.less(left), now);
        said.push(format!("takes back {}, owes {debt}", places(&parts)));
    }
    said
}
