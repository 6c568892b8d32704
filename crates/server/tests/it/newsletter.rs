//! The newsletter, against a real mail server: asked for, confirmed, sent, left.

use crate::harness::{Server, order};
use crate::mailbox::{
    Mailbox, deliver, newsletter, opt_in, page, path_in, post, press, subscribe, subscribers,
};
use axum::http::header;
use habitue_server::deliver;
use habitue_store::outbox::{self, Channel};
use habitue_store::{Tx, contact};
use serde_json::{Value, json};

async fn waiting(server: &Server) -> i64 {
    let look = async move |tx: &mut Tx<'_>| outbox::waiting(tx, Channel::Mail).await;
    server.app.store.read(look).await.unwrap().0
}

#[tokio::test]
async fn from_the_box_to_the_last_mail_every_step_takes_the_shoppers_own_act() {
    let Some(mailbox) = Mailbox::start() else { return };
    let server = Server::start().await;
    let post = post(&server, &mailbox.settings());
    opt_in(&server, "ada@example.org", &["news"]).await.ok();
    deliver(&post).await;
    let mail = mailbox.mails(1).pop().unwrap();
    assert_eq!(mail["to"], json!(["ada@example.org"]));
    assert_eq!(mail["headers"]["subject"], "À confirmer : Shop");
    assert_eq!(mail["headers"]["auto-submitted"], "auto-generated");
    let confirm = path_in(&mail, "/n/confirm/");
    for _ in 0..10 {
        let shown = page(&server, &confirm).await;
        let html = String::from_utf8(shown.bytes).unwrap();
        assert!(shown.status == 200 && html.contains("Envoyez-moi les nouveautés"), "{html}");
        assert_eq!(shown.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(shown.headers[header::REFERRER_POLICY], "no-referrer");
        let policy = shown.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; "), "{policy}");
        assert!(!html.contains("<script") && !html.contains("style=") && !html.contains("<style"));
    }
    assert!(subscribers(&server).await.is_empty());
    let (one, two) = tokio::join!(
        press(&server, &confirm, "topic=news"),
        press(&server, &confirm, "topic=news"),
    );
    let mut both = [one.status, two.status];
    both.sort_unstable();
    assert_eq!(both, [200, 410]);
    let there = subscribers(&server).await;
    assert_eq!((there.len(), &there[0]["email"]), (1, &json!("ada@example.org")));
    let left = send_and_leave(&server, &mailbox, &post).await;
    newsletter(&server).await;
    deliver(&post).await;
    mailbox.mails(2);
    let path = format!("/v1/contacts/{left}/consents");
    let proof = server.shop("GET", &path, Value::Null).await.ok();
    let rows = proof["rows"].as_array().unwrap();
    let said: Vec<_> = rows.iter().map(|row| (&row["action"], &row["channel"])).collect();
    let expected = json!([["asked", "widget"], ["confirmed", "link"], ["withdrawn", "one_click"]]);
    assert_eq!(json!(said), expected);
    let text = "Envoyez-moi les nouveautés par e-mail, une fois par semaine.";
    assert_eq!(
        (&rows[0]["shown"]["text"], &rows[1]["shown"]["text"]),
        (&json!(text), &json!(text))
    );
}

/// A newsletter goes out and is left by one click; answers the contact.
async fn send_and_leave(server: &Server, mailbox: &Mailbox, post: &deliver::Post) -> String {
    newsletter(server).await;
    deliver(post).await;
    let mail = mailbox.mails(2).pop().unwrap();
    assert_eq!(mail["headers"]["subject"], "Bonjour");
    assert_eq!(mail["headers"]["list-unsubscribe-post"], "List-Unsubscribe=One-Click");
    let ways = mail["headers"]["list-unsubscribe"].as_str().unwrap();
    let leave = path_in(&mail, "/n/leave/");
    assert_eq!(ways, format!("<{}{leave}>", crate::harness::URL));
    for loads in ["<img", "src=", "url("] {
        assert!(!mail["html"].as_str().unwrap().contains(loads), "{loads}");
    }
    for _ in 0..10 {
        assert_eq!(page(server, &leave).await.status, 200);
    }
    let contact = subscribers(server).await[0]["id"].as_str().unwrap().to_owned();
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
                     One-Click\r\n--b--\r\n";
    for form in [multipart, "List-Unsubscribe=One-Click"] {
        // RFC 8058 §3.1: no redirect, nothing to be asked.
        assert_eq!(press(server, &leave, form).await.status, 200);
        assert!(subscribers(server).await.is_empty());
    }
    contact
}

#[tokio::test]
async fn a_mail_that_waits_while_somebody_leaves_is_not_sent() {
    let Some(mailbox) = Mailbox::start() else { return };
    let server = Server::start().await;
    let post = post(&server, &mailbox.settings());
    subscribe(&server, &mailbox, &post, "ada@example.org", 1).await;
    newsletter(&server).await;
    deliver(&post).await;
    let leave = path_in(&mailbox.mails(2)[1], "/n/leave/");
    newsletter(&server).await;
    assert_eq!(press(&server, &leave, "act=none").await.status, 200);
    deliver(&post).await;
    mailbox.mails(2);
    assert_eq!(waiting(&server).await, 0);
}

#[tokio::test]
async fn the_page_of_a_mail_keeps_what_is_ticked_and_points_are_never_touched() {
    let Some(mailbox) = Mailbox::start() else { return };
    let server = Server::start().await;
    let post = post(&server, &mailbox.settings());
    let session = server.member_with("ada", 700).await;
    let before = server.get("/v1/me", &session).await.ok()["member"]["balance"].clone();
    opt_in(&server, "ada@example.org", &["news", "sale"]).await.ok();
    deliver(&post).await;
    let confirm = path_in(&mailbox.mails(1)[0], "/n/confirm/");
    assert_eq!(press(&server, &confirm, "topic=news&topic=sale").await.status, 200);
    newsletter(&server).await;
    deliver(&post).await;
    let leave = path_in(&mailbox.mails(2)[1], "/n/leave/");
    let html = String::from_utf8(page(&server, &leave).await.bytes).unwrap();
    assert!(html.contains("value=\"sale\" checked") && html.contains("value=\"news\">"), "{html}");
    let kept = press(&server, &leave, "act=keep&topic=news&topic=sale").await;
    let html = String::from_utf8(kept.bytes).unwrap();
    assert!(html.contains("enregistré.") && !html.contains("désabonné"), "{html}");
    assert_eq!(subscribers(&server).await.len(), 1);
    press(&server, &leave, "act=keep&topic=sale").await;
    assert!(subscribers(&server).await.is_empty());
    let sale = "/v1/contacts?purpose=newsletter&topic=sale";
    let sale = server.shop("GET", sale, Value::Null).await.ok();
    assert_eq!(sale["contacts"].as_array().unwrap().len(), 1);
    assert_eq!(server.get("/v1/me", &session).await.ok()["member"]["balance"], before);
    server.totals().await;
}

#[tokio::test]
async fn a_link_that_is_used_run_out_or_made_up_confirms_nothing() {
    let Some(mailbox) = Mailbox::start() else { return };
    let server = Server::start().await;
    let post = post(&server, &mailbox.settings());
    opt_in(&server, "ada@example.org", &["news"]).await.ok();
    deliver(&post).await;
    let confirm = path_in(&mailbox.mails(1)[0], "/n/confirm/");
    let (start, _) = confirm.rsplit_once('.').unwrap();
    for forged in [format!("{start}.AAAA"), format!("{confirm}x"), "/n/confirm/x".to_owned()] {
        assert_eq!(page(&server, &forged).await.status, 410);
        assert_eq!(press(&server, &forged, "topic=news").await.status, 410);
    }
    // A topic that was not asked for is none that can be confirmed, nor is nothing.
    assert_eq!(press(&server, &confirm, "topic=sale").await.status, 410);
    server.clock.advance(7 * 24 * 3600);
    assert_eq!(page(&server, &confirm).await.status, 410);
    assert_eq!(press(&server, &confirm, "topic=news").await.status, 410);
    assert!(subscribers(&server).await.is_empty());
}

#[tokio::test]
async fn whoever_asks_again_and_again_for_an_address_sends_it_few_mails() {
    let Some(mailbox) = Mailbox::start() else { return };
    let server = Server::start().await;
    let post = post(&server, &mailbox.settings());
    for _ in 0..5 {
        opt_in(&server, "ada@example.org", &["news"]).await.ok();
    }
    deliver(&post).await;
    mailbox.mails(1);
    for _ in 0..12 {
        server.clock.advance(601);
        opt_in(&server, "ada@example.org", &["news"]).await.ok();
        deliver(&post).await;
    }
    mailbox.mails(5);
}

#[tokio::test]
async fn a_link_in_a_mail_opens_ones_own_page_once_and_for_a_quarter_of_an_hour() {
    let Some(mailbox) = Mailbox::start() else { return };
    let server = Server::start().await;
    let post = post(&server, &mailbox.settings());
    let (session, confirmed) = signed_in_subscriber(&server, &mailbox, &post).await;
    assert_eq!(confirmed, 1);
    let ask = format!("/m/{}/mail", server.shop.program);
    assert_eq!(page(&server, &ask).await.status, 200);
    let known = press(&server, &ask, "email=ada%40example.org").await;
    let unknown = press(&server, &ask, "email=eve%40example.org").await;
    assert_eq!((known.status, &known.bytes), (200, &unknown.bytes));
    deliver(&post).await;
    let mail = mailbox.mails(2).pop().unwrap();
    let open = path_in(&mail, "/m/");
    for _ in 0..10 {
        let html = String::from_utf8(page(&server, &open).await.bytes).unwrap();
        assert!(html.contains("<form method=\"post\">") && !html.contains("TEN"), "{html}");
    }
    let opened = press(&server, &open, "").await;
    assert_eq!(opened.headers[header::CACHE_CONTROL], "no-store");
    assert!(opened.headers.get(header::SET_COOKIE).is_none());
    let html = String::from_utf8(opened.bytes).unwrap();
    assert!(html.contains("<p class=\"number\">700</p>") && html.contains("TEN"), "{html}");
    assert!(!html.contains("<script"));
    let sheet = html.split("stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let sheet = page(&server, &sheet.replace("&#x2f;", "/")).await;
    assert_eq!(sheet.headers[header::CONTENT_TYPE], "text/css; charset=utf-8");
    assert_eq!(press(&server, &open, "").await.status, 410);
    let visit = html.split("name=\"visit\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let save = format!("{ask}/preferences");
    let form = format!("visit={visit}");
    server.clock.advance(14 * 60);
    assert_eq!(press(&server, &save, &form).await.status, 200);
    assert!(subscribers(&server).await.is_empty());
    server.clock.advance(2 * 60);
    assert_eq!(press(&server, &save, &form).await.status, 410);
    let state = server.sign_in("ada").await;
    assert_ne!(state, session);
}

/// A member with 700 points whose address is confirmed, linked by the confirmation.
async fn signed_in_subscriber(
    server: &Server,
    mailbox: &Mailbox,
    post: &deliver::Post,
) -> (String, usize) {
    let session = server.member_with("ada", 700).await;
    let body = json!({ "program_version": 1, "locale": "en", "email": "ada@example.org",
        "give": [{ "purpose": "newsletter", "topic": "news" }] });
    let answer = server.call("POST", "/v1/consents", &session, body).await.ok();
    assert_eq!(answer["states"][0]["state"], "pending");
    deliver(post).await;
    let confirm = path_in(&mailbox.mails(1)[0], "/n/confirm/");
    // Until the address has said yes it is nobody's: the shopper sees nothing of it.
    let own = server.get("/v1/consents", &session).await.ok();
    assert_eq!(own["choices"][0]["state"], "none");
    assert_eq!(press(server, &confirm, "topic=news").await.status, 200);
    let own = server.get("/v1/consents", &session).await.ok();
    assert_eq!(
        (&own["choices"][0]["state"], &own["email_needed"]),
        (&json!("given"), &json!(false))
    );
    let there = subscribers(server).await;
    assert_eq!(there[0]["customer"], "ada");
    (session, there.len())
}

#[tokio::test]
async fn an_address_that_the_shop_vouches_for_need_not_be_typed() {
    let Some(mailbox) = Mailbox::start() else { return };
    let server = Server::start().await;
    let post = post(&server, &mailbox.settings());
    let first = server.sign_in("ada").await;
    server.join(&first).await;
    let mut claims = server.claims("ada");
    claims["email"] = json!("ada@example.org");
    claims["email_verified"] = json!(true);
    let token = server.sign(&claims);
    let session = server.exchange(&token).await.ok()["session"].as_str().unwrap().to_owned();
    assert_eq!(server.get("/v1/consents", &session).await.ok()["email_needed"], false);
    let body = json!({ "program_version": 1, "locale": "en",
        "give": [{ "purpose": "newsletter", "topic": "news" }] });
    server.call("POST", "/v1/consents", &session, body).await.ok();
    let own = server.get("/v1/consents", &session).await.ok();
    assert_eq!(own["choices"][0]["state"], "pending");
    deliver(&post).await;
    press(&server, &path_in(&mailbox.mails(1)[0], "/n/confirm/"), "topic=news").await;
    let take = json!({ "program_version": 1, "locale": "en",
        "withdraw": [{ "purpose": "newsletter", "topic": "news" }] });
    let answer = server.call("POST", "/v1/consents", &session, take).await.ok();
    assert_eq!(answer["states"][0]["state"], "withdrawn");
    // What the member agreed to on joining came along with the address.
    let program = server.shop("GET", "/v1/contacts?purpose=program", Value::Null).await.ok();
    assert_eq!(program["contacts"].as_array().unwrap().len(), 1);
    let shop = server.shop.shop;
    let look = async move |tx: &mut Tx<'_>| contact::of_customer(tx, shop, "ada").await;
    assert!(server.app.store.read(look).await.unwrap().unwrap().email.is_some());
    server.shop("PUT", "/v1/orders/o1", order("ada", &[(1, 100)])).await.ok();
}

#[tokio::test]
async fn what_was_given_before_and_after_an_address_was_known_is_taken_back_alike() {
    let server = Server::start().await;
    let first = server.sign_in("ada").await;
    server.join(&first).await;
    let sms =
        |what: &str| json!({ "program_version": 1, "locale": "en", what: [{ "purpose": "sms" }] });
    server.call("POST", "/v1/consents", &first, sms("give")).await.ok();
    // Somebody asks for the news at the same address without signing in.
    opt_in(&server, "ada@example.org", &["news"]).await.ok();
    let mut claims = server.claims("ada");
    claims["email"] = json!("ada@example.org");
    claims["email_verified"] = json!(true);
    let answer = server.exchange(&server.sign(&claims)).await.ok();
    let session = answer["session"].as_str().unwrap();
    let own = server.get("/v1/consents", session).await.ok();
    let states: Vec<_> =
        own["choices"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["pending", "none", "given"]);
    let taken = server.call("POST", "/v1/consents", session, sms("withdraw")).await.ok();
    assert_eq!(taken["states"][0]["state"], "withdrawn");
    let left = server.shop("GET", "/v1/contacts?purpose=sms", Value::Null).await.ok();
    assert_eq!(left["contacts"], json!([]));
}

#[tokio::test]
async fn a_shopper_who_types_somebody_elses_address_is_told_nothing_of_it() {
    let Some(mailbox) = Mailbox::start() else { return };
    let server = Server::start().await;
    let post = post(&server, &mailbox.settings());
    subscribe(&server, &mailbox, &post, "ada@example.org", 1).await;
    let session = server.sign_in("eve").await;
    for email in ["ada@example.org", "nobody@example.org"] {
        let body = json!({ "program_version": 1, "locale": "en", "email": email,
            "give": [{ "purpose": "newsletter", "topic": "news" }] });
        let answer = server.call("POST", "/v1/consents", &session, body).await.ok();
        assert_eq!(answer["states"][0]["state"], "pending");
    }
    let own = server.get("/v1/consents", &session).await.ok();
    assert_eq!(own["choices"][0]["state"], "none");
}
