//! Points are given an end; it is put off, told, and comes.

use crate::harness::{Server, cart, order, program};
use habitue_server::job::{Job, Ran, run};
use habitue_store::{Error, Tx, contact};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

async fn work(server: &Server, job: Job) -> Ran {
    run(&server.app.store, &server.clock, job, "story", true).await.unwrap()
}

async fn bought(server: &Server, id: &str) {
    let mut body = order("ivy", &[(1, 2_000)]);
    body["placed_at"] = json!(server.clock.now());
    server.shop("PUT", &format!("/v1/orders/{id}"), body).await.ok();
}

pub async fn points_end(server: &Server) {
    let mut next = serde_json::to_value(program()).unwrap();
    next["points"]["expiry"] = json!({ "kind": "inactivity", "months": 1 });
    server.shop("POST", "/v1/programs", next).await.ok();
    server.clock.advance(1);
    server.member_with("ivy", 0).await;
    let mut claims = server.claims("ivy");
    claims["email"] = json!("ivy@example.org");
    claims["email_verified"] = json!(true);
    server.exchange(&server.sign(&claims)).await.ok();
    bought(server, "i1").await;
    bought(server, "i2").await;
    assert!(Job::Notify.plan(&server.app.store, server.clock.now()).await.unwrap().is_some());
    assert!(matches!(work(server, Job::Notify).await, Ran::Done(1..)));
    let shop = server.shop.shop;
    let look = async move |tx: &mut Tx<'_>| -> Result<bool, Error> {
        contact::refuses(tx, shop, "the hash of an address nobody refused mail for").await
    };
    assert!(!server.app.store.read(look).await.unwrap());
    server.clock.advance(20 * DAY);
    let session = server.sign_in("ivy").await;
    let told = server.call("POST", "/v1/me/notice", &session, Value::Null).await.ok();
    assert_eq!(told["member"]["expiring"]["told"], true);
    let body = json!({ "cart": cart(&[(1, 3000)]), "asked": { "points": 50 } });
    let held = server.call("POST", "/v1/holds", &session, body).await.ok();
    let step = |name: &str| format!("/v1/holds/{}/{name}", held["hold"].as_str().unwrap());
    let terms = json!({ "order": "i3", "customer": "ivy", "cart": cart(&[(1, 3000)]),
        "to_pay": held["quote"]["to_pay"] });
    server.shop("POST", &step("confirm"), terms).await.ok();
    let paid = json!({ "order": "i3", "customer": "ivy", "amount": held["quote"]["to_pay"] });
    server.shop("POST", &step("commit"), paid).await.ok();
    server.clock.advance(46 * DAY);
    assert!(Job::Expire.plan(&server.app.store, server.clock.now()).await.unwrap().is_some());
    assert!(matches!(work(server, Job::Expire).await, Ran::Done(2..)));
    // What was redeemed comes back to a lot that has ended, and what ended is not owed.
    bought(server, "i3").await;
    for id in ["i3", "i1"] {
        let all = json!({ "returned_at": server.clock.now() });
        server.shop("PUT", &format!("/v1/orders/{id}/returns/r1"), all).await.ok();
    }
    let session = server.sign_in("ivy").await;
    let me = server.get("/v1/me", &session).await.ok();
    assert_eq!(me["member"]["balance"]["debt"], 0);
}
