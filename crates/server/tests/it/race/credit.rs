//! The same store credit in two carts.

use super::{Raced, Reply, rounds, step};
use crate::harness::{cart, eur, program};
use serde_json::json;
use std::sync::Arc;

/// What the member has.
const CREDIT: i64 = 4_000;

/// Pays with all the credit in one cart; the answer that ended it.
async fn pay(raced: Arc<Raced>, round: usize, name: &str) -> Reply {
    let (key, customer) = (format!("{name} {round}"), format!("c{round}"));
    let (secret, goods) = (raced.server.shop.secret_key.clone(), cart(&[(2, 3000)]));
    let asked = json!({ "credit": eur(CREDIT) });
    let body = json!({ "customer": customer, "cart": goods, "asked": asked }).to_string();
    let held = raced.wire(round).insist("/v1/holds", &secret, &key, &body).await;
    if held.status != 200 {
        return held;
    }
    let held = held.json();
    let to_pay = held["quote"]["to_pay"].clone();
    let body = json!({ "order": key, "customer": customer, "cart": goods, "to_pay": to_pay });
    let confirmed = raced.step(round, &step(&held, "confirm"), &key, &body).await;
    if confirmed.status != 200 {
        return confirmed;
    }
    let body = json!({ "order": key, "customer": customer, "amount": to_pay });
    raced.step(round, &step(&held, "commit"), &key, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_credit_is_never_spent_in_two_carts() {
    let raced = Raced::start(program()).await;
    for round in 0..rounds() {
        let session = raced.server.member_with(&format!("c{round}"), 0).await;
        let me = raced.server.get("/v1/me", &session).await.ok();
        let path = format!("/v1/members/{}/credit", me["member"]["id"].as_str().unwrap());
        let given = json!({ "amount": eur(CREDIT), "author": "a test", "reason": "a race" });
        raced.server.shop("POST", &path, given).await.ok();
        let before = raced.server.totals().await;
        let (one, two) = tokio::join!(
            pay(Arc::clone(&raced), round, "one"),
            pay(Arc::clone(&raced), round, "two"),
        );
        let spent = [&one, &two].into_iter().filter(|reply| reply.status == 200).count();
        assert_eq!(spent, 1, "round {round}: {:?} {:?}", one.problem(), two.problem());
        let (status, code) = if one.status == 200 { &two } else { &one }.problem();
        let lost = (status, code.as_str());
        assert!([(409, "hold_released"), (422, "used_up")].contains(&lost), "{round}: {lost:?}");
        let after = raced.server.totals().await;
        assert_eq!(before.members - after.members, CREDIT, "round {round}");
    }
}
