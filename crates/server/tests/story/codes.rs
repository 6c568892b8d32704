//! The part of the story about issued codes: made, imported, issued, used, taken back, withdrawn.

use crate::harness::{Server, cart, eur, order, program};
use habitue_server::batch;
use serde_json::{Value, json};

pub async fn codes_are_issued_used_and_withdrawn(server: &Server) {
    let mut next = serde_json::to_value(program()).unwrap();
    next["promotions"].as_array_mut().unwrap().push(json!({ "id": "back",
        "name": { "en": "Come back" }, "codes": "issued",
        "issued_by_order": { "minimum": ["50.00 EUR"], "days": 30 },
        "actions": [{ "kind": "fixed", "amount": ["10.00 EUR"] }] }));
    server.shop("POST", "/v1/programs", next).await.ok();
    let session = server.member_with("kim", 0).await;
    let issued = json!({ "promotion": "gift", "customer": "kim" });
    let issued = server.shop("POST", "/v1/coupons", issued).await.ok();
    use_up(server, &session, issued["code"].as_str().unwrap(), "k1").await;
    let listed = server.shop("GET", "/v1/coupons?customer=kim", Value::Null).await.ok();
    assert_eq!(listed["coupons"][0]["state"], "used");
    let mut sold = order("kim", &[(1, 6_000)]);
    sold["placed_at"] = json!(server.clock.now());
    server.shop("PUT", "/v1/orders/k2", sold.clone()).await.ok();
    let me = server.get("/v1/me", &session).await.ok();
    let offered = me["facts"]["promotions"].as_array().unwrap();
    assert!(offered.iter().any(|promotion| promotion["id"] == "back"));
    (sold["version"], sold["state"]) = (json!(2), json!("cancelled"));
    server.shop("PUT", "/v1/orders/k2", sold).await.ok();
    a_batch_is_filled(server, &session).await;
    let path = format!("/v1/coupons/{}", issued["id"].as_str().unwrap());
    assert_eq!(server.shop("DELETE", &path, Value::Null).await.status, 204);
}

async fn a_batch_is_filled(server: &Server, session: &str) {
    let wanted = json!({ "promotion": "gift", "count": 101, "uses": 2 });
    let made = server.shop("POST", "/v1/coupons/batches", wanted).await.ok();
    let (store, master) = (&server.app.store, &server.app.master);
    batch::run(store, master, &server.clock, "story").await.unwrap();
    let path = format!("/v1/coupons/batches/{}", made["id"].as_str().unwrap());
    assert_eq!(server.shop("GET", &path, Value::Null).await.ok()["made"], 101);
    let exported = server.shop("GET", &format!("{path}/codes.csv"), Value::Null).await;
    let text = String::from_utf8(exported.bytes).unwrap();
    assert_eq!(text.lines().count(), 102);
    let code = text.lines().nth(1).unwrap().split('"').nth(1).unwrap().to_owned();
    use_up(server, session, &code, "k3").await;
    use_up(server, session, &code, "k4").await;
    assert_eq!(server.shop("DELETE", &path, Value::Null).await.status, 204);
    let made = server.shop("POST", "/v1/coupons/batches", json!({ "promotion": "gift" })).await;
    let path = format!("/v1/coupons/batches/{}/codes", made.ok()["id"].as_str().unwrap());
    let sent = json!({ "codes": ["PARTNER-1", "PARTNER-2"] });
    assert_eq!(server.shop("POST", &path, sent).await.ok()["added"], 2);
    let all = server.shop("GET", "/v1/coupons/batches", Value::Null).await.ok();
    assert_eq!(all["batches"].as_array().unwrap().len(), 2);
}

async fn use_up(server: &Server, session: &str, code: &str, order: &str) {
    let body = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": [code] } });
    let held = server.call("POST", "/v1/holds", session, body).await.ok();
    let step = |step: &str| format!("/v1/holds/{}/{step}", held["hold"].as_str().unwrap());
    let confirm = json!({ "order": order, "customer": "kim", "cart": cart(&[(2, 3000)]),
        "to_pay": eur(5990) });
    server.shop("POST", &step("confirm"), confirm).await.ok();
    let commit = json!({ "order": order, "customer": "kim", "amount": eur(5990) });
    server.shop("POST", &step("commit"), commit).await.ok();
}
