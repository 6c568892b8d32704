//! A shop of the test's own, our server beside it, and the command line on its database.

use crate::database::Database;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use habitue_server::app::App;
use habitue_server::asset::Files;
use habitue_server::clock::Clock;
use habitue_server::listen;
use habitue_server::secret::MasterKey;
use habitue_store::Store;
use serde_json::{Value, json};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// How the shop's token address behaves.
#[derive(Clone)]
pub enum Answer {
    Nobody,
    Token(String),
    Body(&'static str),
    Status(u16),
    Elsewhere(String),
    /// The answer's `Date` is so many seconds off.
    Dated(i64),
    Cached,
}

/// What the shop's page is like.
#[derive(Clone)]
pub struct Manner {
    pub tag: String,
    pub policy: Option<String>,
    meta: String,
    pub answer: Answer,
}

/// A shop's pages, our server beside them, and the command line on its database.
pub struct Scene {
    pub shop: String,
    pub ours: String,
    manner: Arc<Mutex<Manner>>,
    pub asked: Arc<AtomicUsize>,
    /// What the guide printed.
    pub said: String,
    pub folder: tempfile::TempDir,
    pub database: Database,
}

/// Listens on a free port, on this machine.
pub async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

type Served = (Arc<Mutex<Manner>>, Arc<AtomicUsize>);

async fn page(State((manner, asked)): State<Served>) -> Response {
    asked.fetch_add(1, Ordering::SeqCst);
    let Manner { tag, policy, meta, .. } = manner.lock().unwrap().clone();
    let html = format!("<!doctype html><title>Shop</title>{meta}{tag}<h1>Shop</h1>");
    let mut response = Html(html).into_response();
    if let Some(policy) = policy {
        response.headers_mut().insert("content-security-policy", policy.parse().unwrap());
    }
    response
}

async fn token(State((manner, asked)): State<Served>, headers: HeaderMap) -> Response {
    asked.fetch_add(1, Ordering::SeqCst);
    assert!(!headers.contains_key(header::COOKIE) && !headers.contains_key(header::AUTHORIZATION));
    let answer = manner.lock().unwrap().answer.clone();
    let given = |token: Value| {
        ([(header::CACHE_CONTROL, "no-store")], axum::Json(json!({ "token": token })))
    };
    match answer {
        Answer::Nobody => given(Value::Null).into_response(),
        Answer::Token(token) => given(token.into()).into_response(),
        Answer::Body(text) => text.into_response(),
        Answer::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Answer::Elsewhere(to) => Redirect::temporary(&to).into_response(),
        Answer::Cached => {
            ([(header::CACHE_CONTROL, "public, max-age=60")], "{\"token\":null}").into_response()
        }
        Answer::Dated(off) => {
            let date = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(off);
            let date = jiff::fmt::rfc2822::DateTimePrinter::new()
                .timestamp_to_rfc9110_string(&date)
                .unwrap();
            ([(header::DATE, date)], given(Value::Null)).into_response()
        }
    }
}

impl Scene {
    /// The guide was run for a shop, and its tag stands in the shop's page.
    pub async fn connected() -> Self {
        let (shop_listener, shop) = listener().await;
        let (our_listener, ours) = listener().await;
        let database = Database::new();
        let (tag, policy, meta) = (String::new(), None, String::new());
        let manner = Manner { tag, policy, meta, answer: Answer::Nobody };
        let (manner, asked) = (Arc::new(Mutex::new(manner)), Arc::new(AtomicUsize::new(0)));
        let routes = Router::new().route("/", get(page)).route("/loyalty-token", get(token));
        let routes = routes.with_state((manner.clone(), asked.clone()));
        tokio::spawn(listen::serve(shop_listener, routes, std::future::pending()));
        let store = Store::open(&database.url).await.unwrap();
        let master = MasterKey::new(&"k".repeat(32)).unwrap();
        let files = Files::of("9.9.9", [("v1/habitue.js", b"loader".as_slice())]);
        let app = App::new(store, Clock::System, master, &ours).carrying(files);
        tokio::spawn(listen::serve(our_listener, app.router(), std::future::pending()));
        let folder = tempfile::tempdir().unwrap();
        let said = String::new();
        let mut scene = Self { shop, ours, manner, asked, said, folder, database };
        scene.said = said_by(&scene.guide(&[]).await);
        scene.manner.lock().unwrap().tag = scene.printed_tag();
        scene
    }

    pub async fn habitue(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_habitue"));
        command.current_dir(self.folder.path()).env("HABITUE_MASTER_KEY", "k".repeat(32));
        command.env("HABITUE_DATABASE", &self.database.url).env_remove("HABITUE_PUBLIC_URL");
        for proxy in ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(proxy);
        }
        command.args(arguments).stdin(std::process::Stdio::null());
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    pub async fn guide(&self, more: &[&str]) -> Output {
        let wanted = ["connect", "--name", "S", "--origin", &self.shop, "--public-url", &self.ours];
        let all = [wanted.as_slice(), &["--currency", "EUR", "--yes"], more].concat();
        self.habitue(&all).await
    }

    pub async fn check(&self, more: &[&str]) -> Output {
        let page = format!("{}/", self.shop);
        let test = ["connect", "--check", "--page", &page, "--public-url", &self.ours];
        self.habitue(&[test.as_slice(), more].concat()).await
    }

    /// What stands behind a setting's name in the guide's words.
    pub fn setting(&self, name: &str) -> String {
        let line = self.said.lines().find(|line| line.trim().starts_with(&format!("{name}=")));
        let value = line.unwrap_or_else(|| panic!("no {name} in {}", self.said));
        value.split_once('=').unwrap().1.split_whitespace().next().unwrap().to_owned()
    }

    /// The tag exactly as the guide printed it.
    pub fn printed_tag(&self) -> String {
        let start = self.said.find("<script").unwrap_or_else(|| panic!("{}", self.said));
        let end = self.said[start..].find("</script>").unwrap() + "</script>".len();
        self.said[start..start + end].to_owned()
    }

    pub fn claims(&self) -> Value {
        let now = Clock::System.now().seconds();
        json!({ "iss": self.setting("HABITUE_SHOP"), "sub": "c1", "aud": self.ours, "iat": now,
            "exp": now + 300, "jti": uuid::Uuid::now_v7().to_string() })
    }

    /// A token as the guide told the shop to make it, with one claim changed.
    pub fn token(&self, change: &Value) -> String {
        let mut claims = self.claims();
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let key = self.setting("HABITUE_TOKEN_KEY_ID");
        sign(&claims, Some(&key), &self.setting("HABITUE_TOKEN_SECRET"))
    }

    pub fn change(&self, change: impl FnOnce(&mut Manner)) {
        change(&mut self.manner.lock().unwrap());
    }

    pub fn strict(&self) -> String {
        let ours = &self.ours;
        format!(
            "default-src 'none'; script-src 'self' {ours} 'wasm-unsafe-eval'; \
                 connect-src 'self' {ours}; style-src 'self'"
        )
    }
}

/// Signs claims with a key's id and secret.
fn sign(claims: &Value, key: Option<&str>, secret: &str) -> String {
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    let mut header = Header::new(Algorithm::HS256);
    header.kid = key.map(str::to_owned);
    encode(&header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

pub fn said_by(output: &Output) -> String {
    let (out, error) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(error))
}

/// The codes of what is missing, in order.
pub fn codes(output: &Output) -> Vec<String> {
    let said = said_by(output);
    let wrong = said.lines().filter_map(|line| line.strip_prefix("✘ "));
    let codes: Vec<String> = wrong.map(|line| line.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(output.status.success(), codes.is_empty(), "{said}");
    codes
}

/// One mistake in an otherwise right shop.
pub fn plant(scene: &Scene, mistake: &str) {
    let ours = scene.ours.clone();
    let strict = scene.strict();
    let signed = |change: Value| Answer::Token(scene.token(&change));
    let now = Clock::System.now().seconds();
    scene.change(|manner| match mistake {
        "key_unknown" => manner.tag = manner.tag.replace("pk_", "pk_x"),
        "key_missing" => manner.tag = manner.tag.replace("data-key", "data-kee"),
        "key_secret" => manner.tag = manner.tag.replace("pk_", "sk_"),
        "tag_missing" => manner.tag = "<!-- none -->".to_owned(),
        "tag_host" => manner.tag = manner.tag.replace(&ours, "https://cdn.example"),
        "tag_integrity" => manner.tag = manner.tag.replace("<script", "<script integrity=\"x\""),
        "csp_script" => {
            manner.policy = Some(strict.replace(&format!("'self' {ours} 'w"), "'self' 'w"));
        }
        "csp_wasm" => manner.policy = Some(strict.replace("'wasm-unsafe-eval'", "")),
        "csp_connect" => {
            manner.policy =
                Some(strict.replace(&format!("connect-src 'self' {ours}"), "connect-src 'self'"));
        }
        "csp_token" => {
            manner.policy = Some(strict.replace("connect-src 'self'", "connect-src"));
        }
        "token_url_status" => manner.answer = Answer::Status(404),
        "token_url_shape" => manner.answer = Answer::Body("<h1>Please sign in</h1>"),
        "token_url_cached" => manner.answer = Answer::Cached,
        "token_url_elsewhere" => {
            manner.tag = manner.tag.replace("\"/loyalty-token", "\"https://other.example/t");
        }
        "clock_off" => manner.answer = signed(json!({ "iat": now + 3600, "exp": now + 3900 })),
        "clock_off behind" => {
            manner.answer = signed(json!({ "iat": now - 3600, "exp": now - 3300 }));
        }
        "clock_off by date" => manner.answer = Answer::Dated(-3600),
        "token_not_signed" => manner.answer = Answer::Token("hello".to_owned()),
        "token_not_signed without kid" => {
            let secret = scene.setting("HABITUE_TOKEN_SECRET");
            manner.answer = Answer::Token(sign(&scene.claims(), None, &secret));
        }
        "token_key_unknown" => {
            let (secret, key) = (scene.setting("HABITUE_TOKEN_SECRET"), "key_0");
            let key = format!("{key}{}", "0".repeat(31));
            manner.answer = Answer::Token(sign(&scene.claims(), Some(&key), &secret));
        }
        "token_signature" => {
            let key = scene.setting("HABITUE_TOKEN_KEY_ID");
            manner.answer = Answer::Token(sign(&scene.claims(), Some(&key), "another"));
        }
        "token_issuer" => manner.answer = signed(json!({ "iss": "shp_other" })),
        "token_audience" => manner.answer = signed(json!({ "aud": "https://shop.example" })),
        "token_subject" => manner.answer = signed(json!({ "sub": "" })),
        "token_life" => manner.answer = signed(json!({ "exp": now + 3600 })),
        other => panic!("{other}"),
    });
}
