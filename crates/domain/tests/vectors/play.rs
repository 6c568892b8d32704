//! Plays the golden vectors, natively and in the browser: the same lines, the same answers.
//!
//! What a vector expects was worked out by hand from its rule; `why` says how.

mod points;

use habitue_domain::calendar::Utc;
use habitue_domain::case::{Case, CaseError};
use habitue_domain::earn::{Basis, Tax};
use habitue_domain::money::Money;
use habitue_domain::order::{Order, OrderLine, OrderState};
use habitue_domain::points::Points;
use habitue_domain::quote::{Applied, Item, Outcome, Quote, Verdict};
use habitue_domain::refusal::Missing;
use habitue_domain::returns::{ReturnedLine, returned, target};
use habitue_domain::time::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// The vectors, a file a chapter of the rules.
pub const FILES: [&str; 4] = [
    include_str!("1.json"),
    include_str!("2.json"),
    include_str!("4.json"),
    include_str!("6.json"),
];

/// How a kind of vector is played.
type Play = fn(&Value) -> Vec<String>;

/// A vector that was played.
pub struct Played {
    /// Its rule and what it shows.
    pub name: String,
    /// What it is about.
    pub vector: Value,
    /// What it expects.
    pub expected: Vec<String>,
    /// What came out.
    pub got: Vec<String>,
    /// The whole answer, as sent over the wire.
    pub json: String,
}

/// Plays all of them.
pub fn play() -> Vec<Played> {
    let all = FILES.iter().flat_map(|file| {
        let list: Vec<Value> = serde_json::from_str(file).unwrap();
        list
    });
    all.map(one).collect()
}

fn one(vector: Value) -> Played {
    let name = vector["name"].as_str().unwrap().to_owned();
    assert!(vector["why"].as_str().is_some_and(|why| why.len() > 2), "{name} says no why");
    let expected = vector["expect"].as_array().unwrap();
    let expected = expected.iter().map(|line| line.as_str().unwrap().to_owned()).collect();
    let kinds: [(&str, Play); 4] = [
        ("order", |order| vec![returns(order)]),
        ("earn", points::earned),
        ("expiry", points::end),
        ("lots", points::lots),
    ];
    let other = kinds.iter().find(|(kind, _)| !vector[*kind].is_null());
    let (got, json) = if let Some((kind, play)) = other {
        let lines = play(&vector[*kind]);
        (lines.clone(), lines.join("; "))
    } else {
        let case: Case = serde_json::from_value(vector["case"].clone()).unwrap();
        match case.quote(&Utc, Timestamp::MIN) {
            Ok(quote) => (lines(&quote), serde_json::to_string(&quote).unwrap()),
            Err(error) => (vec![said(&error)], said(&error)),
        }
    };
    Played { name, vector, expected, got, json }
}

fn said(error: &CaseError) -> String {
    use habitue_domain::refusal::Refusal;
    match error {
        CaseError::Refused(Refusal::OutOfBounds { field }) => format!("out_of_bounds {field}"),
        CaseError::Refused(refusal) => refusal.code().to_owned(),
        CaseError::Mistakes(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    }
}

/// A quote as a few lines of text that lose nothing but the currency.
pub fn lines(quote: &Quote) -> Vec<String> {
    let mut lines: Vec<String> = quote.outcomes.iter().map(outcome).collect();
    lines.push(format!(
        "goods {}, shipping {}, discount {}, paid {}, to pay {}",
        quote.goods.minor(),
        quote.shipping.minor(),
        quote.discount.minor(),
        quote.paid.map_or(0, Money::minor),
        quote.to_pay.minor()
    ));
    lines
}

fn outcome(outcome: &Outcome) -> String {
    let item = match &outcome.item {
        Item::Automatic(id) => format!("automatic {id}"),
        Item::Code(code) => format!("code {code}"),
        Item::Points(points) => format!("points {points}"),
        Item::Credit(money) => format!("credit {}", money.minor()),
    };
    match &outcome.verdict {
        Verdict::AskServer => format!("{item} asks the server"),
        Verdict::Applied(applied) => format!("{item} {}", taken(applied)),
        Verdict::Refused { reason, missing } => {
            let missing = match missing {
                None => String::new(),
                Some(Missing::Money(money)) => {
                    format!(", missing {} {}", money.minor(), money.currency())
                }
                Some(Missing::Points(points)) => format!(", missing {points} points"),
                Some(Missing::Quantity(pieces)) => format!(", missing {pieces} pieces"),
            };
            format!("{item} refused {}{missing}", reason.code())
        }
    }
}

fn taken(applied: &Applied) -> String {
    let mut parts: Vec<String> =
        applied.lines.iter().map(|part| format!("{} {}", part.line, part.amount.minor())).collect();
    if applied.shipping.minor() != 0 {
        parts.push(format!("shipping {}", applied.shipping.minor()));
    }
    parts.extend(applied.points.map(|points| format!("with {points} points")));
    let verb = if applied.is_payment { "pays" } else { "takes" };
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    format!("{verb} {}{parts}", applied.amount.minor())
}

fn returns(order: &Value) -> String {
    let line = |line: &Value| OrderLine {
        id: line["id"].as_str().unwrap().to_owned(),
        product: "p".to_owned(),
        quantity: line["quantity"].as_i64().unwrap(),
        paid: line["paid"].as_i64().unwrap(),
        ..OrderLine::default()
    };
    let is_paid = order["state"] == "paid";
    let sold = Order {
        state: if is_paid { OrderState::Paid } else { OrderState::Cancelled },
        currency: "EUR".parse().unwrap(),
        lines: order["lines"].as_array().unwrap().iter().map(line).collect(),
    };
    let basis = Basis {
        version: 1,
        points_per_minor: order["rate"].as_str().unwrap().parse().unwrap(),
        multiplier: order["multiplier"].as_str().unwrap().parse().unwrap(),
        pending_days: 14,
        tax: Tax::Included,
        cap: None,
        lines: BTreeMap::new(),
    };
    let steps: Vec<Vec<ReturnedLine>> = serde_json::from_value(order["returns"].clone()).unwrap();
    let back = returned(&sold, &steps).unwrap();
    let redeemed = Points::clamped(order["redeemed"].as_i64().unwrap());
    let on: Option<BTreeMap<String, i64>> =
        serde_json::from_value(order["redeemed_on"].clone()).unwrap();
    let end = target(&sold, &back, Some(&basis), redeemed, &on.unwrap_or_default());
    let keeps = if end.keeps_any { "some" } else { "nothing" };
    format!("earned {}, redeemed {}, keeps {keeps}", end.earned, end.redeemed)
}
