//! Tiers are reached, given, reviewed and lost; the card is shown at the till.

use crate::harness::{Server, order, program};
use habitue_server::job::{Job, Ran, run};
use habitue_store::{Error, Tx, order as orders};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

async fn publish(server: &Server, rule: Value) {
    let mut next = serde_json::to_value(program()).unwrap();
    if rule["metric"] == "spent" {
        next["tiers"][1]["threshold"] = json!(0);
        next["tiers"][1]["spent"] = json!("100.00 EUR");
    }
    next["tiers"][1]["entry"] = json!({ "points": 10, "coupon": "gift" });
    next["tier_rule"] = rule;
    server.shop("POST", "/v1/programs", next).await.ok();
    server.clock.advance(1);
}

async fn bought(server: &Server, id: &str) {
    let mut body = order("tom", &[(1, 10_000)]);
    body["placed_at"] = json!(server.clock.now());
    body["channel"] = json!("pos");
    server.shop("PUT", &format!("/v1/orders/{id}"), body).await.ok();
}

async fn review(server: &Server) -> Ran {
    run(&server.app.store, &server.clock, Job::Review, "story", true).await.unwrap()
}

pub async fn tiers_rise_and_fall(server: &Server) {
    publish(server, json!({ "metric": "ordered" })).await;
    server.member_with("tom", 0).await;
    publish(server, json!({ "metric": "spent", "review": {} })).await;
    bought(server, "t1").await;
    let all = json!({ "returned_at": server.clock.now() });
    server.shop("PUT", "/v1/orders/t1/returns/r1", all).await.ok();
    let session = server.sign_in("tom").await;
    let me = server.get("/v1/me", &session).await.ok();
    assert_eq!(me["member"]["tier"], "silver");
    let path = format!("/v1/members/{}/tier", me["member"]["id"].as_str().unwrap());
    let until = server.clock.now().plus_days(100);
    let by_hand = json!({ "tier": "silver", "until": until, "author": "a", "reason": "b" });
    server.shop("PUT", &path, by_hand).await.ok();
    let shop = server.shop.shop;
    let forget = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
        let mut stored = orders::load(tx, shop, "t1").await?.unwrap();
        stored.kept_paid = None;
        orders::save(tx, shop, &mut stored).await
    };
    server.app.store.write(forget).await.unwrap();
    assert!(matches!(review(server).await, Ran::Done(2..)));
    server.clock.advance(370 * DAY);
    assert!(Job::Review.plan(&server.app.store, server.clock.now()).await.unwrap().is_some());
    assert!(matches!(review(server).await, Ran::Done(1..)));
    let session = server.sign_in("tom").await;
    let told = server.call("POST", "/v1/me/notice", &session, Value::Null).await.ok();
    assert_eq!(told["member"]["keeping"]["warning"]["told"], true);
    server.clock.advance(40 * DAY);
    assert!(matches!(review(server).await, Ran::Done(1..)));
    let session = server.sign_in("tom").await;
    let page = server.get("/v1/me/history", &session).await.ok();
    assert_eq!(page["tiers"].as_array().unwrap().len(), 4);
    let card = server.get("/v1/me/card", &session).await.ok();
    server.call("POST", "/v1/me/card", &session, Value::Null).await.ok();
    let path = format!("/v1/members?card={}", card["code"].as_str().unwrap());
    assert_eq!(server.shop("GET", &path, Value::Null).await.status, 404);
}
