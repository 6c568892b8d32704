//! The chapter of the story on gift cards and store credit.

use crate::harness::{Server, cart, eur, order, program};
use habitue_server::job::{Job, Ran, run};
use habitue_store::{Error, Tx, credit};
use serde_json::{Value, json};

/// A card that ends and a member's credit pay an order, which comes back after that end.
pub async fn cards_and_credit_are_spent_and_given_back(server: &Server) {
    let mut next = serde_json::to_value(program()).unwrap();
    next["points"]["pending_days"] = json!(7);
    next["credit"] = json!({ "expires_days": 45,
        "earn": [{ "currency": "EUR", "rate": "10%" }] });
    server.shop("POST", "/v1/programs", next).await.ok();
    let session = server.member_with("fay", 100).await;
    let before = server.get("/v1/me", &session).await.ok();
    let member = before["member"]["id"].as_str().unwrap();
    put_right(server, member).await;
    let until = server.clock.now().plus_days(60);
    let card = json!({ "amount": eur(3_000), "customer": "fay", "until": until });
    let card = server.shop("POST", "/v1/gift-cards", card).await.ok();
    let code = &card["code"];
    let asked = json!({ "code": code });
    server.call("POST", "/v1/gift-cards/balance", &session, asked).await.ok();
    server.get("/v1/me", &session).await.ok();
    // A lot of the member's that ends, as an order earned it.
    let mut earned = order("fay", &[(1, 2_000)]);
    earned["placed_at"] = json!(server.clock.now());
    let earned = server.shop("PUT", "/v1/orders/f0", earned).await.ok();
    assert_eq!(earned["credit_earned"], eur(200));
    server.clock.advance(8 * 24 * 3600);
    let session = server.sign_in("fay").await;

    let asked = json!({ "codes": [code], "credit": eur(700) });
    let body = json!({ "cart": cart(&[(2, 3_000)]), "asked": asked });
    let held = server.call("POST", "/v1/holds", &session, body).await.ok();
    let step = |step: &str| format!("/v1/holds/{}/{step}", held["hold"].as_str().unwrap());
    let price = &held["quote"]["to_pay"];
    let body = json!({ "order": "f1", "customer": "fay", "cart": cart(&[(2, 3_000)]),
        "to_pay": price });
    server.shop("POST", &step("confirm"), body).await.ok();
    let body = json!({ "order": "f1", "customer": "fay", "amount": price });
    server.shop("POST", &step("commit"), body).await.ok();
    server.shop("PUT", "/v1/orders/f1", order("fay", &[(2, 6_000)])).await.ok();
    server.clock.advance(61 * 24 * 3600);
    let all = json!({ "returned_at": server.clock.now() });
    let back = server.shop("PUT", "/v1/orders/f1/returns/r1", all).await.ok();
    assert_eq!(back["gift_cards"][0]["amount"], eur(0));
    // A second lot and a second card end by themselves.
    put_right(server, member).await;
    let until = server.clock.now().plus_days(1);
    let ending = json!({ "amount": eur(500), "until": until });
    let ending = server.shop("POST", "/v1/gift-cards", ending).await.ok();
    server.clock.advance(31 * 24 * 3600);
    let ran = run(&server.app.store, &server.clock, Job::Expire, "story", true).await.unwrap();
    assert!(matches!(ran, Ran::Done(2..)), "{ran:?}");
    let path = format!("/v1/gift-cards/{}", ending["gift_card"].as_str().unwrap());
    assert_eq!(server.shop("GET", &path, Value::Null).await.ok()["balance"], eur(0));
    end(server, card["gift_card"].as_str().unwrap()).await;
    guests(server).await;
}

async fn put_right(server: &Server, member: &str) {
    let path = format!("/v1/members/{member}/credit");
    for minor in [800, -300] {
        let by = json!({ "amount": eur(minor), "author": "Ann", "reason": "a broken cup" });
        server.shop("POST", &path, by).await.ok();
    }
}

async fn end(server: &Server, card: &str) {
    let (path, by) =
        (format!("/v1/gift-cards/{card}"), json!({ "author": "Ann", "reason": "lost" }));
    server.shop("GET", &path, Value::Null).await.ok();
    server.shop("GET", "/v1/gift-cards", Value::Null).await.ok();
    server.shop("POST", &format!("{path}/cancel"), by).await.ok();
    let (program, long_ago) = (server.shop.program, server.clock.now().plus_days(-365));
    let look = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
        assert_eq!(credit::issued_since(tx, program, long_ago).await?.len(), 2);
        Ok(())
    };
    server.app.store.read(look).await.unwrap();
}

/// Holds for somebody without an account: a new one takes the place of the one before.
async fn guests(server: &Server) {
    for who in [json!({ "email": "gus@example.org" }), json!({ "customer": "no-member" })] {
        let mut body = json!({ "cart": cart(&[(2, 3_000)]), "asked": {} });
        body.as_object_mut().unwrap().append(&mut who.as_object().unwrap().clone());
        let first = server.shop("POST", "/v1/holds", body.clone()).await.ok();
        server.shop("POST", "/v1/holds", body).await.ok();
        let path = format!("/v1/holds/{}", first["hold"].as_str().unwrap());
        assert_eq!(server.shop("GET", &path, Value::Null).await.ok()["state"], "released");
    }
    let asked = json!({ "codes": ["TEN"] });
    let body = json!({ "cart": cart(&[(2, 3_000)]), "asked": asked, "email": "gus@example.org" });
    let held = server.shop("POST", "/v1/holds", body).await.ok();
    let path = |step: &str| format!("/v1/holds/{}/{step}", held["hold"].as_str().unwrap());
    let body = json!({ "order": "gus", "cart": cart(&[(2, 3_000)]), "to_pay": eur(5_490) });
    server.shop("POST", &path("confirm"), body).await.ok();
    server.shop("POST", &path("release"), json!({})).await.ok();
    let mut late = order("gus", &[(2, 5_000)]);
    late["customer"] = Value::Null;
    late["hold"] = held["hold"].clone();
    server.shop("PUT", "/v1/orders/gus", late).await.ok();
}
