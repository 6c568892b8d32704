//! The part of the story about rewards: claimed, told, fulfilled and withdrawn.

use crate::harness::{Server, program};
use serde_json::{Value, json};

pub async fn rewards_are_claimed_and_settled(server: &Server) {
    let mut next = serde_json::to_value(program()).unwrap();
    let reward = |id: &str, grants: Value| json!({ "id": id, "name": { "en": id }, "points": 10, "grants": grants });
    next["rewards"] = json!([
        reward("code", json!({ "kind": "coupon", "promotion": "gift" })),
        reward("friend", json!({ "kind": "partner", "promotion": "gift" })),
        reward("cash", json!({ "kind": "credit", "amount": "1.00 EUR" })),
        reward("card", json!({ "kind": "gift_card", "amount": "1.00 EUR" })),
        reward("evening", json!({ "kind": "experience" })),
    ]);
    server.shop("POST", "/v1/programs", next).await.ok();
    let made = server.shop("POST", "/v1/coupons/batches", json!({ "promotion": "gift" })).await;
    let path = format!("/v1/coupons/batches/{}/codes", made.ok()["id"].as_str().unwrap());
    server.shop("POST", &path, json!({ "codes": ["FOR-RIA"] })).await.ok();
    let session = server.member_with("ria", 200).await;
    let offered = server.get("/v1/me/rewards", &session).await.ok();
    for reward in offered["rewards"].as_array().unwrap() {
        let body = json!({ "reward": reward["id"] });
        server.call("POST", "/v1/me/claims", &session, body).await.ok();
    }
    assert!(!server.shop("GET", "/v1/claims", Value::Null).await.ok()["claims"].is_null());
    let own = server.get("/v1/me/claims", &session).await.ok();
    for claim in own["claims"].as_array().unwrap() {
        let path = format!("/v1/claims/{}", claim["id"].as_str().unwrap());
        let body = json!({ "state": "withdrawn", "author": "Ann", "reason": "a mistake" });
        server.shop("PUT", &path, body).await.ok();
    }
}
