//! The panel: header, one screen, tabs. As a dialog beside the launcher, or in the page
//! (`<habitue-panel view>`).
//!
//! Parts: `panel`, `header`, `tab`.

use crate::app::Place;
use crate::consent;
use crate::coupon;
use crate::history;
use crate::home;
use crate::i18n::texts;
use crate::join;
use crate::redeem;
use crate::state::{Face, Scene, Store, View};
use crate::tier;
use crate::ui::button::drawn;
use crate::ui::el::{El, el};
use crate::ui::{dialog, icon, skeleton, status};
use crate::welcome;

/// The tabs, in their order. Each later concept adds one line.
const TABS: [(View, &str); 4] = [
    (View::Home, icon::HOME),
    (View::Coupon, icon::TICKET),
    (View::Tier, icon::STAR),
    (View::History, icon::HISTORY),
];

/// What a screen looks like before it is there.
const fn bones(view: View) -> &'static [&'static str] {
    match view {
        View::Home => &["bone num", "bone line", "bone bar", "bone button", "bone ticket"],
        View::Consent => &consent::BONES,
        View::History => &history::BONES,
        View::Tier => &["bone line", "bone row", "bone line", "bone row", "bone line", "bone row"],
        View::Coupon | View::Redeem => &["bone ticket", "bone ticket", "bone ticket"],
    }
}

fn name_of(view: View) -> String {
    let texts = texts();
    match view {
        View::Home => texts.tab_home(),
        View::Coupon => texts.tab_coupon(),
        View::Tier => texts.tab_tier(),
        View::History => texts.tab_history(),
        View::Redeem => texts.your_points(),
        View::Consent => texts.consent(),
    }
}

fn title_of(view: View, scene: &Scene) -> String {
    let texts = texts();
    let Some(member) = scene.member() else {
        return match view {
            View::Consent => texts.consent(),
            _ => scene.say(&scene.program.name),
        };
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
pub fn dialog(store: Store, place: Place) -> El {
    let close = Box::new(move || store.close());
    let cross = drawn("cross", icon::CLOSE, &texts().close(), close).set("autofocus", "");
    let column = el("div", "column")
        .child(head(store, place).child(cross))
        .child(body(store, place))
        .child(tabs(store, place))
        .child(status::live(store));
    let dialog = el("dialog", "sheet")
        .class("start", move || store.config.with(|config| config.at_start))
        .set("part", "panel")
        .set("aria-labelledby", "title")
        .on("close", move |_| store.close())
        // Everything inside has a box of its own, so only the backdrop hits the dialog itself.
        .on("click", move |event| {
            if event.target() == event.current_target() {
                store.close();
            }
        })
        .child(column);
    dialog::follow(&dialog, store.is_open);
    dialog
}

/// The panel as a block of the page: one screen, and tabs where the page names none.
pub fn in_page(store: Store, place: Place) -> El {
    let is_bound = crate::embed::attribute(place.mount, "view").is_some();
    el("section", "card panel")
        .set("part", "panel")
        .set("aria-labelledby", "title")
        .child(head(store, place))
        .child(body(store, place))
        .child(el("slot", "").set("name", "footer"))
        .maybe((!is_bound).then(|| tabs(store, place)))
}

fn head(store: Store, place: Place) -> El {
    let title = el("h2", "title").set("id", "title").say(move || title(store, place));
    // No `<header>`: outside of the page's own sections that would be a second banner.
    el("div", "head").set("part", "header").child(title)
}

fn body(store: Store, place: Place) -> El {
    // It takes the focus of what it shows no longer, and scrolls by the keyboard.
    el("div", "body")
        .set("tabindex", "0")
        .set("role", "group")
        .set("aria-labelledby", "title")
        .live(move || screen(store, place))
}

/// Whether the shopper has joined, and with it has the tabs.
pub fn is_member(store: Store) -> bool {
    store.scene.with(|face| matches!(face, Face::Ready(scene) if scene.member().is_some()))
}

fn title(store: Store, place: Place) -> String {
    match store.scene.get() {
        Face::Ready(scene) => title_of(place.view.get(), &scene),
        _ => texts().rewards(),
    }
}

fn tabs(store: Store, place: Place) -> El {
    let tab = |(view, path): (View, &'static str)| {
        el("button", "tab")
            .set("type", "button")
            .set("part", "tab")
            .follow("aria-current", move || (place.view.get() == view).then(|| "page".to_owned()))
            .on("click", move |_| place.view.set(view))
            .child(icon::icon(path))
            .child(el("span", "").text(&name_of(view)))
    };
    el("nav", "tabs")
        .set("aria-label", &texts().sections())
        .follow("hidden", move || (!is_member(store)).then(String::new))
        .children(TABS.into_iter().map(tab))
}

fn screen(store: Store, place: Place) -> El {
    let scene = match store.scene.get() {
        Face::Loading => return skeleton::skeleton(bones(place.view.get())),
        Face::Failed(failure) => {
            return status::failed(&failure, Box::new(move || store.load(false)));
        }
        Face::Ready(scene) => scene,
    };
    if place.view.get() == View::Consent && scene.program.consent {
        return consent::screen(store, place);
    }
    let outside = if scene.me.is_none() {
        Some(welcome::screen(store, &scene, place))
    } else if scene.member().is_none() {
        Some(join::screen(store, &scene))
    } else {
        None
    };
    if let Some(outside) = outside {
        let news = scene.program.consent.then(|| consent::way_in(place));
        return el("div", "stack wide").child(outside).maybe(news);
    }
    match place.view.get() {
        View::Home | View::Consent => home::screen(store, &scene, place),
        View::Coupon => coupon::screen(store, &scene, place),
        View::Tier => tier::screen(store, &scene),
        View::History => history::screen(store),
        View::Redeem => redeem::screen(store, place),
    }
}
