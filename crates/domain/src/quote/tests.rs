//! Examples and laws of [`quote`].

use super::*;
use crate::cart::Line;
use crate::cart::tests::{cart, line};
use crate::promotion::{Action, Share};
use crate::refusal::Missing;
use proptest::prelude::*;

fn eur(minor: i64) -> Money {
    "EUR".parse::<Currency>().unwrap().clamped(minor)
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn code(text: &str) -> CouponCode {
    text.parse().unwrap()
}

/// A listed promotion triggered by its id in capitals.
fn promotion(id: &str, action: Action) -> Promotion {
    Promotion {
        id: id.to_owned(),
        code: Some(id.to_ascii_uppercase()),
        listed: true,
        actions: vec![action],
        ..Promotion::default()
    }
}

fn percent(id: &str, rate: &str) -> Promotion {
    promotion(id, Action::Percent(Share { rate: rate.parse().unwrap(), cap: vec![] }))
}

fn fixed(id: &str, minor: i64) -> Promotion {
    promotion(id, Action::Fixed(vec![eur(minor)]))
}

fn public(promotions: Vec<Promotion>, member: Option<MemberFacts>) -> PublicFacts {
    let redeem = vec![RedeemRate { currency: "EUR".parse().unwrap(), minor_per_point: Rate::ONE }];
    PublicFacts { version: 1, codes_per_cart: 3, redeem, promotions, member, gift_cards: vec![] }
}

fn member(points: i64) -> MemberFacts {
    MemberFacts {
        available: Points::clamped(points),
        tier: "silver".to_owned(),
        ..MemberFacts::default()
    }
}

fn server(promotions: Vec<Promotion>, member: Option<MemberFacts>) -> Facts {
    Facts { public: public(promotions, member), shop: Some(ShopFacts::default()) }
}

fn asked(codes: &[&str], points: Option<i64>) -> Asked {
    let codes = codes.iter().map(|text| code(text)).collect();
    Asked { codes, points: points.map(Points::clamped), credit: None }
}

fn amount(quote: &Quote, place: usize) -> i64 {
    match &quote.outcomes[place].verdict {
        Verdict::Applied(applied) => applied.amount.minor(),
        other => panic!("not applied: {other:?}"),
    }
}

fn refusal(quote: &Quote, place: usize) -> (Reason, Option<Missing>) {
    match &quote.outcomes[place].verdict {
        Verdict::Refused { reason, missing } => (*reason, *missing),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn rule_2_4_percent_is_taken_once_from_the_eligible_subtotal() {
    let facts = server(vec![percent("ten", "10%")], None);
    // Three times 3.35 would round to 0.34 each, 1.02 in all; once from 10.05 it is 1.01.
    let cart = cart(vec![line("a", 1, 335), line("b", 1, 335), line("c", 1, 335)], 0);
    let quote = quote(&facts, &cart, &asked(&["TEN"], None), now());
    assert_eq!((amount(&quote, 0), quote.to_pay), (101, eur(904)));
}

#[test]
fn rule_2_3_stacking_works_on_what_is_left_in_order_of_priority() {
    let mut first = fixed("five", 500);
    first.priority = -1;
    let facts = server(vec![percent("ten", "10%"), first], None);
    let cart = cart(vec![line("a", 1, 10_000)], 0);
    let quote = quote(&facts, &cart, &asked(&["TEN", "FIVE"], None), now());
    assert_eq!((amount(&quote, 0), amount(&quote, 1)), (950, 500));
}

#[test]
fn rule_2_3_the_best_combination_wins_and_the_loser_is_not_combinable() {
    let mut alone = percent("half", "50%");
    alone.exclusive = true;
    let facts = server(vec![alone, fixed("five", 500)], None);
    let big = cart(vec![line("a", 1, 10_000)], 0);
    let answer = quote(&facts, &big, &asked(&["FIVE", "HALF"], None), now());
    assert_eq!(answer.to_pay, eur(5_000));
    assert_eq!(refusal(&answer, 0).0, Reason::NotCombinable);
    let small = cart(vec![line("a", 1, 800)], 0);
    let answer = quote(&facts, &small, &asked(&["FIVE", "HALF"], None), now());
    assert_eq!((answer.to_pay, refusal(&answer, 1).0), (eur(300), Reason::NotCombinable));
}

#[test]
fn rule_2_3_more_codes_than_a_cart_takes_are_not_combinable() {
    let mut facts = server(vec![fixed("five", 500), fixed("six", 600)], None);
    facts.public.codes_per_cart = 1;
    let cart = cart(vec![line("a", 1, 10_000)], 0);
    let quote = quote(&facts, &cart, &asked(&["FIVE", "SIX"], None), now());
    assert_eq!((amount(&quote, 0), refusal(&quote, 1).0), (500, Reason::NotCombinable));
}

#[test]
fn rule_2_6_the_minimum_is_inclusive_and_says_what_is_missing() {
    let mut ten = fixed("ten", 1_000);
    ten.minimum = vec![eur(5_000)];
    let facts = server(vec![ten], None);
    let ask = asked(&["TEN"], None);
    let short = quote(&facts, &cart(vec![line("a", 1, 3_800)], 900), &ask, now());
    let missing = Some(Missing::Money(eur(1_200)));
    assert_eq!(refusal(&short, 0), (Reason::BelowMinimum, missing));
    let exact = quote(&facts, &cart(vec![line("a", 2, 2_500)], 0), &ask, now());
    assert_eq!(amount(&exact, 0), 1_000);
}

#[test]
fn rule_2_7_a_line_nobody_may_discount_is_skipped() {
    let gift_card = Line { discountable: false, ..line("gift", 1, 5_000) };
    let facts = server(vec![fixed("ten", 1_000)], None);
    let cart = cart(vec![gift_card, line("a", 1, 600)], 0);
    let quote = quote(&facts, &cart, &asked(&["TEN"], None), now());
    assert_eq!((amount(&quote, 0), quote.to_pay), (600, eur(5_000)));
}

#[test]
fn rule_2_11_the_same_code_typed_twice_counts_once() {
    let facts = server(vec![fixed("five", 500)], None);
    let cart = cart(vec![line("a", 1, 10_000)], 0);
    let quote = quote(&facts, &cart, &asked(&["FIVE", "five"], None), now());
    assert_eq!((quote.outcomes.len(), quote.to_pay), (1, eur(9_500)));
}

#[test]
fn rule_2_2_free_shipping_comes_after_the_goods_and_never_exceeds_the_shipping() {
    let facts = server(vec![promotion("ship", Action::FreeShipping)], None);
    let ask = asked(&["SHIP"], None);
    let answer = quote(&facts, &cart(vec![line("a", 1, 1_000)], 490), &ask, now());
    assert_eq!((amount(&answer, 0), answer.to_pay), (490, eur(1_000)));
    let unknown = quote(&facts, &cart(vec![line("a", 1, 1_000)], 0), &ask, now());
    assert_eq!(amount(&unknown, 0), 0);
}

#[test]
fn rule_4_7_points_are_trimmed_to_what_there_is_and_to_what_is_left() {
    let facts = server(vec![fixed("five", 500)], Some(member(700)));
    let used = |asked_points, cart: &Cart| {
        let quote = quote(&facts, cart, &asked(&["FIVE"], Some(asked_points)), now());
        (amount(&quote, 1), quote.points_used().get(), quote.to_pay.minor())
    };
    let big = cart(vec![line("a", 1, 10_000)], 0);
    assert_eq!(used(300, &big), (300, 300, 9_200));
    assert_eq!(used(9_999, &big), (700, 700, 8_800));
    let small = cart(vec![line("a", 1, 600)], 350);
    assert_eq!(used(9_999, &small), (100, 100, 350));
}

#[test]
fn points_need_a_member_without_debt_and_a_rate_in_the_currency() {
    let ask = asked(&[], Some(100));
    let cart = cart(vec![line("a", 1, 1_000)], 0);
    let answer = quote(&server(vec![], None), &cart, &ask, now());
    assert_eq!(refusal(&answer, 0).0, Reason::LoginRequired);
    let owing = MemberFacts { debt: Points::clamped(1), ..member(500) };
    let answer = quote(&server(vec![], Some(owing)), &cart, &ask, now());
    assert_eq!(refusal(&answer, 0).0, Reason::InDebt);
    let answer = quote(&server(vec![], Some(member(0))), &cart, &ask, now());
    let missing = Some(Missing::Points(Points::clamped(1)));
    assert_eq!(refusal(&answer, 0), (Reason::NotEnoughPoints, missing));
    let mut facts = server(vec![], Some(member(500)));
    facts.public.redeem.clear();
    assert_eq!(refusal(&quote(&facts, &cart, &ask, now()), 0).0, Reason::WrongCurrency);
}

#[test]
fn each_objection_is_named_in_the_fixed_order() {
    let mut offer = fixed("five", 500);
    offer.minimum = vec![eur(100_000)];
    let cart = cart(vec![line("a", 1, 1_000)], 0);
    let ask = asked(&["FIVE"], None);
    let answer = |offer: &Promotion, member: Option<MemberFacts>, uses: i64| {
        let mut facts = server(vec![offer.clone()], member);
        if let Some(shop) = &mut facts.shop {
            shop.uses.insert("five".to_owned(), uses);
        }
        refusal(&quote(&facts, &cart, &ask, now()), 0).0
    };
    assert_eq!(answer(&offer, None, 0), Reason::BelowMinimum);
    offer.scope.products = vec!["another".to_owned()];
    assert_eq!(answer(&offer, None, 0), Reason::NotApplicable);
    offer.actions = vec![Action::Fixed(vec!["5.00 USD".parse().unwrap()])];
    assert_eq!(answer(&offer, None, 0), Reason::WrongCurrency);
    offer.tiers = vec!["gold".to_owned()];
    assert_eq!(answer(&offer, Some(member(0)), 0), Reason::NotEligible);
    offer.uses_per_member = Some(1);
    let mut used = member(0);
    used.uses.insert("five".to_owned(), 1);
    assert_eq!(answer(&offer, Some(used.clone()), 0), Reason::UsedUpForMember);
    offer.uses = Some(10);
    assert_eq!(answer(&offer, Some(used), 10), Reason::UsedUp);
    assert_eq!(answer(&offer, None, 10), Reason::LoginRequired);
    offer.until = Some(now());
    assert_eq!(answer(&offer, None, 10), Reason::Expired);
    offer.from = Some(now().plus_seconds(1));
    assert_eq!(answer(&offer, None, 10), Reason::NotStarted);
}

#[test]
fn rule_2_12_a_guest_known_by_an_address_has_uses_of_their_own() {
    let once = Promotion { uses_per_member: Some(1), ..fixed("five", 500) };
    let mut facts = server(vec![once], None);
    let (cart, ask) = (cart(vec![line("a", 1, 1_000)], 0), asked(&["FIVE"], None));
    assert_eq!(refusal(&quote(&facts, &cart, &ask, now()), 0).0, Reason::LoginRequired);
    let mut known = |uses: i64| {
        if let Some(shop) = &mut facts.shop {
            shop.guest = Some(BTreeMap::from([("five".to_owned(), uses)]));
        }
        quote(&facts, &cart, &ask, now())
    };
    assert_eq!(amount(&known(0), 0), 500);
    assert_eq!(refusal(&known(1), 0).0, Reason::UsedUpForMember);
    facts.public.promotions[0].members_only = true;
    assert_eq!(refusal(&quote(&facts, &cart, &ask, now()), 0).0, Reason::LoginRequired);
}

#[test]
fn rule_2_15_an_unknown_code_asks_the_server_and_the_server_says_not_found() {
    let cart = cart(vec![line("a", 1, 1_000)], 0);
    let ask = asked(&["NOSUCH"], Some(5));
    let browser = Facts { public: public(vec![], Some(member(9))), shop: None };
    let preview = quote(&browser, &cart, &ask, now());
    assert!(preview.outcomes.iter().all(|outcome| outcome.verdict == Verdict::AskServer));
    assert!(!preview.is_final());
    let facts = server(vec![], Some(member(9)));
    let verdict = quote(&facts, &cart, &ask, now());
    assert_eq!((refusal(&verdict, 0).0, amount(&verdict, 1)), (Reason::NotFound, 5));
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let one = (1..5_i64, 0..5_000_i64, 0..3_usize, any::<bool>(), prop::bool::weighted(0.8));
    prop::collection::vec(one, 1..8).prop_map(|drawn| {
        let make = |(place, (quantity, price, product, on_sale, discountable))| Line {
            product: format!("p{product}"),
            categories: vec![format!("c{}", product % 2)],
            on_sale,
            discountable,
            ..line(&format!("l{place}"), quantity, price)
        };
        drawn.into_iter().enumerate().map(make).collect()
    })
}

type Limits = (Option<i64>, Option<i64>, bool);

fn promotions() -> impl Strategy<Value = Vec<Promotion>> {
    let action = prop_oneof![
        (1..=100_u32).prop_map(|part| Action::Percent(Share {
            rate: Rate::new(part, 100).unwrap(),
            cap: vec![]
        })),
        (1..10_000_i64).prop_map(|minor| Action::Fixed(vec![eur(minor)])),
        Just(Action::FreeShipping),
    ];
    let limits = (prop::option::of(0..8_000_i64), prop::option::of(1..3_i64), any::<bool>());
    let one = (action, limits, -1..2_i64, prop::bool::weighted(0.2), prop::bool::weighted(0.7));
    prop::collection::vec(one, 0..4).prop_map(|drawn| {
        let make = |(place, drawn): (usize, (Action, Limits, i64, bool, bool))| {
            let (action, (minimum, uses, not_on_sale), priority, exclusive, coded) = drawn;
            let mut made: Promotion = promotion(&format!("p{place}x"), action);
            made.minimum = minimum.into_iter().map(|minor| eur(minor + 1)).collect();
            made.scope.not_on_sale = not_on_sale;
            made.uses = uses;
            made.priority = priority;
            made.exclusive = exclusive;
            if !coded {
                made.code = None;
            }
            made
        };
        drawn.into_iter().enumerate().map(make).collect()
    })
}

fn everything_asked(points: Option<i64>) -> Asked {
    asked(&["P0X", "P1X", "P2X", "P3X"], points)
}

proptest! {
    #[test]
    fn shares_sum_to_the_discount_and_nothing_goes_below_zero(
        lines in lines(), promotions in promotions(), shipping in 0..900_i64,
        points in prop::option::of(0..9_000_i64)
    ) {
        let facts = server(promotions, Some(member(4_000)));
        let cart = cart(lines, shipping);
        let quote = quote(&facts, &cart, &everything_asked(points), now());
        let mut taken: BTreeMap<String, i64> = BTreeMap::new();
        let mut off_shipping = 0;
        for outcome in &quote.outcomes {
            if let Verdict::Applied(applied) = &outcome.verdict {
                let off: i64 = applied.lines.iter().map(|part| part.amount.minor()).sum();
                prop_assert_eq!(off + applied.shipping.minor(), applied.amount.minor());
                off_shipping += applied.shipping.minor();
                for part in &applied.lines {
                    *taken.entry(part.line.clone()).or_default() += part.amount.minor();
                }
            }
        }
        for line in cart.lines() {
            let off = taken.get(&line.id).copied().unwrap_or_default();
            prop_assert!(off >= 0 && off <= line.total());
        }
        prop_assert!(off_shipping <= shipping);
        prop_assert!(quote.to_pay.minor() >= 0);
        let whole = cart.goods() + cart.shipping();
        prop_assert_eq!(quote.to_pay.minor() + quote.discount.minor(), whole);
    }

    #[test]
    fn rule_2_15_where_the_preview_does_not_ask_it_equals_the_verdict(
        lines in lines(), promotions in promotions(), used in 0..3_i64,
        points in prop::option::of(0..9_000_i64)
    ) {
        let cart = cart(lines, 490);
        let ask = everything_asked(points);
        let browser = Facts { public: public(promotions, Some(member(4_000))), shop: None };
        let preview = quote(&browser, &cart, &ask, now());
        let uses = (0..4).map(|place| (format!("p{place}x"), used)).collect();
        let shop = Some(ShopFacts { uses, ..ShopFacts::default() });
        let verdict = quote(&Facts { shop, ..browser }, &cart, &ask, now());
        prop_assert!(verdict.is_final());
        if preview.is_final() {
            prop_assert_eq!(preview, verdict);
        }
    }

    #[test]
    fn splitting_a_line_changes_nothing(
        lines in lines(), promotions in promotions(), place in 0..8_usize
    ) {
        let facts = server(promotions, Some(member(4_000)));
        let ask = everything_asked(Some(777));
        let whole = quote(&facts, &cart(lines.clone(), 490), &ask, now());
        let mut split = lines;
        let place = place % split.len();
        if split[place].quantity > 1 {
            let mut half = split[place].clone();
            half.id = "half".to_owned();
            half.quantity -= 1;
            split[place].quantity = 1;
            split.insert(place + 1, half);
        }
        let split = quote(&facts, &cart(split, 490), &ask, now());
        prop_assert_eq!(whole.to_pay, split.to_pay);
        prop_assert_eq!(whole.discount, split.discount);
    }
}
