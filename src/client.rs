//! The only file that opens a connection.

use crate::config::env;
use crate::json::{self, write};
use habitue_domain::refusal::Missing;
use js_sys::{Object, Promise, Reflect};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(address: &str, init: &Object) -> Result<Promise, JsValue>;
    /// Chrome 103, Safari 16, Firefox 100; before them a request has no end of its own.
    #[wasm_bindgen(catch, js_namespace = AbortSignal)]
    fn timeout(millis: u32) -> Result<JsValue, JsValue>;
}

/// After this a shopper has given up, and so do we.
const PATIENCE_MILLIS: u32 = 15_000;

/// What we read of a [`habitue_api::problem::Problem`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Problem {
    /// The stable code.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// The field of the request it is about.
    #[serde(default)]
    pub field: Option<String>,
    /// What is missing for a coupon or points to count.
    #[serde(default)]
    pub missing: Option<Missing>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server was not reached, or what came back was not ours.
    Unreachable,
    /// The shop's own page gave no token although somebody seems to be signed in.
    NoToken,
    /// The server said no.
    Problem(Arc<Problem>),
}

impl Failure {
    /// The problem's code; empty where there is none.
    pub fn code(&self) -> &str {
        match self {
            Self::Problem(problem) => &problem.code,
            _ => "",
        }
    }
}

/// One request.
pub struct Request<'a> {
    /// `GET`, `POST` or `DELETE`.
    pub method: &'a str,
    /// A route of [`habitue_api::path`], with its query.
    pub path: &'a str,
    /// Makes a repetition harmless; needed by whatever has an effect.
    pub idempotency_key: Option<&'a str>,
    /// The body as JSON text.
    pub body: Option<String>,
}

impl<'a> Request<'a> {
    /// Reads.
    pub const fn get(path: &'a str) -> Self {
        Self { method: "GET", path, idempotency_key: None, body: None }
    }

    /// Sends `body`.
    pub fn post(path: &'a str, body: &impl Serialize) -> Self {
        Self { method: "POST", path, idempotency_key: None, body: write(body) }
    }
}

/// A new key, for one click. `crypto.randomUUID` would need a secure context; this does not.
pub fn new_key() -> String {
    let mut bytes = [0_u8; 16];
    let crypto = web_sys::window().and_then(|window| window.crypto().ok());
    if let Some(crypto) = crypto {
        // A key of zeros would only make the server refuse a second click.
        drop(crypto.get_random_values_with_u8_array(&mut bytes));
    }
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect()
}

const fn digit(value: u8) -> char {
    (if value < 10 { b'0' + value } else { b'a' + value - 10 }) as char
}

/// Sends `request` with `bearer` and gives the answer's JSON.
///
/// # Errors
/// [`Failure::Problem`] for any status outside 200 to 299, else [`Failure::Unreachable`].
pub async fn send(request: &Request<'_>, bearer: &str) -> Result<JsValue, Failure> {
    let unreachable = |_| Failure::Unreachable;
    let host = env().ok_or(Failure::Unreachable)?.host();
    // The host ends with the slash that every path begins with.
    let address = host + request.path.trim_start_matches('/');
    let promise = fetch(&address, &init(request, bearer)).map_err(unreachable)?;
    let response = JsFuture::from(promise).await.map_err(unreachable)?;
    let response: Response = response.unchecked_into();
    if response.status() == 204 {
        return Ok(JsValue::NULL);
    }
    let body = JsFuture::from(response.json().map_err(unreachable)?).await;
    let body = body.map_err(unreachable)?;
    if response.ok() {
        return Ok(body);
    }
    let problem = read::<Problem>(body)?;
    Err(Failure::Problem(Arc::new(problem)))
}

fn init(request: &Request<'_>, bearer: &str) -> Object {
    let headers = Object::new();
    set(&headers, "authorization", &format!("Bearer {bearer}").into());
    if let Some(key) = request.idempotency_key {
        set(&headers, "idempotency-key", &key.into());
    }
    let init = Object::new();
    if let Some(body) = &request.body {
        set(&headers, "content-type", &"application/json".into());
        set(&init, "body", &body.into());
    }
    set(&init, "method", &request.method.into());
    set(&init, "headers", &headers);
    // The shop's cookies are none of our business.
    set(&init, "credentials", &"omit".into());
    if let Ok(signal) = timeout(PATIENCE_MILLIS) {
        set(&init, "signal", &signal);
    }
    init
}

/// Sets a property of an object of ours, which cannot fail.
pub fn set(object: &Object, name: &str, value: &JsValue) {
    drop(Reflect::set(object, &name.into(), value));
}

/// Reads a reply as its type of [`habitue_api`].
///
/// # Errors
/// [`Failure::Unreachable`]: whatever answered is not the server we know.
pub fn read<T: DeserializeOwned>(value: JsValue) -> Result<T, Failure> {
    json::read(value).map_err(|_| Failure::Unreachable)
}
