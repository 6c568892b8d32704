//! Keys, tokens, sessions and origins.

use crate::harness::{ORIGIN, Server};
use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rstest::rstest;
use serde_json::{Value, json};

#[tokio::test]
async fn each_route_takes_only_its_own_kinds_of_key() {
    let server = Server::start().await;
    let session = server.sign_in("c1").await;
    let (public, secret) = (server.shop.public_key.clone(), server.shop.secret_key.clone());
    for (path, public_may, session_may, secret_may) in [
        ("/v1/program", true, true, true),
        ("/v1/me", false, true, false),
        ("/v1/me/history", false, true, false),
        ("/v1/programs", false, false, true),
    ] {
        for (bearer, may) in [(&public, public_may), (&session, session_may), (&secret, secret_may)]
        {
            let status = server.get(path, bearer).await.status;
            assert_eq!(status, if may { 200 } else { 401 }, "{path} with {}", &bearer[..3]);
        }
    }
    let request = Request::get("/v1/me").body(Body::empty()).unwrap();
    assert_eq!(server.send(request).await.problem(), (401, "key_missing"));
    assert_eq!(server.get("/v1/me", "sk_unknown").await.problem(), (401, "key_unknown"));
}

#[tokio::test]
async fn a_secret_key_is_refused_from_any_web_page() {
    let server = Server::start().await;
    let request = Request::get("/v1/programs")
        .header(header::AUTHORIZATION, format!("Bearer {}", server.shop.secret_key))
        .header(header::ORIGIN, ORIGIN)
        .body(Body::empty())
        .unwrap();
    let answer = server.send(request).await;
    assert_eq!(answer.problem(), (403, "secret_key_in_browser"));
    assert!(answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).is_none());
}

#[rstest]
#[case(ORIGIN, true)]
#[case("https://shop.example.evil.com", false)]
#[case("https://evilshop.example", false)]
#[case("https://shop.example:8443", false)]
#[case("http://shop.example", false)]
#[case("https://SHOP.example", false)]
#[case("https://shop.example/", false)]
#[case("null", false)]
#[case("https://other.example", false)]
#[tokio::test]
async fn only_the_exact_origin_is_echoed(#[case] origin: &str, #[case] allowed: bool) {
    let server = Server::start().await;
    server.second_shop().await;
    let request = Request::get("/v1/program")
        .header(header::AUTHORIZATION, format!("Bearer {}", server.shop.public_key))
        .header(header::ORIGIN, origin)
        .body(Body::empty())
        .unwrap();
    let answer = server.send(request).await;
    let echoed = answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    assert_eq!(echoed.map(|value| value.to_str().unwrap()), allowed.then_some(origin));
    assert_eq!(answer.status, if allowed { 200 } else { 403 });
    assert!(answer.headers.get(header::ACCESS_CONTROL_ALLOW_CREDENTIALS).is_none());
    assert_eq!(answer.headers[header::VARY], "Origin");
}

#[tokio::test]
async fn a_preflight_is_answered_for_known_origins_only() {
    let server = Server::start().await;
    let ask = |origin: &'static str| {
        Request::builder()
            .method(Method::OPTIONS)
            .uri("/v1/holds")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .body(Body::empty())
            .unwrap()
    };
    let answer = server.send(ask(ORIGIN)).await;
    assert_eq!(
        (answer.status, answer.headers[header::ACCESS_CONTROL_MAX_AGE].clone()),
        (204, "600".parse().unwrap())
    );
    let answer = server.send(ask("https://evil.example")).await;
    assert_eq!(answer.problem(), (403, "origin_not_allowed"));
    assert!(answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).is_none());
}

#[tokio::test]
async fn the_same_token_is_the_same_session_until_it_ends() {
    let server = Server::start().await;
    let token = server.sign(&server.claims("c1"));
    let first = server.exchange(&token).await.ok();
    server.clock.advance(60);
    let second = server.exchange(&token).await.ok();
    assert_eq!(first["session"], second["session"]);
    assert_eq!(first["expires_at"], second["expires_at"]);
    let session = first["session"].as_str().unwrap();
    assert_eq!(server.raw("DELETE", "/v1/session", session, "").await.status, 204);
    assert_eq!(server.get("/v1/me", session).await.problem(), (401, "session_ended"));
    assert_eq!(server.exchange(&token).await.problem(), (401, "session_ended"));
}

#[tokio::test]
async fn a_session_ends_after_15_minutes() {
    let server = Server::start().await;
    let session = server.sign_in("c1").await;
    server.clock.advance(15 * 60 - 1);
    assert_eq!(server.get("/v1/me", &session).await.status, 200);
    server.clock.advance(1);
    assert_eq!(server.get("/v1/me", &session).await.problem(), (401, "session_ended"));
}

fn changed(claims: &Value, field: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[field] = value;
    claims
}

#[tokio::test]
async fn expired_foreign_future_and_long_lived_tokens_open_nothing() {
    let server = Server::start().await;
    let other = server.second_shop().await;
    let good = server.claims("c1");
    let now = server.clock.now().seconds();
    for bad in [
        changed(&good, "exp", json!(now - 31)),
        changed(&good, "iat", json!(now + 31)),
        changed(&good, "exp", json!(now + 301)),
        changed(&good, "iss", json!(other.shop)),
        changed(&good, "aud", json!("https://elsewhere.example")),
        changed(&good, "sub", json!("")),
        changed(&good, "jti", json!("")),
        changed(&good, "sub", Value::Null),
    ] {
        let answer = server.exchange(&server.sign(&bad)).await;
        assert_eq!(answer.problem(), (401, "token_invalid"), "{bad}");
    }
    let body = json!({ "token": server.sign(&good) });
    let answer = server.call("POST", "/v1/session", &other.public_key, body).await;
    assert_eq!(answer.problem(), (401, "token_invalid"));
}

#[tokio::test]
async fn unsigned_forged_and_misnamed_tokens_open_nothing() {
    let server = Server::start().await;
    let good = server.claims("c1");
    let token = server.sign(&good);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let kid = server.shop.token_key_id.to_string();
    let headed = |header: Value| format!("{}.{}.{signature}", part(&header), part(&good));
    for bad in [
        format!("{signed}."),
        headed(json!({ "alg": "none", "kid": kid })),
        headed(json!({ "alg": "HS512", "kid": kid })),
        headed(json!({ "alg": "HS256", "kid": "key_00000000000000000000000000000000" })),
        headed(json!({ "alg": "HS256" })),
        format!("{}x", &token[..token.len() - 1]),
        "nonsense".to_owned(),
        String::new(),
    ] {
        let answer = server.exchange(&bad).await;
        assert_eq!(answer.problem(), (401, "token_invalid"), "{bad}");
    }
}
