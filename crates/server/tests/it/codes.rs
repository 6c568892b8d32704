//! Issued codes, as a shop and its members meet them: in batches, from partners, personal ones and
//! those of paid orders.

mod process;
mod scene;

use crate::harness::{Server, cart, eur, order};
use scene::{confirm, hold, issue, offered, program, quote, redeem, step, verdict};
use serde_json::{Value, json};

#[tokio::test]
async fn rule_2_13_a_personal_code_is_its_owners_alone() {
    let server = Server::start_with(program()).await;
    let (owner, other) = (server.member_with("c1", 0).await, server.member_with("c2", 0).await);
    let issued = issue(&server, json!({ "promotion": "gift", "customer": "c1", "prefix": "ada" }));
    let issued = issued.await;
    let code = issued["code"].as_str().unwrap();
    assert!(code.starts_with("ADA-") && code.len() == 18, "{code}");
    // Shown to its owner, with the promotion, so that the browser can preview it.
    assert_eq!(offered(&server, &owner, "gift").await, [code]);
    assert!(offered(&server, &other, "gift").await.is_empty());
    assert_eq!(verdict(&server, &owner, code).await["Applied"]["amount"], eur(500));
    let sloppy = code.replace('-', "").replace('0', "o").replace('1', "i").to_lowercase();
    assert_eq!(verdict(&server, &owner, &sloppy).await["Applied"]["amount"], eur(500));
    let unknown = verdict(&server, &other, "NO-SUCH-CODE").await;
    assert_eq!(unknown["Refused"]["reason"], "not_found");
    assert_eq!(verdict(&server, &other, code).await, unknown);
    assert_eq!(verdict(&server, &server.shop.public_key, code).await, unknown);
    // Neither its id nor what stands in a hold is a code.
    assert_eq!(verdict(&server, &owner, issued["id"].as_str().unwrap()).await, unknown);
    let guest = json!({ "promotion": "gift", "customer": "nobody" });
    assert_eq!(server.shop("POST", "/v1/coupons", guest).await.problem(), (409, "not_a_member"));
}

#[tokio::test]
async fn rule_3_1_a_hold_reserves_a_code_and_a_commit_uses_it_up() {
    let server = Server::start_with(program()).await;
    let code = &scene::batch(&server, json!({ "promotion": "gift", "count": 1 })).await[0];
    let (one, two) = (server.member_with("c1", 0).await, server.member_with("c2", 0).await);
    let first = hold(&server, &one, code).await.ok();
    assert_eq!(hold(&server, &two, code).await.problem(), (422, "used_up"));
    // A new hold of the same member takes the old one's place, and its code with it.
    let second = hold(&server, &one, code).await.ok();
    assert_ne!(first["hold"], second["hold"]);
    confirm(&server, &second, "o1", "c1").await.ok();
    server.clock.advance(16 * 60);
    let two = server.sign_in("c2").await;
    assert_eq!(hold(&server, &two, code).await.problem(), (422, "used_up"));
    let terms = json!({ "order": "o1", "customer": "c1", "amount": second["quote"]["to_pay"] });
    server.shop("POST", &step(&second, "commit"), terms).await.ok();
    server.clock.advance(7 * 24 * 3600);
    let two = server.sign_in("c2").await;
    assert_eq!(verdict(&server, &two, code).await["Refused"]["reason"], "used_up");
    server.shop("PUT", "/v1/orders/o1", order("c1", &[(2, 5500)])).await.ok();
    assert_eq!(verdict(&server, &two, code).await["Refused"]["reason"], "used_up");
    let all = json!({ "returned_at": "2026-11-21T12:00:00Z" });
    server.shop("PUT", "/v1/orders/o1/returns/r1", all).await.ok();
    assert_eq!(verdict(&server, &two, code).await["Applied"]["amount"], eur(500));
}

#[tokio::test]
async fn an_order_paid_without_commit_uses_its_code_up() {
    for runs_out in [false, true] {
        let server = Server::start_with(program()).await;
        let code = &scene::batch(&server, json!({ "promotion": "gift", "count": 1 })).await[0];
        let (one, _) = (server.member_with("c1", 0).await, server.member_with("c2", 0).await);
        let held = hold(&server, &one, code).await.ok();
        confirm(&server, &held, "o1", "c1").await.ok();
        let mut paid = order("c1", &[(2, 5500)]);
        paid["hold"] = held["hold"].clone();
        let other = server.shop("PUT", "/v1/orders/o9", paid.clone()).await;
        assert_eq!(other.problem(), (409, "order_mismatch"), "the hold waits for another order");
        if runs_out {
            server.clock.advance(8 * 24 * 3600);
        }
        server.shop("PUT", "/v1/orders/o1", paid).await.ok();
        server.clock.advance(8 * 24 * 3600);
        let two = server.sign_in("c2").await;
        assert_eq!(verdict(&server, &two, code).await["Refused"]["reason"], "used_up");
    }
}

#[tokio::test]
async fn a_code_is_free_again_when_its_hold_is_released_or_runs_out() {
    let server = Server::start_with(program()).await;
    let code = &scene::batch(&server, json!({ "promotion": "gift", "count": 1 })).await[0];
    let (one, two) = (server.member_with("c1", 0).await, server.member_with("c2", 0).await);
    let held = hold(&server, &one, code).await.ok();
    let path = format!("/v1/holds/{}", held["hold"].as_str().unwrap());
    let released = server.raw("DELETE", &path, &one, "").await.ok();
    assert_eq!(released["quote"]["outcomes"][0]["item"]["code"], code.as_str());
    hold(&server, &two, code).await.ok();
    server.clock.advance(15 * 60);
    let one = server.sign_in("c1").await;
    let held = hold(&server, &one, code).await.ok();
    confirm(&server, &held, "o1", "c1").await.ok();
    server.shop("POST", &step(&held, "release"), json!({})).await.ok();
    hold(&server, &server.sign_in("c2").await, code).await.ok();
    // A hold with another code, or none, lets go of the first.
    let none = json!({ "cart": cart(&[(2, 3000)]), "asked": {} });
    server.call("POST", "/v1/holds", &server.sign_in("c2").await, none).await.ok();
    hold(&server, &one, code).await.ok();
}

#[tokio::test]
async fn a_code_with_three_uses_is_used_three_times() {
    let server = Server::start_with(program()).await;
    let asked = json!({ "promotion": "gift", "count": 1, "uses": 3 });
    let code = &scene::batch(&server, asked).await[0];
    for n in 1..=3 {
        let customer = format!("c{n}");
        server.member_with(&customer, 0).await;
        redeem(&server, &customer, &format!("o{n}"), code).await;
    }
    let four = server.member_with("c4", 0).await;
    assert_eq!(hold(&server, &four, code).await.problem(), (422, "used_up"));
}

#[tokio::test]
async fn a_code_counts_within_its_dates_and_not_once_it_is_withdrawn() {
    let server = Server::start_with(program()).await;
    let session = server.member_with("c1", 0).await;
    let (from, until) = ("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z");
    let body = json!({ "promotion": "gift", "customer": "c1", "from": from, "until": until });
    let issued = issue(&server, body.clone()).await;
    let code = issued["code"].as_str().unwrap();
    let reason = async |server: &Server, session: &str| {
        verdict(server, session, code).await["Refused"]["reason"].clone()
    };
    assert_eq!(reason(&server, &session).await, "not_started");
    server.clock.advance(12 * 3600);
    let session = server.sign_in("c1").await;
    assert_eq!(verdict(&server, &session, code).await["Applied"]["amount"], eur(500));
    server.clock.advance(24 * 3600);
    let session = server.sign_in("c1").await;
    assert_eq!(reason(&server, &session).await, "expired");
    assert!(offered(&server, &session, "gift").await.is_empty());

    let path = format!("/v1/coupons/{}", issued["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(server.shop("DELETE", &path, Value::Null).await.status, 204);
    }
    assert_eq!(reason(&server, &session).await, "not_found");
    let listed = server.shop("GET", "/v1/coupons?customer=c1", Value::Null).await.ok();
    let row = &listed["coupons"][0];
    assert_eq!((&row["state"], &row["code"]), (&json!("withdrawn"), &Value::Null));
    assert_eq!(row["last_four"], issued["last_four"]);
    let body = json!({ "promotion": "gift", "customer": "c1", "from": until, "until": from });
    let answer = server.shop("POST", "/v1/coupons", body).await;
    assert_eq!(answer.problem(), (422, "out_of_bounds"));
}

#[tokio::test]
async fn the_owners_preview_is_the_verdict() {
    use habitue_domain::quote::{Facts, PublicFacts, quote};
    let server = Server::start_with(program()).await;
    let session = server.member_with("c1", 0).await;
    let issued = issue(&server, json!({ "promotion": "gift", "customer": "c1" })).await;
    let code = issued["code"].as_str().unwrap();
    // The member's own unconfirmed hold changes nothing: a new one takes its place.
    hold(&server, &session, code).await.ok();
    let me = server.get("/v1/me", &session).await.ok();
    let public: PublicFacts = serde_json::from_value(me["facts"].clone()).unwrap();
    let facts = Facts { public, shop: None };
    for price in [3000, 1000, 200] {
        let body = json!({ "cart": cart(&[(1, price)]), "asked": { "codes": [code] } });
        let request: habitue_api::quote::QuoteRequest =
            serde_json::from_value(body.clone()).unwrap();
        let cart = request.cart.check().unwrap();
        let preview = quote(&facts, &cart, &request.asked, server.clock.now());
        assert!(preview.is_final());
        let verdict = server.call("POST", "/v1/quotes", &session, body).await.ok();
        assert_eq!(serde_json::to_value(&preview).unwrap(), verdict["quote"]);
    }
    let held = hold(&server, &session, code).await.ok();
    confirm(&server, &held, "o1", "c1").await.ok();
    assert!(offered(&server, &session, "gift").await.is_empty());
}

#[tokio::test]
async fn two_codes_of_one_promotion_or_one_in_two_spellings_count_once() {
    let server = Server::start_with(program()).await;
    let codes = scene::batch(&server, json!({ "promotion": "gift", "count": 2 })).await;
    let session = server.member_with("c1", 0).await;
    let both = quote(&server, &session, &[&codes[0], &codes[1]]).await;
    assert_eq!(both["outcomes"][0]["verdict"]["Applied"]["amount"], eur(500));
    assert_eq!(both["outcomes"][1]["verdict"]["Refused"]["reason"], "not_combinable");
    let plain = codes[0].replace('-', "");
    let both = quote(&server, &session, &[&codes[0], &plain]).await;
    assert_eq!((&both["discount"], both["outcomes"].as_array().unwrap().len()), (&eur(500), 2));
}

#[tokio::test]
async fn a_batch_answers_with_its_codes_or_makes_them_in_slices_exactly() {
    let server = Server::start_with(program()).await;
    let body =
        json!({ "promotion": "gift", "count": 1_050, "prefix": "Fall_26", "characters": 16 });
    let made = server.shop("POST", "/v1/coupons/batches", body).await.ok();
    assert_eq!((&made["made"], &made["count"]), (&json!(0), &json!(1_050)));
    let id: habitue_domain::id::BatchId = made["id"].as_str().unwrap().parse().unwrap();
    let (store, master) = (&server.app.store, &server.app.master);
    // Two at once, as after a restart while the other still runs: nobody makes too many.
    let (mut one, mut other) = (None, None);
    for _ in 0..10 {
        let both = tokio::join!(
            habitue_server::batch::fill(store, master, id),
            habitue_server::batch::fill(store, master, id)
        );
        (one, other) = (both.0.unwrap(), both.1.unwrap());
    }
    assert!(one.unwrap().is_done() && other.unwrap().is_done());
    let codes = scene::codes(&server, &made["id"]).await;
    let unique: std::collections::BTreeSet<&String> = codes.iter().collect();
    assert_eq!((codes.len(), unique.len()), (1_050, 1_050));
    assert!(codes.iter().all(|code| code.starts_with("FALL_26") && code.len() == 27), "{codes:?}");
    let shown = scene::show(&server, &made["id"]).await;
    assert_eq!(shown["made"], 1_050);
    let path = format!("/v1/coupons/batches/{}", made["id"].as_str().unwrap());
    assert_eq!(server.shop("DELETE", &path, Value::Null).await.status, 204);
    let session = server.member_with("c1", 0).await;
    assert_eq!(verdict(&server, &session, &codes[7]).await["Refused"]["reason"], "not_found");
    let all = server.shop("GET", "/v1/coupons/batches", Value::Null).await.ok();
    assert!(all["batches"][0]["withdrawn_at"].is_string());
    for (field, value) in
        [("count", json!(1_000_001)), ("characters", json!(8)), ("uses", json!(0))]
    {
        let mut body = json!({ "promotion": "gift", "count": 1 });
        body[field] = value;
        let answer = server.shop("POST", "/v1/coupons/batches", body).await;
        assert_eq!(
            (answer.problem(), &answer.body["field"]),
            ((422, "out_of_bounds"), &json!(field))
        );
    }
    let body = json!({ "promotion": "ten", "count": 1 });
    let answer = server.shop("POST", "/v1/coupons/batches", body).await;
    assert_eq!(answer.problem(), (400, "invalid_body"));
}

#[tokio::test]
async fn a_partners_codes_are_taken_known_or_rejected_by_line() {
    let server = Server::start_with(program()).await;
    let body = json!({ "promotion": "gift" });
    let made = server.shop("POST", "/v1/coupons/batches", body).await.ok();
    let path = format!("/v1/coupons/batches/{}/codes", made["id"].as_str().unwrap());
    let sent = json!({ "codes": ["Loyal-100", "été", "LOYAL-100", "ten", "x_1", "-=x"] });
    let reply = server.shop("POST", &path, sent.clone()).await.ok();
    assert_eq!((&reply["added"], &reply["known"]), (&json!(2), &json!(0)));
    let rejected = reply["rejected"].as_array().unwrap().iter();
    let lines: Vec<i64> = rejected.map(|it| it["line"].as_i64().unwrap()).collect();
    assert_eq!(lines, [2, 3, 4, 6]);
    let reply = server.shop("POST", &path, sent).await.ok();
    assert_eq!((&reply["added"], &reply["known"]), (&json!(0), &json!(2)));
    assert_eq!(scene::codes(&server, &made["id"]).await, ["LOYAL-100", "X_1"]);
    let session = server.member_with("c1", 0).await;
    assert_eq!(verdict(&server, &session, "loyal-100").await["Applied"]["amount"], eur(500));
    // What a partner chose is meant as it is written.
    assert_eq!(verdict(&server, &session, "1oyal-ioo").await["Refused"]["reason"], "not_found");
    let other =
        server.shop("POST", "/v1/coupons/batches", json!({ "promotion": "gift" })).await.ok();
    let path = format!("/v1/coupons/batches/{}/codes", other["id"].as_str().unwrap());
    let reply = server.shop("POST", &path, json!({ "codes": ["X_1"] })).await.ok();
    assert_eq!(reply["rejected"][0]["reason"], "this code was issued before");
}

#[tokio::test]
async fn rule_2_13_a_paid_order_issues_its_member_one_code() {
    let server = Server::start_with(program()).await;
    let session = server.member_with("c1", 0).await;
    let mut sold = order("c1", &[(2, 6000), (1, 2000)]);
    sold["state"] = json!("placed");
    server.shop("PUT", "/v1/orders/o1", sold.clone()).await.ok();
    assert!(offered(&server, &session, "back").await.is_empty());
    sold["state"] = json!("paid");
    sold["version"] = json!(2);
    for _ in 0..2 {
        server.shop("PUT", "/v1/orders/o1", sold.clone()).await.ok();
    }
    let codes = offered(&server, &session, "back").await;
    assert_eq!(codes.len(), 1);
    sold["version"] = json!(3);
    server.shop("PUT", "/v1/orders/o1", sold.clone()).await.ok();
    assert_eq!(offered(&server, &session, "back").await, codes);
    // 60.00 of the 50.00 it takes are kept, then 30.00.
    let part = |line: &str, n: i64| {
        json!({ "returned_at": "2026-11-21T12:00:00Z",
        "lines": [{ "line": line, "quantity": n }] })
    };
    server.shop("PUT", "/v1/orders/o1/returns/r1", part("1", 1)).await.ok();
    assert_eq!(offered(&server, &session, "back").await, codes);
    server.shop("PUT", "/v1/orders/o1/returns/r2", part("0", 1)).await.ok();
    assert!(offered(&server, &session, "back").await.is_empty());
    assert_eq!(verdict(&server, &session, &codes[0]).await["Refused"]["reason"], "not_found");
    // Too little, somebody unknown, and an order of long ago issue none.
    server.shop("PUT", "/v1/orders/o2", order("c1", &[(1, 4999)])).await.ok();
    server.shop("PUT", "/v1/orders/o3", order("c9", &[(1, 9000)])).await.ok();
    let mut old = order("c1", &[(1, 9000)]);
    old["placed_at"] = json!(server.clock.now().plus_days(-30));
    server.shop("PUT", "/v1/orders/o4", old).await.ok();
    assert!(offered(&server, &session, "back").await.is_empty());
}

#[tokio::test]
async fn a_cancelled_orders_code_comes_back_with_the_order_and_a_used_one_stays_used() {
    let server = Server::start_with(program()).await;
    let session = server.member_with("c1", 0).await;
    let mut sold = order("c1", &[(1, 9000)]);
    server.shop("PUT", "/v1/orders/o1", sold.clone()).await.ok();
    let codes = offered(&server, &session, "back").await;
    for (version, state, expected) in [(2, "cancelled", 0), (3, "paid", 1), (3, "paid", 1)] {
        (sold["version"], sold["state"]) = (json!(version), json!(state));
        server.shop("PUT", "/v1/orders/o1", sold.clone()).await.ok();
        assert_eq!(offered(&server, &session, "back").await.len(), expected);
    }
    redeem(&server, "c1", "o2", &codes[0]).await;
    (sold["version"], sold["state"]) = (json!(4), json!("cancelled"));
    server.shop("PUT", "/v1/orders/o1", sold).await.ok();
    server.shop("PUT", "/v1/orders/o2", order("c1", &[(2, 2500)])).await.ok();
    let listed = server.shop("GET", "/v1/coupons?customer=c1", Value::Null).await.ok();
    let row = &listed["coupons"][0];
    assert_eq!((&row["state"], &row["order"]), (&json!("used"), &json!("o1")));
    // Nothing bought is kept any more, and neither order leaves a code.
    let all = json!({ "returned_at": "2026-11-21T12:00:00Z" });
    server.shop("PUT", "/v1/orders/o2/returns/r1", all).await.ok();
    assert!(offered(&server, &session, "back").await.is_empty());
}

#[tokio::test]
async fn a_code_stands_nowhere_in_clear() {
    let server = Server::start_with(program()).await;
    let session = server.member_with("c1", 0).await;
    let body = json!({ "promotion": "gift", "customer": "c1" }).to_string();
    let secret = &server.shop.secret_key;
    let issued = server.keyed("POST", "/v1/coupons", secret, &body, "once").await;
    let again = server.keyed("POST", "/v1/coupons", secret, &body, "once").await;
    assert_eq!((again.status, &again.bytes), (200, &issued.bytes));
    let code = issued.ok()["code"].as_str().unwrap().to_owned();
    let told = server.keyed("POST", "/v1/me/notice", &session, "", "seen").await.ok();
    assert!(told.to_string().contains(&code), "its owner sees it again");
    let typed = code.replace('-', "");
    let body = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": [typed] } }).to_string();
    let held = server.keyed("POST", "/v1/holds", &session, &body, "click").await;
    let again = server.keyed("POST", "/v1/holds", &session, &body, "click").await;
    assert_eq!((again.status, &again.bytes), (200, &held.bytes));
    let held = held.ok();
    let confirmed = confirm(&server, &held, "o1", "c1").await.ok();
    // Whoever holds it reads it as it was typed.
    let path = format!("/v1/holds/{}", held["hold"].as_str().unwrap());
    let shown = server.shop("GET", &path, Value::Null).await.ok();
    for seen in [&held, &confirmed, &shown] {
        assert_eq!(seen["quote"]["outcomes"][0]["item"]["code"], typed.as_str());
    }
    let end = &typed[typed.len() - 8..];
    for text in scene::everything(&server).await {
        assert!(!text.contains(&code) && !text.contains(end), "{text}");
    }
}

#[tokio::test]
async fn rule_3_6_two_carts_cannot_both_hold_one_code() {
    let server = Server::start_with(program()).await;
    let rounds = if std::env::var_os("HABITUE_LONG").is_some() { 200 } else { 20 };
    let codes = scene::batch(&server, json!({ "promotion": "gift", "count": rounds / 2 })).await;
    let (one, two) = (server.member_with("c1", 0).await, server.member_with("c2", 0).await);
    for code in codes.iter().chain(&codes) {
        let (first, second) = tokio::join!(hold(&server, &one, code), hold(&server, &two, code));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422], "{} {}", first.body, second.body);
        // Whoever has it lets go, so that the next round begins anew.
        for (held, session) in [(first, &one), (second, &two)] {
            if held.status == 200 {
                let path = format!("/v1/holds/{}", held.body["hold"].as_str().unwrap());
                server.raw("DELETE", &path, session, "").await.ok();
            } else {
                assert_eq!(held.problem(), (422, "used_up"));
            }
        }
        // Nobody asks faster than they may.
        server.clock.advance(1);
    }
}

#[tokio::test]
async fn wrong_guesses_at_codes_are_counted_and_another_members_code_is_one() {
    let server = Server::start_with(program()).await;
    server.member_with("c1", 0).await;
    let issued = issue(&server, json!({ "promotion": "gift", "customer": "c1" })).await;
    let code = issued["code"].as_str().unwrap();
    let guesser = server.member_with("c2", 0).await;
    let body = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": [code] } });
    let mut last = 0;
    for _ in 0..31 {
        last = server.call("POST", "/v1/quotes", &guesser, body.clone()).await.status;
    }
    assert_eq!(last, 429);
}
