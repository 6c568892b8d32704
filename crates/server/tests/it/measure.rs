//! The figures of a span, over HTTP, worked out by hand.

use crate::harness::{Server, cart, eur, order, program};
use serde_json::{Value, json};

fn value<'a>(metrics: &'a Value, measure: &str) -> &'a Value {
    let figures = metrics["figures"].as_array().unwrap();
    let figure = figures.iter().find(|figure| figure["measure"] == measure);
    let figure = figure.unwrap_or_else(|| panic!("no {measure}"));
    assert!(!figure["formula"].as_str().unwrap().is_empty());
    &figure["value"]
}

/// c1 pays 300 of their 700 points on an order of 60.00.
async fn redeem(server: &Server, session: &str) {
    let body = json!({ "cart": cart(&[(2, 3_000)]), "asked": { "points": 300 } });
    let held = server.call("POST", "/v1/holds", session, body).await.ok();
    let path = |step: &str| format!("/v1/holds/{}/{step}", held["hold"].as_str().unwrap());
    let paid = eur(6_000 + 490 - 300);
    let body = json!({ "order": "o9", "customer": "c1", "cart": cart(&[(2, 3_000)]),
        "to_pay": paid });
    server.shop("POST", &path("confirm"), body).await.ok();
    let body = json!({ "order": "o9", "customer": "c1", "amount": paid });
    server.shop("POST", &path("commit"), body).await.ok();
}

/// Two members (140.00, and 30.00 after a return), another customer (40.00), a guest (20.00); and
/// what must not count.
async fn sold() -> Server {
    let server = Server::start_with(program()).await;
    let session = server.member_with("c1", 700).await;
    redeem(&server, &session).await;
    server.member_with("c2", 0).await;
    server.shop("PUT", "/v1/orders/o2", order("c2", &[(2, 6_000)])).await.ok();
    let back = json!({ "returned_at": "2026-11-21T13:00:00Z",
        "lines": [{ "line": "0", "quantity": 1 }] });
    server.shop("PUT", "/v1/orders/o2/returns/r1", back).await.ok();
    server.shop("PUT", "/v1/orders/o3", order("x", &[(1, 4_000)])).await.ok();
    let mut guest = order("", &[(1, 2_000)]);
    guest["customer"] = Value::Null;
    server.shop("PUT", "/v1/orders/o4", guest).await.ok();
    for (id, name, other) in [
        ("o5", "state", "cancelled"),
        ("o6", "state", "placed"),
        ("o7", "currency", "USD"),
        ("o8", "placed_at", "2025-01-01T12:00:00Z"),
    ] {
        let mut body = order("x", &[(1, 9_900)]);
        body[name] = json!(other);
        server.shop("PUT", &format!("/v1/orders/{id}"), body).await.ok();
    }
    server.shop("PUT", "/v1/orders/o10", order("y", &[(1, 5_000)])).await.ok();
    let all = json!({ "returned_at": "2026-11-21T13:00:00Z" });
    server.shop("PUT", "/v1/orders/o10/returns/r1", all).await.ok();
    server
}

#[tokio::test]
async fn rule_9_the_figures_of_a_span_are_those_of_its_orders() {
    let server = sold().await;
    let metrics = server.shop("GET", "/v1/metrics", Value::Null).await.ok();
    assert_eq!(metrics["currency"], "EUR");
    let share = |measure: &str| {
        let share = &value(&metrics, measure)["share"];
        (share["of"].as_i64().unwrap(), share["within"].as_i64().unwrap())
    };
    let minor = |measure: &str| value(&metrics, measure)["money"]["minor"].as_i64().unwrap();
    let points = |measure: &str| value(&metrics, measure)["points"].as_i64().unwrap();
    assert_eq!(share("member_rate"), (2, 3));
    assert_eq!(value(&metrics, "member_rate")["share"]["percent"], "66.7");
    assert_eq!(share("member_orders"), (2, 4));
    assert_eq!(share("member_revenue"), (17_000, 23_000));
    assert_eq!(minor("revenue"), 23_000);
    assert_eq!(minor("basket_per_member"), 8_500);
    assert_eq!(minor("basket_of_others"), 4_000);
    assert_eq!(share("active"), (2, 2));
    assert_eq!(share("redeeming"), (1, 2));
    assert_eq!(points("points_issued"), 700 + 150);
    assert_eq!(points("points_redeemed"), 300);
    assert_eq!(points("points_expired"), 0);
    assert_eq!(points("points_outstanding"), 400 + 150);
    assert_eq!((minor("reward_cost"), minor("liability")), (300, 550));
    let buyers: i64 =
        metrics["rfm"].as_array().unwrap().iter().map(|it| it["buyers"].as_i64().unwrap()).sum();
    assert_eq!(buyers, 3);
    assert_eq!(metrics["pareto"][9]["revenue"]["of"], 21_000);
}

#[tokio::test]
async fn rule_9_a_span_has_the_days_of_the_shop_and_another_currency_is_another_report() {
    let server = sold().await;
    let day = server.shop("GET", "/v1/metrics?from=2025-01-01&until=2025-01-01", Value::Null).await;
    assert_eq!(value(&day.ok(), "revenue")["money"]["minor"], 9_900);
    let next =
        server.shop("GET", "/v1/metrics?from=2025-01-02&until=2025-01-02", Value::Null).await;
    assert_eq!(value(&next.ok(), "revenue")["money"]["minor"], 0);
    let other = server.shop("GET", "/v1/metrics?currency=USD", Value::Null).await.ok();
    assert_eq!(value(&other, "revenue")["money"], json!({ "minor": 9_900, "currency": "USD" }));
    assert_eq!(value(&other, "member_revenue")["share"]["of"], 0);
}

#[tokio::test]
async fn a_span_that_is_none_is_refused() {
    let server = Server::start().await;
    for (query, status, code) in [
        ("from=yesterday", 400, "invalid_parameter"),
        ("currency=euro", 400, "invalid_parameter"),
        ("since=2026-01-01", 400, "invalid_parameter"),
        ("from=2026-02-02&until=2026-02-01", 422, "out_of_bounds"),
        ("from=1900-01-01", 422, "out_of_bounds"),
    ] {
        let answer = server.shop("GET", &format!("/v1/metrics?{query}"), Value::Null).await;
        assert_eq!(answer.problem(), (status, code), "{query}");
    }
}
