//! One mount: what is drawn into one element of the page.

use crate::embed::Kind;
use crate::i18n::{is_right_to_left, texts};
use crate::panel;
use crate::redeem;
use crate::state::{Kept, Store, View};
use crate::ui::el::{El, el};
use crate::ui::status;

/// Where a screen stands: which mount, and what it shows.
#[derive(Clone, Copy)]
pub struct Place {
    /// The number of the mount, for [`crate::embed::element_of`].
    pub mount: u32,
    /// What kind of element.
    pub kind: Kind,
    /// Where it is; the dialog's is the store's.
    pub view: Kept<View>,
}

/// Everything below the shadow root.
///
/// Parts: `panel header tab card coupon code button primary input slider progress toast skeleton`.
/// Slots, for what a shop writes inside `<habitue-panel>`: `empty`, `footer`.
/// CSS properties: `src/theme.rs`.
pub fn app(store: Store, place: Place) -> El {
    let locale = texts().locale.clone();
    let direction = if is_right_to_left(&locale) { "rtl" } else { "ltr" };
    let root = el("div", "root").set("dir", direction).set("lang", &locale);
    match place.kind {
        // The dialog holds its own live region: what lies outside a modal dialog is not spoken.
        Kind::Dialog => root.child(panel::dialog(store, place)),
        Kind::Panel => root.child(panel::in_page(store, place)).child(status::live(store)),
        Kind::Redeem => root.child(redeem::element(store, place)).child(status::live(store)),
    }
}
