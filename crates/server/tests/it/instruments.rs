//! Gift cards and store credit, held, paid with and given back together with points and coupons.

pub mod desk;
mod late;

use crate::harness::{Server, cart, eur, order};
use desk::{Checkout, cagnotte, card, issue, me, refusal};
use serde_json::json;

#[tokio::test]
async fn rule_8_a_gift_card_is_held_paid_with_in_parts_and_given_back_piece_by_piece() {
    let server = Server::start().await;
    let issued = issue(&server, json!({ "amount": eur(5_000) })).await;
    let code = issued["code"].as_str().unwrap();
    let lines = [(3, 1_000)];
    let first = Checkout { server: &server, customer: None, order: "g1", lines: &lines };
    // 30.00 and 4.90 of shipping, typed as somebody reads it aloud.
    let typed = code.replace('-', "").to_lowercase();
    let held = first.hold(json!({ "codes": [typed] })).await;
    assert_eq!((&held["quote"]["paid"], &held["quote"]["to_pay"]), (&eur(3_490), &eur(0)));
    assert_eq!(card(&server, &issued).await["held"], eur(3_490));
    let confirmed = first.step(&held, "confirm").await;
    let named = issued["gift_card"].as_str().unwrap().to_uppercase();
    assert_eq!(confirmed["quote"]["outcomes"][0]["item"]["code"], named);
    first.step(&held, "commit").await;
    first.step(&held, "commit").await;
    let left = card(&server, &issued).await;
    assert_eq!((&left["balance"], &left["held"]), (&eur(1_510), &eur(0)));

    let second = Checkout { order: "g2", ..first };
    let held = second.buy(json!({ "codes": [code] })).await;
    assert_eq!((&held["quote"]["paid"], &held["quote"]["to_pay"]), (&eur(1_510), &eur(1_980)));
    let again = json!({ "cart": cart(&lines), "asked": { "codes": [code] } });
    let empty = server.shop("POST", "/v1/quotes", again).await.ok();
    assert_eq!(refusal(&empty, 0), "used_up");

    let paid = first.pay(&[3_000]).await;
    assert_eq!(paid["gift_cards"][0]["amount"], eur(3_490));
    let one = first.back("r1", &[("0", 1)]).await;
    assert_eq!(one["gift_cards"][0]["amount"], eur(2_490));
    assert_eq!(card(&server, &issued).await["balance"], eur(1_000));
    // The last piece brings the shipping back: nothing kept was never bought.
    first.back("r2", &[("0", 2)]).await;
    assert_eq!(card(&server, &issued).await["balance"], eur(3_490));
    server.totals().await;
}

#[tokio::test]
async fn rule_8_credit_is_earned_by_a_paid_order_and_spent_on_the_next_one() {
    let server = Server::start_with(cagnotte()).await;
    server.member_with("ada", 0).await;
    let lines = [(2, 3_000)];
    let first = Checkout { server: &server, customer: Some("ada"), order: "c1", lines: &lines };
    let paid = first.pay(&[6_000]).await;
    assert_eq!(paid["credit_earned"], eur(600));
    let known = me(&server, "ada").await;
    let credit = &known["member"]["credit"][0];
    assert_eq!((&credit["available"], &credit["ending"]), (&eur(600), &eur(600)));
    assert_eq!(known["facts"]["member"]["credit"], json!([eur(600)]));

    let second = Checkout { order: "c2", ..first };
    let held = second.hold(json!({ "credit": eur(100_000) })).await;
    assert_eq!((&held["quote"]["paid"], &held["quote"]["to_pay"]), (&eur(600), &eur(5_890)));
    assert_eq!(me(&server, "ada").await["member"]["credit"][0]["held"], eur(600));
    second.step(&held, "confirm").await;
    second.step(&held, "commit").await;
    // Credit is payment: what it paid earns again.
    assert_eq!(second.pay(&[6_000]).await["credit_earned"], eur(600));
    // The first order comes back: its 6.00 were spent, those of the second are taken.
    first.back("r", &[("0", 2)]).await;
    let credit = me(&server, "ada").await["member"]["credit"][0].clone();
    assert_eq!((&credit["available"], &credit["debt"]), (&eur(0), &eur(0)));
    // And the second: what was paid with goes back to its lot, what it earned is owed.
    let back = second.back("r", &[("0", 2)]).await;
    assert!(back["credit_used"].is_null() && back["credit_earned"].is_null());
    server.totals().await;
    let credit = me(&server, "ada").await["member"]["credit"][0].clone();
    let there = credit["available"]["minor"].as_i64().unwrap();
    assert_eq!(there - credit["debt"]["minor"].as_i64().unwrap(), 0, "{credit}");
}

#[tokio::test]
async fn rule_8_credit_owed_after_a_return_blocks_paying_with_it_until_it_is_repaid() {
    let server = Server::start_with(cagnotte()).await;
    server.member_with("ada", 0).await;
    let lines = [(2, 3_000)];
    let first = Checkout { server: &server, customer: Some("ada"), order: "d1", lines: &lines };
    first.pay(&[6_000]).await;
    Checkout { order: "d2", ..first }.buy(json!({ "credit": eur(600) })).await;
    first.back("r", &[("0", 2)]).await;
    let known = me(&server, "ada").await;
    assert_eq!(known["member"]["credit"][0]["debt"], eur(600));
    let path = format!("/v1/members/{}/credit", known["member"]["id"].as_str().unwrap());
    let give = |minor: i64| json!({ "amount": eur(minor), "author": "Ann", "reason": "sorry" });
    let given = server.shop("POST", &path, give(500)).await.ok();
    assert_eq!(given["credit"][0]["debt"], eur(100));
    let ask = json!({ "cart": cart(&lines), "asked": { "credit": eur(100) }, "customer": "ada" });
    let quote = server.shop("POST", "/v1/quotes", ask.clone()).await.ok();
    assert_eq!(refusal(&quote, 0), "in_debt");
    // What the next order earns repays it first.
    Checkout { order: "d3", ..first }.pay(&[6_000]).await;
    let quote = server.shop("POST", "/v1/quotes", ask).await.ok();
    assert_eq!(quote["quote"]["paid"], eur(100));
    let credit = me(&server, "ada").await["member"]["credit"][0].clone();
    assert_eq!((&credit["available"], &credit["debt"]), (&eur(500), &eur(0)));
    assert_eq!(server.shop("POST", &path, give(-501)).await.problem(), (422, "out_of_bounds"));
    server.shop("POST", &path, give(-500)).await.ok();
    server.totals().await;
}

#[tokio::test]
async fn rule_3_9_points_a_coupon_credit_and_a_card_are_one_group_and_end_where_they_began() {
    let server = Server::start_with(cagnotte()).await;
    server.member_with("ada", 700).await;
    let issued = issue(&server, json!({ "amount": eur(1_000), "customer": "ada" })).await;
    let give = json!({ "amount": eur(500), "author": "Ann", "reason": "a broken cup" });
    let member = me(&server, "ada").await["member"]["id"].as_str().unwrap().to_owned();
    server.shop("POST", &format!("/v1/members/{member}/credit"), give).await.ok();
    let before = me(&server, "ada").await;
    assert_eq!(before["facts"]["gift_cards"][0]["code"], issued["code"]);

    let lines = [(3, 1_999), (1, 3_333)];
    let checkout = |order: &'static str| Checkout {
        server: &server,
        customer: Some("ada"),
        order,
        lines: &lines,
    };
    let asked = json!({ "codes": ["TEN", issued["code"]], "points": 300, "credit": eur(500) });
    let bought = checkout("m1");
    let held = bought.buy(asked).await;
    assert_eq!((&held["quote"]["discount"], &held["quote"]["paid"]), (&eur(1_300), &eur(1_500)));
    let paid = bought.pay(&[5_100, 2_930]).await;
    assert_eq!((&paid["redeemed"], &paid["credit_used"]), (&json!(300), &eur(500)));
    // An edit takes two pieces away, one comes back by an edit as a new piece, the rest is returned.
    let mut edited = order("ada", &[(1, 1_700), (1, 2_930)]);
    edited["version"] = json!(2);
    let after = bought.put(edited.clone()).await;
    let used = after["gift_cards"][0]["amount"]["minor"].as_i64().unwrap();
    assert!((1..1_000).contains(&used), "{after}");
    edited["version"] = json!(3);
    edited["lines"][0]["quantity"] = json!(2);
    edited["lines"][0]["paid"] = json!(3_699);
    assert_eq!(bought.put(edited).await["gift_cards"], after["gift_cards"]);
    bought.back("r1", &[("0", 1), ("1", 1)]).await;
    let last = bought.back("r2", &[("0", 1)]).await;
    assert_eq!((&last["redeemed"], &last["earned"]), (&json!(0), &json!(0)));
    let end = me(&server, "ada").await;
    for part in ["balance", "credit"] {
        assert_eq!(end["member"][part], before["member"][part], "{part}");
    }
    assert_eq!(end["facts"]["gift_cards"], before["facts"]["gift_cards"]);
    server.totals().await;
    let session = server.sign_in("ada").await;
    let history = server.get("/v1/me/history?limit=100", &session).await.ok();
    let rows = history["rows"].as_array().unwrap();
    for instrument in ["points", "credit", "gift_card"] {
        assert!(rows.iter().any(|row| row["instrument"] == instrument), "{instrument}");
    }
    let first = server.get("/v1/me/history?limit=4", &session).await.ok();
    let next = format!("/v1/me/history?limit=100&before={}", first["next"]);
    let rest = server.get(&next, &session).await.ok();
    let both =
        [first["rows"].as_array().unwrap().clone(), rest["rows"].as_array().unwrap().clone()];
    assert_eq!(&both.concat(), rows);
}

#[tokio::test]
async fn rule_3_6_two_carts_cannot_both_hold_the_last_cent_of_a_card_and_a_release_frees_it() {
    let server = Server::start().await;
    let issued = issue(&server, json!({ "amount": eur(1_000), "code": "birthday-7" })).await;
    assert_eq!(issued["code"], "BIRTHDAY-7");
    let lines = [(1, 2_000)];
    let one = Checkout { server: &server, customer: None, order: "x1", lines: &lines };
    let held = one.hold(json!({ "codes": ["BIRTHDAY-7"] })).await;
    let body = json!({ "cart": cart(&lines), "asked": { "codes": ["BIRTHDAY-7"] } });
    let other = server.shop("POST", "/v1/holds", body.clone()).await;
    assert_eq!(other.problem(), (422, "used_up"));
    let path = format!("/v1/holds/{}/release", held["hold"].as_str().unwrap());
    server.shop("POST", &path, json!({})).await.ok();
    let other = server.shop("POST", "/v1/holds", body.clone()).await.ok();
    assert_eq!(other["quote"]["paid"], eur(1_000));
    // One that ran out reserves nothing, before anybody has tidied up.
    server.clock.advance(15 * 60);
    assert_eq!(server.shop("POST", "/v1/holds", body).await.ok()["quote"]["paid"], eur(1_000));
    let again = json!({ "amount": eur(1), "code": "Birthday-7" });
    let taken = server.shop("POST", "/v1/gift-cards", again).await;
    assert_eq!(taken.problem(), (409, "code_taken"));
    let promotion = json!({ "amount": eur(1), "code": "TEN" });
    let taken = server.shop("POST", "/v1/gift-cards", promotion).await;
    assert_eq!(taken.problem(), (409, "code_taken"));
}

#[tokio::test]
async fn rule_2_13_a_code_that_opens_a_card_is_not_imported_nor_the_other_way_round() {
    let server = Server::start().await;
    issue(&server, json!({ "amount": eur(1_000), "code": "birthday-7", "customer": "c1" })).await;
    let batch = server.shop("POST", "/v1/coupons/batches", json!({ "promotion": "gift" }));
    let path = format!("/v1/coupons/batches/{}/codes", batch.await.ok()["id"].as_str().unwrap());
    let codes = json!({ "codes": ["Birthday-7", "Loyal-100"] });
    let reply = server.shop("POST", &path, codes).await.ok();
    assert_eq!((&reply["added"], &reply["rejected"][0]["line"]), (&json!(1), &json!(1)));
    assert_eq!(reply["rejected"][0]["reason"], "a gift card has this code");
    let card = json!({ "amount": eur(1_000), "code": "loyal-100" });
    assert_eq!(server.shop("POST", "/v1/gift-cards", card).await.problem(), (409, "code_taken"));
}

#[tokio::test]
async fn rule_2_14_somebody_elses_card_is_not_found_and_nobody_sees_its_code_again() {
    let server = Server::start().await;
    let (ada, eve) = (server.member_with("ada", 0).await, server.member_with("eve", 0).await);
    let body = json!({ "amount": eur(1_000), "customer": "ada", "prefix": "gift" }).to_string();
    let secret = server.shop.secret_key.clone();
    let first = server.keyed("POST", "/v1/gift-cards", &secret, &body, "issue").await;
    let again = server.keyed("POST", "/v1/gift-cards", &secret, &body, "issue").await;
    assert_eq!((first.status, &first.bytes), (200, &again.bytes));
    let (issued, code) = (first.body.clone(), first.body["code"].as_str().unwrap().to_owned());
    assert!(code.starts_with("GIFT-"), "{code}");
    let ask = json!({ "cart": cart(&[(1, 3_000)]), "asked": { "codes": [code] } });
    let own = server.call("POST", "/v1/quotes", &ada, ask.clone()).await.ok();
    assert_eq!(own["quote"]["paid"], eur(1_000));
    for bearer in [&eve, &server.shop.public_key, &secret] {
        let quote = server.call("POST", "/v1/quotes", bearer, ask.clone()).await.ok();
        assert_eq!(refusal(&quote, 0), "not_found");
    }
    let asked = json!({ "code": code });
    let left = server.call("POST", "/v1/gift-cards/balance", &ada, asked.clone()).await.ok();
    assert_eq!(left, json!({ "balance": eur(1_000) }));
    let none = server.call("POST", "/v1/gift-cards/balance", &eve, asked).await.ok();
    assert_eq!(none, json!({ "refused": "not_found" }));
    server.call("POST", "/v1/holds", &ada, ask).await.ok();
    let shown =
        [card(&server, &issued).await, server.shop("GET", "/v1/gift-cards", json!({})).await.ok()];
    assert!(shown.iter().all(|it| !it.to_string().contains(&code)));
    let dump = everything(&server).await;
    assert!(dump.len() > 3 && dump.iter().all(|text| !text.contains(&code)), "{dump:?}");
}

/// Every text in which a code could have been left.
async fn everything(server: &Server) -> Vec<String> {
    use habitue_store::{Error, Tx};
    let read = async |tx: &mut Tx<'_>| -> Result<Vec<String>, Error> {
        let mut all = Vec::new();
        for sql in [
            "SELECT asked, quote FROM hold",
            "SELECT body, route FROM idempotency",
            "SELECT code_hash, COALESCE(sealed, '') FROM gift_card",
        ] {
            for row in tx.rows(sql, &[]).await? {
                all.push([row.text(0)?, row.text(1)?].concat());
            }
        }
        Ok(all)
    };
    server.app.store.read(read).await.unwrap()
}

#[tokio::test]
async fn rule_6_4_what_comes_back_after_its_end_has_30_days_of_grace_and_nothing_else_does() {
    let server = Server::start().await;
    let until = server.clock.now().plus_days(2);
    let issued = issue(&server, json!({ "amount": eur(5_000), "until": until })).await;
    let code = issued["code"].as_str().unwrap();
    let lines = [(2, 1_000)];
    let bought = Checkout { server: &server, customer: None, order: "o1", lines: &lines };
    bought.buy(json!({ "codes": [code] })).await;
    bought.pay(&[2_000]).await;
    server.clock.advance(3 * 24 * 3600);
    let ask = json!({ "cart": cart(&lines), "asked": { "codes": [code] } });
    let quote = server.shop("POST", "/v1/quotes", ask.clone()).await.ok();
    assert_eq!(refusal(&quote, 0), "expired");
    bought.back("r1", &[("0", 1)]).await;
    let left = card(&server, &issued).await;
    assert_eq!(left["balance"], eur(1_000));
    let quote = server.shop("POST", "/v1/quotes", ask).await.ok();
    assert_eq!(quote["quote"]["paid"], eur(1_000));
    server.totals().await;
}

#[tokio::test]
async fn a_card_is_put_right_and_ended_with_author_and_reason() {
    let server = Server::start().await;
    let issued = issue(&server, json!({ "amount": eur(1_000) })).await;
    let path =
        |step: &str| format!("/v1/gift-cards/{}/{step}", issued["gift_card"].as_str().unwrap());
    let by = |minor: i64| json!({ "amount": eur(minor), "author": "Ann", "reason": "a mistake" });
    assert_eq!(server.shop("POST", &path("adjust"), by(500)).await.ok()["balance"], eur(1_500));
    assert_eq!(server.shop("POST", &path("adjust"), by(-1_500)).await.ok()["balance"], eur(0));
    for wrong in [by(-1), by(0), json!({ "amount": eur(1), "author": " ", "reason": "none" })] {
        let answer = server.shop("POST", &path("adjust"), wrong).await;
        assert_eq!(answer.problem(), (422, "out_of_bounds"));
    }
    server.shop("POST", &path("adjust"), by(700)).await.ok();
    let end = json!({ "author": "Ann", "reason": "lost" });
    let ended = server.shop("POST", &path("cancel"), end.clone()).await.ok();
    assert_eq!((&ended["balance"], ended["cancelled_at"].is_string()), (&eur(0), true));
    server.shop("POST", &path("cancel"), end).await.ok();
    let ask = json!({ "cart": cart(&[(1, 900)]), "asked": { "codes": [issued["code"]] } });
    let quote = server.shop("POST", "/v1/quotes", ask).await.ok();
    assert_eq!(refusal(&quote, 0), "not_found");
    for n in 0..3 {
        issue(&server, json!({ "amount": eur(100 + n) })).await;
    }
    let page = server.shop("GET", "/v1/gift-cards?limit=3", json!({})).await.ok();
    let next = format!("/v1/gift-cards?before={}", page["next"].as_str().unwrap());
    let rest = server.shop("GET", &next, json!({})).await.ok();
    assert_eq!(page["gift_cards"].as_array().unwrap().len(), 3);
    assert_eq!(rest["gift_cards"][0]["gift_card"], issued["gift_card"]);
    server.totals().await;
}

#[tokio::test]
async fn a_shop_makes_a_hold_anew_by_the_cards_reference_and_nobody_else_does() {
    let server = Server::start().await;
    let issued = issue(&server, json!({ "amount": eur(2_000), "customer": "c1" })).await;
    let lines = [(1, 3_000)];
    let checkout = |customer| Checkout { server: &server, customer, order: "n1", lines: &lines };
    let held = checkout(Some("c1")).hold(json!({ "codes": [issued["code"]] })).await;
    assert_eq!(held["quote"]["paid"], eur(2_000));
    let named = issued["gift_card"].as_str().unwrap().to_uppercase();
    // What the shop reads of the hold it asks for again, as when the shipping changes.
    let asked = json!({ "codes": [named] });
    let anew = checkout(Some("c1")).hold(asked.clone()).await;
    assert_eq!(anew["quote"]["paid"], eur(2_000), "the first hold gives way to it");
    assert_ne!(anew["hold"], held["hold"]);

    let body = json!({ "cart": cart(&lines), "asked": asked });
    let quote = server.shop(
        "POST",
        "/v1/quotes",
        json!({ "cart": cart(&lines), "asked": asked,
        "customer": "c2" }),
    );
    assert_eq!(refusal(&quote.await.ok(), 0), "not_found", "it is not theirs");
    let session = server.sign_in("c1").await;
    let answer = server.call("POST", "/v1/quotes", &session, body).await.ok();
    assert_eq!(refusal(&answer, 0), "not_found", "in a browser a reference is no code");
}
