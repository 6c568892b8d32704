//! A page object: an element of the page with the widget in its shadow root.

use habitue_widget::embed;
use js_sys::{Function, JSON, Promise, Reflect};
use std::sync::Once;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Element, Event, HtmlElement, HtmlInputElement, ShadowRoot};

const EN: &str = include_str!("../../public/locales/en.json");
const FR: &str = include_str!("../../public/locales/fr.json");

pub fn document() -> Document {
    web_sys::window().unwrap().document().unwrap()
}

pub fn global(name: &str) -> JsValue {
    Reflect::get(&js_sys::global(), &name.into()).unwrap()
}

/// What the server does from here on, as `window.shop`. Forgets what was asked before.
pub fn shop(state: &str) {
    static PLAY: Once = Once::new();
    PLAY.call_once(|| {
        Function::new_no_args(include_str!("server.js")).call0(&JsValue::NULL).unwrap();
    });
    let set = Function::new_with_args(
        "state",
        "window.shop = JSON.parse(state); calls.length = events.length = 0",
    );
    set.call1(&JsValue::NULL, &state.into()).unwrap();
}

fn env(locale: &str) -> JsValue {
    let texts = JSON::parse(if locale == "fr" { FR } else { EN }).unwrap();
    let make: Function = global("env").unchecked_into();
    make.call2(&JsValue::NULL, &texts, &locale.into()).unwrap()
}

/// `Habitue.set({ locale })`.
pub fn speak(locale: &str) {
    embed::set(env(locale).unchecked_ref());
}

fn strings(name: &str, line: &str) -> Vec<String> {
    let map = Function::new_with_args("list", &["return list.map(", line, ")"].concat());
    let list = map.call1(&JsValue::NULL, &global(name)).unwrap();
    let list: js_sys::Array = list.unchecked_into();
    list.iter().filter_map(|item| item.as_string()).collect()
}

/// What was asked: `METHOD /path key <idempotency key> <bearer>`.
pub fn calls() -> Vec<String> {
    strings("calls", "it => `${it.route} key ${it.key} ${it.bearer}`")
}

/// The bodies of what was sent there.
pub fn bodies(route: &str) -> Vec<String> {
    let line = ["it => it.route === '", route, "' ? it.sent : null"].concat();
    strings("calls", &line)
}

/// What the shop's page heard: `type {detail}`.
pub fn events() -> Vec<String> {
    strings("events", "it => it")
}

pub async fn wait(millis: i32) {
    let promise = Promise::new(&mut |done, _| {
        web_sys::window()
            .unwrap()
            .set_timeout_with_callback_and_timeout_and_arguments_0(&done, millis)
            .unwrap();
    });
    JsFuture::from(promise).await.unwrap();
}

pub async fn tick() {
    wait(20).await;
}

pub struct Page {
    host: HtmlElement,
    root: ShadowRoot,
    mount: u32,
}

impl Page {
    pub async fn panel(view: &str) -> Self {
        Self::new("habitue-panel", &[("view", view)]).await
    }

    pub async fn redeem(amount: &str) -> Self {
        Self::new("habitue-redeem", &[("amount", amount), ("currency", "EUR")]).await
    }

    pub async fn dialog() -> Self {
        Self::new("dialog", &[]).await
    }

    pub async fn new(kind: &str, attributes: &[(&str, &str)]) -> Self {
        static START: Once = Once::new();
        let host: HtmlElement = document().create_element("div").unwrap().unchecked_into();
        for (name, value) in attributes {
            host.set_attribute(name, value).unwrap();
        }
        document().body().unwrap().append_child(&host).unwrap();
        let attach = Function::new_with_args("host", "return host.attachShadow({ mode: 'open' })");
        let root: ShadowRoot = attach.call1(&JsValue::NULL, &host).unwrap().unchecked_into();
        // The store lives as long as the page: each test that asked nothing yet begins anew.
        let is_new = calls().is_empty();
        let mut is_first = false;
        START.call_once(|| is_first = true);
        if is_first {
            embed::start(env("en").unchecked_into());
        } else if is_new {
            embed::logout();
            embed::identify();
        }
        let mount = embed::mount(root.clone(), host.clone(), kind);
        tick().await;
        Self { host, root, mount }
    }

    pub fn all(&self, selector: &str) -> Vec<Element> {
        let found = self.root.query_selector_all(selector).unwrap();
        (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
    }

    pub fn find(&self, selector: &str) -> Element {
        self.root.query_selector(selector).unwrap().unwrap()
    }

    fn text(&self) -> String {
        self.root.text_content().unwrap_or_default()
    }

    /// Waits until the text is there.
    pub async fn shows(&self, text: &str) {
        for _ in 0..100 {
            if self.text().contains(text) {
                return;
            }
            tick().await;
        }
        panic!("no “{text}” in: {}", self.text());
    }

    /// Presses the button with this text.
    pub async fn press(&self, label: &str) {
        self.shows(label).await;
        self.press_that(&|it| it.text_content().unwrap_or_default().trim() == label).await;
    }

    /// Presses the button whose text begins so.
    pub async fn press_with(&self, start: &str) {
        self.shows(start).await;
        self.press_that(&|it| it.text_content().unwrap_or_default().starts_with(start)).await;
    }

    /// Presses the button that is called so to whoever does not see it.
    pub async fn press_named(&self, name: &str) {
        self.press_that(&|it| it.get_attribute("aria-label").as_deref() == Some(name)).await;
    }

    async fn press_that(&self, is_it: &dyn Fn(&Element) -> bool) {
        let buttons = self.all("button");
        let button = buttons.iter().find(|it| is_it(it)).unwrap().unchecked_ref::<HtmlElement>();
        button.focus().unwrap();
        button.click();
        tick().await;
    }

    /// Presses a box, and says whether it is ticked then.
    pub async fn tick(&self, place: usize) -> bool {
        let boxes = self.all("input[type=checkbox]");
        boxes[place].unchecked_ref::<HtmlElement>().click();
        tick().await;
        self.ticked()[place]
    }

    /// Which boxes are ticked.
    pub fn ticked(&self) -> Vec<bool> {
        let boxes = self.all("input[type=checkbox]");
        boxes.iter().map(|it| it.unchecked_ref::<HtmlInputElement>().checked()).collect()
    }

    /// Types into the field.
    pub fn fill_in(&self, selector: &str, text: &str) {
        self.find(selector).unchecked_ref::<HtmlInputElement>().set_value(text);
    }

    /// Writes into the field, and leaves it.
    pub async fn fill(&self, selector: &str, text: &str) {
        let field = self.find(selector);
        field.unchecked_ref::<HtmlInputElement>().set_value(text);
        field.dispatch_event(&Event::new("change").unwrap()).unwrap();
        tick().await;
    }

    /// The element that has the focus.
    pub fn focused(&self) -> String {
        self.root.active_element().map(|it| it.local_name()).unwrap_or_default()
    }

    /// Types a code and presses Apply.
    pub async fn enter(&self, code: &str) {
        self.shows("Apply").await;
        self.find("#code").unchecked_ref::<HtmlInputElement>().set_value(code);
        self.press("Apply").await;
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        embed::unmount(self.mount);
        self.host.remove();
    }
}
