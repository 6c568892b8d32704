//! Buttons: one that stands out, quiet ones, small ones that read like links, and round ones with
//! only a drawing and a name.

use super::Act;
use super::el::{El, el};
use super::icon::icon;
use leptos::prelude::*;

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
pub fn button(weight: Weight, label: String, is_busy: Signal<bool>, act: Act) -> AnyView {
    let busy = move || is_busy.get().then(|| "true".to_owned());
    looking_like("button", weight)
        .set("type", "button")
        .follow("aria-busy", busy)
        .follow("aria-disabled", busy)
        .on("click", move |_| {
            if !is_busy.get_untracked() {
                act();
            }
        })
        .text(label)
        .view()
}

/// A button that is never busy.
pub fn plain(weight: Weight, label: String, act: Act) -> AnyView {
    button(weight, label, Signal::stored(false), act)
}

/// A button with only a drawing; `name` says what it does.
pub fn drawn(class: &'static str, path: &'static str, name: String, act: Act) -> El {
    el("button", class)
        .set("type", "button")
        .set("aria-label", name)
        .on("click", move |_| act())
        .child(icon(path))
}
