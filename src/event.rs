//! The events a shop's page hears. Never a name, never an e-mail address.

use crate::config::env;
use crate::json::write;
use habitue_domain::money::Money;
use habitue_domain::points::Points;
use js_sys::JSON;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// `habitue:redeem`: what the shop keeps in its cart.
#[derive(Serialize)]
pub struct Redeem<'a> {
    /// `hld_…`, for the shop's back end to confirm and commit.
    pub hold: &'a str,
    /// The first coupon's code that counts, if there is one; never that of a gift card.
    pub code: Option<&'a str>,
    /// What comes off the total, by discounts and by gift cards and credit together.
    pub amount: Money,
}

/// `habitue:balance`.
#[derive(Serialize)]
pub struct Balance<'a> {
    /// To be spent now.
    pub points: Points,
    /// The tier's id.
    pub tier: &'a str,
}

/// `habitue:identified`.
#[derive(Serialize)]
pub struct Identified {
    /// Whether the shopper has joined the program.
    pub member: bool,
}

/// `habitue:release`: the shopper took a redemption back.
#[derive(Serialize)]
pub struct Release<'a> {
    /// The hold that is over.
    pub hold: &'a str,
}

/// `habitue:error`.
#[derive(Serialize)]
pub struct Error {
    /// `network`, `auth` or `internal`; the loader adds `csp`, `nowasm` and `integrity`.
    pub code: &'static str,
}

fn object(detail: &impl Serialize) -> JsValue {
    let text = write(detail).unwrap_or_default();
    JSON::parse(&text).unwrap_or(JsValue::NULL)
}

/// Fires `habitue:<kind>` on `element`, or on the document; gives whether the page let it go on.
pub fn emit(kind: &str, detail: &impl Serialize, element: &JsValue) -> bool {
    let answer = env().map(|env| env.emit(kind, &object(detail), element));
    !matches!(answer, Some(Ok(answer)) if answer == JsValue::FALSE)
}

/// An event without detail.
pub fn tell(kind: &str) -> bool {
    emit(kind, &(), &JsValue::UNDEFINED)
}

/// Fires `habitue:redeem` and waits for what the shop passed to `event.detail.respondWith`.
/// `false` where it cancelled the event or its promise was rejected.
pub async fn redeem(detail: &Redeem<'_>, element: &JsValue) -> bool {
    let Some(env) = env() else { return false };
    match env.emit("redeem", &object(detail), element) {
        Ok(answer) if answer == JsValue::FALSE => false,
        Ok(answer) => match answer.dyn_into::<js_sys::Promise>() {
            Ok(promise) => JsFuture::from(promise).await.is_ok(),
            Err(_) => true,
        },
        Err(_) => false,
    }
}
