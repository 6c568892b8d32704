//! Bad input gets a clear, stable error and changes nothing.

use crate::harness::{Server, cart, order};
use axum::body::Body;
use axum::http::{Request, header};
use rstest::rstest;
use serde_json::json;

#[rstest]
#[case("{", 400, "malformed_json", None)]
#[case("", 400, "malformed_json", None)]
#[case("{} {}", 400, "invalid_body", None)]
#[case("[]", 400, "invalid_body", None)]
#[case(r#"{"cart":{"currency":"EUR","lines":[]},"colour":1}"#, 400, "invalid_body", Some("colour"))]
#[case(
    r#"{"cart":{"currency":"EUR","lines":[{"id":"1","product":"p","quantity":"2","unit_price":1}]}}"#,
    400, "invalid_body", Some("cart.lines[0].quantity")
)]
#[case(
    r#"{"cart":{"currency":"EUR","lines":[{"id":"1","product":"p","quantity":1.5,"unit_price":1}]}}"#,
    400, "invalid_body", Some("cart.lines[0].quantity")
)]
#[case(r#"{"cart":{"currency":"EURO","lines":[]}}"#, 400, "invalid_body", Some("cart.currency"))]
#[case(r#"{"cart":{"currency":"EUR","lines":[]}}"#, 422, "out_of_bounds", Some("cart.lines"))]
#[case(
    r#"{"cart":{"currency":"EUR","lines":[{"id":"1","product":"p","quantity":0,"unit_price":1}]}}"#,
    422,
    "out_of_bounds",
    Some("cart.lines[0].quantity")
)]
#[case(
    r#"{"cart":{"currency":"EUR","lines":[{"id":"1","product":"p","quantity":1,"unit_price":1}]},"asked":{"codes":["é"]}}"#,
    400, "invalid_body", Some("asked.codes[0]")
)]
#[case(
    r#"{"cart":{"currency":"EUR","lines":[{"id":"1","product":"p","quantity":1,"unit_price":1}]},"asked":{"points":-5}}"#,
    422, "out_of_bounds", Some("asked.points")
)]
#[tokio::test]
async fn a_bad_body_is_named_by_its_field(
    #[case] body: &str,
    #[case] status: u16,
    #[case] code: &str,
    #[case] field: Option<&str>,
) {
    let server = Server::start().await;
    let answer = server.raw("POST", "/v1/quotes", &server.shop.public_key, body).await;
    assert_eq!(answer.problem(), (status, code), "{}", answer.body);
    assert_eq!(answer.body["field"].as_str(), field, "{}", answer.body);
    assert!(answer.body["title"].as_str().unwrap().ends_with('.'));
}

#[tokio::test]
async fn a_quote_with_an_unknown_code_is_an_answer_not_an_error() {
    let server = Server::start().await;
    let body = json!({ "cart": cart(&[(1, 100)]), "asked": { "codes": ["NOSUCH"] } });
    let reply = server.call("POST", "/v1/quotes", &server.shop.public_key, body).await.ok();
    let verdict = &reply["quote"]["outcomes"][0]["verdict"]["Refused"];
    assert_eq!(verdict["reason"], "not_found");
}

#[tokio::test]
async fn what_is_no_json_or_too_large_is_refused_before_it_is_read() {
    let server = Server::start().await;
    let request = |media: &str, body: String| {
        let bearer = format!("Bearer {}", server.shop.public_key);
        let request = Request::post("/v1/session").header(header::AUTHORIZATION, bearer);
        request.header(header::CONTENT_TYPE, media).body(Body::from(body)).unwrap()
    };
    let answer = server.send(request("text/plain", "{}".to_owned())).await;
    assert_eq!(answer.problem(), (415, "unsupported_media_type"));
    let long = format!("{{\"token\":\"{}\"}}", "x".repeat(65 * 1024));
    let answer = server.send(request("application/json", long)).await;
    assert_eq!(answer.problem(), (413, "body_too_large"));
}

#[tokio::test]
async fn an_unknown_address_or_method_is_a_problem_too() {
    let server = Server::start().await;
    let key = server.shop.secret_key.clone();
    assert_eq!(server.get("/v1/nothing", &key).await.problem(), (404, "not_found"));
    assert_eq!(server.get("/v1/quotes", &key).await.problem(), (405, "method_not_allowed"));
    assert_eq!(server.get("/v1/orders/none", &key).await.problem(), (404, "not_found"));
    assert_eq!(server.get("/v1/holds/none", &key).await.problem(), (404, "not_found"));
}

#[tokio::test]
async fn orders_and_returns_out_of_bounds_are_refused_and_nothing_is_kept() {
    let server = Server::start().await;
    server.member_with("c1", 0).await;
    for (lines, field) in [
        (&[][..], "lines"),
        (&[(0, 100)][..], "lines[0].quantity"),
        (&[(1, -1)][..], "lines[0].paid"),
    ] {
        let answer = server.shop("PUT", "/v1/orders/o1", order("c1", lines)).await;
        assert_eq!(answer.problem(), (422, "out_of_bounds"));
        assert_eq!(answer.body["field"], field);
    }
    assert_eq!(server.get("/v1/orders/o1", &server.shop.secret_key).await.status, 404);
    let back = json!({ "returned_at": "2026-11-21T12:00:00Z" });
    let answer = server.shop("PUT", "/v1/orders/o1/returns/r", back).await;
    assert_eq!(answer.problem(), (404, "not_found"));
    assert_eq!(server.totals().await.transfers, 0);
}

#[tokio::test]
async fn a_program_with_mistakes_is_refused_with_all_of_them() {
    let server = Server::start().await;
    let mut document = serde_json::to_value(crate::harness::program()).unwrap();
    document["tiers"][1]["threshold"] = json!(0);
    document["promotions"][0]["code"] = json!("a b");
    let answer = server.shop("POST", "/v1/programs", document).await;
    assert_eq!(answer.problem(), (422, "invalid_program"));
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("tiers[1].threshold") && detail.contains("promotions[0].code"));
    let versions = server.get("/v1/programs", &server.shop.secret_key).await.ok();
    assert_eq!(versions["versions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn joining_under_other_terms_is_refused() {
    let server = Server::start().await;
    let session = server.sign_in("c1").await;
    let answer =
        server.call("POST", "/v1/me/join", &session, json!({ "terms_version": "0" })).await;
    assert_eq!(answer.problem(), (409, "terms_changed"));
    let me = server.get("/v1/me", &session).await.ok();
    assert!(me.get("member").is_none());
}
