//! One effect per `Idempotency-Key`, and the first answer for every repetition.
//!
//! A repetition that comes while the first is being answered waits for that answer, 5 seconds at
//! most (the store's `lock_timeout`), then gets `idempotency_key_in_use`.
//!
//! Answers are kept as they were told. One that may hold a code is encrypted with the master key
//! ([`Key::sealed`]): a code nobody but its bearer knows stands nowhere else, so that there would be
//! nothing to fill a reference in from (ADR 0012).

use crate::app::App;
use crate::error::{Error, Told, respond};
use crate::secret::MasterKey;
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
    given: String,
    route: String,
    sealed: bool,
}

impl Key {
    /// The same, for an answer that is encrypted where `sealed`, since it may hold a code.
    #[must_use]
    pub const fn sealed(mut self, sealed: bool) -> Self {
        self.sealed = sealed;
        self
    }
}

/// What an encrypted answer begins with; JSON never does.
const SEALED: &str = "sealed ";

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let key = parts.headers.get("idempotency-key").and_then(|key| key.to_str().ok());
        let printable = |key: &&str| {
            (1..=255).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        };
        let key = key.filter(printable).ok_or(Code::IdempotencyKeyMissing)?.to_owned();
        let route = format!("{} {}", parts.method, parts.uri.path());
        Ok(Self { given: key, route, sealed: false })
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
    let Key { given, route, sealed } = key;
    let request = Request { owner, route, key: given, body_hash };
    let (now, master) = (app.clock.now(), app.master.clone());
    let run = async move |tx: &mut Tx<'_>| -> Result<(i64, String, bool), Error> {
        match idempotency::claim(tx, &request, now).await? {
            Known::Answered { status, body } => return Ok((status, open(&master, body)?, false)),
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
        let kept = if sealed { close(&master, &body)? } else { body.clone() };
        idempotency::answer(tx, &request, status, &kept).await?;
        Ok((status, body, true))
    };
    let (status, body, first) = app.store.write(run).await?;
    let mut response = answer(status, body);
    if first {
        response.extensions_mut().insert(First);
    }
    Ok(response)
}

fn close(master: &MasterKey, body: &str) -> Result<String, Error> {
    let sealed = master.seal(body).map_err(fault)?;
    Ok(format!("{SEALED}{sealed}"))
}

fn open(master: &MasterKey, body: String) -> Result<String, Error> {
    let Some(sealed) = body.strip_prefix(SEALED) else { return Ok(body) };
    master.unseal(sealed).ok_or_else(|| fault("an answer was encrypted with another master key"))
}

fn fault(reason: &str) -> Error {
    habitue_store::Error::Database(reason.to_owned()).into()
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
