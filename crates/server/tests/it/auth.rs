//! Keys, tokens, sessions and origins.

use crate::harness::{Answer, ORIGIN, Server};
use axum::body::Body;
use axum::http::{Method, Request, header};

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

/// Origins that no browser on a page of the shop would send, but somebody might.
const FOREIGN: [&str; 43] = [
    "null",
    "",
    "*",
    "shop.example",
    "//shop.example",
    "http://shop.example",
    "HTTPS://shop.example",
    "ftp://shop.example",
    "file://shop.example",
    "chrome-extension://shop.example",
    "data:text/html,x",
    "https:shop.example",
    "https:/shop.example",
    "https:///shop.example",
    "https://SHOP.example",
    "https://Shop.Example",
    "https://shop.example.",
    "https://shop.example/",
    "https://shop.example/path",
    "https://shop.example?",
    "https://shop.example#",
    "https://shop.example:",
    "https://shop.example:443",
    "https://shop.example:80",
    "https://shop.example:8443",
    "https://shop.example.evil.example",
    "https://evilshop.example",
    "https://evil-shop.example",
    "https://www.shop.example",
    "https://a.shop.example",
    "https://shop.exampl",
    "https://shop.example2",
    "https://shop-example",
    "https://shop_example",
    "https://shop%2eexample",
    "https://xn--shop-example-9n1f",
    "https://xn--shp-sna.example",
    "https://user@shop.example",
    "https://shop.example@evil.example",
    "https://[::1]",
    "https://[::ffff:198.51.100.1]:443",
    "https://shop.example https://evil.example",
    "https://shop.example,https://evil.example",
];

/// Spaces around a value are not part of it (RFC 9110 §5.5), but a value may carry them to us.
const SPACED: [&str; 3] =
    [" https://shop.example", "https://shop.example ", "https://shop.example\t"];

#[tokio::test]
async fn of_all_origins_only_the_exact_ones_are_echoed() {
    let server = Server::start().await;
    server.second_shop().await;
    let all = FOREIGN.into_iter().chain(SPACED).chain(["https://other.example"]);
    for (origin, allowed) in all.map(|origin| (origin, false)).chain([(ORIGIN, true)]) {
        let request = Request::get("/v1/program")
            .header(header::AUTHORIZATION, format!("Bearer {}", server.shop.public_key))
            .header(header::ORIGIN, origin)
            .body(Body::empty())
            .unwrap();
        let answer = server.send(request).await;
        assert_eq!(answer.status, if allowed { 200 } else { 403 }, "{origin:?}");
        check_cors(&answer, origin, allowed);
        let answer = server.send(preflight(origin)).await;
        // A preflight names no key, so every shop's origin is known to it.
        let known = allowed || origin == "https://other.example";
        assert_eq!(answer.status, if known { 204 } else { 403 }, "{origin:?}");
        check_cors(&answer, origin, known);
    }
}

fn check_cors(answer: &Answer, origin: &str, allowed: bool) {
    let echoed = answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    let echoed = echoed.map(|value| value.to_str().unwrap());
    assert_eq!(echoed, allowed.then_some(origin), "{origin:?}");
    assert!(answer.headers.get(header::ACCESS_CONTROL_ALLOW_CREDENTIALS).is_none());
    assert_eq!(answer.headers[header::VARY], "Origin", "{origin:?}");
}

fn preflight(origin: &str) -> Request<Body> {
    Request::builder()
        .method(Method::OPTIONS)
        .uri("/v1/holds")
        .header(header::ORIGIN, origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn an_answer_varies_by_origin_whatever_it_says() {
    let server = Server::start().await;
    for (path, bearer) in [
        ("/v1/program", server.shop.public_key.as_str()),
        ("/v1/me", server.shop.public_key.as_str()),
        ("/v1/me", "ses_over"),
        ("/v1/programs", server.shop.secret_key.as_str()),
        ("/v1/orders/none", server.shop.secret_key.as_str()),
        ("/v1/quotes", server.shop.secret_key.as_str()),
    ] {
        for origin in [None, Some(ORIGIN), Some("https://evil.example")] {
            let request =
                Request::get(path).header(header::AUTHORIZATION, format!("Bearer {bearer}"));
            let request = match origin {
                Some(origin) => request.header(header::ORIGIN, origin),
                None => request,
            };
            let answer = server.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.headers[header::VARY], "Origin", "{path} from {origin:?}");
        }
    }
}

#[tokio::test]
async fn a_preflight_is_answered_for_known_origins_only() {
    let server = Server::start().await;
    let answer = server.send(preflight(ORIGIN)).await;
    assert_eq!(
        (answer.status, answer.headers[header::ACCESS_CONTROL_MAX_AGE].clone()),
        (204, "600".parse().unwrap())
    );
    let answer = server.send(preflight("https://evil.example")).await;
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
