//! The last one of a reward, and the same points claimed twice or held meanwhile.

use super::{RACERS, Raced, Reply, rounds};
use crate::harness::{cart, program};
use habitue_domain::program::ProgramDocument;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// A reward with one in stock for every round.
fn offers(rounds: usize, stock: Option<i64>) -> ProgramDocument {
    let mut document = serde_json::to_value(program()).unwrap();
    let reward = |round: usize| {
        let mut reward = json!({ "id": format!("last_{round}"), "name": { "en": "The last one" },
            "points": 100, "grants": { "kind": "coupon", "promotion": "gift" } });
        if let Some(stock) = stock {
            reward["stock"] = json!(stock);
        }
        reward
    };
    document["rewards"] = (0..rounds).map(reward).collect();
    serde_json::from_value(document).unwrap()
}

async fn claim(raced: Arc<Raced>, round: usize, session: String, key: String) -> Reply {
    let body = json!({ "reward": format!("last_{round}") }).to_string();
    raced.wire(round).insist("/v1/me/claims", &session, &key, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_in_stock_goes_to_one_of_64_members_and_the_others_keep_their_points() {
    let rounds = rounds();
    let raced = Raced::start(offers(rounds, Some(1))).await;
    let points = 100 * i64::try_from(rounds).unwrap();
    let mut sessions = Vec::new();
    for n in 0..RACERS {
        sessions.push(raced.server.member_with(&format!("c{n}"), points).await);
    }
    let before = raced.server.totals().await;
    for round in 0..rounds {
        let start = Arc::new(Barrier::new(RACERS));
        let mut racers = JoinSet::new();
        for (n, session) in sessions.iter().cloned().enumerate() {
            let (raced, start) = (Arc::clone(&raced), Arc::clone(&start));
            racers.spawn(async move {
                start.wait().await;
                claim(raced, round, session, format!("{round}-{n}")).await
            });
        }
        let (won, lost): (Vec<_>, Vec<_>) =
            racers.join_all().await.into_iter().partition(|reply| reply.status == 200);
        assert_eq!((won.len(), lost.len()), (1, RACERS - 1), "round {round}");
        for refused in lost {
            assert_eq!(refused.problem(), (422, "out_of_stock".to_owned()), "round {round}");
        }
    }
    let after = raced.server.totals().await;
    assert_eq!(before.members - after.members, points);
}

/// A hold of 100 points.
async fn hold(raced: Arc<Raced>, round: usize, session: String) -> Reply {
    let body = json!({ "cart": cart(&[(2, 3000)]), "asked": { "points": 100 } }).to_string();
    raced.wire(round).insist("/v1/holds", &session, &format!("hold {round}"), &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_points_are_claimed_once_or_held_never_both() {
    let rounds = rounds();
    let raced = Raced::start(offers(rounds, None)).await;
    for round in 0..rounds {
        let customer = format!("c{round}");
        let session = raced.server.member_with(&customer, 100).await;
        let again = |key: &str| claim(Arc::clone(&raced), round, session.clone(), key.to_owned());
        let before = raced.server.totals().await;
        let (one, two, held) = if round % 2 == 0 {
            let (one, two) = tokio::join!(again("one"), again("two"));
            (one, two, None)
        } else {
            let holding = hold(Arc::clone(&raced), round, session.clone());
            let (one, held) = tokio::join!(again("one"), holding);
            (one, again("two").await, Some(held))
        };
        let replies: Vec<Reply> = [Some(one), Some(two), held].into_iter().flatten().collect();
        let won = replies.iter().filter(|reply| reply.status == 200).count();
        assert_eq!(won, 1, "round {round}");
        for lost in replies.iter().filter(|reply| reply.status != 200) {
            assert_eq!(lost.problem(), (422, "not_enough_points".to_owned()), "round {round}");
        }
        let after = raced.server.totals().await;
        let claims = raced.server.get("/v1/me/claims", &session).await.ok();
        let claimed = claims["claims"].as_array().map_or(0, Vec::len);
        assert_eq!(before.members - after.members, if claimed == 1 { 100 } else { 0 });
        assert_eq!(claims["next"], Value::Null);
    }
}

/// Holds and confirms a cart with a claim's code; whether it got that far.
async fn confirm(raced: Arc<Raced>, round: usize, session: String, code: Value) -> bool {
    let (key, goods) = (format!("pay {round}"), cart(&[(2, 3000)]));
    let body = json!({ "cart": goods, "asked": { "codes": [code] } }).to_string();
    let held = raced.wire(round).insist("/v1/holds", &session, &key, &body).await;
    if held.status != 200 {
        return false;
    }
    let held = held.json();
    let body = json!({ "order": key, "customer": format!("c{round}"), "cart": goods,
        "to_pay": held["quote"]["to_pay"] });
    raced.step(round, &super::step(&held, "confirm"), &key, &body).await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_withdrawn_or_its_code_is_paid_with_never_both() {
    let raced = Raced::start(offers(1, None)).await;
    let (mut paid_with, mut withdrawn) = (0, 0);
    for round in 0..rounds() {
        let session = raced.server.member_with(&format!("c{round}"), 100).await;
        let claimed = claim(Arc::clone(&raced), 0, session.clone(), "one".to_owned()).await.ok();
        let path = format!("/v1/claims/{}", claimed["id"].as_str().unwrap());
        let body = json!({ "state": "withdrawn", "author": "Ann", "reason": "a race" });
        let code = claimed["code"].clone();
        let pays = tokio::spawn(confirm(Arc::clone(&raced), round, session, code));
        if round % 2 == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(round as u64 % 8)).await;
        }
        let mut settled = raced.server.shop("PUT", &path, body.clone()).await;
        while settled.status == 503 {
            settled = raced.server.shop("PUT", &path, body.clone()).await;
        }
        let is_paid_with = pays.await.unwrap();
        match settled.status {
            200 => withdrawn += 1,
            _ => assert_eq!(settled.problem(), (409, "claim_settled"), "round {round}"),
        }
        paid_with += usize::from(is_paid_with);
        assert_ne!(settled.status == 200, is_paid_with, "round {round}");
    }
    println!("{withdrawn} withdrawn, {paid_with} paid with");
    raced.server.totals().await;
}
