//! Bodies, depth, time and numbers are bounded.

use crate::harness::{Server, cart, order};
use axum::body::{Body, Bytes};
use axum::http::{Request, header};
use futures_util::stream;
use habitue_server::load::Bounds;
use rstest::rstest;
use serde_json::json;
use std::convert::Infallible;
use std::time::Duration;

/// A request whose length nobody announced.
fn chunked(
    server: &Server,
    (method, path): (&str, &str),
    who: &str,
    bytes: usize,
) -> Request<Body> {
    let key = if who == "shop" { &server.shop.secret_key } else { &server.shop.public_key };
    let chunk = Bytes::from(vec![b' '; 4096]);
    let chunks = (0..bytes.div_ceil(4096)).map(move |_| Ok::<_, Infallible>(chunk.clone()));
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", "k")
        .body(Body::from_stream(stream::iter(chunks)))
        .unwrap()
}

#[rstest]
#[case::of_a_visitor("POST", "/v1/session", "visitor", 64)]
#[case::with_a_cart("POST", "/v1/quotes", "visitor", 256)]
#[case::with_a_shops_cart("POST", "/v1/holds", "shop", 256)]
#[case::with_an_order("PUT", "/v1/orders/o", "shop", 1024)]
#[case::with_a_program("POST", "/v1/programs", "shop", 1024)]
#[tokio::test]
async fn a_body_is_bounded_whether_or_not_its_length_was_announced(
    #[case] method: &str,
    #[case] path: &str,
    #[case] who: &str,
    #[case] kib: usize,
) {
    let server = Server::start().await;
    let at = (method, path);
    // Blanks are no JSON, so what is read is malformed, and what is too large is never read.
    let read = server.send(chunked(&server, at, who, kib * 1024)).await;
    assert_eq!(read.problem(), (400, "malformed_json"));
    let refused = server.send(chunked(&server, at, who, kib * 1024 + 1)).await;
    assert_eq!(refused.problem(), (413, "body_too_large"));
}

#[tokio::test]
async fn the_largest_legal_cart_and_order_are_taken() {
    let server = Server::start().await;
    let lines: Vec<(i64, i64)> = (0..500).map(|n| (9, 1_000 + n)).collect();
    let body = json!({ "cart": cart(&lines) });
    assert_eq!(server.call("POST", "/v1/quotes", &server.shop.public_key, body).await.status, 200);
    server.shop("PUT", "/v1/orders/large", order("c1", &lines)).await.ok();
}

#[rstest]
#[case::lists("[", "]")]
#[case::objects("{\"cart\":", "}")]
#[tokio::test]
async fn a_deep_body_is_refused_and_harms_nobody(#[case] open: &str, #[case] close: &str) {
    let server = Server::start().await;
    for depth in [129, 10_000] {
        let body = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        for path in ["/v1/quotes", "/v1/programs"] {
            let answer = server.raw("POST", path, &server.shop.secret_key, &body).await;
            assert_eq!(answer.status, 400, "{depth} deep: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let brief = Duration::from_millis(50);
    let server = Server::start().await.bounded(Bounds::new(9, brief, Duration::from_secs(30)));
    let body = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let request = Request::post("/v1/quotes")
        .header(header::AUTHORIZATION, format!("Bearer {}", server.shop.public_key))
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .unwrap();
    assert_eq!(server.send(request).await.problem(), (408, "request_timeout"));
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_put_off_with_a_way_to_ask_again() {
    let server = Server::start().await.bounded(Bounds::new(9, Duration::MAX, Duration::ZERO));
    let answer = server.get("/v1/program", &server.shop.public_key).await;
    assert_eq!(answer.problem(), (503, "unavailable"));
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    // So that the widget may read it and say "later" instead of "no network".
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(answer.headers[header::ACCESS_CONTROL_EXPOSE_HEADERS], "retry-after");
    assert!(answer.body["detail"].as_str().unwrap().contains("Idempotency-Key"));
}

#[tokio::test]
async fn what_there_is_no_room_for_is_refused_at_once_and_the_process_still_lives() {
    let server = Server::start().await.bounded(Bounds::new(0, Duration::MAX, Duration::MAX));
    let answer = server.get("/v1/program", &server.shop.public_key).await;
    assert_eq!(answer.problem(), (503, "unavailable"));
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    // So that the widget may read it and say "later" instead of "no network".
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(answer.headers[header::ACCESS_CONTROL_EXPOSE_HEADERS], "retry-after");
    assert_eq!(server.get("/healthz", "").await.status, 200);
}

#[tokio::test]
async fn room_is_given_back() {
    let server = Server::start().await.bounded(Bounds::new(1, Duration::MAX, Duration::MAX));
    for _ in 0..5 {
        assert_eq!(server.get("/v1/program", &server.shop.public_key).await.status, 200);
    }
}
