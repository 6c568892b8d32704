//! What is seen of a request from outside: one log line, an id on the answer, and counters.
//!
//! Nothing here knows a person: routes by their template, shops by their id, problems by their
//! code; never a path, a query, a header or a body.

use crate::error::Told;
use crate::idempotent::First;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use habitue_api::path;
use habitue_domain::id::ShopId;
use std::time::{Duration, Instant};
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Where there is no such route, so that nobody makes labels by asking for addresses.
const NOWHERE: &str = "none";

/// The shop whose key the request bore, left on the response by whoever found out.
#[derive(Clone, Copy, Debug)]
pub struct OfShop(pub ShopId);

/// Logs and counts every request.
pub async fn observe(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| NOWHERE.to_owned(), |path| path.as_str().to_owned());
    let request_id = uuid::Uuid::now_v7().simple().to_string();
    let span = tracing::info_span!("request", request_id);
    let seen = async move {
        let mut response = next.run(request).await;
        let took = begun.elapsed();
        count(method, &route, &response, took);
        log(method, &route, &response, took);
        if let Ok(id) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    };
    seen.instrument(span).await
}

fn log(method: &'static str, route: &str, response: &Response, took: Duration) {
    let extensions = response.extensions();
    let shop = extensions.get::<OfShop>().map(|OfShop(shop)| shop.to_string());
    let code = extensions.get::<Told>().map(|Told(code)| code.as_str());
    let (status, ms) = (response.status().as_u16(), took.as_secs_f64() * 1000.0);
    tracing::info!(method, route, status, ms, shop, code, "answered");
}

fn count(method: &'static str, route: &str, response: &Response, took: Duration) {
    let (status, route) = (response.status().as_u16().to_string(), route.to_owned());
    let labels = [("method", method.to_owned()), ("route", route.clone()), ("status", status)];
    metrics::counter!("habitue_requests_total", &labels).increment(1);
    metrics::histogram!("habitue_request_seconds", "route" => route).record(took);
    if let Some(step) = step(method, &labels[1].1, response) {
        metrics::counter!("habitue_holds_total", "step" => step).increment(1);
    }
    if let Some(Told(code)) = response.extensions().get::<Told>() {
        metrics::counter!("habitue_refusals_total", "code" => code.clone()).increment(1);
    }
}

/// The step of a hold that was done now and not before.
fn step(method: &str, route: &str, response: &Response) -> Option<&'static str> {
    let step = match (method, route) {
        ("POST", path::HOLDS) => "made",
        ("POST", path::HOLD_CONFIRM) => "confirmed",
        ("POST", path::HOLD_COMMIT) => "committed",
        ("POST", path::HOLD_RELEASE) | ("DELETE", path::HOLD) => "released",
        _ => return None,
    };
    let now = method == "DELETE" || response.extensions().get::<First>().is_some();
    (now && response.status().is_success()).then_some(step)
}

/// A caller may name methods of its own.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
