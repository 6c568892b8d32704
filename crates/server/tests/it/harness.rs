//! A server in a temporary folder, and requests to it.

use crate::database::Database;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use habitue_domain::program::ProgramDocument;
use habitue_domain::time::Timestamp;
use habitue_server::app::App;
use habitue_server::clock::Clock;
use habitue_server::limit::Settings;
use habitue_server::load::Bounds;
use habitue_server::secret::MasterKey;
use habitue_server::shop::{Chosen, NewShop, create};
use habitue_store::ledger::Totals;
use habitue_store::{Store, Tx, ledger};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use tower::ServiceExt;

pub const ORIGIN: &str = "https://shop.example";
pub const URL: &str = "https://habitue.example";

pub struct Server {
    pub app: App,
    pub clock: Clock,
    pub shop: NewShop,
    router: Router,
    tokens: AtomicU64,
    _database: Database,
}

pub struct Answer {
    pub status: u16,
    pub headers: axum::http::HeaderMap,
    pub body: Value,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Status and code of a problem.
    pub fn problem(&self) -> (u16, &str) {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        (self.status, self.body["code"].as_str().unwrap())
    }

    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }
}

/// A program with a shared code for each limit, in euros; a point is worth a cent.
pub fn program() -> ProgramDocument {
    serde_json::from_value(json!({
        "format": 1,
        "name": { "en": "Club" },
        "time_zone": "Europe/Paris",
        "locale": "en",
        "terms": { "version": "1", "url": "https://shop.example/terms" },
        "points": {
            "pending_days": 14,
            "earn": [{ "points": 5, "per": "1.00 EUR" }],
            "redeem": [{ "points": 100, "per": "1.00 EUR" }],
            "actions": [{ "kind": "review", "name": { "en": "A review" }, "points": 20,
                "times": 2, "per": "month" }]
        },
        "tiers": [
            { "id": "bronze", "name": { "en": "Bronze" }, "threshold": 0 },
            { "id": "silver", "name": { "en": "Silver" }, "threshold": 500, "multiplier": "1.5" }
        ],
        "promotions": [
            { "id": "ten", "name": { "en": "Ten off" }, "code": "TEN", "minimum": ["50.00 EUR"],
              "uses_per_member": 1,
              "actions": [{ "kind": "fixed", "amount": ["10.00 EUR"] }] },
            { "id": "last", "name": { "en": "The last one" }, "code": "LAST", "uses": 1,
              "listed": false,
              "actions": [{ "kind": "percent", "rate": "10%" }] },
            { "id": "pot", "name": { "en": "From the pot" }, "code": "POT", "listed": false,
              "budget": ["12.00 EUR"],
              "actions": [{ "kind": "fixed", "amount": ["5.00 EUR"] }] },
            { "id": "second", "name": { "en": "Second order" }, "code": "SECOND",
              "listed": false, "nth_order": [2],
              "actions": [{ "kind": "fixed", "amount": ["3.00 EUR"] }] },
            { "id": "friday", "name": { "en": "Friday evening" }, "code": "FRIDAY",
              "hours": [{ "days": ["fri"], "from": "17:00", "until": "19:00" }],
              "actions": [{ "kind": "fixed", "amount": ["2.00 EUR"] }] },
            { "id": "gift", "name": { "en": "A gift" }, "codes": "issued",
              "actions": [{ "kind": "fixed", "amount": ["5.00 EUR"] }] },
            { "id": "old", "name": { "en": "Old" }, "code": "OLD", "until": "2020-01-01",
              "actions": [{ "kind": "free_shipping" }] }
        ],
        "rewards": [
            { "id": "evening", "name": { "en": "An evening" }, "points": 10,
              "grants": { "kind": "experience" } }
        ],
        "consent": {
            "privacy_url": "https://shop.example/privacy",
            "topics": [
                { "id": "news", "name": { "en": "News", "fr": "Nouveautés" },
                  "text": { "en": "Send me news by e-mail, at most weekly.",
                            "fr": "Envoyez-moi les nouveautés par e-mail, une fois par semaine." } },
                { "id": "sale", "name": { "en": "Sales" },
                  "text": { "en": "Tell me by e-mail before a sale begins." } }
            ],
            "sms": { "en": "Send me text messages about my orders and offers." }
        }
    }))
    .unwrap()
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(program()).await
    }

    /// With a program of the test's own.
    pub async fn start_with(program: ProgramDocument) -> Self {
        let database = Database::new();
        let store = Store::open(&database.url).await.unwrap();
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let clock = Clock::standing_at(now);
        let master = MasterKey::new(&"m".repeat(32)).unwrap();
        let chosen = Chosen::New(Box::new(program));
        let origins = vec![ORIGIN.to_owned()];
        let shop = create(&store, &master, "Shop".to_owned(), origins, chosen, now).await.unwrap();
        let app = App::new(store, clock.clone(), master, URL);
        let router = app.clone().router();
        Self { app, clock, shop, router, tokens: AtomicU64::new(0), _database: database }
    }

    /// The same with other bounds.
    pub fn bounded(mut self, bounds: Bounds) -> Self {
        self.app = self.app.bounded(bounds);
        self.router = self.app.clone().router();
        self
    }

    /// The same with other limits.
    pub fn limited(mut self, settings: &Settings) -> Self {
        self.app = self.app.limited(settings);
        self.router = self.app.clone().router();
        self
    }

    /// Another shop with the same program.
    pub async fn second_shop(&self) -> NewShop {
        let chosen = Chosen::Existing(self.shop.program);
        let origins = vec!["https://other.example".to_owned()];
        let (store, master, now) = (&self.app.store, &self.app.master, self.clock.now());
        create(store, master, "Other".to_owned(), origins, chosen, now).await.unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, body: value, bytes }
    }

    pub async fn raw(&self, method: &str, path: &str, bearer: &str, body: &str) -> Answer {
        let n = self.tokens.fetch_add(1, Ordering::SeqCst);
        self.keyed(method, path, bearer, body, &format!("key-{n}")).await
    }

    pub async fn keyed(
        &self,
        method: &str,
        path: &str,
        bearer: &str,
        body: &str,
        key: &str,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {bearer}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key)
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.send(request).await
    }

    pub async fn call(&self, method: &str, path: &str, bearer: &str, body: Value) -> Answer {
        self.raw(method, path, bearer, &body.to_string()).await
    }

    pub async fn get(&self, path: &str, bearer: &str) -> Answer {
        self.raw("GET", path, bearer, "").await
    }

    /// With the shop's secret key.
    pub async fn shop(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call(method, path, &self.shop.secret_key, body).await
    }

    pub fn claims(&self, customer: &str) -> Value {
        let n = self.tokens.fetch_add(1, Ordering::SeqCst);
        let now = self.clock.now().seconds();
        json!({ "iss": self.shop.shop, "sub": customer, "aud": URL, "iat": now,
            "exp": now + 300, "jti": format!("jti-{n}"), "given_name": "Ada" })
    }

    pub fn sign(&self, claims: &Value) -> String {
        use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(self.shop.token_key_id.to_string());
        let key = EncodingKey::from_secret(self.shop.token_secret.as_bytes());
        encode(&header, claims, &key).unwrap()
    }

    pub async fn exchange(&self, token: &str) -> Answer {
        let body = json!({ "token": token });
        self.call("POST", "/v1/session", &self.shop.public_key, body).await
    }

    /// As [`Server::exchange`], from an address of its own, so that no limit is met.
    pub async fn exchange_from(&self, address: u16, token: &str) -> Answer {
        let request = Request::post("/v1/session")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.shop.public_key))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "token": token }).to_string()))
            .unwrap();
        self.send(from(request, address)).await
    }

    pub async fn sign_in(&self, customer: &str) -> String {
        let token = self.sign(&self.claims(customer));
        self.exchange(&token).await.ok()["session"].as_str().unwrap().to_owned()
    }

    pub async fn join(&self, session: &str) -> Value {
        self.call("POST", "/v1/me/join", session, json!({ "terms_version": "1" })).await.ok()
    }

    /// A member with `points` to spend.
    pub async fn member_with(&self, customer: &str, points: i64) -> String {
        let session = self.sign_in(customer).await;
        self.join(&session).await;
        if points > 0 {
            let long_ago = self.clock.now().plus_days(-20);
            let mut order = order(customer, &[(1, points * 20)]);
            order["placed_at"] = json!(long_ago);
            self.shop("PUT", &format!("/v1/orders/seed-{customer}"), order).await.ok();
        }
        session
    }

    pub async fn totals(&self) -> Totals {
        let look = async |tx: &mut Tx<'_>| ledger::totals(tx).await;
        let totals = self.app.store.read(look).await.unwrap();
        assert_eq!(totals.sum, 0);
        assert_eq!(totals.members, totals.balances);
        assert_eq!(totals.members, totals.lots - totals.debts);
        totals
    }
}

/// The request as if it came from the n-th address.
pub fn from(mut request: Request<Body>, n: u16) -> Request<Body> {
    let [high, low] = n.to_be_bytes();
    let address = SocketAddr::from(([198, 51, high, low], 40_000));
    request.extensions_mut().insert(ConnectInfo(address));
    request
}

/// A cart of lines (pieces, unit price in cents) with 4.90 € shipping.
pub fn cart(lines: &[(i64, i64)]) -> Value {
    let line = |(place, (quantity, price)): (usize, &(i64, i64))| {
        json!({ "id": place.to_string(), "product": format!("p{place}"), "quantity": quantity,
            "unit_price": price })
    };
    let lines: Vec<Value> = lines.iter().enumerate().map(line).collect();
    json!({ "currency": "EUR", "lines": lines, "shipping": 490 })
}

/// A paid order of lines (pieces, cents paid for the line).
pub fn order(customer: &str, lines: &[(i64, i64)]) -> Value {
    let line = |(place, (quantity, paid)): (usize, &(i64, i64))| {
        json!({ "id": place.to_string(), "product": format!("p{place}"), "quantity": quantity,
            "paid": paid })
    };
    let lines: Vec<Value> = lines.iter().enumerate().map(line).collect();
    json!({ "version": 1, "customer": customer, "placed_at": "2026-11-21T12:00:00Z",
        "state": "paid", "currency": "EUR", "lines": lines })
}

pub fn eur(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "EUR" })
}
