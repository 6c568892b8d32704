//! How much a server takes on at once, and for how long it works on one request.

use crate::app::App;
use crate::error::respond;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use habitue_api::problem::{Code, Problem};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Bounds on the work of one process.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// How long a caller may take to send a body.
    pub body: Duration,
    /// How long a request may take in all: longer than anything waits for the database.
    pub request: Duration,
    room: Arc<Semaphore>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self::new(1024, Duration::from_secs(10), Duration::from_secs(30))
    }
}

impl Bounds {
    /// At most so many requests at once, each with so much time.
    pub fn new(requests: usize, body: Duration, request: Duration) -> Self {
        Self { body, request, room: Arc::new(Semaphore::new(requests)) }
    }
}

/// Refuses at once what there is no room for, and ends what takes too long: an answer that nobody
/// waits for any more must not keep others waiting.
pub async fn bound(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let bounds = app.bounds;
    let Ok(_place) = Arc::clone(&bounds.room).try_acquire_owned() else {
        metrics::counter!("habitue_turned_away_total").increment(1);
        return put_off("Too many requests are under way.");
    };
    let patience = bounds.request;
    request.extensions_mut().insert(bounds);
    let answer = tokio::time::timeout(patience, next.run(request)).await;
    answer.unwrap_or_else(|_| {
        tracing::warn!(seconds = patience.as_secs(), "a request took too long");
        let advice = "It took too long and may still be done. Ask again with the same \
                      Idempotency-Key.";
        put_off(advice)
    })
}

/// An answer from before anybody looked who asks, and from where: every page may read it, or its
/// shopper would be told that the network is down. There is nothing in it but "later".
fn put_off(detail: &str) -> Response {
    let mut response = respond(&Problem::new(Code::Unavailable).detail(detail));
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let seen = HeaderValue::from_static("retry-after");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, seen);
    response
}
