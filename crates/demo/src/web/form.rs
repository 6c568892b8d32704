//! [`Posted`]: a form that came from a page of ours.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::shop::Shop;

use super::layout::Page;
use super::visitor::Visitor;

/// The fields of a form whose token was right.
#[derive(Debug)]
pub struct Posted(HashMap<String, String>);

impl Posted {
    /// The field's text; empty if it is missing.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    /// The field's number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name).parse().ok()
    }
}

impl FromRequest<Arc<Shop>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, shop: &Arc<Shop>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, shop).await;
        let visitor = visitor.map_err(IntoResponse::into_response)?;
        let request = Request::from_parts(parts, body);
        let Form(fields) = Form::<HashMap<String, String>>::from_request(request, shop)
            .await
            .map_err(IntoResponse::into_response)?;
        let expected = shop.sessions.with(&visitor.id, |session| session.csrf.clone());
        let posted = Self(fields);
        if !expected.is_empty() && posted.text("csrf") == expected {
            return Ok(posted);
        }
        let page = Page::of(shop, &visitor);
        let texts = page.texts;
        Err(page.message(StatusCode::FORBIDDEN, texts.stale_form, texts.stale_form_lead))
    }
}

/// After a form: the page that shows what it did, so that reloading does not do it again.
pub fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}
