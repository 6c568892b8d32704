//! What the loader calls: [`start`] once, [`mount`] for each element, and one function for each
//! method of `window.Habitue`. Any number of mounts share one store and one session.

use crate::app::{Place, app};
use crate::config::{self, Config, Env, ShopCart};
use crate::i18n::speak;
use crate::json;
use crate::state::{Kept, Store, View};
use crate::theme;
use habitue_domain::money::{Currency, parse_decimal};
use leptos::mount::mount_to_renderer;
use leptos::prelude::*;
use std::any::Any;
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CssStyleSheet, Element, HtmlElement, ShadowRoot};

/// The whole style, one sheet for all roots: `adoptedStyleSheets` is not subject to `style-src`.
const STYLE: &str = concat!(
    include_str!("../style/tokens.css"),
    include_str!("../style/base.css"),
    include_str!("../style/panel.css"),
    include_str!("../style/home.css"),
    include_str!("../style/coupon.css"),
    include_str!("../style/tier.css"),
    include_str!("../style/history.css"),
    include_str!("../style/redeem.css"),
    include_str!("../style/payment.css"),
    include_str!("../style/consent.css"),
);

/// What an element of the page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The panel beside the launcher.
    Dialog,
    /// `<habitue-panel>`.
    Panel,
    /// `<habitue-redeem>`.
    Redeem,
}

struct Mounted {
    host: HtmlElement,
    root: ShadowRoot,
    place: Place,
    /// Dropping it takes the view out of the page and its signals out of memory.
    handle: Option<Box<dyn Any>>,
}

thread_local! {
    static STORE: Cell<Option<Store>> = const { Cell::new(None) };
    static SHEET: RefCell<Option<CssStyleSheet>> = const { RefCell::new(None) };
    static MOUNTS: RefCell<Vec<Mounted>> = const { RefCell::new(Vec::new()) };
    static LAST: Cell<u32> = const { Cell::new(0) };
}

/// Keeps what the loader hands over and finds out who the shopper is. A second call changes nothing.
#[wasm_bindgen]
pub fn start(env: Env) {
    if STORE.get().is_some() {
        return;
    }
    speak(&env.locale(), env.texts());
    let owner = Owner::new();
    let store = owner.with(|| Store::new(Config::read(&env)));
    // The store lives as long as the page.
    std::mem::forget(owner);
    let given = env.cart();
    config::keep(env);
    STORE.set(Some(store));
    cart(given);
    store.load(true);
}

/// Draws into the shadow root of `host`: the `dialog`, or an element by its own name. Gives the
/// number of the mount.
#[wasm_bindgen]
pub fn mount(root: ShadowRoot, host: HtmlElement, kind: &str) -> u32 {
    let Some(store) = STORE.get() else { return 0 };
    let kind = match kind {
        "dialog" => Kind::Dialog,
        "habitue-redeem" => Kind::Redeem,
        _ => Kind::Panel,
    };
    let mount = LAST.get().wrapping_add(1);
    LAST.set(mount);
    let view = match kind {
        Kind::Dialog => store.view,
        _ => Kept::new(View::Home),
    };
    if let Some(sheet) = sheet() {
        root.set_adopted_style_sheets(&js_sys::Array::of1(&sheet));
    }
    let place = Place { mount, kind, view };
    let mounted = Mounted { host, root, place, handle: None };
    MOUNTS.with_borrow_mut(|mounts| mounts.push(mounted));
    update(mount);
    draw(store, mount);
    mount
}

fn sheet() -> Option<CssStyleSheet> {
    SHEET.with_borrow_mut(|kept| {
        if kept.is_none() {
            let sheet = CssStyleSheet::new().ok()?;
            sheet.replace_sync(STYLE).ok()?;
            *kept = Some(sheet);
        }
        kept.clone()
    })
}

/// Draws a mount, anew where it was drawn before.
fn draw(store: Store, mount: u32) {
    let at =
        with_mount(mount, |mounted| (mounted.handle.take(), mounted.root.clone(), mounted.place));
    let Some((before, root, place)) = at else {
        return;
    };
    drop(before);
    // `mount_to_renderer` asks for an Element and only ever appends to it; Leptos' own portal
    // casts its shadow root in the same way.
    let parent: Element = root.unchecked_into();
    let handle = mount_to_renderer(&parent, move || app(store, place));
    with_mount(mount, |mounted| mounted.handle = Some(Box::new(handle)));
    dress(store, mount);
}

fn dress(store: Store, mount: u32) {
    with_mount(mount, |mounted| {
        let first = mounted.root.first_element_child();
        let Some(first) = first.and_then(|it| it.dyn_into::<HtmlElement>().ok()) else {
            return;
        };
        let in_page = mounted.place.kind != Kind::Dialog;
        store.config.with_untracked(|config| {
            let (theme, accent) = (config.theme.as_deref(), config.accent.as_deref());
            theme::dress(&mounted.host, &first, theme, accent, in_page);
        });
    });
}

fn with_mount<T>(mount: u32, act: impl FnOnce(&mut Mounted) -> T) -> Option<T> {
    MOUNTS.with_borrow_mut(|mounts| {
        mounts.iter_mut().find(|mounted| mounted.place.mount == mount).map(act)
    })
}

fn mounts() -> Vec<u32> {
    MOUNTS.with_borrow(|mounts| mounts.iter().map(|mounted| mounted.place.mount).collect())
}

/// An attribute of an element changed.
#[wasm_bindgen]
pub fn update(mount: u32) {
    let Some(store) = STORE.get() else { return };
    let Some(place) = with_mount(mount, |mounted| mounted.place) else {
        return;
    };
    match place.kind {
        Kind::Dialog => {}
        Kind::Panel => {
            let view = attribute(mount, "view").unwrap_or_default();
            place.view.set(View::named(&view));
        }
        Kind::Redeem => {
            let currency = attribute(mount, "currency").and_then(|code| code.parse().ok());
            let currency = currency.or(store.config.with_untracked(|config| config.currency));
            let amount = attribute(mount, "amount").zip(currency);
            store.checkout.take_amount(amount, store);
            if let Some(hold) = attribute(mount, "hold").filter(|hold| !hold.is_empty()) {
                store.checkout.take_hold(hold, saved(mount, currency));
            }
        }
    }
}

fn saved(mount: u32, currency: Option<Currency>) -> Option<habitue_domain::money::Money> {
    let (currency, text) = (currency?, attribute(mount, "saved")?);
    currency.amount(parse_decimal(text.trim(), currency.exponent())?)
}

/// An element left the page.
#[wasm_bindgen]
pub fn unmount(mount: u32) {
    let mounted = MOUNTS.with_borrow_mut(|mounts| {
        let at = mounts.iter().position(|mounted| mounted.place.mount == mount)?;
        Some(mounts.swap_remove(at))
    });
    if let (Some(store), Some(mounted)) = (STORE.get(), &mounted) {
        match mounted.place.kind {
            Kind::Dialog => store.close(),
            // What the page said of its cart left with it.
            Kind::Redeem => store.checkout.take_amount(None, store),
            Kind::Panel => {}
        }
    }
    // Dropped outside the borrow: taking a view down may ask for a mount.
    drop(mounted);
}

/// `Habitue.open(view)`.
#[wasm_bindgen]
#[expect(clippy::needless_pass_by_value, reason = "callers have made it for this")]
pub fn open(view: Option<String>) {
    let Some(store) = STORE.get() else { return };
    // The page's colours may have changed since.
    for mount in mounts() {
        dress(store, mount);
    }
    store.open(view.as_deref().map(View::named));
}

/// `Habitue.close()`.
#[wasm_bindgen]
pub fn close() {
    if let Some(store) = STORE.get() {
        store.close();
    }
}

/// `Habitue.identify(…)`: the loader asks its new source from now on.
#[wasm_bindgen]
pub fn identify() {
    if let Some(store) = STORE.get() {
        store.checkout.reset();
        store.load(false);
    }
}

/// `Habitue.logout()`.
#[wasm_bindgen]
pub fn logout() {
    if let Some(store) = STORE.get() {
        store.log_out();
    }
}

/// `Habitue.cart(…)`. Something that is no cart is as good as none.
#[wasm_bindgen]
pub fn cart(given: JsValue) {
    if let Some(store) = STORE.get() {
        let cart = json::read::<Option<ShopCart>>(given);
        store.checkout.take_cart(cart.unwrap_or_default(), store);
    }
}

/// `Habitue.set(…)`: other settings, and other texts where the locale is another.
#[wasm_bindgen]
pub fn set(env: &Env) {
    let Some(store) = STORE.get() else { return };
    store.config.set(Config::read(env));
    let texts = env.texts();
    let is_new = texts.is_object();
    if is_new {
        speak(&env.locale(), texts);
        store.consent.forget();
    }
    for mount in mounts() {
        if is_new {
            draw(store, mount);
        } else {
            dress(store, mount);
        }
    }
}

/// The element of a mount, for events to rise from.
pub(crate) fn element_of(mount: u32) -> JsValue {
    with_mount(mount, |mounted| mounted.host.clone().into()).unwrap_or(JsValue::UNDEFINED)
}

/// An attribute of the element of a mount.
pub(crate) fn attribute(mount: u32, name: &str) -> Option<String> {
    with_mount(mount, |mounted| mounted.host.get_attribute(name)).flatten()
}

/// Brings the page's own `<habitue-redeem>` into view; `false` where it has none.
pub(crate) fn show_redeem_element() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    let found = document.and_then(|it| it.query_selector("habitue-redeem").ok().flatten());
    let Some(element) = found else { return false };
    element.scroll_into_view();
    let section = element.shadow_root().and_then(|root| root.query_selector("section").ok()?);
    if let Some(section) = section.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        drop(section.focus());
    }
    true
}

/// Puts `text` on the clipboard; `false` where the browser will not (an insecure page).
pub(crate) async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else {
        return false;
    };
    if !window.is_secure_context() {
        return false;
    }
    JsFuture::from(window.navigator().clipboard().write_text(text)).await.is_ok()
}

/// Selects what an element holds, so that the shopper can copy it by hand.
pub(crate) fn select(element: &Element) {
    let selection = web_sys::window().and_then(|window| window.get_selection().ok().flatten());
    if let Some(selection) = selection {
        drop(selection.select_all_children(element));
    }
}
