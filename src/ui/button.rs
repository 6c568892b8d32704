//! Buttons: one that stands out, quiet ones, and small ones that read like links.

use super::Act;
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

impl Weight {
    pub const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button primary",
            Self::Quiet => "button quiet",
            Self::Small => "button small",
        }
    }

    const fn part(self) -> &'static str {
        match self {
            Self::Primary => "button primary",
            _ => "button",
        }
    }
}

/// A button that says what it does. While `is_busy` it keeps its place and its focus.
pub fn button(weight: Weight, label: String, is_busy: Signal<bool>, act: Act) -> AnyView {
    view! {
        class="h",
        <button
            type="button"
            class=weight.class()
            part=weight.part()
            aria-busy=move || is_busy.get().then_some("true")
            aria-disabled=move || is_busy.get().then_some("true")
            on:click=move |_| if !is_busy.get_untracked() { act() }
        >
            {label}
        </button>
    }
    .into_any()
}

/// A button that is never busy.
pub fn plain(weight: Weight, label: String, act: Act) -> AnyView {
    button(weight, label, Signal::stored(false), act)
}
