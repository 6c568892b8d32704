//! Rewards: claimed for points, once and within their bounds; fulfilled, or withdrawn and given back.

use crate::harness::{Answer, Server, cart, eur, program};
use habitue_domain::program::ProgramDocument;
use serde_json::{Value, json};

/// The harness's program with a reward of every kind.
fn rewards() -> ProgramDocument {
    let mut document = serde_json::to_value(program()).unwrap();
    let promotion = |id: &str, action: Value| json!({ "id": id, "name": { "en": id }, "codes": "issued", "actions": [action] });
    let promotions = document["promotions"].as_array_mut().unwrap();
    promotions.push(promotion("tote", json!({ "kind": "free_product", "product": "p9" })));
    promotions.push(promotion("post", json!({ "kind": "free_shipping" })));
    let reward = |id: &str, points: i64, grants: Value| json!({ "id": id, "name": { "en": id }, "points": points, "grants": grants });
    let mut last = reward("last", 100, json!({ "kind": "experience" }));
    last["stock"] = json!(1);
    let mut once = reward("once", 100, json!({ "kind": "experience" }));
    once["per_member"] = json!(1);
    let mut silver = reward("silver", 100, json!({ "kind": "experience" }));
    silver["tiers"] = json!(["silver"]);
    let mut later = reward("later", 100, json!({ "kind": "experience" }));
    later["from"] = json!("2027-01-01");
    let mut over = reward("over", 100, json!({ "kind": "experience" }));
    over["until"] = json!("2020-01-01");
    document["rewards"] = json!([
        reward("voucher", 500, json!({ "kind": "coupon", "promotion": "gift" })),
        reward("bag", 300, json!({ "kind": "free_product", "promotion": "tote", "days": 10 })),
        reward("parcel", 200, json!({ "kind": "shipping", "promotion": "post" })),
        reward("card", 1_000, json!({ "kind": "gift_card", "amount": "10.00 EUR", "days": 90 })),
        reward("cash", 400, json!({ "kind": "credit", "amount": "4.00 EUR" })),
        reward("friend", 100, json!({ "kind": "partner", "promotion": "gift" })),
        reward("evening", 250, json!({ "kind": "experience" })),
        last,
        once,
        silver,
        later,
        over
    ]);
    serde_json::from_value(document).unwrap()
}

async fn start() -> Server {
    Server::start_with(rewards()).await
}

async fn claim(server: &Server, session: &str, reward: &str) -> Answer {
    server.call("POST", "/v1/me/claims", session, json!({ "reward": reward })).await
}

async fn settle(server: &Server, claim: &Value, state: &str) -> Answer {
    let path = format!("/v1/claims/{}", claim["id"].as_str().unwrap());
    let body = json!({ "state": state, "author": "Ann", "reason": "as asked" });
    server.shop("PUT", &path, body).await
}

async fn available(server: &Server, session: &str) -> i64 {
    let me = server.get("/v1/me", session).await.ok();
    me["member"]["balance"]["available"].as_i64().unwrap()
}

async fn pool_of(server: &Server, codes: &[&str]) {
    let made = server.shop("POST", "/v1/coupons/batches", json!({ "promotion": "gift" })).await;
    let path = format!("/v1/coupons/batches/{}/codes", made.ok()["id"].as_str().unwrap());
    server.shop("POST", &path, json!({ "codes": codes })).await.ok();
}

/// Holds and pays a cart with a code; the answer to the hold.
async fn pay_with(server: &Server, session: &str, code: &Value, order: &str) -> Answer {
    let goods = cart(&[(2, 3000)]);
    let body = json!({ "cart": goods, "asked": { "codes": [code] } });
    let held = server.call("POST", "/v1/holds", session, body).await;
    if held.status != 200 {
        return held;
    }
    let step = |step: &str| format!("/v1/holds/{}/{step}", held.body["hold"].as_str().unwrap());
    let to_pay = &held.body["quote"]["to_pay"];
    let body = json!({ "order": order, "customer": "ada", "cart": goods, "to_pay": to_pay });
    server.shop("POST", &step("confirm"), body).await.ok();
    let body = json!({ "order": order, "customer": "ada", "amount": to_pay });
    server.shop("POST", &step("commit"), body).await.ok();
    held
}

#[tokio::test]
async fn a_claim_takes_the_points_and_gives_a_code_that_its_owner_sees_again() {
    let server = start().await;
    let session = server.member_with("ada", 700).await;
    let body = json!({ "reward": "voucher" }).to_string();
    let claims = "/v1/me/claims";
    let first = server.keyed("POST", claims, &session, &body, "one click").await;
    let again = server.keyed("POST", claims, &session, &body, "one click").await;
    assert_eq!(first.bytes, again.bytes);
    let first = first.ok();
    assert_eq!((&first["state"], &first["points"]), (&json!("fulfilled"), &json!(500)));
    assert_eq!(available(&server, &session).await, 200);
    let own = server.get(claims, &session).await.ok();
    assert_eq!(own["claims"], json!([first]));
    let held = pay_with(&server, &session, &first["code"], "o1").await.ok();
    assert_eq!(held["quote"]["to_pay"], eur(6000 + 490 - 500));
    let history = server.get("/v1/me/history", &session).await.ok();
    let row = &history["rows"][0];
    assert_eq!((&row["kind"], &row["points"]), (&json!("redeem"), &json!(-500)));
    assert_eq!((&row["reward"], &row["order"]), (&json!("voucher"), &Value::Null));
    // Used, it is not given back.
    assert_eq!(settle(&server, &first, "withdrawn").await.problem(), (409, "claim_settled"));
    server.totals().await;
}

#[tokio::test]
async fn whoever_may_not_claim_is_told_why_and_what_is_missing_and_nothing_changes() {
    let server = start().await;
    let session = server.member_with("ada", 420).await;
    let before = server.totals().await;
    for (reward, code) in [
        ("voucher", "not_enough_points"),
        ("silver", "not_eligible"),
        ("later", "not_started"),
        ("over", "expired"),
        ("friend", "out_of_stock"),
        ("nothing", "not_found"),
    ] {
        let refused = claim(&server, &session, reward).await;
        assert_eq!(refused.problem(), (422, code), "{reward}");
        let missing = (reward == "voucher").then(|| json!({ "points": 80 }));
        assert_eq!(refused.body["missing"], missing.unwrap_or_default(), "{reward}");
    }
    assert_eq!(server.totals().await, before);
    let offered = server.get("/v1/me/rewards", &session).await.ok();
    let offer = |id: &str| {
        let all = offered["rewards"].as_array().unwrap();
        all.iter().find(|offer| offer["id"] == id).cloned().unwrap_or_default()
    };
    assert_eq!(offer("voucher")["refused"], "not_enough_points");
    assert_eq!(offer("voucher")["missing"], json!({ "points": 80 }));
    assert_eq!(offer("parcel")["refused"], Value::Null);
    assert_eq!((&offer("last")["left"], &offer("friend")["left"]), (&json!(1), &json!(0)));
    assert_eq!(offer("later")["refused"], "not_started");
    assert_eq!(offer("over"), Value::Null);
    // Who has not joined sees the offers, and cannot claim.
    let stranger = server.sign_in("eve").await;
    let offered = server.get("/v1/me/rewards", &stranger).await.ok();
    assert_eq!(offered["rewards"][0]["refused"], "login_required");
    assert_eq!(claim(&server, &stranger, "parcel").await.problem(), (409, "not_a_member"));
}

#[tokio::test]
async fn stock_and_limit_count_claims_and_what_is_withdrawn_can_be_claimed_again() {
    let server = start().await;
    let ada = server.member_with("ada", 400).await;
    let bob = server.member_with("bob", 400).await;
    let last = claim(&server, &ada, "last").await.ok();
    assert_eq!(last["state"], "open");
    assert_eq!(claim(&server, &bob, "last").await.problem(), (422, "out_of_stock"));
    claim(&server, &ada, "once").await.ok();
    assert_eq!(claim(&server, &ada, "once").await.problem(), (422, "used_up_for_member"));
    claim(&server, &bob, "once").await.ok();
    let open = server.shop("GET", "/v1/claims", Value::Null).await.ok();
    assert_eq!(open["claims"].as_array().unwrap().len(), 3);
    let withdrawn = settle(&server, &last, "withdrawn").await.ok();
    assert_eq!(withdrawn["state"], "withdrawn");
    assert_eq!(settle(&server, &last, "withdrawn").await.ok(), withdrawn);
    assert_eq!(settle(&server, &last, "fulfilled").await.problem(), (409, "claim_settled"));
    assert_eq!(available(&server, &ada).await, 300);
    let taken = claim(&server, &bob, "last").await.ok();
    assert_eq!(settle(&server, &taken, "fulfilled").await.ok()["state"], "fulfilled");
    assert_eq!(settle(&server, &taken, "withdrawn").await.problem(), (409, "claim_settled"));
    server.totals().await;
}

#[tokio::test]
async fn every_kind_is_granted_once_and_undone_while_nothing_of_it_is_used() {
    let server = start().await;
    pool_of(&server, &["PARTNER-1", "PARTNER-2"]).await;
    let session = server.member_with("ada", 3_000).await;
    let before = available(&server, &session).await;
    let mut claimed = Vec::new();
    for reward in ["voucher", "bag", "parcel", "card", "cash", "friend"] {
        claimed.push(claim(&server, &session, reward).await.ok());
    }
    assert_eq!(claimed[5]["code"], "PARTNER-1");
    assert_eq!(claimed[3]["amount"], eur(1_000));
    let me = server.get("/v1/me", &session).await.ok();
    assert_eq!(me["facts"]["gift_cards"][0]["code"], claimed[3]["code"]);
    assert_eq!(me["member"]["credit"][0]["available"], eur(400));
    assert_eq!(me["member"]["balance"]["available"], before - 2_500);
    assert_eq!(claim(&server, &session, "friend").await.ok()["code"], "PARTNER-2");
    assert_eq!(claim(&server, &session, "friend").await.problem(), (422, "out_of_stock"));
    for claim in &claimed {
        assert_eq!(settle(&server, claim, "withdrawn").await.ok()["code"], Value::Null);
    }
    let me = server.get("/v1/me", &session).await.ok();
    assert_eq!(me["member"]["balance"]["available"], before - 100);
    assert_eq!(me["facts"]["gift_cards"], Value::Null);
    assert_eq!(me["member"]["credit"][0]["available"], eur(0));
    for claim in [&claimed[0], &claimed[3], &claimed[5]] {
        let refused = pay_with(&server, &session, &claim["code"], "o1").await;
        assert_eq!(refused.problem(), (422, "not_found"), "{claim}");
    }
    server.totals().await;
}

#[tokio::test]
async fn points_go_back_to_their_own_lots_and_no_further_than_their_end_and_a_grace() {
    let mut document = serde_json::to_value(rewards()).unwrap();
    document["points"]["expiry"] = json!({ "kind": "after_earning", "days": 100 });
    let server = Server::start_with(serde_json::from_value(document).unwrap()).await;
    let session = server.member_with("ada", 700).await;
    let open = claim(&server, &session, "evening").await.ok();
    server.clock.advance(60 * 86_400);
    let session = server.sign_in("ada").await;
    server.call("POST", "/v1/me/notice", &session, Value::Null).await.ok();
    server.clock.advance(46 * 86_400);
    let session = server.sign_in("ada").await;
    assert_eq!(available(&server, &session).await, 0);
    settle(&server, &open, "withdrawn").await.ok();
    // What had ended stays ended: 250 came back alone, for 30 days.
    assert_eq!(available(&server, &session).await, 250);
    server.clock.advance(30 * 86_400);
    let session = server.sign_in("ada").await;
    assert_eq!(available(&server, &session).await, 0);
    server.totals().await;
}

#[tokio::test]
async fn a_claim_needs_a_fresh_token_and_a_key_and_the_shop_claims_for_its_own_members_alone() {
    let server = start().await;
    let session = server.member_with("ada", 700).await;
    let me = server.get("/v1/me", &session).await.ok();
    let path = format!("/v1/members/{}/claims", me["member"]["id"].as_str().unwrap());
    let body = json!({ "reward": "evening" });
    let claimed = server.shop("POST", &path, body.clone()).await.ok();
    assert_eq!(claimed["member"], me["member"]["id"]);
    let sister = server.second_shop().await;
    let refused = server.call("POST", &path, &sister.secret_key, body.clone()).await;
    assert_eq!(refused.problem(), (404, "not_found"));
    let path = format!("/v1/claims/{}", claimed["id"].as_str().unwrap());
    let settled = json!({ "state": "fulfilled", "author": "Ann", "reason": "done" });
    let refused = server.call("PUT", &path, &sister.secret_key, settled).await;
    assert_eq!(refused.problem(), (404, "not_found"));
    server.clock.advance(301);
    let stale = claim(&server, &session, "evening").await;
    assert_eq!(stale.problem(), (401, "fresh_token_required"));
    assert_eq!(available(&server, &session).await, 450);
}
