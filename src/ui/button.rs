//! Buttons: one that stands out, quiet ones, small ones that read like links, and round ones with
//! only a drawing and a name.

use super::Act;
use super::el::{Busy, El, el};
use super::icon::icon;
use leptos::prelude::untrack;

/// How much a button stands out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The one action of a screen.
    Primary,
    /// Another way on.
    Quiet,
    /// Beside a text.
    Small,
}

/// An element that looks like a button: a link may, too.
pub fn looking_like(tag: &'static str, weight: Weight) -> El {
    let (class, part) = match weight {
        Weight::Primary => ("button primary", "button primary"),
        Weight::Quiet => ("button quiet", "button"),
        Weight::Small => ("button small", "button"),
    };
    el(tag, class).set("part", part)
}

/// A button that says what it does. While `is_busy` it keeps its place and its focus.
pub fn button(weight: Weight, label: &str, is_busy: &Busy, act: Act) -> El {
    let busy = |is_busy: &Busy| {
        let is_busy = is_busy.clone();
        move || is_busy().then(|| "true".to_owned())
    };
    let waits = is_busy.clone();
    looking_like("button", weight)
        .set("type", "button")
        .follow("aria-busy", busy(is_busy))
        .follow("aria-disabled", busy(is_busy))
        .on("click", move |_| {
            // Asked by a press, it need not be followed.
            if !untrack(|| waits()) {
                act();
            }
        })
        .text(label)
}

/// A button that is never busy.
pub fn plain(weight: Weight, label: &str, act: Act) -> El {
    looking_like("button", weight).set("type", "button").on("click", move |_| act()).text(label)
}

/// A button with only a drawing; `name` says what it does.
pub fn drawn(class: &'static str, path: &'static str, name: &str, act: Act) -> El {
    el("button", class)
        .set("type", "button")
        .set("aria-label", name)
        .on("click", move |_| act())
        .child(icon(path))
}
