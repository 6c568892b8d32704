//! The panel: header, one screen, tabs. As a dialog beside the launcher, or in the page
//! (`<habitue-panel view>`).
//!
//! Parts: `panel`, `header`, `tab`.

use crate::app::Place;
use crate::coupon;
use crate::history;
use crate::home;
use crate::i18n::texts;
use crate::join;
use crate::redeem;
use crate::state::{Face, Scene, Store, View};
use crate::tier;
use crate::ui::{dialog, icon, skeleton, status};
use crate::welcome;
use leptos::html::Dialog;
use leptos::prelude::*;
use web_sys::MouseEvent;

/// The tabs, in their order. Each later concept adds one line.
const TABS: [(View, &str); 4] = [
    (View::Home, icon::HOME),
    (View::Coupon, icon::TICKET),
    (View::Tier, icon::STAR),
    (View::History, icon::HISTORY),
];

fn name_of(view: View) -> String {
    let texts = texts();
    match view {
        View::Home => texts.tab_home(),
        View::Coupon => texts.tab_coupon(),
        View::Tier => texts.tab_tier(),
        View::History => texts.tab_history(),
        View::Redeem => texts.your_points(),
    }
}

fn title_of(view: View, scene: &Scene) -> String {
    let texts = texts();
    let Some(member) = scene.member() else {
        return scene.say(&scene.program.name);
    };
    match (view, &member.given_name) {
        (View::Home, Some(name)) => texts.hello(name),
        (View::Home, None) => scene.say(&scene.program.name),
        (View::Tier, _) => texts.your_status(),
        (View::Coupon, _) => texts.coupons(),
        _ => name_of(view),
    }
}

/// The panel as a modal dialog.
pub fn dialog(store: Store, place: Place) -> AnyView {
    let node = NodeRef::<Dialog>::new();
    dialog::follow(node, store.is_open);
    let texts = texts();
    let side = move || if store.config.with(|config| config.at_start) { "sheet start" } else { "sheet" };
    // Everything inside has a box of its own, so only the backdrop hits the dialog itself.
    let on_backdrop = move |event: MouseEvent| {
        if event.target() == event.current_target() {
            store.close();
        }
    };
    view! {
        class="h",
        <dialog
            node_ref=node
            class=side
            part="panel"
            aria-labelledby="title"
            on:close=move |_| store.close()
            on:click=on_backdrop
        >
            <div class="column">
                <header class="head" part="header">
                    <h2 class="title" id="title">{move || title(store, place)}</h2>
                    <button
                        type="button"
                        class="cross"
                        autofocus
                        aria-label=texts.close()
                        on:click=move |_| store.close()
                    >
                        {icon::icon(icon::CLOSE)}
                    </button>
                </header>
                <div class="body">{move || screen(store, place)}</div>
                {move || is_member(store).then(|| tabs(place))}
                {status::live(store.status)}
            </div>
        </dialog>
    }
    .into_any()
}

/// The panel as a block of the page: one screen, and tabs where the page names none.
pub fn in_page(store: Store, place: Place) -> AnyView {
    let is_bound = crate::embed::attribute(place.mount, "view").is_some();
    view! {
        class="h",
        <section class="card panel" part="panel" aria-labelledby="title">
            <header class="head" part="header">
                <h2 class="title" id="title">{move || title(store, place)}</h2>
            </header>
            <div class="body">{move || screen(store, place)}</div>
            {move || (!is_bound && is_member(store)).then(|| tabs(place))}
        </section>
    }
    .into_any()
}

fn is_member(store: Store) -> bool {
    store.scene.with(|face| matches!(face, Face::Ready(scene) if scene.member().is_some()))
}

fn title(store: Store, place: Place) -> String {
    match store.scene.get() {
        Face::Ready(scene) => title_of(place.view.get(), &scene),
        _ => texts().rewards(),
    }
}

fn tabs(place: Place) -> AnyView {
    let tab = |(view, path): (View, &'static str)| {
        let current = move || (place.view.get() == view).then_some("page");
        view! {
            class="h",
            <button
                type="button"
                class="tab"
                part="tab"
                aria-current=current
                on:click=move |_| place.view.set(view)
            >
                {icon::icon(path)}
                <span>{name_of(view)}</span>
            </button>
        }
        .into_any()
    };
    let tabs: Vec<AnyView> = TABS.into_iter().map(tab).collect();
    view! { class="h", <nav class="tabs" aria-label=texts().sections()>{tabs}</nav> }.into_any()
}

fn screen(store: Store, place: Place) -> AnyView {
    let scene = match store.scene.get() {
        Face::Loading => return skeleton::skeleton(&["num", "line", "bar", "button", "ticket"]),
        Face::Failed(failure) => {
            return status::failed(&failure, Box::new(move || store.load(false)));
        }
        Face::Ready(scene) => scene,
    };
    if scene.me.is_none() {
        return welcome::screen(store, &scene, place);
    }
    if scene.member().is_none() {
        return join::screen(store, &scene);
    }
    match place.view.get() {
        View::Home => home::screen(store, &scene, place),
        View::Coupon => coupon::screen(store, &scene, place),
        View::Tier => tier::screen(store, &scene),
        View::History => history::screen(store),
        View::Redeem => redeem::screen(store, place),
    }
}
