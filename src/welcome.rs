//! For somebody who is not signed in: what members get, and the way to sign in.

use crate::app::Place;
use crate::event;
use crate::i18n::texts;
use crate::join;
use crate::state::{Scene, Store};
use crate::ui::button::{Weight, looking_like, plain};
use crate::ui::el::{El, el};

/// What the program gives, and one way on.
pub fn screen(store: Store, scene: &Scene, place: Place) -> El {
    let texts = texts();
    el("div", "stack wide")
        .child(el("p", "lead").text(&texts.sign_in_hint()))
        .child(sign_in(store, place))
        .child(el("h3", "caption").text(&texts.members_get()))
        .child(join::gains(store, scene))
}

/// The shop's own way to sign in: its address, or the event `habitue:login`.
pub fn sign_in(store: Store, place: Place) -> El {
    let label = texts().sign_in();
    if let Some(address) = store.config.with_untracked(|config| config.login_url.clone()) {
        return looking_like("a", Weight::Primary).set("href", &address).text(&label);
    }
    let act = move || {
        store.close();
        event::emit("login", &(), &crate::embed::element_of(place.mount));
    };
    plain(Weight::Primary, &label, Box::new(act))
}
