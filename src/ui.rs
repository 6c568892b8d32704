//! Parts without network or state: they take words and give intents back.

pub mod button;
pub mod dialog;
pub mod el;
pub mod icon;
pub mod progress;
pub mod skeleton;
pub mod status;

use js_sys::Promise;
use std::pin::Pin;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// What a part does when it is used.
pub type Act = Box<dyn Fn()>;

/// Does something that takes its time.
pub fn go(task: impl Future<Output = ()> + 'static) {
    // One type for all of them, or each would link its own way of being woken.
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    spawn_local(task);
}

/// Whether the browser says so of itself or its user: `(prefers-color-scheme:dark)`.
pub fn is_true(query: &str) -> bool {
    let found = web_sys::window().and_then(|window| window.match_media(query).ok().flatten());
    found.is_some_and(|found| found.matches())
}

/// Waits.
pub async fn sleep(millis: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        if let Some(window) = web_sys::window() {
            drop(window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis));
        }
    });
    drop(JsFuture::from(promise).await);
}
