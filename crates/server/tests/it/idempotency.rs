//! One effect per key, the first answer for every repetition.

use crate::harness::{Server, cart};
use axum::body::Body;
use axum::http::{Request, header};
use habitue_store::Tx;
use habitue_store::idempotency::{Known, Request as Claim, answer, claim};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn body(points: i64) -> String {
    json!({ "cart": cart(&[(2, 3000)]), "asked": { "points": points } }).to_string()
}

#[tokio::test]
async fn the_same_request_again_gets_the_first_answer_byte_for_byte() {
    let server = Server::start().await;
    let session = server.member_with("c1", 700).await;
    let first = server.keyed("POST", "/v1/holds", &session, &body(100), "k").await;
    server.clock.advance(60);
    let second = server.keyed("POST", "/v1/holds", &session, &body(100), "k").await;
    assert_eq!((first.status, &first.bytes), (200, &second.bytes));
    let other = server.keyed("POST", "/v1/holds", &session, &body(101), "k").await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused"));
}

#[tokio::test]
async fn sixty_four_at_once_have_one_effect_and_equal_answers() {
    let server = Arc::new(Server::start().await);
    let session = server.member_with("c1", 700).await;
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (server, session) = (Arc::clone(&server), session.clone());
            tokio::spawn(async move {
                server.keyed("POST", "/v1/holds", &session, &body(100), "k").await.bytes
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    let first: Value = serde_json::from_slice(&answers[0]).unwrap();
    assert!(first["hold"].is_string());
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let me = server.get("/v1/me", &session).await.ok();
    assert_eq!(me["member"]["balance"]["held"], 100);
}

#[tokio::test]
async fn a_refusal_is_an_answer_too_and_undoes_what_it_began() {
    let server = Server::start().await;
    let session = server.member_with("c1", 700).await;
    let held = server.keyed("POST", "/v1/holds", &session, &body(100), "a").await.ok();
    let refused = server.keyed("POST", "/v1/holds", &session, &body(701), "b").await;
    assert_eq!(refused.problem(), (422, "not_enough_points"));
    let again = server.keyed("POST", "/v1/holds", &session, &body(701), "b").await;
    assert_eq!(refused.bytes, again.bytes);
    // The refused one had begun by taking the first one's place.
    let path = format!("/v1/holds/{}", held["hold"].as_str().unwrap());
    let first = server.get(&path, &server.shop.secret_key).await.ok();
    assert_eq!(first["state"], "held");
}

#[tokio::test]
async fn another_member_with_the_same_key_gets_nothing_of_the_first() {
    let server = Server::start().await;
    let (one, two) = (server.member_with("c1", 700).await, server.member_with("c2", 700).await);
    let first = server.keyed("POST", "/v1/holds", &one, &body(100), "k").await.ok();
    let second = server.keyed("POST", "/v1/holds", &two, &body(100), "k").await.ok();
    assert_ne!(first["hold"], second["hold"]);
}

#[tokio::test]
async fn a_request_with_an_effect_needs_a_key() {
    let server = Server::start().await;
    let session = server.sign_in("c1").await;
    for key in [None, Some(""), Some("k\u{e9}")] {
        let request = Request::post("/v1/holds")
            .header(header::AUTHORIZATION, format!("Bearer {session}"))
            .header(header::CONTENT_TYPE, "application/json");
        let request = match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        let answer = server.send(request.body(Body::from(body(1))).unwrap()).await;
        assert_eq!(answer.problem(), (400, "idempotency_key_missing"));
    }
}

/// Holds the claim to a request for a while, as its first sender would, then answers it.
async fn answer_slowly(server: &Server, session: &str, seconds: u64) {
    let owner = format!("{}/c1", server.shop.shop);
    let route = "POST /v1/holds".to_owned();
    let body_hash = habitue_server::secret::sha256(body(100).as_bytes());
    let request = Claim { owner, route, key: "k".to_owned(), body_hash };
    let now = server.clock.now();
    let job = async move |tx: &mut Tx<'_>| -> Result<(), habitue_store::Error> {
        assert_eq!(claim(tx, &request, now).await?, Known::New);
        if std::env::var_os("HABITUE_TEST_POSTGRES").is_some() {
            for _ in 0..seconds {
                tx.row("SELECT COUNT(*) FROM pg_sleep(1)", &[]).await?;
            }
        } else {
            std::thread::sleep(Duration::from_secs(seconds));
        }
        answer(tx, &request, 200, "{\"first\":true}").await
    };
    let first = server.app.store.write(job);
    let second = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.keyed("POST", "/v1/holds", session, &body(100), "k").await
    };
    let (first, second) = tokio::join!(first, second);
    first.unwrap();
    if seconds == 1 {
        assert_eq!(second.bytes, b"{\"first\":true}");
        return;
    }
    assert_eq!(second.problem(), (409, "idempotency_key_in_use"));
    assert_eq!(second.headers[header::RETRY_AFTER], "1");
    let third = server.keyed("POST", "/v1/holds", session, &body(100), "k").await;
    assert_eq!(third.bytes, b"{\"first\":true}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_waits_for_the_first_answer() {
    let server = Server::start().await;
    let session = server.member_with("c1", 700).await;
    answer_slowly(&server, &session, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_that_has_waited_5_seconds_is_told_to_come_back() {
    if std::env::var_os("HABITUE_TEST_POSTGRES").is_none() {
        // SQLite's one writer ends a job before the next one begins.
        return;
    }
    let server = Server::start().await;
    let session = server.member_with("c1", 700).await;
    answer_slowly(&server, &session, 7).await;
}
