//! Orders as state: what they earn, again, late, older, changed, returned.

use crate::harness::{Server, cart, order};
use serde_json::{Value, json};

async fn balance(server: &Server, session: &str) -> (i64, i64, i64) {
    let me = server.get("/v1/me", session).await.ok();
    let part = |name: &str| me["member"]["balance"][name].as_i64().unwrap();
    (part("available"), part("pending"), part("debt"))
}

#[tokio::test]
async fn a_paid_order_earns_pending_points_that_ripen_after_14_days() {
    let server = Server::start().await;
    let session = server.member_with("c1", 0).await;
    server.shop("PUT", "/v1/orders/o1", order("c1", &[(1, 1999)])).await.ok();
    assert_eq!(balance(&server, &session).await, (0, 99, 0));
    server.clock.advance(14 * 86_400);
    let session = server.sign_in("c1").await;
    assert_eq!(balance(&server, &session).await, (99, 0, 0));
    server.totals().await;
}

#[tokio::test]
async fn rule_6_1_the_same_state_again_or_an_older_one_changes_nothing() {
    let server = Server::start().await;
    server.member_with("c1", 0).await;
    let mut newer = order("c1", &[(1, 1000)]);
    newer["version"] = json!(7);
    for _ in 0..3 {
        server.shop("PUT", "/v1/orders/o1", newer.clone()).await.ok();
    }
    let older = server.shop("PUT", "/v1/orders/o1", order("c1", &[(1, 9999)])).await.ok();
    assert_eq!((&older["version"], &older["earned"]), (&json!(7), &json!(50)));
    assert_eq!(server.totals().await.transfers, 1);
    let mut other = order("c1", &[(1, 2000)]);
    other["version"] = json!(7);
    let answer = server.shop("PUT", "/v1/orders/o1", other).await;
    assert_eq!(answer.problem(), (409, "order_differs"));
}

#[tokio::test]
async fn an_order_earns_once_it_is_paid_and_not_when_cancelled() {
    let server = Server::start().await;
    server.member_with("c1", 0).await;
    let at = |version: i64, state: &str| -> Value {
        let mut body = order("c1", &[(1, 1000)]);
        body["version"] = json!(version);
        body["state"] = json!(state);
        body
    };
    for (version, state, earned) in [(1, "placed", 0), (2, "paid", 50), (3, "cancelled", 0)] {
        let reply = server.shop("PUT", "/v1/orders/o1", at(version, state)).await.ok();
        assert_eq!(reply["earned"], earned, "{state}");
    }
    let totals = server.totals().await;
    assert_eq!((totals.members, totals.transfers), (0, 2));
}

#[tokio::test]
async fn rule_7_2_the_order_that_reaches_a_tier_lifts_the_member_at_once() {
    let server = Server::start().await;
    let session = server.member_with("c1", 0).await;
    server.shop("PUT", "/v1/orders/o1", order("c1", &[(1, 9999)])).await.ok();
    let me = server.get("/v1/me", &session).await.ok();
    assert_eq!(
        (&me["member"]["tier"], &me["member"]["progress"]["missing"]),
        (&json!("bronze"), &json!(1))
    );
    server.shop("PUT", "/v1/orders/o2", order("c1", &[(1, 21)])).await.ok();
    let me = server.get("/v1/me", &session).await.ok();
    assert_eq!(me["member"]["tier"], "silver");
    let third = server.shop("PUT", "/v1/orders/o3", order("c1", &[(1, 1000)])).await.ok();
    assert_eq!(third["earned"], 75);
}

#[tokio::test]
async fn rule_4_8_a_return_after_the_points_were_spent_leaves_a_debt_that_earning_repays() {
    let server = Server::start().await;
    let session = server.member_with("c1", 100).await;
    let body = json!({ "cart": cart(&[(1, 3000)]), "asked": { "points": 100 } });
    let held = server.call("POST", "/v1/holds", &session, body).await.ok();
    let step = |name: &str| format!("/v1/holds/{}/{name}", held["hold"].as_str().unwrap());
    let terms = json!({ "order": "o1", "customer": "c1", "cart": cart(&[(1, 3000)]),
        "to_pay": held["quote"]["to_pay"] });
    server.shop("POST", &step("confirm"), terms).await.ok();
    let paid = json!({ "order": "o1", "customer": "c1", "amount": held["quote"]["to_pay"] });
    server.shop("POST", &step("commit"), paid).await.ok();
    let all = json!({ "returned_at": "2026-11-21T12:00:00Z" });
    server.shop("PUT", "/v1/orders/seed-c1/returns/r1", all).await.ok();
    assert_eq!(balance(&server, &session).await, (0, 0, 100));
    let body = json!({ "cart": cart(&[(1, 3000)]), "asked": { "points": 1 } });
    let quote = server.call("POST", "/v1/quotes", &session, body).await.ok();
    assert_eq!(quote["quote"]["outcomes"][0]["verdict"]["Refused"]["reason"], "in_debt");
    server.shop("PUT", "/v1/orders/o2", order("c1", &[(1, 3000)])).await.ok();
    assert_eq!(balance(&server, &session).await, (0, 50, 0));
    server.totals().await;
}

#[tokio::test]
async fn rule_6_3_returns_in_any_steps_end_where_the_kept_units_say() {
    let server = Server::start().await;
    server.member_with("c1", 0).await;
    server.shop("PUT", "/v1/orders/o1", order("c1", &[(3, 1000), (1, 500)])).await.ok();
    let back = |lines: Value| json!({ "returned_at": "2026-11-22T12:00:00Z", "lines": lines });
    let one = back(json!([{ "line": "0", "quantity": 1 }]));
    let reply = server.shop("PUT", "/v1/orders/o1/returns/r1", one.clone()).await.ok();
    // Kept: 334 + 333 of 1000, and 500 cents: 1167 × 5 %
    assert_eq!((&reply["paid"]["minor"], &reply["earned"]), (&json!(1167), &json!(58)));
    server.shop("PUT", "/v1/orders/o1/returns/r1", one).await.ok();
    let other = back(json!([{ "line": "0", "quantity": 2 }]));
    let answer = server.shop("PUT", "/v1/orders/o1/returns/r1", other.clone()).await;
    assert_eq!(answer.problem(), (409, "return_differs"));
    let many = back(json!([{ "line": "0", "quantity": 3 }]));
    let answer = server.shop("PUT", "/v1/orders/o1/returns/r2", many).await;
    assert_eq!(answer.problem(), (422, "return_exceeds_order"));
    let rest = json!({ "returned_at": "2026-11-22T12:00:00Z" });
    let reply = server.shop("PUT", "/v1/orders/o1/returns/r3", rest).await.ok();
    assert_eq!((&reply["paid"]["minor"], &reply["earned"]), (&json!(0), &json!(0)));
    assert_eq!(server.totals().await.members, 0);
}

#[tokio::test]
async fn orders_of_others_are_kept_and_joining_credits_the_last_30_days() {
    let server = Server::start().await;
    let at = |day: &str| -> Value {
        let mut body = order("c9", &[(1, 1000)]);
        body["placed_at"] = json!(day);
        body
    };
    let old = server.shop("PUT", "/v1/orders/old", at("2026-10-01T12:00:00Z")).await.ok();
    server.shop("PUT", "/v1/orders/new", at("2026-11-10T12:00:00Z")).await.ok();
    assert_eq!(old["earned"], 0);
    let session = server.sign_in("c9").await;
    let before = server.get("/v1/me", &session).await.ok();
    assert!(before.get("member").is_none());
    server.join(&session).await;
    assert_eq!(balance(&server, &session).await, (0, 50, 0));
    server.join(&session).await;
    assert_eq!(server.totals().await.transfers, 1);
}

#[tokio::test]
async fn rule_4_9_a_currency_without_a_rate_earns_nothing() {
    let server = Server::start().await;
    server.member_with("c1", 0).await;
    let mut body = order("c1", &[(1, 1000)]);
    body["currency"] = json!("CHF");
    assert_eq!(server.shop("PUT", "/v1/orders/o1", body).await.ok()["earned"], 0);
}
