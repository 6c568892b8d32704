//! What orders earn by a program's own rules: tax, goods, bonuses, campaigns, a cap.

use crate::harness::{Server, order, program};
use serde_json::{Value, json};

/// The usual program (5 points a euro, 1.5 times that in silver) with more in its points.
async fn server(points: &Value) -> Server {
    let mut document = serde_json::to_value(program()).unwrap();
    for (name, value) in points.as_object().unwrap() {
        document["points"][name] = value.clone();
    }
    let server = Server::start_with(serde_json::from_value(document).unwrap()).await;
    server.member_with("c1", 0).await;
    server
}

fn with(lines: &Value) -> Value {
    let mut order = order("c1", &[]);
    order["lines"] = lines.clone();
    order
}

#[tokio::test]
async fn rule_4_1_what_a_line_says_of_itself_decides_what_it_earns() {
    let server = server(&json!({ "tax": "excluded",
        "scope": { "except_categories": ["cards"], "except_brands": ["Glass"] },
        "bonuses": [{ "scope": { "categories": ["jazz"] }, "multiplier": "2" }] }))
    .await;
    let lines = json!([
        { "id": "0", "product": "a", "quantity": 1, "paid": 1200, "tax": 200 },
        { "id": "1", "product": "b", "quantity": 2, "paid": 2000, "categories": ["jazz"] },
        { "id": "2", "product": "c", "quantity": 1, "paid": 5000, "categories": ["cards"] },
        { "id": "3", "product": "d", "quantity": 1, "paid": 5000, "brand": "Glass" }
    ]);
    let reply = server.shop("PUT", "/v1/orders/o1", with(&lines)).await.ok();
    // 10.00 without tax, and twice 20.00: 50.00 at five points.
    assert_eq!(reply["earned"], 250);
    let back = json!({ "returned_at": "2026-11-22T12:00:00Z",
        "lines": [{ "line": "1", "quantity": 1 }, { "line": "2", "quantity": 1 }] });
    let reply = server.shop("PUT", "/v1/orders/o1/returns/r1", back).await.ok();
    assert_eq!(reply["earned"], 150);
    let too_much = json!([{ "id": "0", "product": "a", "quantity": 1, "paid": 10, "tax": 11 }]);
    let answer = server.shop("PUT", "/v1/orders/o2", with(&too_much)).await;
    assert_eq!(answer.problem(), (422, "out_of_bounds"));
    assert_eq!(answer.body["field"], "lines[0].tax");
    server.totals().await;
}

#[tokio::test]
async fn rule_4_2_a_campaign_lasts_until_its_last_day_ends_in_the_shops_zone() {
    let server = server(&json!({ "campaigns": [
        { "multiplier": "3", "from": "2026-11-20", "until": "2026-11-21" }] }))
    .await;
    // The shop is in Paris: its 21 November ends an hour before that of UTC.
    let days = [("2026-11-21T22:59:59Z", 150), ("2026-11-21T23:00:00Z", 50)];
    for (place, (placed_at, earned)) in days.into_iter().enumerate() {
        let mut body = order("c1", &[(1, 1_000)]);
        body["placed_at"] = json!(placed_at);
        let reply = server.shop("PUT", &format!("/v1/orders/o{place}"), body).await.ok();
        assert_eq!(reply["earned"], earned, "{placed_at}");
    }
}

#[tokio::test]
async fn rule_4_3_an_order_goes_by_the_program_it_was_placed_under() {
    let double = json!({ "bonuses": [{ "scope": { "products": ["p0"] }, "multiplier": "2" }] });
    let server = server(&double).await;
    server.clock.advance(3600);
    let mut body = order("c1", &[(2, 2_000)]);
    body["placed_at"] = json!(server.clock.now());
    server.shop("PUT", "/v1/orders/o1", body.clone()).await.ok();
    server.clock.advance(3600);
    let plain = serde_json::to_value(program()).unwrap();
    server.shop("POST", "/v1/programs", plain).await.ok();
    // A piece comes back, and an edit adds a line: both by the version of the order.
    let back = json!({ "returned_at": server.clock.now(),
        "lines": [{ "line": "0", "quantity": 1 }] });
    let reply = server.shop("PUT", "/v1/orders/o1/returns/r1", back).await.ok();
    assert_eq!(reply["earned"], 100);
    body["version"] = json!(2);
    let added = json!({ "id": "new", "product": "p0", "quantity": 1, "paid": 500 });
    body["lines"].as_array_mut().unwrap().push(added);
    let reply = server.shop("PUT", "/v1/orders/o1", body).await.ok();
    assert_eq!(reply["earned"], 150);
    let mut later = order("c1", &[(1, 1_000)]);
    later["placed_at"] = json!(server.clock.now());
    let reply = server.shop("PUT", "/v1/orders/o2", later).await.ok();
    assert_eq!(reply["earned"], 50);
    server.totals().await;
}

#[tokio::test]
async fn rule_4_10_the_same_order_and_return_ten_times_count_once() {
    let server = server(&json!({ "cap_per_order": 120 })).await;
    let back = json!({ "returned_at": "2026-11-22T12:00:00Z",
        "lines": [{ "line": "0", "quantity": 1 }] });
    for _ in 0..10 {
        let reply = server.shop("PUT", "/v1/orders/o1", order("c1", &[(3, 3_000)])).await.ok();
        assert!(["120", "100"].contains(&reply["earned"].to_string().as_str()));
        let reply = server.shop("PUT", "/v1/orders/o1/returns/r1", back.clone()).await.ok();
        assert_eq!(reply["earned"], 100);
    }
    assert_eq!(server.totals().await.transfers, 2);
}

#[tokio::test]
async fn the_programs_page_says_where_tax_earns_nothing() {
    for (tax, says) in [("included", "€1 you spend<"), ("excluded", "€1 you spend, before tax<")]
    {
        let server = server(&json!({ "tax": tax })).await;
        let page = format!("/m/{}", server.shop.program);
        let html = String::from_utf8(server.get(&page, "").await.bytes).unwrap();
        assert!(html.contains(says), "{html}");
    }
}

#[tokio::test]
async fn a_program_with_a_mistake_about_points_is_refused_with_its_place() {
    let server = server(&json!({})).await;
    let mut wrong = serde_json::to_value(program()).unwrap();
    wrong["points"]["bonuses"] = json!([{ "multiplier": "0.5" }]);
    let answer = server.shop("POST", "/v1/programs", wrong).await;
    assert_eq!(answer.problem(), (422, "invalid_program"));
    assert!(answer.body.to_string().contains("points.bonuses[0].multiplier"), "{}", answer.body);
}
