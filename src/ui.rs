//! Parts without network or state: they take words and give intents back.

pub mod button;
pub mod dialog;
pub mod el;
pub mod icon;
pub mod progress;
pub mod skeleton;
pub mod status;

use js_sys::Promise;
use wasm_bindgen_futures::JsFuture;

/// What a part does when it is used.
pub type Act = Box<dyn Fn()>;

/// Waits.
pub async fn sleep(millis: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        if let Some(window) = web_sys::window() {
            drop(window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis));
        }
    });
    drop(JsFuture::from(promise).await);
}
