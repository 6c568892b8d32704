//! What a merchant's file may not say: each mistake is named by its path, and nothing else is.

use habitue_domain::calendar::Utc;
use habitue_domain::program::ProgramDocument;
use serde_json::{Value, json};

/// A file without a mistake, at its bounds where it has some.
fn document() -> Value {
    let text = |length: usize| json!({ "en": "t".repeat(length) });
    json!({
        "format": 1, "name": { "en": "Club" }, "time_zone": "UTC", "locale": "en",
        "terms": { "version": "1", "url": "https://shop.example/terms" },
        "points": { "earn": [{ "points": 1, "per": "1.00 EUR" }],
            "redeem": [{ "points": 100, "per": "1.00 EUR" }] },
        "tiers": [
            { "id": "t1_a", "name": text(200), "threshold": 0 },
            { "id": "t2", "name": text(1), "threshold": 1,
              "privileges": [{ "kind": "gift", "text": text(1), "link": "https://shop.example/gold" }] }
        ],
        "promotions": [{ "id": "p1", "name": text(1), "tiers": ["t2"], "minimum": ["0.01 EUR"],
            "scope": { "products": ["p"] }, "contains": [{ "products": ["p"], "quantity": 1 }],
            "hours": [{ "days": ["fri"], "from": "17:59", "until": "24:00" }],
            "actions": [{ "kind": "percent", "rate": "100%" }] }],
        "consent": { "privacy_url": "https://shop.example/privacy",
            "topics": (0..12).map(|it| json!({ "id": format!("n{it}"), "name": text(1),
                "text": text(1_000) })).collect::<Vec<_>>(),
            "sms": text(1), "postal": text(1) }
    })
}

/// The paths of the mistakes once `value` stands at `at`.
fn paths(at: &str, value: Value) -> Vec<String> {
    let mut document = document();
    let (parent, key) = at.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    match key.parse::<usize>() {
        Ok(place) => parent[place] = value,
        Err(_) => parent[key] = value,
    }
    let document: ProgramDocument = serde_json::from_value(document).unwrap();
    let mistakes = document.compile(1, &Utc).err().unwrap_or_default();
    mistakes.into_iter().map(|mistake| mistake.path).collect()
}

#[test]
fn a_file_without_a_mistake_is_taken() {
    assert_eq!(paths("/format", json!(1)), Vec::<String>::new());
}

#[test]
fn each_mistake_of_a_file_is_named_by_its_path() {
    let promotion = |path: &str| format!("promotions[0].{path}");
    let long = |length: usize| json!({ "en": "t".repeat(length) });
    let many = |count: usize| vec!["p"; count];
    for (at, value, path) in [
        ("/tiers/1/threshold", json!(0), "tiers[1].threshold".to_owned()),
        ("/tiers/0/id", json!("t2"), "tiers[1].id".to_owned()),
        ("/tiers/0/id", json!("Big"), "tiers[0].id".to_owned()),
        ("/tiers/0/id", json!("a-b"), "tiers[0].id".to_owned()),
        ("/tiers/0/id", json!(""), "tiers[0].id".to_owned()),
        ("/tiers/0/id", json!("a".repeat(41)), "tiers[0].id".to_owned()),
        ("/tiers/0/name", json!({ "fr": "Or" }), "tiers[0].name".to_owned()),
        ("/tiers/0/name", long(201), "tiers[0].name".to_owned()),
        (
            "/tiers/1/privileges/0/link",
            json!("http://shop.example"),
            "tiers[1].privileges[0].link".to_owned(),
        ),
        (
            "/tiers/1/privileges/0/link",
            json!("https://shop.example/a b"),
            "tiers[1].privileges[0].link".to_owned(),
        ),
        ("/promotions/0/tiers", json!(["t3"]), promotion("tiers[0]")),
        ("/promotions/0/minimum", json!(["0.00 EUR"]), promotion("minimum[0]")),
        ("/promotions/0/contains/0/products", json!([""]), promotion("contains[0].products[0]")),
        ("/promotions/0/contains/0/products", json!(many(101)), promotion("contains[0].products")),
        ("/promotions/0/contains/0/products", json!([]), promotion("contains[0]")),
        ("/promotions/0/contains/0/quantity", json!(0), promotion("contains[0].quantity")),
        ("/promotions/0/hours/0/from", json!("17:60"), promotion("hours[0].from")),
        ("/promotions/0/hours/0/from", json!("7:30"), promotion("hours[0].from")),
        ("/promotions/0/hours/0/from", json!("24:30"), promotion("hours[0].from")),
        ("/promotions/0/actions/0/rate", json!("0%"), promotion("actions[0].rate")),
        ("/promotions/0/actions/0/rate", json!("101%"), promotion("actions[0].rate")),
        ("/consent/privacy_url", json!("http://shop.example"), "consent.privacy_url".to_owned()),
        ("/consent/topics/1/id", json!("n0"), "consent.topics[1].id".to_owned()),
        ("/consent/topics/0/text", long(1_001), "consent.topics[0].text".to_owned()),
        ("/consent/topics/0/text", json!({ "en": "a\nb" }), "consent.topics[0].text".to_owned()),
        ("/consent/sms", json!({ "fr": "Oui" }), "consent.sms".to_owned()),
        ("/consent/postal", json!({ "en": " " }), "consent.postal".to_owned()),
    ] {
        assert_eq!(paths(at, value.clone()), [path], "{at}: {value}");
    }
    let mut topics = document()["consent"]["topics"].clone();
    topics.as_array_mut().unwrap().push(json!({ "id": "n12", "name": long(1), "text": long(1) }));
    assert_eq!(paths("/consent/topics", topics), ["consent.topics"]);
}
