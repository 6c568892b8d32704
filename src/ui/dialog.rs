//! The native `<dialog>`: it makes the page behind it inert, keeps the focus, closes on Esc and
//! gives the focus back. The page's scrolling is kept by `public/ward.js`.

use super::el::{self, El};
use crate::state::Kept;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

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
