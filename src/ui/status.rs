//! What a screen says when it has nothing else to show, and what is said aloud.

use super::button::{Weight, plain};
use super::el::{El, el};
use super::{Act, go, icon, sleep};
use crate::client::Failure;
use crate::i18n::texts;
use crate::state::{Store, sentence};

/// The live region. It stands empty from the start, because browsers only speak of changes. Some of
/// what it says is for everybody, and shown for a while.
pub fn live(store: Store) -> El {
    el("div", "unseen")
        .class("toast", move || store.is_shown.get())
        .set("part", "toast")
        .set("role", "status")
        .set("aria-live", "polite")
        .set("aria-atomic", "true")
        .say(move || store.status.get())
}

/// Says `text` aloud and shows it for a while.
pub fn toast(store: Store, text: String) {
    store.status.set(text);
    store.is_shown.set(true);
    go(async move {
        sleep(4000).await;
        store.is_shown.set(false);
    });
}

/// Nothing there, and when there will be.
pub fn empty(path: &'static str, title: String, hint: String) -> El {
    el("slot", "").set("name", "empty").child(blank(path, title, hint))
}

/// It did not work, and may be tried again.
pub fn failed(failure: &Failure, retry: Act) -> El {
    let texts = texts();
    blank(icon::CLOUD, texts.failed(), sentence(failure)).set("role", "alert").child(plain(
        Weight::Quiet,
        &texts.retry(),
        retry,
    ))
}

#[expect(clippy::needless_pass_by_value, reason = "callers have made it for this")]
fn blank(path: &'static str, title: String, hint: String) -> El {
    el("div", "blank")
        .child(icon::icon(path))
        .child(el("p", "strong").text(&title))
        .child(el("p", "sub").text(&hint))
}

/// A remark beside the matter.
#[expect(clippy::needless_pass_by_value, reason = "callers have made it for this")]
pub fn note(path: &'static str, text: String) -> El {
    el("div", "note").child(icon::icon(path)).child(el("span", "").text(&text))
}

/// A line in small, quiet letters.
#[expect(clippy::needless_pass_by_value, reason = "callers have made it for this")]
pub fn sub(text: String) -> El {
    el("p", "sub").text(&text)
}

/// Why something did not work, said aloud when it appears.
#[expect(clippy::needless_pass_by_value, reason = "callers have made it for this")]
pub fn bad(text: String) -> El {
    el("p", "bad").set("role", "alert").text(&text)
}
