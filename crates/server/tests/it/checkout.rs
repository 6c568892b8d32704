//! Hold → confirm → commit or release, as a shop goes through it.

use crate::harness::{Server, cart, eur, order};
use serde_json::{Value, json};

async fn hold(server: &Server, session: &str, asked: Value) -> Value {
    let body = json!({ "cart": cart(&[(2, 3000)]), "asked": asked });
    server.call("POST", "/v1/holds", session, body).await.ok()
}

fn confirm_body(order: &str, customer: &str, to_pay: i64) -> Value {
    json!({ "order": order, "customer": customer, "cart": cart(&[(2, 3000)]), "to_pay": eur(to_pay) })
}

fn commit_body(order: &str, customer: &str, amount: i64) -> Value {
    json!({ "order": order, "customer": customer, "amount": eur(amount) })
}

fn path(hold: &Value, step: &str) -> String {
    format!("/v1/holds/{}/{step}", hold["hold"].as_str().unwrap())
}

#[tokio::test]
async fn a_coupon_and_points_are_held_confirmed_committed_and_given_back() {
    let server = Server::start().await;
    let session = server.member_with("c1", 700).await;
    let held = hold(&server, &session, json!({ "codes": ["ten"], "points": 700 })).await;
    // 60.00 − 10.00 − 7.00 + 4.90 shipping
    assert_eq!(held["quote"]["to_pay"], eur(4790));
    let me = server.get("/v1/me", &session).await.ok();
    assert_eq!(me["member"]["balance"]["available"], 0);
    assert_eq!(me["member"]["balance"]["held"], 700);

    let body = confirm_body("o1", "c1", 4790);
    let confirmed = server.shop("POST", &path(&held, "confirm"), body).await.ok();
    assert_eq!(
        (&confirmed["state"], &confirmed["quote"]["to_pay"]),
        (&json!("confirmed"), &eur(4790))
    );
    let body = commit_body("o1", "c1", 4790);
    let committed = server.shop("POST", &path(&held, "commit"), body.clone()).await.ok();
    assert_eq!(committed["state"], "committed");
    server.shop("POST", &path(&held, "commit"), body).await.ok();

    let paid = server.shop("PUT", "/v1/orders/o1", order("c1", &[(2, 4300)])).await.ok();
    // 43.00 € at 5 points, times 1.5 in silver.
    assert_eq!((&paid["earned"], &paid["redeemed"]), (&json!(322), &json!(700)));
    let again = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": ["TEN"] } });
    let quote = server.call("POST", "/v1/quotes", &session, again).await.ok();
    let verdict = &quote["quote"]["outcomes"][0]["verdict"]["Refused"]["reason"];
    assert_eq!(verdict, "used_up_for_member");
    server.totals().await;

    let all = json!({ "returned_at": "2026-11-21T12:00:00Z" });
    let back = server.shop("PUT", "/v1/orders/o1/returns/r1", all).await.ok();
    assert_eq!((&back["earned"], &back["paid"]), (&json!(0), &eur(0)));
    assert_eq!((&paid["redeemed"], &back["redeemed"]), (&json!(700), &json!(0)));
    let me = server.get("/v1/me", &session).await.ok();
    assert_eq!(me["member"]["balance"]["available"], 700);
    assert_eq!(me["member"]["balance"]["pending"], 0);
    let again = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": ["TEN"] } });
    let quote = server.call("POST", "/v1/quotes", &session, again).await.ok();
    assert!(quote["quote"]["outcomes"][0]["verdict"]["Applied"].is_object());
    server.totals().await;
    let history = server.get("/v1/me/history?limit=10", &session).await.ok();
    let kinds: Vec<&str> = history["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["take_back", "give_back", "earn", "redeem", "earn"]);
}

#[tokio::test]
async fn rule_3_1_a_new_hold_takes_the_place_of_the_unconfirmed_one() {
    let server = Server::start().await;
    let session = server.member_with("c1", 700).await;
    let first = hold(&server, &session, json!({ "points": 700 })).await;
    let second = hold(&server, &session, json!({ "points": 700 })).await;
    let answer =
        server.shop("POST", &path(&first, "confirm"), confirm_body("o1", "c1", 5790)).await;
    assert_eq!(answer.problem(), (409, "hold_released"));
    server.shop("POST", &path(&second, "confirm"), confirm_body("o1", "c1", 5790)).await.ok();
    let third = json!({ "cart": cart(&[(1, 3000)]), "asked": { "points": 1 } });
    let answer = server.call("POST", "/v1/holds", &session, third).await;
    assert_eq!(answer.problem(), (422, "not_enough_points"));
}

#[tokio::test]
async fn rule_3_1_an_expired_hold_reserves_nothing() {
    let server = Server::start().await;
    let session = server.member_with("c1", 700).await;
    let held = hold(&server, &session, json!({ "points": 700 })).await;
    server.clock.advance(15 * 60);
    let session = server.sign_in("c1").await;
    let me = server.get("/v1/me", &session).await.ok();
    assert_eq!(me["member"]["balance"]["available"], 700);
    let answer = server.shop("POST", &path(&held, "confirm"), confirm_body("o1", "c1", 5790)).await;
    assert_eq!(answer.problem(), (409, "hold_expired"));
}

#[tokio::test]
async fn rule_3_2_another_price_than_seen_comes_back_with_the_new_quote() {
    let server = Server::start().await;
    let session = server.member_with("c1", 0).await;
    let held = hold(&server, &session, json!({ "codes": ["TEN"] })).await;
    let answer = server.shop("POST", &path(&held, "confirm"), confirm_body("o1", "c1", 5000)).await;
    assert_eq!(answer.problem(), (409, "price_changed"));
    assert_eq!(answer.body["quote"]["quote"]["to_pay"], eur(5490));
    server.shop("POST", &path(&held, "confirm"), confirm_body("o1", "c1", 5490)).await.ok();
}

#[tokio::test]
async fn rule_3_3_a_commit_must_say_what_was_confirmed() {
    let server = Server::start().await;
    let session = server.member_with("c1", 0).await;
    let held = hold(&server, &session, json!({ "codes": ["TEN"] })).await;
    let early = server.shop("POST", &path(&held, "commit"), commit_body("o1", "c1", 5490)).await;
    assert_eq!(early.problem(), (409, "hold_not_confirmed"));
    server.shop("POST", &path(&held, "confirm"), confirm_body("o1", "c1", 5490)).await.ok();
    for (body, code) in [
        (commit_body("o2", "c1", 5490), "order_mismatch"),
        (commit_body("o1", "c2", 5490), "customer_mismatch"),
        (commit_body("o1", "c1", 5489), "amount_mismatch"),
    ] {
        let answer = server.shop("POST", &path(&held, "commit"), body).await;
        assert_eq!(answer.problem(), (409, code));
    }
    server.clock.advance(3599);
    server.shop("POST", &path(&held, "commit"), commit_body("o1", "c1", 5490)).await.ok();
}

#[tokio::test]
async fn rule_3_6_two_carts_cannot_both_confirm_the_last_use() {
    let server = Server::start().await;
    let (one, two) = (server.member_with("c1", 0).await, server.member_with("c2", 0).await);
    let first = hold(&server, &one, json!({ "codes": ["LAST"] })).await;
    let second = hold(&server, &two, json!({ "codes": ["LAST"] })).await;
    server.shop("POST", &path(&first, "confirm"), confirm_body("o1", "c1", 5890)).await.ok();
    let answer =
        server.shop("POST", &path(&second, "confirm"), confirm_body("o2", "c2", 5890)).await;
    assert_eq!(answer.problem(), (422, "used_up"));
    server.shop("POST", &path(&first, "release"), json!({})).await.ok();
    server.shop("POST", &path(&second, "confirm"), confirm_body("o2", "c2", 5890)).await.ok();
}

#[tokio::test]
async fn a_use_taken_by_a_hold_that_ran_out_is_free_again() {
    let server = Server::start().await;
    let (one, two) = (server.member_with("c1", 0).await, server.member_with("c2", 0).await);
    let first = hold(&server, &one, json!({ "codes": ["LAST"] })).await;
    server.shop("POST", &path(&first, "confirm"), confirm_body("o1", "c1", 5890)).await.ok();
    drop(two);
    server.clock.advance(3600);
    let session = server.sign_in("c2").await;
    let second = hold(&server, &session, json!({ "codes": ["LAST"] })).await;
    server.shop("POST", &path(&second, "confirm"), confirm_body("o2", "c2", 5890)).await.ok();
}

#[tokio::test]
async fn one_order_has_one_hold() {
    let server = Server::start().await;
    let (one, two) = (server.member_with("c1", 0).await, server.member_with("c2", 0).await);
    let first = hold(&server, &one, json!({ "codes": ["TEN"] })).await;
    let second = hold(&server, &two, json!({ "codes": ["TEN"] })).await;
    server.shop("POST", &path(&first, "confirm"), confirm_body("o1", "c1", 5490)).await.ok();
    let answer =
        server.shop("POST", &path(&second, "confirm"), confirm_body("o1", "c2", 5490)).await;
    assert_eq!(answer.problem(), (409, "order_mismatch"));
}

#[tokio::test]
async fn a_shopper_gives_back_only_their_own_unconfirmed_hold() {
    let server = Server::start().await;
    let (one, two) = (server.member_with("c1", 0).await, server.member_with("c2", 0).await);
    let held = hold(&server, &one, json!({ "codes": ["TEN"] })).await;
    let at = format!("/v1/holds/{}", held["hold"].as_str().unwrap());
    assert_eq!(server.raw("DELETE", &at, &two, "").await.problem(), (404, "not_found"));
    assert_eq!(server.raw("DELETE", &at, &one, "").await.ok()["state"], "released");
    assert_eq!(server.raw("DELETE", &at, &one, "").await.ok()["state"], "released");
    let held = hold(&server, &one, json!({ "codes": ["TEN"] })).await;
    server.shop("POST", &path(&held, "confirm"), confirm_body("o1", "c1", 5490)).await.ok();
    let at = format!("/v1/holds/{}", held["hold"].as_str().unwrap());
    assert_eq!(server.raw("DELETE", &at, &one, "").await.problem(), (409, "hold_confirmed"));
}

#[tokio::test]
async fn a_refused_code_refuses_the_hold_with_its_reason() {
    let server = Server::start().await;
    let session = server.member_with("c1", 0).await;
    for (code, status, reason) in
        [("NOSUCH", 422, "not_found"), ("OLD", 422, "expired"), ("TEN", 422, "below_minimum")]
    {
        let body = json!({ "cart": cart(&[(1, 3000)]), "asked": { "codes": [code] } });
        let answer = server.call("POST", "/v1/holds", &session, body).await;
        assert_eq!(answer.problem(), (status, reason));
    }
    let body = json!({ "cart": cart(&[(1, 3000)]), "asked": { "codes": ["TEN"] } });
    let answer = server.call("POST", "/v1/holds", &session, body).await;
    assert_eq!(answer.body["missing"], json!({ "money": eur(2000) }));
}

#[tokio::test]
async fn rule_3_7_a_spend_needs_a_fresh_token_and_repeats_with_the_same_key() {
    let server = Server::start().await;
    let session = server.member_with("c1", 0).await;
    let body = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": ["TEN"] } }).to_string();
    server.clock.advance(301);
    let answer = server.keyed("POST", "/v1/holds", &session, &body, "click").await;
    assert_eq!(answer.problem(), (401, "fresh_token_required"));
    let session = server.sign_in("c1").await;
    server.keyed("POST", "/v1/holds", &session, &body, "click").await.ok();
}

#[tokio::test]
async fn rule_2_12_a_budget_is_never_exceeded_and_a_released_hold_gives_its_part_back() {
    let server = Server::start().await;
    let mut held = Vec::new();
    for customer in ["c1", "c2", "c3"] {
        let session = server.member_with(customer, 0).await;
        held.push(hold(&server, &session, json!({ "codes": ["POT"] })).await);
    }
    // Of 12.00 each takes 5.00.
    for (place, customer) in [(0, "c1"), (1, "c2")] {
        let body = confirm_body(&format!("o{place}"), customer, 5990);
        server.shop("POST", &path(&held[place], "confirm"), body).await.ok();
    }
    let third = confirm_body("o3", "c3", 5990);
    let answer = server.shop("POST", &path(&held[2], "confirm"), third.clone()).await;
    assert_eq!(answer.problem(), (422, "budget_spent"));
    server.shop("POST", &path(&held[0], "release"), json!({})).await.ok();
    server.shop("POST", &path(&held[2], "confirm"), third).await.ok();
}

#[tokio::test]
async fn rule_2_9_the_server_counts_a_members_orders_and_knows_its_hours() {
    let server = Server::start().await;
    let session = server.member_with("c1", 0).await;
    let answer = async |code: &str, session: &str| {
        let body = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": [code] } });
        let quote = server.call("POST", "/v1/quotes", session, body).await.ok();
        quote["quote"]["outcomes"][0]["verdict"].clone()
    };
    let not_yet = json!({ "Refused": { "reason": "not_eligible" } });
    assert_eq!(answer("SECOND", &session).await, not_yet);
    let mut first = crate::harness::order("c1", &[(1, 100)]);
    first["state"] = json!("paid");
    server.shop("PUT", "/v1/orders/first", first).await.ok();
    assert_eq!(answer("SECOND", &session).await["Applied"]["amount"], eur(300));
    // It is Saturday noon; Friday 17:30 in Paris is 16:30 UTC, six days and 4.5 hours later.
    let closed = json!({ "Refused": { "reason": "not_started" } });
    assert_eq!(answer("FRIDAY", &session).await, closed);
    server.clock.advance((6 * 24 * 60 + 4 * 60 + 30) * 60);
    let session = server.sign_in("c1").await;
    assert_eq!(answer("FRIDAY", &session).await["Applied"]["amount"], eur(200));
}

#[tokio::test]
async fn rule_3_5_a_visitor_may_price_codes_and_holds_nothing() {
    let server = Server::start().await;
    let public = &server.shop.public_key;
    let body = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": ["LAST"] } });
    let quote = server.call("POST", "/v1/quotes", public, body.clone()).await.ok();
    assert_eq!(quote["quote"]["to_pay"], eur(5890));
    let answer = server.call("POST", "/v1/holds", public, body.clone()).await;
    assert_eq!(answer.problem(), (401, "key_unknown"));
    assert_eq!(server.shop("POST", "/v1/holds", body).await.ok()["state"], "held");
}

#[tokio::test]
async fn rule_3_9_a_cancelled_order_gives_back_points_and_the_codes_use_together() {
    let server = Server::start().await;
    let session = server.member_with("c1", 700).await;
    let held = hold(&server, &session, json!({ "codes": ["TEN"], "points": 700 })).await;
    server.shop("POST", &path(&held, "confirm"), confirm_body("o1", "c1", 4790)).await.ok();
    server.shop("POST", &path(&held, "commit"), commit_body("o1", "c1", 4790)).await.ok();
    let mut sold = order("c1", &[(2, 4300)]);
    server.shop("PUT", "/v1/orders/o1", sold.clone()).await.ok();
    sold["version"] = json!(2);
    sold["state"] = json!("cancelled");
    let cancelled = server.shop("PUT", "/v1/orders/o1", sold).await.ok();
    assert_eq!((&cancelled["earned"], &cancelled["redeemed"]), (&json!(0), &json!(0)));
    let again = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": ["TEN"], "points": 700 } });
    let quote = server.call("POST", "/v1/quotes", &session, again).await.ok();
    assert_eq!(quote["quote"]["to_pay"], eur(4790));
    server.totals().await;
}
