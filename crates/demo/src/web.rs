//! The shop's pages: one file per concept, each with its handlers and what they draw.

mod cart;
mod catalogue;
mod checkout;
mod files;
mod form;
mod layout;
mod login;
mod order;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};

use crate::shop::Shop;

use self::layout::Page;
use self::visitor::Visitor;

/// Every route of the shop.
pub fn router(shop: Arc<Shop>) -> Router {
    let pages = Router::new()
        .route("/", get(catalogue::all))
        .route("/shelf/{category}", get(catalogue::shelf))
        .route("/records/{slug}", get(catalogue::record))
        .route("/cart", get(cart::page))
        .route("/cart/add", post(cart::add))
        .route("/cart/set", post(cart::set))
        .route("/cart/hold", post(checkout::hold))
        .route("/login", get(login::page).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/loyalty-token", get(login::token))
        .route("/checkout", get(checkout::page))
        .route("/checkout/shipping", post(checkout::shipping))
        .route("/checkout/code", post(checkout::code))
        .route("/checkout/pay", post(checkout::pay))
        .route("/orders", get(order::all))
        .route("/orders/{id}", get(order::one))
        .route("/orders/{id}/cancel", post(order::cancel))
        .route("/orders/{id}/return", post(order::take_back))
        .fallback(nothing_here)
        .layer(from_fn_with_state(Arc::clone(&shop), visitor::enter));
    Router::new()
        .route("/static/{name}", get(files::file))
        .route("/covers/{name}", get(files::cover))
        .merge(pages)
        .layer(from_fn_with_state(Arc::clone(&shop), guard))
        .with_state(shop)
}

/// Headers of every answer. The policy is as strict as a careful shop's: of Habitué it lets in one
/// host, and WebAssembly. What guards the shop's own pages besides is a second policy; both hold.
async fn guard(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = policy(&shop.habitue_url);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let own = HeaderValue::from_static("base-uri 'none'; frame-ancestors 'none'");
    headers.append(header::CONTENT_SECURITY_POLICY, own);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let referrer = HeaderValue::from_static("strict-origin-when-cross-origin");
    headers.insert(header::REFERRER_POLICY, referrer);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn policy(host: &str) -> String {
    [
        "default-src 'none'",
        &format!("script-src 'self' {host} 'wasm-unsafe-eval'"),
        &format!("connect-src 'self' {host}"),
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "require-trusted-types-for 'script'",
    ]
    .join("; ")
}

async fn nothing_here(State(shop): State<Arc<Shop>>, visitor: Visitor) -> Response {
    let page = Page::of(&shop, &visitor);
    let texts = page.texts;
    page.message(StatusCode::NOT_FOUND, texts.not_found, texts.not_found_lead)
}
