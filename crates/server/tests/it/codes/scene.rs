//! A program with issued codes, and the steps the tests are made of.

use crate::harness::{Answer, Server, cart};
use habitue_domain::program::ProgramDocument;
use habitue_store::Tx;
use serde_json::{Value, json};

/// The harness's program with codes that paid orders issue; a cart takes two codes.
pub fn program() -> ProgramDocument {
    let mut program = serde_json::to_value(crate::harness::program()).unwrap();
    program["codes_per_cart"] = json!(2);
    let more = json!([
        { "id": "back", "name": { "en": "Come back" }, "codes": "issued",
          "issued_by_order": { "minimum": ["50.00 EUR"], "days": 30 },
          "actions": [{ "kind": "fixed", "amount": ["10.00 EUR"] }] }
    ]);
    program["promotions"].as_array_mut().unwrap().extend(more.as_array().unwrap().clone());
    serde_json::from_value(program).unwrap()
}

pub async fn issue(server: &Server, body: Value) -> Value {
    server.shop("POST", "/v1/coupons", body).await.ok()
}

/// The codes of a new batch that is made at once.
pub async fn batch(server: &Server, body: Value) -> Vec<String> {
    let made = server.shop("POST", "/v1/coupons/batches", body).await.ok();
    assert_eq!(made["made"], made["count"]);
    codes(server, &made["id"]).await
}

pub async fn show(server: &Server, batch: &Value) -> Value {
    let path = format!("/v1/coupons/batches/{}", batch.as_str().unwrap());
    server.shop("GET", &path, Value::Null).await.ok()
}

/// The codes of a batch as they are exported.
pub async fn codes(server: &Server, batch: &Value) -> Vec<String> {
    let path = format!("/v1/coupons/batches/{}/codes.csv", batch.as_str().unwrap());
    let answer = server.shop("GET", &path, Value::Null).await;
    assert_eq!(answer.status, 200);
    let mut reader = csv::Reader::from_reader(answer.bytes.as_slice());
    reader.records().map(|row| row.unwrap()[0].to_owned()).collect()
}

/// The codes of a promotion that the shopper is shown.
pub async fn offered(server: &Server, session: &str, promotion: &str) -> Vec<String> {
    let me = server.get("/v1/me", session).await.ok();
    let all = me["facts"]["promotions"].as_array().unwrap();
    let codes = all.iter().filter(|it| it["id"] == promotion).map(|it| it["code"].as_str());
    codes.map(|code| code.unwrap().to_owned()).collect()
}

pub async fn quote(server: &Server, bearer: &str, codes: &[&str]) -> Value {
    let body = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": codes } });
    server.call("POST", "/v1/quotes", bearer, body).await.ok()["quote"].take()
}

pub async fn verdict(server: &Server, bearer: &str, code: &str) -> Value {
    quote(server, bearer, &[code]).await["outcomes"][0]["verdict"].take()
}

pub async fn hold(server: &Server, session: &str, code: &str) -> Answer {
    let body = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": [code] } });
    server.call("POST", "/v1/holds", session, body).await
}

pub fn step(hold: &Value, step: &str) -> String {
    format!("/v1/holds/{}/{step}", hold["hold"].as_str().unwrap())
}

pub async fn confirm(server: &Server, hold: &Value, order: &str, customer: &str) -> Answer {
    let body = json!({ "order": order, "customer": customer, "cart": cart(&[(2, 3000)]),
        "to_pay": hold["quote"]["to_pay"], "ttl_seconds": 7 * 24 * 3600 });
    server.shop("POST", &step(hold, "confirm"), body).await
}

/// From the field to the order.
pub async fn redeem(server: &Server, customer: &str, order: &str, code: &str) {
    let session = server.sign_in(customer).await;
    let held = hold(server, &session, code).await.ok();
    confirm(server, &held, order, customer).await.ok();
    let amount = held["quote"]["to_pay"].clone();
    let terms = json!({ "order": order, "customer": customer, "amount": amount });
    server.shop("POST", &step(&held, "commit"), terms).await.ok();
}

/// Every text in the tables where a code could stand.
pub async fn everything(server: &Server) -> Vec<String> {
    const TEXTS: [&str; 4] = [
        "SELECT asked || ' ' || quote FROM hold",
        "SELECT id || ' ' || last_four || ' ' || sealed FROM code",
        "SELECT code_id || ' ' || sealed FROM code_use",
        "SELECT idempotency_key || ' ' || body FROM idempotency",
    ];
    let look = async |tx: &mut Tx<'_>| -> Result<Vec<String>, habitue_store::Error> {
        let mut all = Vec::new();
        for sql in TEXTS {
            let rows = tx.rows(sql, &[]).await?;
            assert!(!rows.is_empty(), "{sql}");
            for row in rows {
                all.push(row.text(0)?.to_owned());
            }
        }
        Ok(all)
    };
    server.app.store.read(look).await.unwrap()
}
