//! A stand-in for Habitué: the routes this shop calls, the shapes it is answered in, one coupon, one
//! gift card, and moods. A real server on a real port, because the network is what is tested.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::loyalty::Cart;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Call {
    /// `POST /v1/holds`
    pub line: String,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Call {
    pub fn key(&self) -> &str {
        self.headers.get("idempotency-key").map_or("", |value| value.to_str().unwrap())
    }
}

#[derive(Debug)]
struct Held {
    /// Nobody for a guest.
    customer: Option<String>,
    cart: Cart,
    code: Option<String>,
    state: &'static str,
}

/// What it does next.
#[derive(Debug, Default)]
pub struct Mood {
    /// Do the work of so many requests, and lose the answers.
    pub lose_answers: usize,
    /// Answer every request with a fault.
    pub faulty: bool,
    /// Refuse every confirmation with this code.
    pub refuse_confirm: Option<&'static str>,
    /// What SPRING10 takes off, in cents.
    pub worth: i64,
    /// What the gift card GIFT-0000-7K3Q pays at the most, in cents.
    pub on_card: i64,
    /// Whether shipping is free by itself.
    pub free_shipping: bool,
}

#[derive(Debug, Default)]
struct Inside {
    calls: Vec<Call>,
    holds: BTreeMap<String, Held>,
    cards: Vec<Value>,
    answers: BTreeMap<String, (StatusCode, Value)>,
    mood: Mood,
}

type Shared = Arc<Mutex<Inside>>;

/// The running stand-in; it ends with this value.
#[derive(Debug)]
pub struct Habitue {
    pub url: String,
    inside: Shared,
    server: JoinHandle<()>,
}

impl Drop for Habitue {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Habitue {
    pub async fn start() -> Self {
        let inside = Shared::default();
        inside.lock().unwrap().mood = Mood { worth: 1_000, on_card: 2_000, ..Mood::default() };
        let router = Router::new()
            .route("/v1/quotes", post(quotes))
            .route("/v1/holds", post(holds))
            .route("/v1/holds/{id}", get(hold))
            .route("/v1/holds/{id}/{step}", post(step))
            .route("/v1/gift-cards", get(cards).post(issue))
            .route("/v1/session", post(session))
            .route("/v1/members/{id}/credit", post(credit))
            .route("/v1/orders/{id}", put(order))
            .route("/v1/orders/{id}/returns/{name}", put(order))
            .layer(from_fn_with_state(Arc::clone(&inside), record))
            .with_state(Arc::clone(&inside));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, inside, server }
    }

    pub fn set(&self, change: impl FnOnce(&mut Mood)) {
        change(&mut self.inside.lock().unwrap().mood);
    }

    /// What arrived at addresses that contain this, in order.
    pub fn calls(&self, part: &str) -> Vec<Call> {
        let inside = self.inside.lock().unwrap();
        inside.calls.iter().filter(|call| call.line.contains(part)).cloned().collect()
    }

    /// A hold as the widget makes it.
    pub fn hold(&self, customer: &str, cart: &Cart, code: &str) -> String {
        let mut inside = self.inside.lock().unwrap();
        make(&mut inside, Some(customer), cart.clone(), Some(code.to_owned()))
    }

    pub fn state(&self, hold: &str) -> &'static str {
        self.inside.lock().unwrap().holds[hold].state
    }

    pub fn end(&self, hold: &str) {
        self.inside.lock().unwrap().holds.get_mut(hold).unwrap().state = "released";
    }
}

/// One live hold a customer, as in rules §3.1.
fn make(inside: &mut Inside, customer: Option<&str>, cart: Cart, code: Option<String>) -> String {
    for held in inside.holds.values_mut().filter(|held| held.customer.as_deref() == customer) {
        if held.state == "held" && customer.is_some() {
            held.state = "released";
        }
    }
    let id = format!("hld_{}", inside.holds.len() + 1);
    let customer = customer.map(str::to_owned);
    let held = Held { customer, cart, code, state: "held" };
    inside.holds.insert(id.clone(), held);
    id
}

/// Remembers the request, checks its key, replays what was answered before, and has moods.
async fn record(State(inside): State<Shared>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let line = format!("{} {}", parts.method, parts.uri.path());
    let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let call = Call { line: line.clone(), headers: parts.headers.clone(), body: body.clone() };
    let key = format!("{line} {}", call.key());
    let keyed = !call.key().is_empty();
    let (faulty, before) = {
        let mut inside = inside.lock().unwrap();
        inside.calls.push(call);
        (inside.mood.faulty, inside.answers.get(&key).cloned())
    };
    let key_of_route = if line.ends_with("/session") { "Bearer pk_1" } else { "Bearer sk_1" };
    if parts.headers.get(header::AUTHORIZATION).is_none_or(|value| value != key_of_route) {
        return problem(StatusCode::UNAUTHORIZED, "key_unknown", None);
    }
    if faulty {
        return problem(StatusCode::INTERNAL_SERVER_ERROR, "internal", None);
    }
    let response = match before.filter(|_| keyed) {
        Some((status, body)) => (status, Json(body)).into_response(),
        None => next.run(Request::from_parts(parts, Body::from(bytes))).await,
    };
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut inside = inside.lock().unwrap();
    if keyed {
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        inside.answers.insert(key, (parts.status, body));
    }
    if inside.mood.lose_answers > 0 {
        inside.mood.lose_answers -= 1;
        return StatusCode::BAD_GATEWAY.into_response();
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn problem(status: StatusCode, code: &str, quote: Option<Value>) -> Response {
    let mut body = json!({ "code": code, "status": status.as_u16(), "title": "No." });
    if let Some(quote) = quote {
        body["quote"] = json!({ "quote": quote });
    }
    (status, Json(body)).into_response()
}

fn quote(mood: &Mood, cart: &Cart, code: Option<&str>) -> Value {
    let money = |minor: i64| json!({ "minor": minor, "currency": cart.currency });
    let first = &cart.lines[0];
    let goods = cart.total().minor - cart.shipping;
    let is_card = code.is_some_and(|code| code.starts_with("GIFT"));
    let coupon = code.filter(|_| !is_card);
    let off = coupon.map_or(0, |_| mood.worth.min(first.unit_price * first.quantity));
    let free = if mood.free_shipping { cart.shipping } else { 0 };
    let mut outcomes = Vec::new();
    if mood.free_shipping {
        outcomes.push(json!({ "item": { "automatic": "habitue_shipping" },
            "promotion": "habitue_shipping", "verdict": { "Applied": { "amount": money(free),
            "shipping": money(free), "lines": [] } } }));
    }
    if let Some(code) = coupon {
        outcomes.push(json!({ "item": { "code": code }, "promotion": "spring10", "verdict": {
            "Applied": { "amount": money(off), "shipping": money(0),
                "lines": [{ "line": first.id, "amount": money(off) }] } } }));
    }
    let left = goods + cart.shipping - off - free;
    let paid = if is_card { mood.on_card.min(left) } else { 0 };
    if let Some(code) = code.filter(|_| is_card) {
        // Goods first, here; the real one spreads it.
        let on_first = paid.min(first.unit_price * first.quantity);
        outcomes.push(json!({ "item": { "code": code }, "verdict": {
            "Applied": { "amount": money(paid), "shipping": money(paid - on_first), "is_payment": true,
                "lines": [{ "line": first.id, "amount": money(on_first) }] } } }));
    }
    let mut quote = json!({ "goods": money(goods), "shipping": money(cart.shipping),
        "discount": money(off + free), "to_pay": money(left - paid), "outcomes": outcomes });
    if paid > 0 {
        quote["paid"] = money(paid);
    }
    quote
}

fn reply(inside: &Inside, id: &str) -> Response {
    let Some(held) = inside.holds.get(id) else {
        return problem(StatusCode::NOT_FOUND, "not_found", None);
    };
    let quote = quote(&inside.mood, &held.cart, held.code.as_deref());
    Json(
        json!({ "hold": id, "customer": held.customer, "state": held.state, "expires_at": "2026-11-21T09:45:00Z",
        "quote": quote, "a_field_of_next_year": true }),
    )
    .into_response()
}

fn cart_of(body: &Value) -> Cart {
    serde_json::from_value(body["cart"].clone()).unwrap()
}

async fn quotes(State(inside): State<Shared>, Json(body): Json<Value>) -> Response {
    let inside = inside.lock().unwrap();
    let code = body["asked"]["codes"][0].as_str();
    Json(json!({ "quote": quote(&inside.mood, &cart_of(&body), code) })).into_response()
}

async fn holds(State(inside): State<Shared>, Json(body): Json<Value>) -> Response {
    let mut inside = inside.lock().unwrap();
    let code = body["asked"]["codes"][0].as_str().map(str::to_owned);
    if code.as_deref() == Some("NOSUCH") {
        return problem(StatusCode::CONFLICT, "not_found", None);
    }
    let id = make(&mut inside, body["customer"].as_str(), cart_of(&body), code);
    reply(&inside, &id)
}

async fn cards(State(inside): State<Shared>) -> Response {
    Json(json!({ "gift_cards": inside.lock().unwrap().cards })).into_response()
}

async fn issue(State(inside): State<Shared>, Json(body): Json<Value>) -> Response {
    let cards = &mut inside.lock().unwrap().cards;
    if cards.iter().any(|card| card["code"] == body["code"]) {
        return problem(StatusCode::CONFLICT, "code_taken", None);
    }
    cards.push(body.clone());
    (StatusCode::CREATED, Json(body)).into_response()
}

async fn session() -> Response {
    Json(json!({ "session": "ses_1", "me": { "member": { "id": "mem_1" } } })).into_response()
}

async fn credit() -> Response {
    Json(json!({ "member": "mem_1", "credit": [] })).into_response()
}

async fn hold(State(inside): State<Shared>, Path(id): Path<String>) -> Response {
    reply(&inside.lock().unwrap(), &id)
}

async fn step(
    State(inside): State<Shared>,
    Path((id, step)): Path<(String, String)>,
    body: Option<Json<Value>>,
) -> Response {
    let mut inside = inside.lock().unwrap();
    let refusal = inside.mood.refuse_confirm;
    let body = body.map(|Json(body)| body).unwrap_or_default();
    let Some(held) = inside.holds.get_mut(&id) else {
        return problem(StatusCode::NOT_FOUND, "not_found", None);
    };
    match (step.as_str(), refusal) {
        ("release", _) => held.state = "released",
        ("confirm", Some(code)) => return problem(StatusCode::CONFLICT, code, None),
        ("confirm", None) if held.state == "released" => {
            return problem(StatusCode::CONFLICT, "hold_released", None);
        }
        ("confirm", None) if body["customer"].as_str() != held.customer.as_deref() => {
            return problem(StatusCode::CONFLICT, "customer_mismatch", None);
        }
        ("confirm", None) => {
            held.cart = cart_of(&body);
            let (cart, code) = (held.cart.clone(), held.code.clone());
            let now = quote(&inside.mood, &cart, code.as_deref());
            if now["to_pay"] != body["to_pay"] {
                return problem(StatusCode::CONFLICT, "price_changed", Some(now));
            }
            inside.holds.get_mut(&id).unwrap().state = "confirmed";
        }
        ("commit", _) if held.state == "confirmed" => held.state = "committed",
        ("commit", _) => return problem(StatusCode::CONFLICT, "hold_not_confirmed", None),
        _ => return problem(StatusCode::NOT_FOUND, "not_found", None),
    }
    reply(&inside, &id)
}

async fn order() -> Response {
    Json(json!({ "order": "x", "version": 1, "state": "paid",
        "paid": { "minor": 1, "currency": "USD" }, "earned": 199, "redeemed": 0 }))
    .into_response()
}
