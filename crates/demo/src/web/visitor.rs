//! [`Visitor`]: whose request this is.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::checkout;
use crate::money::Currency;
use crate::session::COOKIE;
use crate::shop::Shop;
use crate::text::Lang;

/// The session of a request.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Its id.
    pub id: String,
    /// The page asked for, without its query.
    pub path: String,
    /// Whether our own script asks: it wants figures, not a page.
    pub wants_json: bool,
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = StatusCode;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        // Only a route outside of `enter` could be without one.
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Finds the visitor's session or opens one, and remembers the language and currency they choose
/// (`?lang=fr`, `?currency=EUR`, on any page).
pub async fn enter(State(shop): State<Arc<Shop>>, mut request: Request, next: Next) -> Response {
    let (id, new) = shop.sessions.enter(cookie(request.headers()));
    choose(&shop, &id, request.uri().query().unwrap_or_default());
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let visitor = Visitor {
        id: id.clone(),
        path: request.uri().path().to_owned(),
        wants_json: accepts.is_some_and(|types| types.starts_with("application/json")),
    };
    request.extensions_mut().insert(visitor);
    let mut response = next.run(request).await;
    if new {
        response.headers_mut().append(header::SET_COOKIE, set_cookie(&id));
    }
    response
}

fn choose(shop: &Shop, visitor: &str, query: &str) {
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match name {
            "lang" => {
                if let Some(lang) = Lang::parse(value) {
                    shop.sessions.with(visitor, |session| session.lang = lang);
                }
            }
            "currency" => {
                let Some(currency) = Currency::parse(value) else {
                    continue;
                };
                let before = shop
                    .sessions
                    .with(visitor, |session| std::mem::replace(&mut session.currency, currency));
                if before != currency {
                    // What was held was held for other prices.
                    checkout::let_go(shop, visitor);
                }
            }
            _ => {}
        }
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    let pairs = cookies.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

/// `Secure` is missing because a demo has no TLS; a real shop never leaves it away.
pub fn set_cookie(id: &str) -> HeaderValue {
    let text = format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax");
    // The id is ours, in hexadecimal digits: it always fits.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
