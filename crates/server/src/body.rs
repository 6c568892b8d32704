//! [`Json`]: a request body that is what it should be, or a problem that says where it is not.

use crate::error::Error;
use crate::load::Bounds;
use crate::secret::sha256;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use habitue_api::problem::{Code, Problem};
use serde::de::DeserializeOwned;

/// A body read as JSON, with the hash that idempotency compares.
pub struct Json<T> {
    /// What it says.
    pub value: T,
    /// SHA-256 of its bytes.
    pub hash: String,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let media = request.headers().get(header::CONTENT_TYPE);
        let media = media.and_then(|media| media.to_str().ok()).unwrap_or_default();
        if !media
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .eq_ignore_ascii_case("application/json")
        {
            return Err(Code::UnsupportedMediaType.into());
        }
        let patience = request.extensions().get::<Bounds>().cloned().unwrap_or_default().body;
        let bytes = tokio::time::timeout(patience, Bytes::from_request(request, state)).await;
        let bytes = bytes
            .map_err(|_| Error::from(Code::RequestTimeout))?
            .map_err(|rejection| unread(&rejection))?;
        Ok(Self { value: parse(&bytes)?, hash: sha256(&bytes) })
    }
}

/// Why a body could not be read to its end.
fn unread(rejection: &BytesRejection) -> Error {
    let large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
    if large { Code::BodyTooLarge } else { Code::MalformedJson }.into()
}

/// Reads JSON; a mistake names its field.
///
/// # Errors
/// `malformed_json` where it is none, `invalid_body` where it has another shape.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        let code = if inner.is_data() { Code::InvalidBody } else { Code::MalformedJson };
        let problem = Problem::new(code).detail(inner.to_string());
        if inner.is_data() && path != "." { problem.field(path) } else { problem }
    })?;
    let ended = reader.end();
    ended.map_err(|error| Problem::new(Code::MalformedJson).detail(error.to_string()))?;
    Ok(value)
}
