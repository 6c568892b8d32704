//! The edges of the rules that no vector shows: what mutants of the rules lived on.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "edges/bounds.rs"]
mod bounds;
#[path = "edges/consent.rs"]
mod consent;
#[path = "edges/hold.rs"]
mod hold;
#[path = "edges/mistakes.rs"]
mod mistakes;
#[path = "edges/order.rs"]
mod order;
#[path = "edges/program.rs"]
mod program;
#[path = "edges/sets.rs"]
mod sets;
#[path = "edges/share.rs"]
mod share;
#[path = "edges/time.rs"]
mod time;
#[path = "edges/words.rs"]
mod words;

use habitue_domain::calendar::{Utc, Weekly, Window, windows};
use habitue_domain::cart::{Cart, Line};
use habitue_domain::coupon::{CouponCode, Objection, decide, eligible_goods};
use habitue_domain::member::MemberFacts;
use habitue_domain::promotion::{Action, FreeProduct, Promotion, Scope};
use habitue_domain::quote::{Asked, Facts, Item, PublicFacts, ShopFacts, Verdict, quote};
use habitue_domain::refusal::Reason;
use habitue_domain::time::Timestamp;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn line(id: &str, unit_price: i64, discountable: bool) -> Line {
    Line {
        id: id.to_owned(),
        product: id.to_owned(),
        categories: vec![],
        brand: None,
        quantity: 2,
        unit_price,
        on_sale: false,
        discountable,
    }
}

fn cart(lines: Vec<Line>) -> Cart {
    Cart::new("EUR".parse().unwrap(), lines, 490).unwrap()
}

/// 1.00 off, by itself.
fn offer() -> Promotion {
    let euro = "EUR".parse::<habitue_domain::money::Currency>().unwrap().clamped(100);
    Promotion {
        id: "off".to_owned(),
        actions: vec![Action::Fixed(vec![euro])],
        ..Promotion::default()
    }
}

fn decided(promotion: &Promotion, now: &str) -> Result<(), Objection> {
    decide(promotion, &cart(vec![line("a", 500, true)]), None, None, at(now))
}

#[test]
fn rule_2_9_hours_that_the_server_expanded_count_in_the_browser() {
    let window = Window { from: at("2026-11-20T17:00:00Z"), until: at("2026-11-20T19:00:00Z") };
    let promotion = Promotion { hours: vec![window], ..offer() };
    let refused = |reason| Err(Objection::Refused(reason, None));
    assert_eq!(decided(&promotion, "2026-11-20T16:59:59Z"), refused(Reason::NotStarted));
    assert_eq!(decided(&promotion, "2026-11-20T17:00:00Z"), Ok(()));
    assert_eq!(decided(&promotion, "2026-11-20T18:59:59Z"), Ok(()));
    assert_eq!(decided(&promotion, "2026-11-20T19:00:00Z"), refused(Reason::Expired));
    // Hours that nobody has expanded are not open by mistake.
    let weekly = vec![Weekly { days: (0..7).collect(), from: 0, until: 1_440 }];
    let promotion = Promotion { weekly, ..offer() };
    assert_eq!(decided(&promotion, "2026-11-20T17:00:00Z"), refused(Reason::NotStarted));
}

#[test]
fn rule_2_9_hours_are_expanded_until_they_end_and_empty_ones_are_none() {
    let expand = |from, until, now: &str| {
        let weekly = [Weekly { days: vec![4], from, until }];
        let found = windows(&Utc, &weekly, at(now));
        found.into_iter().map(|it| (it.from.to_string(), it.until.to_string())).collect::<Vec<_>>()
    };
    let of = |from: &str, until: &str| (from.to_owned(), until.to_owned());
    // 2026-11-20 is a Friday, and so is the 27th.
    let this = of("2026-11-20T17:00:00Z", "2026-11-20T19:00:00Z");
    let next = of("2026-11-27T17:00:00Z", "2026-11-27T19:00:00Z");
    let hours = |now| expand(1_020, 1_140, now);
    assert_eq!(hours("2026-11-20T18:59:59Z"), [this, next.clone()]);
    assert_eq!(hours("2026-11-20T19:00:00Z"), [next]);
    // From noon to noon is a whole day, from midnight to the midnight it is nothing.
    let noon = of("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z");
    assert_eq!(expand(720, 720, "2026-11-18T00:00:00Z"), [noon]);
    assert_eq!(expand(1_440, 0, "2026-11-18T00:00:00Z"), []);
}

#[test]
fn rule_2_6_what_counts_to_a_minimum_is_what_may_be_discounted() {
    let cart = cart(vec![line("a", 500, true), line("b", 700, false), line("c", 900, true)]);
    assert_eq!(eligible_goods(&offer(), &cart), 2 * 500 + 2 * 900);
    let scope = Scope { products: vec!["a".to_owned(), "b".to_owned()], ..Scope::default() };
    assert_eq!(eligible_goods(&Promotion { scope: scope.clone(), ..offer() }, &cart), 2 * 500);
    // The shipping's own offers do not touch the goods, so that all of them count.
    let ship = Promotion { actions: vec![Action::FreeShipping], scope, ..offer() };
    assert_eq!(eligible_goods(&ship, &cart), 2 * 500 + 2 * 700);
}

#[test]
fn rule_2_12_a_use_is_counted_for_each_promotion_that_took_something_off() {
    let ship = Promotion { id: "ship".to_owned(), actions: vec![Action::FreeShipping], ..offer() };
    let late = Promotion { id: "late".to_owned(), until: Some(Timestamp::MIN), ..offer() };
    let public = PublicFacts { promotions: vec![offer(), late, ship], ..PublicFacts::default() };
    let facts = Facts { public, shop: Some(habitue_domain::quote::ShopFacts::default()) };
    let cart = cart(vec![line("a", 500, true)]);
    let quote = quote(&facts, &cart, &Asked::default(), at("2026-11-21T12:00:00Z"));
    let used: Vec<_> = quote.promotions_used().map(|(id, off)| (id, off.minor())).collect();
    assert_eq!(used, [("off", 100), ("ship", 490)]);
}

#[test]
fn rule_2_12_a_promotion_is_used_as_often_as_its_limit_and_its_stock_allow() {
    let gift = |quantity, stock| {
        Action::FreeProduct(FreeProduct { product: "p".to_owned(), quantity, stock })
    };
    let limit = |uses, actions| Promotion { uses, actions, ..offer() }.use_limit();
    assert_eq!(limit(None, offer().actions), None);
    assert_eq!(limit(Some(5), offer().actions), Some(5));
    // Two pieces a use of seven are three uses.
    assert_eq!(limit(None, vec![gift(2, Some(7))]), Some(3));
    assert_eq!(limit(Some(5), vec![gift(2, Some(7)), gift(1, Some(4))]), Some(3));
    assert_eq!(limit(Some(2), vec![gift(2, Some(7))]), Some(2));
}

#[test]
fn rule_2_9_what_is_not_open_says_when_it_opens() {
    let hour = |from: &str, until: &str| Window { from: at(from), until: at(until) };
    let hours = vec![
        hour("2026-11-20T17:00:00Z", "2026-11-20T19:00:00Z"),
        hour("2026-11-27T17:00:00Z", "2026-11-27T19:00:00Z"),
    ];
    let from = Some(at("2026-11-19T00:00:00Z"));
    let promotion = Promotion { from, hours, ..offer() };
    for (now, opens) in [
        ("2026-11-18T23:59:59Z", Some("2026-11-19T00:00:00Z")),
        ("2026-11-19T00:00:00Z", Some("2026-11-20T17:00:00Z")),
        ("2026-11-20T16:59:59Z", Some("2026-11-20T17:00:00Z")),
        ("2026-11-20T17:00:00Z", Some("2026-11-27T17:00:00Z")),
        ("2026-11-27T17:00:00Z", None),
    ] {
        assert_eq!(promotion.opens_at(at(now)), opens.map(at), "{now}");
    }
}

#[test]
fn rule_2_13_one_code_of_a_promotion_counts_in_a_cart_however_many_somebody_has() {
    let code = |code: &str| code.parse::<CouponCode>().unwrap();
    let issued = |typed: &str| Promotion { code: Some(typed.to_owned()), ..offer() };
    let public = PublicFacts { codes_per_cart: 2, ..PublicFacts::default() };
    let shop = ShopFacts { unlisted: vec![issued("ONE"), issued("TWO")], ..ShopFacts::default() };
    let facts = Facts { public, shop: Some(shop) };
    let cart = cart(vec![line("a", 500, true)]);
    let asked = Asked { codes: vec![code("ONE"), code("TWO")], ..Asked::default() };
    let quote = quote(&facts, &cart, &asked, at("2026-11-21T12:00:00Z"));
    assert_eq!(quote.discount.minor(), 100);
    assert!(quote.outcomes.iter().any(|outcome| {
        let refused = Verdict::Refused { reason: Reason::NotCombinable, missing: None };
        outcome.item == Item::Code(code("TWO")) && outcome.verdict == refused
    }));
}

#[test]
fn rule_2_2_credit_that_pays_is_named_with_what_it_pays() {
    let euro = |minor| "EUR".parse::<habitue_domain::money::Currency>().unwrap().clamped(minor);
    let member = MemberFacts { credit: vec![euro(700)], ..MemberFacts::default() };
    let public = PublicFacts { member: Some(member), ..PublicFacts::default() };
    let facts = Facts { public, shop: Some(ShopFacts::default()) };
    let cart = cart(vec![line("a", 500, true)]);
    let used = |credit| {
        let asked = Asked { credit, ..Asked::default() };
        quote(&facts, &cart, &asked, at("2026-11-21T12:00:00Z")).credit_used()
    };
    assert_eq!(used(Some(euro(300))), Some(euro(300)));
    assert_eq!(used(Some(euro(900))), Some(euro(700)));
    assert_eq!(used(None), None);
}
