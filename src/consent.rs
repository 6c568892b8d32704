//! News and offers: a box for each matter with the very text that is agreed to, how it stands, and
//! the way out. Never ticked beforehand, never a condition of anything.

use crate::app::Place;
use crate::i18n::texts;
use crate::panel;
use crate::state::{Choice, Face, Offer, Scene, Store, View};
use crate::tier;
use crate::ui::button::{Weight, button, looking_like, plain};
use crate::ui::el::{Busy, El, el, live, nothing};
use crate::ui::{skeleton, status};
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// What it looks like before it is there.
pub const BONES: [&str; 4] = ["bone line", "bone ticket", "bone ticket", "bone button"];

/// Everything that may be ticked, or one of the other faces.
pub fn screen(store: Store, place: Place) -> El {
    let shown = live(move || {
        store.want_consents();
        let again = Box::new(move || store.consent.forget());
        match store.consent.offer.get() {
            None | Some(Face::Loading) => skeleton::skeleton(&BONES),
            Some(Face::Failed(failure)) => status::failed(&failure, again),
            Some(Face::Ready(offer)) => {
                let said = el("div", "stack wide").child(status::sub(offer.said()));
                // What a visitor has asked for is only known in the mailbox.
                if store.me().is_none() && offer.is_open() {
                    said.child(plain(Weight::Quiet, &texts().retry(), again))
                } else {
                    said.child(form(store, &offer))
                }
            }
        }
    });
    // Where there are no tabs and the page names no screen, there is no other way back.
    let is_bound = crate::embed::attribute(place.mount, "view").is_some();
    let home = move || place.view.set(View::Home);
    let back = (!is_bound && !panel::is_member(store))
        .then(|| plain(Weight::Quiet, &texts().tab_home(), Box::new(home)));
    // Above, so that an answer that takes its time moves no button.
    el("div", "stack wide").maybe(back).child(shown)
}

/// On the first screen: how things stand, the way to the boxes, and out. Whoever has just joined is
/// asked here, once and apart.
pub fn card(store: Store, scene: &Scene, place: Place) -> El {
    if !scene.program.consent {
        return nothing();
    }
    live(move || {
        store.want_consents();
        let card = el("div", "card stack").child(el("h3", "strong").text(&texts().consent()));
        let Some(Face::Ready(offer)) = store.consent.offer.get() else {
            return card.child(way_in(place));
        };
        let card = card.child(status::sub(offer.said()));
        if store.consent.has_joined.get() && !offer.has(&["given", "pending", "withdrawn"]) {
            return card.child(form(store, &offer));
        }
        card.child(way_in(place)).maybe(way_out(store, &offer))
    })
}

/// The way to the boxes.
pub fn way_in(place: Place) -> El {
    let act = move || place.view.set(View::Consent);
    plain(Weight::Quiet, &texts().consent_choose(), Box::new(act))
}

fn busy(store: Store) -> Busy {
    Rc::new(move || store.consent.is_saving.get())
}

/// One press, and it is over.
fn way_out(store: Store, offer: &Offer) -> Option<El> {
    let is_busy = busy(store);
    let act = Box::new(move || store.leave());
    offer.is_open().then(|| button(Weight::Quiet, &texts().leave(), &is_busy, act))
}

fn form(store: Store, offer: &Offer) -> El {
    let texts = texts();
    let mut form = el("form", "stack wide").set("novalidate", "").on("submit", move |event| {
        event.prevent_default();
        let form = event.target().map(JsValue::from).unwrap_or_default();
        let fields = js_sys::Reflect::get(&form, &"elements".into());
        store.save_consents(&fields.unwrap_or_default());
    });
    let group = el("div", "stack").set("role", "group").set("aria-label", &texts.consent());
    offer.each(&mut |choice| drop(group.clone().child(tick(choice))));
    form = form.child(group);
    if offer.needs_email() {
        form = form.child(address(store));
    }
    let is_busy = busy(store);
    let refusal = move || match store.consent.refusal.get() {
        Some(text) => status::bad(text).set("id", "refused"),
        None => nothing(),
    };
    form.child(el("p", "sub").child(tier::link_to(offer.privacy_url(), texts.privacy())))
        .child(
            looking_like("button", Weight::Primary)
                .set("type", "submit")
                .follow("aria-busy", move || is_busy().then(|| "true".to_owned()))
                .text(&texts.consent_save()),
        )
        .maybe(way_out(store, offer))
        .live(refusal)
}

/// A box, with what is agreed to by ticking it, word for word.
fn tick(choice: &Choice) -> El {
    let mut input = el("input", "check").set("type", "checkbox");
    if choice.is_open() {
        input = input.set("checked", "");
    }
    let mut about = el("span", "stack tight");
    let name = choice.text("name");
    if !name.is_empty() {
        about = about.child(el("strong", "strong").text(&name));
    }
    let text = el("span", "sub").set("lang", &choice.text("locale")).text(&choice.text("text"));
    about = about.child(text);
    if choice.text("state") == "pending" {
        about = about.child(el("span", "chip").text(&texts().is_pending()));
    }
    el("label", "box").child(input).child(about)
}

/// Where the newsletter goes, for whoever nobody has told us of.
fn address(store: Store) -> El {
    let is_bad = move || store.consent.is_email_bad.get().then(|| "true".to_owned());
    let field = el("input", "input mail")
        .set("part", "input")
        .set("id", "email")
        .set("type", "email")
        .set("required", "")
        .set("autocomplete", "email")
        .set("aria-describedby", "refused")
        .set("value", &store.consent.email.get_untracked())
        .follow("aria-invalid", is_bad);
    let label = el("label", "strong").set("for", "email").text(&texts().email());
    el("div", "stack tight").child(label).child(field)
}
