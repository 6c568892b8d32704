//! Two steps of one checkout that meet: one of them comes first, and the other one knows.

use super::{Raced, Reply, commit_body, confirm_body, hold_body, rounds, step};
use crate::harness::{order, program};
use axum::http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// How often each of the two is sent at once.
const TIMES: usize = 4;

/// A checkout of 60.00 with 10.00 off by a code and 7.00 off by points, confirmed.
async fn confirmed(raced: &Raced, round: usize) -> (String, Value) {
    let customer = format!("c{round}");
    let session = raced.server.member_with(&customer, 700).await;
    let body = hold_body(&json!({ "codes": ["TEN"], "points": 700 })).to_string();
    let held = raced.wire(round).insist("/v1/holds", &session, "hold", &body).await.ok();
    let body = confirm_body(&format!("o{round}"), &customer, 4790);
    raced.step(round, &step(&held, "confirm"), &format!("confirm {round}"), &body).await.ok();
    (session, held)
}

/// Sends both at once, each several times with a key of its own; the answers to each.
async fn meet(
    raced: &Arc<Raced>,
    round: usize,
    sent: [(Method, String, Value); 2],
) -> [Vec<Reply>; 2] {
    let start = Arc::new(Barrier::new(2 * TIMES));
    let mut racers = JoinSet::new();
    for n in 0..2 * TIMES {
        let (raced, start) = (Arc::clone(raced), Arc::clone(&start));
        let (method, path, body) = sent[n % 2].clone();
        racers.spawn(async move {
            let secret = raced.server.shop.secret_key.clone();
            let (key, body) = (format!("{round} {n}"), body.to_string());
            start.wait().await;
            let reply = raced.wire(round).send((&method, &path), &secret, &key, &body).await;
            (n % 2, reply.unwrap())
        });
    }
    let mut answers = [Vec::new(), Vec::new()];
    for (which, reply) in racers.join_all().await {
        answers[which].push(reply);
    }
    answers
}

/// What the member has, and whether the code may be used.
async fn left(raced: &Raced, session: &str) -> (i64, i64, i64, bool) {
    let me = raced.server.get("/v1/me", session).await.ok();
    let part = |name: &str| me["member"]["balance"][name].as_i64().unwrap();
    let body = hold_body(&json!({ "codes": ["TEN"] }));
    let quote = raced.server.call("POST", "/v1/quotes", session, body).await.ok();
    let is_usable = quote["quote"]["outcomes"][0]["verdict"]["Applied"].is_object();
    (part("available"), part("held"), part("debt"), is_usable)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_commit_and_release_exactly_one_happens() {
    let raced = Raced::start(program()).await;
    let mut committed = 0;
    for round in 0..rounds() {
        let (session, held) = confirmed(&raced, round).await;
        let body = commit_body(&format!("o{round}"), &format!("c{round}"), 4790);
        let both = [("commit", body), ("release", json!({}))]
            .map(|(name, body)| (Method::POST, step(&held, name), body));
        let [commits, releases] = meet(&raced, round, both).await;
        let is_committed = commits[0].status == 200;
        let (done, late, code) = if is_committed {
            (commits, releases, "hold_committed")
        } else {
            (releases, commits, "hold_released")
        };
        assert!(done.iter().all(|reply| reply.status == 200), "round {round}: {done:?}");
        for reply in late {
            assert_eq!(reply.problem(), (409, code.to_owned()), "round {round}");
        }
        // Spent with the code, or both as before; nothing is held any more.
        let expected = if is_committed { (0, 0, 0, false) } else { (700, 0, 0, true) };
        assert_eq!(left(&raced, &session).await, expected, "round {round}");
        committed += usize::from(is_committed);
    }
    println!("{committed} of {} rounds were committed", rounds());
    raced.server.totals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_that_meets_its_commit_gives_back_what_was_redeemed() {
    let raced = Raced::start(program()).await;
    for round in 0..rounds() {
        let (session, held) = confirmed(&raced, round).await;
        let (number, customer) = (format!("o{round}"), format!("c{round}"));
        let path = format!("/v1/orders/{number}");
        let placed = order(&customer, &[(2, 4300)]);
        raced.server.shop("PUT", &path, placed).await.ok();
        // Every other round one of the two pieces comes back, in the others both do.
        let pieces = 1 + round % 2;
        let lines = json!([{ "line": "0", "quantity": pieces }]);
        let back = json!({ "returned_at": "2026-11-21T12:00:00Z", "lines": lines });
        let commit = (Method::POST, step(&held, "commit"), commit_body(&number, &customer, 4790));
        let both = [commit, (Method::PUT, format!("{path}/returns/r1"), back)];
        let [commits, returns] = meet(&raced, round, both).await;
        assert!(commits.iter().chain(&returns).all(|reply| reply.status == 200), "{commits:?}");
        // 350 of the 700 points lie on each piece; the code's use comes back with the last one.
        let expected = if pieces == 2 { (700, 0, 0, true) } else { (350, 0, 0, false) };
        assert_eq!(left(&raced, &session).await, expected, "round {round}");
        let known = raced.server.get(&path, &raced.server.shop.secret_key).await.ok();
        assert_eq!(known["redeemed"], if pieces == 2 { 0 } else { 350 }, "round {round}");
    }
    raced.server.totals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_returns_of_one_order_at_once_take_back_what_it_earned_and_no_more() {
    let raced = Raced::start(program()).await;
    for round in 0..rounds() {
        let (number, customer) = (format!("o{round}"), format!("c{round}"));
        let session = raced.server.member_with(&customer, 700).await;
        let path = format!("/v1/orders/{number}");
        raced.server.shop("PUT", &path, order(&customer, &[(4, 4000)])).await.ok();
        let lines = json!([{ "line": "0", "quantity": 1 }]);
        let back = json!({ "returned_at": "2026-11-21T12:00:00Z", "lines": lines });
        let mut racers = JoinSet::new();
        for n in 0..TIMES {
            let (raced, back) = (Arc::clone(&raced), back.to_string());
            let path = format!("{path}/returns/r{n}");
            racers.spawn(async move {
                let secret = raced.server.shop.secret_key.clone();
                let put = (&Method::PUT, path.as_str());
                raced.wire(n).send(put, &secret, "", &back).await.unwrap()
            });
        }
        let answers = racers.join_all().await;
        assert!(answers.iter().all(|reply| reply.status == 200), "{answers:?}");
        let known = raced.server.get(&path, &raced.server.shop.secret_key).await.ok();
        assert_eq!(known["earned"], 0, "round {round}");
        let me = raced.server.get("/v1/me", &session).await.ok();
        let balance = &me["member"]["balance"];
        assert_eq!(
            (&balance["available"], &balance["pending"], &balance["debt"]),
            (&json!(700), &json!(0), &json!(0)),
            "round {round}"
        );
    }
    raced.server.totals().await;
}
