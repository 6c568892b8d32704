//! What the laws are tried on.

use habitue_domain::cart::{Cart, Line};
use habitue_domain::earn::{Basis, Tax};
use habitue_domain::member::MemberFacts;
use habitue_domain::money::{Currency, Money};
use habitue_domain::order::{Order, OrderLine, OrderState};
use habitue_domain::points::Points;
use habitue_domain::program::RedeemRate;
use habitue_domain::promotion::{Action, Bundle, BuyGet, FreeProduct, Promotion, Scope, Share};
use habitue_domain::quote::{Asked, Facts, PublicFacts, Quote, ShopFacts, Verdict};
use habitue_domain::rate::Rate;
use habitue_domain::returns::Used;
use habitue_domain::share::of_first_units;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn euro() -> Currency {
    "EUR".parse().unwrap()
}

fn eur(minor: i64) -> Money {
    euro().clamped(minor)
}

/// Up to eight lines of three products, among which some are equal.
pub fn lines() -> impl Strategy<Value = Vec<Line>> {
    let price = prop_oneof![Just(0_i64), 1..40_i64, 1..5_000_i64, Just(999)];
    let one = (1..5_i64, price, 0..3_usize, any::<bool>(), prop::bool::weighted(0.85));
    prop::collection::vec(one, 1..8).prop_map(|drawn| {
        let make = |(place, (quantity, unit_price, product, on_sale, discountable))| Line {
            id: format!("l{place}"),
            product: format!("p{product}"),
            categories: vec![format!("c{}", product % 2)],
            brand: None,
            quantity,
            unit_price,
            on_sale,
            discountable,
        };
        drawn.into_iter().enumerate().map(make).collect()
    })
}

fn share() -> impl Strategy<Value = Share> {
    (1..=100_u32, prop::option::of(1..2_000_i64)).prop_map(|(part, cap)| Share {
        rate: Rate::new(part, 100).unwrap(),
        cap: cap.into_iter().map(eur).collect(),
    })
}

fn action() -> impl Strategy<Value = Action> {
    let amounts = || (1..3_000_i64).prop_map(|minor| vec![eur(minor)]);
    let times = || prop::option::of(1..4_i64);
    let bundle = (2..5_i64, prop::option::of(1..4_usize), 1..6_000_i64, times());
    prop_oneof![
        share().prop_map(Action::Percent),
        amounts().prop_map(Action::Fixed),
        amounts().prop_map(Action::FixedPerUnit),
        amounts().prop_map(Action::FixedPerLine),
        Just(Action::FreeShipping),
        share().prop_map(Action::PercentShipping),
        amounts().prop_map(Action::FixedShipping),
        (1..4_i64, 1..3_i64, 1..=100_u32, times()).prop_map(|(buy, get, part, times)| {
            Action::BuyGet(BuyGet { buy, get, rate: Rate::new(part, 100).unwrap(), times })
        }),
        (0..3_usize, 1..3_i64).prop_map(|(product, quantity)| {
            Action::FreeProduct(FreeProduct {
                product: format!("p{product}"),
                quantity,
                stock: None,
            })
        }),
        bundle.prop_map(|(quantity, products, price, times)| {
            let products = products.map(|count| (0..count).map(|it| format!("p{it}")).collect());
            Action::Bundle(Bundle {
                quantity,
                products: products.unwrap_or_default(),
                price: vec![eur(price)],
                times,
            })
        }),
    ]
}

/// Up to four promotions of any kind, by code or by themselves.
pub fn promotions() -> impl Strategy<Value = Vec<Promotion>> {
    let scope = (any::<bool>(), prop::option::weighted(0.3, 0..3_usize));
    let limits = (prop::option::weighted(0.3, 1..4_i64), prop::option::weighted(0.2, 1..900_i64));
    let who = (prop::bool::weighted(0.15), prop::option::weighted(0.2, 1..4_i64));
    let actions = prop::collection::vec(action(), 1..3);
    let minimum = prop::option::weighted(0.3, 1..8_000_i64);
    let rest = (-1..2_i64, prop::bool::weighted(0.2), prop::bool::weighted(0.7));
    prop::collection::vec((actions, scope, limits, who, minimum, rest), 0..4).prop_map(|drawn| {
        let mut made = Vec::new();
        for (place, (actions, scope, limits, who, minimum, rest)) in drawn.into_iter().enumerate() {
            let ((not_on_sale, product), (uses, budget), (segment, order)) = (scope, limits, who);
            let (priority, exclusive, coded) = rest;
            let products = product.map(|it| format!("p{it}")).into_iter().collect();
            made.push(Promotion {
                id: format!("p{place}x"),
                code: coded.then(|| format!("P{place}X")),
                listed: true,
                actions,
                scope: Scope { products, not_on_sale, ..Scope::default() },
                minimum: minimum.into_iter().map(eur).collect(),
                segments: if segment { vec!["idle".to_owned()] } else { vec![] },
                orders: order.into_iter().collect(),
                uses,
                budget: budget.into_iter().map(eur).collect(),
                priority,
                exclusive,
                ..Promotion::default()
            });
        }
        made
    })
}

/// A promotion that no validation would let through.
pub fn hostile() -> impl Strategy<Value = Promotion> {
    let wild = || prop_oneof![any::<i64>(), Just(0), Just(-1), Just(i64::MIN), Just(i64::MAX)];
    let money = (wild(), wild()).prop_map(|(one, two)| vec![eur(one), eur(two)]);
    let rate = (any::<u32>(), 1..u32::MAX).prop_map(|(num, den)| Rate::new(num, den).unwrap());
    (0..10_u8, money, rate, (wild(), wild(), wild(), wild()), any::<bool>()).prop_map(
        |(kind, money, rate, (one, two, three, four), flag)| {
            let share = || Share { rate, cap: if flag { money.clone() } else { vec![] } };
            let action = match kind {
                0 => Action::Percent(share()),
                1 => Action::Fixed(money.clone()),
                2 => Action::FixedPerUnit(money.clone()),
                3 => Action::FixedPerLine(money.clone()),
                4 => Action::FreeShipping,
                5 => Action::PercentShipping(share()),
                6 => Action::FixedShipping(money.clone()),
                7 => Action::BuyGet(BuyGet { buy: one, get: two, rate, times: Some(three) }),
                8 => {
                    let product = "p1".to_owned();
                    let stock = flag.then_some(two);
                    Action::FreeProduct(FreeProduct { product, quantity: one, stock })
                }
                _ => Action::Bundle(Bundle {
                    quantity: one,
                    products: if flag { vec!["p0".to_owned(); 2] } else { vec![] },
                    price: money.clone(),
                    times: Some(two),
                }),
            };
            Promotion {
                id: "wild".to_owned(),
                code: flag.then(|| "P0X".to_owned()),
                actions: vec![action.clone(), action],
                minimum: money.clone(),
                minimum_quantity: flag.then_some(three),
                uses: (!flag).then_some(four),
                budget: if flag { money } else { vec![] },
                priority: three,
                exclusive: flag,
                ..Promotion::default()
            }
        },
    )
}

/// All codes that may have been drawn.
pub fn everything() -> Asked {
    let codes = ["P0X", "P1X", "P2X", "P3X"].iter().map(|code| code.parse().unwrap());
    Asked { codes: codes.collect(), points: None, credit: None }
}

pub fn facts(promotions: Vec<Promotion>) -> Facts {
    let member = MemberFacts {
        available: Points::clamped(4_000),
        tier: "silver".to_owned(),
        orders: Some(1),
        credit: vec![eur(700)],
        ..MemberFacts::default()
    };
    let public = PublicFacts {
        version: 1,
        codes_per_cart: 3,
        redeem: vec![RedeemRate { currency: euro(), minor_per_point: Rate::ONE }],
        promotions,
        member: Some(member),
        gift_cards: vec![],
    };
    Facts { public, shop: Some(ShopFacts::default()) }
}

/// An order, the rule it earned by, and what points took off its lines.
pub fn order() -> impl Strategy<Value = (Order, Basis, BTreeMap<String, i64>)> {
    let line = (1..6_i64, 0..10_000_i64, 0..500_i64);
    (prop::collection::vec(line, 1..6), 1..50_u32, 1..400_u32).prop_map(|(drawn, num, den)| {
        let on = drawn.iter().enumerate().map(|(place, (_, _, off))| (place.to_string(), *off));
        let line = |(place, (quantity, paid, _)): (usize, &(i64, i64, i64))| OrderLine {
            id: place.to_string(),
            product: "p".to_owned(),
            quantity: *quantity,
            paid: *paid,
            ..OrderLine::default()
        };
        let lines = drawn.iter().enumerate().map(line).collect();
        let basis = Basis {
            version: 1,
            points_per_minor: Rate::new(num, den).unwrap(),
            multiplier: Rate::new(3, 2).unwrap(),
            pending_days: 14,
            tax: Tax::Included,
            cap: None,
            lines: BTreeMap::new(),
        };
        (Order { state: OrderState::Paid, currency: euro(), lines }, basis, on.collect())
    })
}

/// What points took off an order's lines, and what a gift card paid of them and of 4.90 of shipping.
pub fn used_on(sold: &Order, on: BTreeMap<String, i64>) -> [Used; 2] {
    let card: BTreeMap<String, i64> =
        sold.lines.iter().map(|line| (line.id.clone(), line.paid / 3)).collect();
    let amount = card.values().sum::<i64>() + 490;
    let points = Used { amount: on.values().sum(), lines: on, shipping: 0 };
    [points, Used { amount, lines: card, shipping: 490 }]
}

/// The shop takes pieces off an order: the others keep what was paid for them.
pub fn edit(order: &mut Order, sold: &Order, line: &str, pieces: i64) {
    let was = sold.lines.iter().find(|known| known.id == line).unwrap();
    let now = order.lines.iter_mut().find(|known| known.id == line).unwrap();
    now.quantity -= pieces;
    now.paid = of_first_units(was.paid, was.quantity, now.quantity);
    order.lines.retain(|line| line.quantity > 0);
    if order.lines.is_empty() {
        order.state = OrderState::Cancelled;
    }
}

/// Pieces to return, by the line's place.
pub fn steps() -> impl Strategy<Value = Vec<(usize, i64)>> {
    prop::collection::vec((0..7_usize, 1..3_i64), 0..12)
}

/// The order that a cart becomes once so much was taken off its lines.
pub fn sold(cart: &Cart, off: &BTreeMap<String, i64>) -> Order {
    let line = |line: &Line| OrderLine {
        id: line.id.clone(),
        product: line.product.clone(),
        quantity: line.quantity,
        paid: line.total() - off.get(&line.id).copied().unwrap_or_default(),
        ..OrderLine::default()
    };
    let lines = cart.lines().iter().map(line).collect();
    Order { state: OrderState::Paid, currency: cart.currency(), lines }
}

pub fn taken_by_points(quote: &Quote) -> BTreeMap<String, i64> {
    let mut taken = BTreeMap::new();
    for outcome in &quote.outcomes {
        if let Verdict::Applied(applied) = &outcome.verdict
            && applied.points.is_some()
        {
            let parts = applied.lines.iter();
            taken.extend(parts.map(|part| (part.line.clone(), part.amount.minor())));
        }
    }
    taken
}

/// The money that comes back for returned pieces, and what these cost in the shop.
pub fn refund(sold: &Order, cart: &Cart, back: &BTreeMap<String, i64>) -> (i64, i64) {
    let (mut refund, mut price) = (0, 0);
    for (line, priced) in sold.lines.iter().zip(cart.lines()) {
        let pieces = back.get(&line.id).copied().unwrap_or_default();
        let kept = line.quantity - pieces;
        refund += line.paid - of_first_units(line.paid, line.quantity, kept);
        price += pieces * priced.unit_price;
    }
    (refund, price)
}
