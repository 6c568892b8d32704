//! Who guesses is stopped; who shops never meets a limit.

use crate::harness::{Answer, ORIGIN, Server, cart, from};
use axum::body::Body;
use axum::http::{Request, header};
use habitue_server::limit::Settings;
use rstest::rstest;
use serde_json::{Value, json};
use std::sync::Arc;

/// Wrong codes at once from one address.
const AT_ONCE: u16 = 30;

async fn send(
    server: &Server,
    n: u16,
    (method, path): (&str, &str),
    with: (&str, Value),
) -> Answer {
    let (bearer, body) = with;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {bearer}"))
        .header(header::ORIGIN, ORIGIN)
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", uuid::Uuid::now_v7().to_string())
        .body(Body::from(body.to_string()))
        .unwrap();
    server.send(from(request, n)).await
}

/// Asks what a code is worth, from the n-th address.
async fn quote(server: &Server, n: u16, bearer: &str, codes: &[&str]) -> Answer {
    let body = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": codes } });
    send(server, n, ("POST", "/v1/quotes"), (bearer, body)).await
}

async fn hold(server: &Server, n: u16, bearer: &str, codes: &[&str]) -> Answer {
    let body = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": codes } });
    send(server, n, ("POST", "/v1/holds"), (bearer, body)).await
}

fn check_limited(answer: &Answer, seconds: i64) {
    assert_eq!(answer.problem(), (429, "too_many_requests"), "{}", answer.body);
    assert_eq!(answer.headers[header::RETRY_AFTER], seconds.to_string().as_str());
    // The widget has to be able to read it.
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], ORIGIN);
}

#[tokio::test]
async fn an_address_that_guesses_codes_is_stopped_and_learns_nothing_more() {
    let server = Server::start().await;
    let key = server.shop.public_key.clone();
    for _ in 0..AT_ONCE {
        assert_eq!(quote(&server, 1, &key, &["NOSUCH"]).await.status, 200);
    }
    check_limited(&quote(&server, 1, &key, &["NOSUCH"]).await, 10);
    // A right one tells nothing either, or guessing would go on.
    check_limited(&quote(&server, 1, &key, &["TEN"]).await, 10);
    // Without codes the page works on, and so does everybody else's.
    assert_eq!(quote(&server, 1, &key, &[]).await.status, 200);
    assert_eq!(quote(&server, 2, &key, &["TEN"]).await.status, 200);
    server.clock.advance(10);
    assert_eq!(quote(&server, 1, &key, &["TEN"]).await.status, 200);
}

#[tokio::test]
async fn many_codes_in_one_request_or_many_requests_at_once_are_no_way_around_it() {
    let server = Arc::new(Server::start().await);
    let key = server.shop.public_key.clone();
    let twenty: Vec<String> = (0..20).map(|n| format!("NOSUCH-{n}")).collect();
    let twenty: Vec<&str> = twenty.iter().map(String::as_str).collect();
    assert_eq!(quote(&server, 1, &key, &twenty).await.status, 200);
    check_limited(&quote(&server, 1, &key, &twenty).await, 100);
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let (server, key) = (Arc::clone(&server), key.clone());
            tokio::spawn(async move { quote(&server, 2, &key, &[&format!("NO-{n}")]).await.status })
        })
        .collect();
    let mut answered = 0;
    for task in tasks {
        answered += u16::from(task.await.unwrap() == 200);
    }
    assert!(answered <= AT_ONCE, "{answered}");
}

#[tokio::test]
async fn a_shopper_who_guesses_is_stopped_on_every_address() {
    let server = Server::start().await;
    let session = server.member_with("c1", 0).await;
    let mut n = 0;
    for _ in 0..AT_ONCE / 2 {
        n += 1;
        assert_eq!(quote(&server, n, &session, &["NOSUCH"]).await.status, 200);
        assert_eq!(hold(&server, n, &session, &["NOSUCH"]).await.problem(), (422, "not_found"));
    }
    check_limited(&hold(&server, 99, &session, &["TEN"]).await, 10);
    let other = server.member_with("c2", 0).await;
    assert_eq!(hold(&server, 99, &other, &["TEN"]).await.status, 200);
    // The shop's own back end does not guess.
    for _ in 0..2 * AT_ONCE {
        assert_eq!(server.shop("POST", "/v1/quotes", asking("NOSUCH")).await.status, 200);
    }
}

fn asking(code: &str) -> Value {
    json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": [code] } })
}

#[tokio::test]
async fn visitors_who_use_up_the_shops_misses_keep_no_signed_in_shopper_from_a_code() {
    let server = Server::start().await;
    let session = server.member_with("c1", 0).await;
    let key = server.shop.public_key.clone();
    for n in 0..3_000 / AT_ONCE {
        for _ in 0..AT_ONCE {
            assert_eq!(quote(&server, n, &key, &["NOSUCH"]).await.status, 200);
        }
    }
    check_limited(&quote(&server, 9_000, &key, &["TEN"]).await, 1);
    assert_eq!(quote(&server, 9_000, &session, &["TEN"]).await.status, 200);
    assert_eq!(quote(&server, 9_000, &key, &[]).await.status, 200);
}

#[tokio::test]
async fn wrong_tokens_and_unknown_keys_come_from_the_same_budget() {
    let server = Server::start().await;
    for _ in 0..AT_ONCE / 2 {
        let token = json!({ "token": "wrong" });
        let key = server.shop.public_key.clone();
        let answer = send(&server, 1, ("POST", "/v1/session"), (&key, token)).await;
        assert_eq!(answer.problem(), (401, "token_invalid"));
        let answer = send(&server, 1, ("GET", "/v1/me"), ("pk_none", Value::Null)).await;
        assert_eq!(answer.problem(), (401, "key_unknown"));
    }
    let answer = send(&server, 1, ("GET", "/v1/me"), ("sk_none", Value::Null)).await;
    check_limited(&answer, 10);
    let token = json!({ "token": server.sign(&server.claims("c1")) });
    let key = server.shop.public_key.clone();
    check_limited(&send(&server, 1, ("POST", "/v1/session"), (&key, token.clone())).await, 10);
    assert_eq!(send(&server, 2, ("POST", "/v1/session"), (&key, token)).await.status, 200);
}

#[tokio::test]
async fn a_code_that_exists_costs_nothing_whatever_becomes_of_it() {
    let server = Server::start().await;
    let session = server.member_with("c1", 0).await;
    for _ in 0..2 * AT_ONCE {
        for code in ["TEN", "OLD", "LAST"] {
            assert_eq!(quote(&server, 1, &session, &[code]).await.status, 200);
        }
        server.clock.advance(1);
    }
}

/// What one shopper does in a quarter of an hour, and more of it than most do.
async fn shop_for_a_while(server: &Server, n: u16, customer: &str) -> usize {
    let key = server.shop.public_key.clone();
    let mut statuses = Vec::new();
    statuses.push(send(server, n, ("GET", "/v1/program"), (&key, Value::Null)).await.status);
    statuses.push(quote(server, n, &key, &[]).await.status);
    let token = json!({ "token": server.sign(&server.claims(customer)) });
    let opened = send(server, n, ("POST", "/v1/session"), (&key, token)).await.ok();
    let session = opened["session"].as_str().unwrap();
    for _ in 0..10 {
        statuses.push(send(server, n, ("GET", "/v1/me"), (session, Value::Null)).await.status);
        let page = ("GET", "/v1/me/history?limit=20");
        statuses.push(send(server, n, page, (session, Value::Null)).await.status);
    }
    let joined = json!({ "terms_version": "1" });
    statuses.push(send(server, n, ("POST", "/v1/me/join"), (session, joined)).await.status);
    // Three slips, then the right code while pieces are added and points slide.
    for slip in ["TNE", "TEN0", "T-EN"] {
        statuses.push(quote(server, n, session, &[slip]).await.status);
    }
    for codes in [&["TEN"][..], &["TEN", "LAST"], &["TEN"]] {
        for _ in 0..8 {
            statuses.push(quote(server, n, session, codes).await.status);
        }
    }
    for _ in 0..5 {
        statuses.push(hold(server, n, session, &["TEN"]).await.status);
    }
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    statuses.len()
}

#[tokio::test]
async fn whoever_shops_never_meets_a_limit() {
    let server = Server::start().await;
    let mut requests = 0;
    // Alone and without a pause, again and again for two hours.
    for _ in 0..8 {
        requests += shop_for_a_while(&server, 1, "c0").await;
        server.clock.advance(15 * 60);
    }
    // A whole office behind one address, one after the other every minute.
    for n in 0..20 {
        requests += shop_for_a_while(&server, 2, &format!("o{n}")).await;
        server.clock.advance(60);
    }
    println!("{requests} requests, none limited");
}

#[rstest]
#[case::a_shopper("session", 300)]
#[case::a_visitor("public", 600)]
#[tokio::test]
async fn above_the_ceiling_a_caller_is_asked_to_wait(#[case] who: &str, #[case] at_once: u32) {
    let server = Server::start().await;
    let session = server.sign_in("c1").await;
    let bearer = if who == "session" { &session } else { &server.shop.public_key };
    for _ in 0..at_once {
        let answer = send(&server, 1, ("GET", "/v1/program"), (bearer, Value::Null)).await;
        assert_eq!(answer.status, 200);
    }
    let answer = send(&server, 1, ("GET", "/v1/program"), (bearer, Value::Null)).await;
    check_limited(&answer, 1);
    assert_eq!(server.get("/v1/programs", &server.shop.secret_key).await.status, 200);
    server.clock.advance(1);
    let answer = send(&server, 1, ("GET", "/v1/program"), (bearer, Value::Null)).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_limit_of_0_is_none() {
    let settings = Settings { limit_misses: 0, limit_visitor: 0, ..Settings::default() };
    let server = Server::start().await.limited(&settings);
    let key = server.shop.public_key.clone();
    for _ in 0..700 {
        assert_eq!(quote(&server, 1, &key, &["NOSUCH"]).await.status, 200);
    }
}
