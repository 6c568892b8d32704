//! What a screen says when it has nothing else to show, and what is said aloud.

use super::button::{Weight, plain};
use super::{Act, icon};
use crate::client::Failure;
use crate::i18n::texts;
use crate::state::sentence;
use leptos::prelude::*;

/// The live region. It stands empty from the start, because browsers only speak of changes.
pub fn live(status: RwSignal<String>) -> AnyView {
    view! {
        class="h",
        <div class="unseen" role="status" aria-live="polite" aria-atomic="true">
            {move || status.get()}
        </div>
    }
    .into_any()
}

/// Nothing there, and when there will be.
pub fn empty(path: &'static str, title: String, hint: String) -> AnyView {
    view! {
        class="h",
        <div class="blank">
            {icon::icon(path)}
            <p class="strong">{title}</p>
            <p class="sub">{hint}</p>
        </div>
    }
    .into_any()
}

/// It did not work, and may be tried again.
pub fn failed(failure: &Failure, retry: Act) -> AnyView {
    let texts = texts();
    view! {
        class="h",
        <div class="blank" role="alert">
            {icon::icon(icon::CLOUD)}
            <p class="strong">{texts.failed()}</p>
            <p class="sub">{sentence(failure)}</p>
            {plain(Weight::Quiet, texts.retry(), retry)}
        </div>
    }
    .into_any()
}

/// A remark beside the matter.
pub fn note(path: &'static str, text: String) -> AnyView {
    view! { class="h", <div class="note">{icon::icon(path)}<span>{text}</span></div> }.into_any()
}
