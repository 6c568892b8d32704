//! The laws of prices and returns, on whatever promotions and carts chance makes up.
//!
//! 500 cases each, or `PROPTEST_CASES`; 10,000 with `HABITUE_LONG`. A seed that failed is kept in `tests/laws.seeds`.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "laws/draw.rs"]
mod draw;

use draw::{everything, facts, hostile, lines, order, promotions, steps, used_on};
use habitue_domain::cart::{Cart, Line};
use habitue_domain::case::Case;
use habitue_domain::earn::Basis;
use habitue_domain::money::Money;
use habitue_domain::order::{Order, OrderLine};
use habitue_domain::points::Points;
use habitue_domain::promotion::Promotion;
use habitue_domain::quote::{Asked, Facts, Quote, ShopFacts, Verdict, quote};
use habitue_domain::returns::{
    ReturnedLine, Used, everything as all_of, kept, kept_all_along, returned, target,
};
use habitue_domain::time::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use std::collections::BTreeMap;
use std::sync::LazyLock;

fn config() -> ProptestConfig {
    let kept = FileFailurePersistence::Direct("tests/laws.seeds");
    let asked = ProptestConfig::default();
    // `PROPTEST_DISABLE_FAILURE_PERSISTENCE`: what a mutant fails is no failure to be kept.
    let kept = asked.failure_persistence.is_some().then(|| Box::new(kept) as Box<_>);
    let cases = if std::env::var_os("HABITUE_LONG").is_some() {
        10_000
    } else if std::env::var_os("PROPTEST_CASES").is_some() {
        asked.cases
    } else {
        500
    };
    ProptestConfig { cases, failure_persistence: kept, ..asked }
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn cart(lines: Vec<Line>, shipping: i64) -> Cart {
    Cart::new("EUR".parse().unwrap(), lines, shipping).unwrap()
}

/// What each thing takes off in all, in the quote's order.
fn amounts(quote: &Quote) -> Vec<i64> {
    let of = |verdict: &Verdict| match verdict {
        Verdict::Applied(applied) => applied.amount.minor(),
        Verdict::Refused { .. } | Verdict::AskServer => 0,
    };
    quote.outcomes.iter().map(|outcome| of(&outcome.verdict)).collect()
}

/// What is taken off each line, by its id, and off the shipping.
fn off(quote: &Quote) -> (BTreeMap<String, i64>, i64) {
    let (mut lines, mut shipping) = (BTreeMap::new(), 0);
    for outcome in &quote.outcomes {
        if let Verdict::Applied(applied) = &outcome.verdict {
            shipping += applied.shipping.minor();
            for part in &applied.lines {
                *lines.entry(part.line.clone()).or_default() += part.amount.minor();
            }
        }
    }
    (lines, shipping)
}

/// Everything a quote must be, whatever it was made from.
fn check(quote: &Quote, cart: &Cart) -> Result<(), TestCaseError> {
    for outcome in &quote.outcomes {
        if let Verdict::Applied(applied) = &outcome.verdict {
            let parts: i64 = applied.lines.iter().map(|part| part.amount.minor()).sum();
            prop_assert_eq!(parts + applied.shipping.minor(), applied.amount.minor());
            prop_assert!(applied.lines.iter().all(|part| part.amount.minor() > 0));
        }
    }
    let (lines, shipping) = off(quote);
    for line in cart.lines() {
        let off = lines.get(&line.id).copied().unwrap_or_default();
        prop_assert!(off <= line.total(), "{} of {}", off, line.total());
    }
    prop_assert!((0..=cart.shipping()).contains(&shipping));
    prop_assert!(quote.to_pay.minor() >= 0);
    let taken = quote.discount.minor() + quote.paid.map_or(0, Money::minor);
    prop_assert_eq!(quote.to_pay.minor() + taken, cart.goods() + cart.shipping());
    Ok(())
}

fn asked(points: Option<i64>, credit: Option<i64>) -> Asked {
    let euro = |minor| "EUR".parse::<habitue_domain::money::Currency>().unwrap().clamped(minor);
    Asked { points: points.map(Points::clamped), credit: credit.map(euro), ..everything() }
}

/// Pieces of a line that go: as a return, or because the shop edits the order.
#[derive(Clone, Debug)]
struct Step {
    line: String,
    pieces: i64,
    is_return: bool,
}

/// What the pieces `kept` of an order earn.
fn earned(basis: &Basis, order: &Order, kept: &BTreeMap<String, i64>) -> i64 {
    let pieces = |line: &OrderLine| kept.get(&line.id).copied().unwrap_or_default();
    basis.points(order.lines.iter().map(|line| (line, pieces(line)))).get()
}

/// What the ledger holds at the end: points earned, and what each instrument has taken for good.
fn booked(
    sold: &Order,
    basis: &Basis,
    used: &[Used],
    steps: &[Step],
) -> Result<(i64, Vec<i64>), TestCaseError> {
    let frozen: BTreeMap<String, i64> =
        sold.lines.iter().map(|line| (line.id.clone(), line.quantity)).collect();
    let (mut order, mut back, mut all_along) = (sold.clone(), BTreeMap::new(), frozen.clone());
    let mut points = earned(basis, sold, &frozen);
    let mut taken: Vec<i64> = used.iter().map(|used| used.amount).collect();
    for step in steps {
        if step.is_return {
            *back.entry(step.line.clone()).or_default() += step.pieces;
        } else {
            draw::edit(&mut order, sold, &step.line, step.pieces);
        }
        let left = kept(&order, &back);
        all_along = kept_all_along(&frozen, Some(&all_along), &left);
        let keeps_any = left.values().any(|pieces| *pieces > 0);
        for (used, taken) in used.iter().zip(&mut taken) {
            let stays = used.stays(&frozen, &all_along, keeps_any);
            prop_assert!((0..=*taken).contains(&stays), "nothing is taken a second time");
            *taken = stays;
        }
        let now = earned(basis, &order, &left);
        prop_assert!((0..=points).contains(&now));
        points = now;
    }
    Ok((points, taken))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn rule_2_5_shares_sum_to_the_discount_and_nothing_goes_below_zero(
        lines in lines(), promotions in promotions(), shipping in 0..900_i64,
        points in prop::option::of(0..9_000_i64), credit in prop::option::of(0..9_000_i64)
    ) {
        let cart = cart(lines, shipping);
        let quote = quote(&facts(promotions), &cart, &asked(points, credit), now());
        prop_assert!(quote.is_final());
        check(&quote, &cart)?;
    }

    #[test]
    fn any_promotion_has_an_answer_however_hostile(
        lines in lines(), promotions in prop::collection::vec(hostile(), 0..5),
        points in any::<i64>(), credit in any::<i64>()
    ) {
        let cart = cart(lines, 490);
        let quote = quote(&facts(promotions), &cart, &asked(Some(points), Some(credit)), now());
        check(&quote, &cart)?;
    }

    #[test]
    fn rule_2_1_the_order_of_identical_lines_does_not_matter(
        lines in lines(), promotions in promotions(), place in 0..8_usize
    ) {
        let mut twins = lines;
        let place = place % twins.len();
        let twin = Line { id: "twin".to_owned(), ..twins[place].clone() };
        twins.push(twin);
        let mut turned = twins.clone();
        let last = turned.len() - 1;
        turned.swap(place, last);
        let (facts, ask) = (facts(promotions), asked(Some(777), Some(99)));
        let one = quote(&facts, &cart(twins, 490), &ask, now());
        let two = quote(&facts, &cart(turned, 490), &ask, now());
        prop_assert_eq!(amounts(&one), amounts(&two));
        prop_assert_eq!(one.to_pay, two.to_pay);
    }

    #[test]
    fn rule_2_1_splitting_a_line_changes_nothing(
        lines in lines(), promotions in promotions(), place in 0..8_usize, at_end in any::<bool>()
    ) {
        let (facts, ask) = (facts(promotions), asked(Some(777), Some(99)));
        let whole = quote(&facts, &cart(lines.clone(), 490), &ask, now());
        let mut split = lines;
        let place = place % split.len();
        let id = split[place].id.clone();
        if split[place].quantity > 1 {
            let mut half = Line { id: "half".to_owned(), ..split[place].clone() };
            half.quantity -= 1;
            split[place].quantity = 1;
            split.insert(if at_end { split.len() } else { place + 1 }, half);
        }
        let split = quote(&facts, &cart(split, 490), &ask, now());
        prop_assert_eq!(amounts(&whole), amounts(&split));
        let (before, mut after) = (off(&whole).0, off(&split).0);
        // Equal lines share among themselves: what the two halves carry is what the line carried,
        // unless the line had a twin already.
        let half = after.remove("half").unwrap_or_default();
        *after.entry(id).or_default() += half;
        let sums = |lines: &BTreeMap<String, i64>| lines.values().sum::<i64>();
        prop_assert_eq!(sums(&before), sums(&after));
    }

    #[test]
    fn rule_2_15_where_the_preview_does_not_ask_it_equals_the_verdict(
        lines in lines(), promotions in promotions(), used in 0..3_i64, in_it in any::<bool>(),
        points in prop::option::of(0..9_000_i64), coded in any::<bool>()
    ) {
        let cart = cart(lines, 490);
        let mut ask = asked(points, Some(50));
        if !coded {
            ask.codes.clear();
        }
        let shop = facts(promotions);
        let preview = Facts { shop: None, ..shop.clone() };
        let uses = shop.public.promotions.iter().map(|it| (it.id.clone(), used)).collect();
        let segments = if in_it { vec!["idle".to_owned()] } else { vec![] };
        let shop = Facts { shop: Some(ShopFacts { uses, segments, ..Default::default() }), ..shop };
        let verdict = quote(&shop, &cart, &ask, now());
        prop_assert!(verdict.is_final());
        let preview = quote(&preview, &cart, &ask, now());
        if preview.is_final() {
            prop_assert_eq!(preview, verdict);
        }
    }

    #[test]
    fn rule_6_3_any_two_sequences_with_the_same_kept_pieces_end_in_the_same_ledger(
        (sold, basis, on) in order(), picks in steps(), cuts in prop::collection::vec(1..4_usize, 12)
    ) {
        let redeemed = Points::clamped(on.values().sum());
        let ledger = |steps: &[Vec<ReturnedLine>]| {
            let (mut earned, mut spent) = (0, 0);
            for end in 0..=steps.len() {
                let back = returned(&sold, &steps[..end]).unwrap();
                let goal = target(&sold, &back, Some(&basis), redeemed, &on);
                // What is booked is the difference between what is and what should be.
                earned += goal.earned.get() - earned;
                spent += goal.redeemed.get() - spent;
            }
            (earned, spent)
        };
        let mut kept: Vec<ReturnedLine> = Vec::new();
        for (line, quantity) in picks {
            let mut longer = kept.clone();
            longer.push(ReturnedLine { line: line.to_string(), quantity });
            if returned(&sold, &[longer.clone()]).is_ok() {
                kept = longer;
            }
        }
        let one_by_one: Vec<Vec<ReturnedLine>> = kept.iter().map(|it| vec![it.clone()]).collect();
        let mut rest: Vec<ReturnedLine> = kept.iter().rev().cloned().collect();
        let mut in_parts = Vec::new();
        for cut in cuts {
            let cut = cut.min(rest.len());
            in_parts.push(rest.drain(..cut).collect::<Vec<_>>());
        }
        in_parts.push(rest);
        prop_assert_eq!(ledger(&one_by_one), ledger(&in_parts));
        prop_assert_eq!(ledger(&one_by_one), ledger(&[kept]));
    }

    #[test]
    fn rule_6_3_any_two_sequences_of_edits_and_returns_end_in_the_same_ledger(
        (sold, basis, on) in order(), picks in steps(), kinds in prop::collection::vec(any::<bool>(), 12)
    ) {
        let used = used_on(&sold, on);
        let mut steps: Vec<Step> = Vec::new();
        for ((place, pieces), is_return) in picks.into_iter().zip(kinds) {
            let Some(line) = sold.lines.get(place) else { continue };
            let gone: i64 = steps.iter().filter(|it| it.line == line.id).map(|it| it.pieces).sum();
            if gone + pieces <= line.quantity {
                steps.push(Step { line: line.id.clone(), pieces, is_return });
            }
        }
        let one = booked(&sold, &basis, &used, &steps)?;
        // The same pieces in another order, by an edit where it was a return, and in one step.
        let mut other = steps.clone();
        other.reverse();
        for step in &mut other {
            step.is_return = !step.is_return;
        }
        prop_assert_eq!(&one, &booked(&sold, &basis, &used, &other)?);
        for is_return in [true, false] {
            let whole = sold.lines.iter().filter_map(|line| {
                let gone = steps.iter().filter(|it| it.line == line.id);
                let pieces = gone.map(|it| it.pieces).sum();
                (pieces > 0).then(|| Step { line: line.id.clone(), pieces, is_return })
            });
            let whole: Vec<Step> = whole.collect();
            prop_assert_eq!(&one, &booked(&sold, &basis, &used, &whole)?);
        }
    }

    #[test]
    fn rule_6_3_a_full_return_is_never_bought((sold, basis, on) in order()) {
        let redeemed = Points::clamped(on.values().sum());
        let back = returned(&sold, &[all_of(&sold.lines)]).unwrap();
        let end = target(&sold, &back, Some(&basis), redeemed, &on);
        prop_assert_eq!((end.earned.get(), end.redeemed.get(), end.keeps_any), (0, 0, false));
    }

    #[test]
    fn rule_6_6_buying_redeeming_and_returning_never_gains_value(
        lines in lines(), promotions in promotions(), points in 0..9_000_i64, picks in steps()
    ) {
        // One point is one cent: what comes back in money and points is at most the price.
        let cart = cart(lines, 0);
        let bought = quote(&facts(promotions), &cart, &asked(Some(points), None), now());
        let (off, _) = off(&bought);
        let by_points = draw::taken_by_points(&bought);
        let sold = draw::sold(&cart, &off);
        let mut back: Vec<ReturnedLine> = Vec::new();
        for (line, quantity) in picks {
            let mut longer = back.clone();
            longer.push(ReturnedLine { line: format!("l{line}"), quantity });
            if returned(&sold, &[longer.clone()]).is_ok() {
                back = longer;
            }
        }
        let back = returned(&sold, &[back]).unwrap();
        let spent = bought.points_used();
        let end = target(&sold, &back, None, spent, &by_points);
        let (refund, price) = draw::refund(&sold, &cart, &back);
        let given_back = spent.get() - end.redeemed.get();
        prop_assert!(given_back >= 0 && end.redeemed.get() >= 0);
        prop_assert!(refund + given_back <= price, "{refund} + {given_back} > {price}");
    }

    #[test]
    fn no_bytes_make_a_case_panic(
        place in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(),
        put in prop::collection::vec(any::<u8>(), 0..6), cut in 0..6_usize
    ) {
        static CASES: LazyLock<Vec<serde_json::Value>> =
            LazyLock::new(|| serde_json::from_str(include_str!("vectors/2.json")).unwrap());
        let mut bytes = place.get(&CASES)["case"].to_string().into_bytes();
        let at = at.index(bytes.len());
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put);
        if let Ok(case) = serde_json::from_slice::<Case>(&bytes) {
            drop(case.quote(&habitue_domain::calendar::Utc, now()));
        }
    }
}

#[test]
fn what_the_laws_draw_applies_often_enough() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut applied, mut all) = (0, 0);
    for _ in 0..300 {
        let promotions: Vec<Promotion> = promotions().new_tree(&mut runner).unwrap().current();
        all += promotions.len();
        let cart = cart(lines().new_tree(&mut runner).unwrap().current(), 490);
        let quote = quote(&facts(promotions), &cart, &asked(None, None), now());
        applied += quote.promotions_used().count();
    }
    assert!(applied * 4 > all, "only {applied} of {all} applied");
}
