//! A shop's till: it holds, confirms, commits, sends the order and its returns.

use crate::harness::{Server, cart, order, program};
use habitue_domain::program::ProgramDocument;
use serde_json::{Value, json};

/// The harness's program, giving 10 % of credit for a year, ripe at once.
pub fn cagnotte() -> ProgramDocument {
    let mut document = serde_json::to_value(program()).unwrap();
    document["points"]["pending_days"] = json!(0);
    document["codes_per_cart"] = json!(2);
    document["credit"] = json!({ "expires_days": 365,
        "earn": [{ "currency": "EUR", "rate": "10%" }] });
    serde_json::from_value(document).unwrap()
}

pub struct Checkout<'a> {
    pub server: &'a Server,
    pub customer: Option<&'a str>,
    pub order: &'a str,
    /// Pieces and their price.
    pub lines: &'a [(i64, i64)],
}

impl Checkout<'_> {
    pub async fn hold(&self, asked: Value) -> Value {
        let mut body = json!({ "cart": cart(self.lines), "asked": asked });
        if let Some(customer) = self.customer {
            body["customer"] = json!(customer);
        }
        self.server.shop("POST", "/v1/holds", body).await.ok()
    }

    pub async fn step(&self, held: &Value, step: &str) -> Value {
        let path = format!("/v1/holds/{}/{step}", held["hold"].as_str().unwrap());
        let mut body = match step {
            "confirm" => json!({ "cart": cart(self.lines), "to_pay": held["quote"]["to_pay"] }),
            _ => json!({ "amount": held["quote"]["to_pay"] }),
        };
        body["order"] = json!(self.order);
        body["customer"] = json!(self.customer);
        self.server.shop("POST", &path, body).await.ok()
    }

    pub async fn buy(&self, asked: Value) -> Value {
        let held = self.hold(asked).await;
        self.step(&held, "confirm").await;
        self.step(&held, "commit").await;
        held
    }

    /// The order as paid: so many cents for each line.
    pub async fn pay(&self, paid: &[i64]) -> Value {
        let lines: Vec<_> = self.lines.iter().zip(paid).map(|(it, paid)| (it.0, *paid)).collect();
        let mut body = order(self.customer.unwrap_or_default(), &lines);
        body["customer"] = json!(self.customer);
        self.put(body).await
    }

    pub async fn put(&self, order: Value) -> Value {
        self.server.shop("PUT", &format!("/v1/orders/{}", self.order), order).await.ok()
    }

    pub async fn back(&self, id: &str, lines: &[(&str, i64)]) -> Value {
        let line = |(line, quantity): &(&str, i64)| json!({ "line": line, "quantity": quantity });
        let lines: Vec<Value> = lines.iter().map(line).collect();
        let body = json!({ "returned_at": self.server.clock.now(), "lines": lines });
        let path = format!("/v1/orders/{}/returns/{id}", self.order);
        self.server.shop("PUT", &path, body).await.ok()
    }
}

pub async fn issue(server: &Server, body: Value) -> Value {
    server.shop("POST", "/v1/gift-cards", body).await.ok()
}

pub async fn card(server: &Server, issued: &Value) -> Value {
    let path = format!("/v1/gift-cards/{}", issued["gift_card"].as_str().unwrap());
    server.shop("GET", &path, Value::Null).await.ok()
}

pub async fn me(server: &Server, customer: &str) -> Value {
    let session = server.sign_in(customer).await;
    server.get("/v1/me", &session).await.ok()
}

pub fn refusal(answer: &Value, place: usize) -> &Value {
    &answer["quote"]["outcomes"][place]["verdict"]["Refused"]["reason"]
}
