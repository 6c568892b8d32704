//! The shop in front of a stand-in for Habitué: pages, the whole checkout, and everything that may
//! go wrong between the two.

mod checkout;
mod gift;
mod pages;
mod program;
mod start;
pub mod stub;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use tower::ServiceExt;

use crate::config::{ShopFile, TokenKey};
use crate::customer::Customers;
use crate::order::Orders;
use crate::session::COOKIE;
use crate::shop::Shop;
use crate::web;

use self::stub::Habitue;

/// A shop, its Habitué, and somebody in front of the screen.
pub struct Story {
    pub habitue: Habitue,
    pub shop: Arc<Shop>,
    router: Router,
    cookie: Option<String>,
    counter: PathBuf,
}

impl Drop for Story {
    fn drop(&mut self) {
        std::fs::remove_file(&self.counter).unwrap();
    }
}

/// What a browser sees of an answer.
#[derive(Debug)]
pub struct Seen {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Seen {
    /// Where it sends the browser.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of the first field with this name.
    pub fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&start).unwrap_or_else(|| panic!("no field {name}"));
        rest.split('"').next().unwrap().to_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

impl Story {
    pub async fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let habitue = Habitue::start().await;
        let file = ShopFile {
            shop: "shp_1".to_owned(),
            public_key: "pk_1".to_owned(),
            secret_key: "sk_1".to_owned(),
            token_key: TokenKey { id: "key_1".to_owned(), secret: "c2VjcmV0".to_owned() },
        };
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("habitue-demo-{}-story-{count}", std::process::id());
        let counter = std::env::temp_dir().join(name);
        std::fs::write(&counter, "0").unwrap();
        let customers = Customers::read(crate::SAMPLE).unwrap();
        let orders = Orders::open(&counter).unwrap();
        let shop = Arc::new(Shop::new(file, &habitue.url, customers, orders).unwrap());
        Self { habitue, router: web::router(Arc::clone(&shop)), shop, cookie: None, counter }
    }

    async fn send(&mut self, mut request: Request<Body>) -> Seen {
        if let Some(id) = &self.cookie {
            let value = format!("theirs=1; {COOKIE}={id}").parse().unwrap();
            request.headers_mut().insert(header::COOKIE, value);
        }
        let response: Response = self.router.clone().oneshot(request).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (_, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            self.cookie = rest.split(';').next().map(str::to_owned);
        }
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Seen { status: parts.status, headers: parts.headers, text }
    }

    pub async fn get(&mut self, path: &str) -> Seen {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Sends a form without the token of our pages.
    pub async fn post_raw(&mut self, path: &str, body: String, accept: &str) -> Seen {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, accept);
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends a form of one of our pages.
    pub async fn post(&mut self, path: &str, fields: &str) -> Seen {
        let body = format!("csrf={}&{fields}", self.csrf().await);
        self.post_raw(path, body, "text/html").await
    }

    /// Does as `shop.js` does.
    pub async fn script(&mut self, path: &str, fields: &str) -> Seen {
        let body = format!("csrf={}&{fields}", self.csrf().await);
        self.post_raw(path, body, "application/json").await
    }

    async fn csrf(&mut self) -> String {
        self.get("/login").await.field("csrf")
    }

    pub async fn log_in(&mut self, customer: &str) {
        let seen = self.post("/login", &format!("customer={customer}&next=/cart")).await;
        assert_eq!(seen.location(), "/cart");
    }

    pub async fn put(&mut self, record: &str, quantity: u32) {
        let seen = self.post("/cart/add", &format!("record={record}&quantity={quantity}")).await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER);
    }

    /// What the widget does when somebody enters a code, and our page when it hears of it.
    pub async fn redeem(&mut self, customer: &str, code: &str) -> Seen {
        let cart = self.get("/checkout").await;
        let cart = cart.text.split("data-cart=\"").nth(1).unwrap().split('"').next().unwrap();
        let cart = serde_json::from_str(&cart.replace("&quot;", "\"")).unwrap();
        let hold = self.habitue.hold(customer, &cart, code);
        self.script("/cart/hold", &format!("hold={hold}")).await
    }

    /// Presses "pay" on the page that is open.
    pub async fn pay(&mut self, page: &Seen) -> Seen {
        let (order, to_pay) = (page.field("order"), page.field("to_pay"));
        self.post("/checkout/pay", &format!("order={order}&to_pay={to_pay}&card=works")).await
    }
}
