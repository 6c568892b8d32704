//! Who the shopper is: the shop's token becomes a bearer of 15 minutes, kept in memory only.

use crate::client::{self, Failure, Request, read, send};
use crate::config::env;
use habitue_api::me::Me;
use habitue_api::path;
use habitue_api::session::{SessionReply, SessionRequest};
use std::cell::RefCell;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

thread_local! {
    static BEARER: RefCell<Option<String>> = const { RefCell::new(None) };
}

fn keep(reply: SessionReply) -> Me {
    BEARER.set(Some(reply.session));
    reply.me
}

/// The session that the loader began while the page was idle, if it did.
pub async fn adopt() -> Option<Me> {
    let seed = env()?.seed();
    let seed: js_sys::Promise = wasm_bindgen::JsCast::dyn_into(seed).ok()?;
    let reply = JsFuture::from(seed).await.ok()?;
    read::<SessionReply>(reply).ok().map(keep)
}

/// Asks the shop for a new token and exchanges it; `None` where nobody is signed in.
///
/// # Errors
/// [`Failure::NoToken`] where the shop's page fails, else what the server says.
pub async fn begin() -> Result<Option<Me>, Failure> {
    let no_token = |_| Failure::NoToken;
    let env = env().ok_or(Failure::NoToken)?;
    let token = env.token().map_err(no_token)?;
    let token = JsFuture::from(token).await.map_err(no_token)?;
    let Some(token) = token.as_string() else {
        BEARER.set(None);
        return Ok(None);
    };
    let request = Request::post(path::SESSION, &SessionRequest { token });
    let reply = send(&request, &env.key()).await?;
    read::<SessionReply>(reply).map(keep).map(Some)
}

/// Sends `request` for the shopper. Where the session has ended, or a spend needs a newer token,
/// the shop is asked again and the same request, with the same idempotency key, is repeated once.
///
/// # Errors
/// What the server says to the second attempt.
pub async fn send_as_shopper(request: &Request<'_>) -> Result<JsValue, Failure> {
    let bearer = BEARER.with_borrow(Clone::clone);
    let first = match &bearer {
        Some(bearer) => send(request, bearer).await,
        None => Err(Failure::NoToken),
    };
    match first {
        Err(failure)
            if failure == Failure::NoToken
                || matches!(failure.code(), "session_ended" | "fresh_token_required") =>
        {
            begin().await?.ok_or(Failure::NoToken)?;
            let bearer = BEARER.with_borrow(Clone::clone).ok_or(Failure::NoToken)?;
            send(request, &bearer).await
        }
        answer => answer,
    }
}

/// Sends `request`, which has an effect, with a key of its own: one press, one effect.
///
/// # Errors
/// As [`send_as_shopper`].
pub async fn act(request: Request<'_>) -> Result<JsValue, Failure> {
    let key = client::new_key();
    send_as_shopper(&Request { idempotency_key: Some(&key), ..request }).await
}

/// Ends the session, here at once and on the server when it hears of it.
pub async fn end() {
    let Some(bearer) = BEARER.take() else { return };
    let request = Request { method: "DELETE", ..Request::get(path::SESSION) };
    // It ends by itself within 15 minutes anyway.
    drop(send(&request, &bearer).await);
}
