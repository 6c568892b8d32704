//! [`Path`]: parts of the address, or a problem where they are no text.

use crate::error::Error;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use habitue_api::problem::{Code, Problem};
use serde::de::DeserializeOwned;

/// What stands in the address in the places of a route's names.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let read = axum::extract::Path::from_request_parts(parts, state).await;
        let axum::extract::Path(value) = read.map_err(|rejection| {
            Problem::new(Code::InvalidParameter).detail(rejection.body_text())
        })?;
        Ok(Self(value))
    }
}
