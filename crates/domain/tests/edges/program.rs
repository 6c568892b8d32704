//! What an order earns by, what a shopper may know of a program, what points are worth.

use habitue_domain::calendar::Utc;
use habitue_domain::earn::{Basis, basis, rate_card};
use habitue_domain::money::Currency;
use habitue_domain::order::{Order, OrderLine, OrderState};
use habitue_domain::points::Points;
use habitue_domain::program::{Program, ProgramDocument};
use habitue_domain::time::Timestamp;
use serde_json::json;

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

/// Dollars stand before euros, so that nobody takes the first rate there is.
fn program() -> Program {
    document().compile(7, &Utc).unwrap()
}

fn document() -> ProgramDocument {
    let promotion = |id: &str, code: Option<&str>, listed: bool| {
        json!({ "id": id, "name": { "en": id }, "code": code, "listed": listed,
            "actions": [{ "kind": "free_shipping" }] })
    };
    let document = json!({
        "format": 1, "name": { "en": "Club" }, "time_zone": "UTC", "locale": "en",
        "terms": { "version": "1", "url": "https://shop.example/terms" },
        "points": {
            "pending_days": 9,
            "earn": [{ "points": 2, "per": "1.00 USD" }, { "points": 5, "per": "1.00 EUR" }],
            "redeem": [{ "points": 200, "per": "1.00 USD" }, { "points": 100, "per": "1.00 EUR" }]
        },
        "tiers": [
            { "id": "bronze", "name": { "en": "Bronze" }, "threshold": 0 },
            { "id": "silver", "name": { "en": "Silver" }, "threshold": 500, "multiplier": "1.5" }
        ],
        "promotions": [promotion("hidden", Some("Hidden1"), false), promotion("seen", Some("Seen1"), true),
            promotion("own", None, false)]
    });
    serde_json::from_value(document).unwrap()
}

/// An order of one piece for so much.
fn order(currency: Currency, paid: i64) -> Order {
    let line = OrderLine {
        id: "a".to_owned(),
        product: "a".to_owned(),
        quantity: 1,
        paid,
        ..OrderLine::default()
    };
    Order { state: OrderState::Paid, currency, lines: vec![line] }
}

/// What it earns by, and what that comes to.
fn earned(currency: Currency, paid: i64, tier: Option<&str>) -> Option<(Basis, i64)> {
    let order = order(currency, paid);
    let basis = basis(&program(), &order, tier, Timestamp::from_micros(0).unwrap())?;
    let points = basis.points(order.lines.iter().map(|line| (line, 1))).get();
    Some((basis, points))
}

#[test]
fn rule_4_9_an_order_earns_by_its_currency_and_by_the_members_tier() {
    let of = |code: &str, tier| earned(currency(code), 1_999, tier);
    // 19.99 at 5 points a euro, in silver half as much again: 149.925.
    let (silver, points) = of("EUR", Some("silver")).unwrap();
    assert_eq!((silver.version, silver.pending_days, points), (7, 9, 149));
    for nobody in [None, Some("bronze"), Some("gone")] {
        assert_eq!(of("EUR", nobody).unwrap().1, 99);
        assert_eq!(of("USD", nobody).unwrap().1, 39);
    }
    assert_eq!(of("CHF", None), None);
}

#[test]
fn rule_4_2_the_rate_card_earns_as_the_order_will() {
    for tier in [None, Some("silver")] {
        let card = rate_card(&program(), tier);
        let codes: Vec<_> = card.iter().map(|row| row.currency.to_string()).collect();
        assert_eq!(codes, ["USD", "EUR"]);
        for row in card {
            let (_, points) = earned(row.currency, 12_345, tier).unwrap();
            assert_eq!(12_345 * row.num / row.den, u64::try_from(points).unwrap());
        }
    }
}

#[test]
fn rule_2_15_the_browser_knows_listed_codes_and_what_applies_by_itself() {
    let facts = program().public_facts();
    let ids: Vec<_> = facts.promotions.iter().map(|promotion| promotion.id.as_str()).collect();
    assert_eq!(ids, ["seen", "own"]);
    assert_eq!((facts.version, facts.codes_per_cart, facts.redeem.len()), (7, 1, 2));
    assert_eq!(facts.member, None);
}

#[test]
fn rule_2_11_a_promotion_is_found_by_its_code_however_it_is_typed() {
    let program = program();
    let found = |typed: &str| program.by_code(&typed.parse().unwrap()).map(|it| it.id.as_str());
    assert_eq!(found(" hidden1 "), Some("hidden"));
    assert_eq!(found("SEEN1"), Some("seen"));
    assert_eq!(found("OTHER"), None);
}

#[test]
fn points_are_worth_what_the_programs_first_currency_says() {
    let worth = |points| program().worth(Points::clamped(points)).map(|money| money.to_string());
    // 200 points are a dollar.
    assert_eq!(worth(250).as_deref(), Some("1.25 USD"));
    assert_eq!(worth(-5).as_deref(), Some("0.00 USD"));
}

#[test]
fn rule_8_credit_is_earned_in_the_currencies_that_the_program_names() {
    let document = json!({
        "format": 1, "name": { "en": "Club" }, "time_zone": "UTC", "locale": "en",
        "terms": { "version": "1", "url": "https://shop.example/terms" },
        "points": { "pending_days": 9, "earn": [{ "points": 2, "per": "1.00 USD" }],
            "redeem": [{ "points": 200, "per": "1.00 USD" }] },
        "tiers": [{ "id": "bronze", "name": { "en": "Bronze" }, "threshold": 0 }],
        "credit": { "expires_days": 365, "earn": [{ "currency": "USD", "rate": "2%" },
            { "currency": "EUR", "rate": "3%" }] }
    });
    let document: ProgramDocument = serde_json::from_value(document).unwrap();
    let program = document.compile(7, &Utc).unwrap();
    let earned = |code: &str, paid| {
        let basis = habitue_domain::credit::basis(&program, currency(code))?;
        assert_eq!((basis.version, basis.pending_days, basis.expires_days), (7, 9, Some(365)));
        Some(basis.earned(&order(currency(code), paid), paid))
    };
    // 3 % of 19.99 and 2 % of it, rounded down.
    assert_eq!((earned("EUR", 1_999), earned("USD", 1_999)), (Some(59), Some(39)));
    assert_eq!(earned("CHF", 1_999), None);
    assert_eq!(habitue_domain::credit::basis(&self::program(), currency("EUR")), None);
}

#[test]
fn rule_4_6_a_paid_order_moves_the_end_under_the_rule_of_inactivity_alone() {
    use habitue_domain::expiry::Expiry;
    assert!(Expiry::Inactivity { months: 12 }.moves_with_orders());
    for rule in [Expiry::None, Expiry::AfterEarning { days: 9 }, Expiry::EndOfYear { years: 1 }] {
        assert!(!rule.moves_with_orders());
    }
}

#[test]
fn what_a_program_says_is_written_and_what_it_does_not_say_is_not() {
    let of = |more: serde_json::Value| {
        let mut points = json!({ "earn": [], "redeem": [] });
        for (name, value) in more.as_object().unwrap() {
            points[name] = value.clone();
        }
        let document = json!({ "format": 1, "name": { "en": "Club" }, "time_zone": "UTC",
            "locale": "en", "terms": { "version": "1", "url": "https://shop.example/terms" },
            "points": points, "tiers": [] });
        let document: ProgramDocument = serde_json::from_value(document).unwrap();
        serde_json::to_value(document).unwrap()["points"].take()
    };
    let said = json!({ "multipliers": "multiply", "tax": "excluded",
        "expiry": { "kind": "inactivity", "months": 12 }, "scope": { "products": ["p"] } });
    let (written, bare) = (of(said.clone()), of(json!({})));
    for name in ["multipliers", "expiry", "tax", "scope"] {
        assert!(written.get(name).is_some() && bare.get(name).is_none(), "{name}");
    }
    assert_eq!((&written["expiry"], &written["tax"]), (&said["expiry"], &said["tax"]));
}

#[test]
fn rule_2_13_a_promotion_whose_codes_are_issued_is_found_by_its_id() {
    let mut document = serde_json::to_value(document()).unwrap();
    let issued = |id: &str| {
        json!({ "id": id, "name": { "en": id }, "codes": "issued",
            "actions": [{ "kind": "free_shipping" }] })
    };
    document["promotions"] = json!([issued("one"), issued("two")]);
    let document: ProgramDocument = serde_json::from_value(document).unwrap();
    let program = document.compile(7, &Utc).unwrap();
    let found = |id: &str| program.issued(id).map(|it| it.promotion.id.clone());
    assert_eq!(found("two").as_deref(), Some("two"));
    assert_eq!(found("three"), None);
    assert_eq!(self::program().issued("seen"), None);
}

#[test]
fn rule_2_13_dates_that_end_before_they_begin_are_none() {
    use habitue_domain::promotion::Validity;
    let day = |day: i64| Some(Timestamp::from_micros(0).unwrap().plus_days(day));
    for (from, until, is_empty) in [
        (day(1), day(2), false),
        (day(1), day(1), true),
        (day(2), day(1), true),
        (day(2), None, false),
        (None, day(1), false),
        (None, None, false),
    ] {
        assert_eq!(Validity { from, until }.is_empty(), is_empty);
    }
}

#[test]
fn a_program_shows_its_own_statements_in_its_language_where_there_is_no_other() {
    use habitue_domain::consent::{Matter, Purpose};
    let mut document = serde_json::to_value(document()).unwrap();
    document["consent"] = json!({ "privacy_url": "https://shop.example/privacy",
        "sms": { "en": "Send me text messages.", "fr": "Envoyez-moi des SMS." } });
    let document: ProgramDocument = serde_json::from_value(document).unwrap();
    let program = document.compile(7, &Utc).unwrap();
    let sms = Matter::of(Purpose::Sms);
    let shown = |locale: &str| program.statement(&sms, locale).map(|said| said.text.to_owned());
    assert_eq!(shown("fr").as_deref(), Some("Envoyez-moi des SMS."));
    assert_eq!(shown("de").as_deref(), Some("Send me text messages."));
    assert!(program.statement(&Matter::of(Purpose::Postal), "en").is_none());
    assert!(self::program().statement(&sms, "en").is_none());
}
