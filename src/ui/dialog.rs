//! The native `<dialog>`: it makes the page behind it inert, keeps the focus, closes on Esc and
//! gives the focus back. What is left to do is the page's scrolling.

use super::el::{self, El};
use crate::state::Kept;
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlElement};

thread_local! {
    /// What the page itself had said of its root, to be put back.
    static BEFORE: RefCell<Option<[String; 2]>> = const { RefCell::new(None) };
}

const OURS: [&str; 2] = ["overflow", "padding-right"];

fn page() -> Option<HtmlElement> {
    let root = web_sys::window()?.document()?.document_element()?;
    root.dyn_into().ok()
}

/// Keeps the page behind the panel where it is, without moving it by the width of a scroll bar.
pub fn lock_scroll() {
    let (Some(page), Some(window)) = (page(), web_sys::window()) else {
        return;
    };
    let style = page.style();
    let said = OURS.map(|name| style.get_property_value(name).unwrap_or_default());
    BEFORE.set(Some(said));
    let width = window.inner_width().ok().and_then(|width| width.as_f64()).unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, reason = "whole pixels of a window")]
    let bar = width as i32 - page.client_width();
    if bar > 0 {
        let padding = [&bar.to_string(), "px"].concat();
        drop(style.set_property("padding-right", &padding));
    }
    drop(style.set_property("overflow", "hidden"));
}

/// Gives the page back what it had.
pub fn unlock_scroll() {
    let (Some(page), Some(said)) = (page(), BEFORE.take()) else {
        return;
    };
    for (name, value) in OURS.into_iter().zip(said) {
        drop(page.style().set_property(name, &value));
    }
}

/// Shows or closes the dialog as `is_open` says.
pub fn follow(dialog: &El, is_open: Kept<bool>) {
    let dialog: HtmlDialogElement = dialog.element().unchecked_into();
    el::follow(Box::new(move || {
        let (wanted, dialog) = (is_open.get(), dialog.clone());
        if !wanted && dialog.open() {
            dialog.close();
        } else if wanted && !dialog.open() {
            // Once it stands in the page: outside of it a dialog cannot be shown.
            super::go(async move {
                super::sleep(0).await;
                if is_open.get_untracked() {
                    drop(dialog.show_modal());
                }
            });
        }
    }));
}
