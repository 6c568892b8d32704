//! For somebody who is not signed in: what members get, and the way to sign in.

use crate::app::Place;
use crate::event;
use crate::i18n::texts;
use crate::join;
use crate::state::{Scene, Store};
use crate::ui::button::{Weight, plain};
use leptos::prelude::*;

/// What the program gives, and one way on.
pub fn screen(store: Store, scene: &Scene, place: Place) -> AnyView {
    let texts = texts();
    view! {
        class="h",
        <div class="stack wide">
            <p class="lead">{texts.sign_in_hint()}</p>
            {sign_in(store, place)}
            <h3 class="caption">{texts.members_get()}</h3>
            {join::gains(store, scene)}
        </div>
    }
    .into_any()
}

/// The shop's own way to sign in: its address, or the event `habitue:login`.
pub fn sign_in(store: Store, place: Place) -> AnyView {
    let label = texts().sign_in();
    match store.config.with_untracked(|config| config.login_url.clone()) {
        Some(address) => view! {
            class="h",
            <a class="button primary" part="button primary" href=address>{label}</a>
        }
        .into_any(),
        None => {
            let act = move || {
                store.close();
                event::emit("login", &(), &crate::embed::element_of(place.mount));
            };
            plain(Weight::Primary, label, Box::new(act))
        }
    }
}
