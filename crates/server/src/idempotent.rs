//! One effect per `Idempotency-Key`, and the first answer for every repetition.
//!
//! A repetition that comes while the first is being answered waits for that answer, 5 seconds at
//! most (the store's `lock_timeout`), then gets `idempotency_key_in_use`.
//!
//! Answers are kept as they were told. They may hold codes, since all codes of today are shared
//! ones that the merchant chose; a personal code or a gift card's must stand here as a reference,
//! filled in at replay, before there are any.

use crate::app::App;
use crate::error::{Error, Told, respond};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use habitue_api::problem::{Code, MEDIA_TYPE};
use habitue_store::Tx;
use habitue_store::idempotency::{self, Known, Request};
use serde::Serialize;

/// The request's `Idempotency-Key`, with its route.
#[derive(Clone, Debug)]
pub struct Key {
    key: String,
    route: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let key = parts.headers.get("idempotency-key").and_then(|key| key.to_str().ok());
        let printable = |key: &&str| {
            (1..=255).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        };
        let key = key.filter(printable).ok_or(Code::IdempotencyKeyMissing)?.to_owned();
        Ok(Self { key, route: format!("{} {}", parts.method, parts.uri.path()) })
    }
}

/// Runs `job` at most once for this key and body, in one transaction with its answer.
///
/// A refusal is an answer too: what the job did is undone, the refusal is kept. A fault keeps
/// nothing.
///
/// # Errors
/// `idempotency_key_reused`, and faults.
pub async fn once<T, F>(
    app: &App,
    owner: String,
    key: Key,
    body_hash: String,
    job: F,
) -> Result<Response, Error>
where
    T: Serialize,
    F: AsyncFn(&mut Tx<'_>) -> Result<T, Error> + Send + Sync + 'static,
{
    let request = Request { owner, route: key.route, key: key.key, body_hash };
    let now = app.clock.now();
    let run = async move |tx: &mut Tx<'_>| -> Result<(i64, String, bool), Error> {
        match idempotency::claim(tx, &request, now).await? {
            Known::Answered { status, body } => return Ok((status, body, false)),
            Known::UnderWay => return Err(Code::IdempotencyKeyInUse.into()),
            Known::Reused => return Err(Code::IdempotencyKeyReused.into()),
            Known::New => {}
        }
        tx.begin_part().await?;
        let done = job(tx).await;
        if let Err(Error::Store(fault)) = done {
            return Err(fault.into());
        }
        tx.end_part(done.is_ok()).await?;
        let (status, body) = match done {
            Ok(value) => (200, to_json(&value)?),
            Err(Error::Problem(problem)) => (i64::from(problem.status), to_json(&problem)?),
            Err(fault) => return Err(fault),
        };
        idempotency::answer(tx, &request, status, &body).await?;
        Ok((status, body, true))
    };
    let (status, body, first) = app.store.write(run).await?;
    let mut response = answer(status, body);
    if first {
        response.extensions_mut().insert(First);
    }
    Ok(response)
}

fn to_json<T: Serialize>(value: &T) -> Result<String, Error> {
    let text = serde_json::to_string(value);
    text.map_err(|error| habitue_store::Error::Database(error.to_string()).into())
}

fn answer(status: i64, body: String) -> Response {
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let Some(status) = status else {
        return respond(&habitue_api::problem::Problem::new(Code::Internal));
    };
    let media = if status.is_success() { "application/json" } else { MEDIA_TYPE };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let told = (!status.is_success()).then(|| serde_json::from_str::<Coded>(&body).ok());
    let mut response = (status, headers, body).into_response();
    if let Some(Coded { code }) = told.flatten() {
        response.extensions_mut().insert(Told(code));
    }
    response
}

/// On a response: it is the first answer, no repetition of it.
#[derive(Clone, Copy, Debug)]
pub struct First;

/// What a kept problem is called.
#[derive(serde::Deserialize)]
struct Coded {
    code: String,
}
