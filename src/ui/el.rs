//! Elements, built once and followed by Leptos' effects where they read signals.
//!
//! `view!` makes a type of every element, and each type brings its own copies of building,
//! rebuilding, mounting and unmounting: 60 small views weighed 200 KB of brotli, with all types
//! erased still 158. Here one view costs the calls it makes (docs/adr, `size`). Nothing touches
//! `innerHTML`, so it runs under Trusted Types; styles are set by the CSS object model, so it runs
//! under any `style-src`.

use leptos::prelude::*;
use leptos::reactive::signal::ArcTrigger;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Event, HtmlElement, Node, ShadowRoot};

/// An element of the page, or text, or nothing.
#[derive(Clone)]
pub struct El(Node);

thread_local! {
    static DOCUMENT: Option<Document> = web_sys::window().and_then(|window| window.document());
}

const SVG: &str = "http://www.w3.org/2000/svg";

/// Asks the document, which every page has, for a new node.
#[inline(never)]
fn create(make: &dyn Fn(&Document) -> Option<Node>) -> El {
    let node = DOCUMENT.with(|document| document.as_ref().and_then(make));
    // Only a name that is no name of an element makes none, and ours are.
    El(node.unwrap_or_else(|| JsValue::NULL.unchecked_into()))
}

/// An element of the class `h`, which `style/base.css` gives a plain start, and of `class`.
#[inline(never)]
pub fn el(tag: &'static str, class: &'static str) -> El {
    let made = create(&|document| document.create_element(tag).ok().map(Node::from));
    if class.is_empty() {
        made.set("class", "h")
    } else {
        made.set("class", &["h ", class].concat())
    }
}

/// An element of a drawing.
#[inline(never)]
pub fn svg(tag: &'static str) -> El {
    create(&|document| document.create_element_ns(Some(SVG), tag).ok().map(Node::from))
}

/// Nothing.
pub fn nothing() -> El {
    words("")
}

/// A text.
#[inline(never)]
fn words(text: &str) -> El {
    create(&|document| Some(document.create_text_node(text).into()))
}

/// A view that follows the signals it reads.
pub fn live(draw: impl Fn() -> El + 'static) -> El {
    // A box that lays nothing out stays where it is while its content comes and goes.
    let place = el("div", "live");
    let at = place.element();
    follow(Box::new(move || swap(&at, &draw())));
    place
}

/// Puts `content` in the place of what stood there. A focus that goes with it goes on to what is
/// around, so that whoever works without a mouse does not begin again at the top of the page.
#[inline(never)]
fn swap(at: &HtmlElement, content: &El) {
    let root = at.get_root_node().dyn_into::<ShadowRoot>().ok();
    let focused = root.and_then(|root| root.active_element());
    let goes = focused.is_some_and(|focused| at.contains(Some(&focused)));
    at.replace_children_with_node_1(&content.0);
    if goes {
        let around = at.closest("[tabindex]").ok().flatten();
        drop(around.map(|it| it.unchecked_into::<HtmlElement>().focus()));
    }
}

/// A view that is drawn anew only when `key` has another value.
pub fn live_on<K>(key: impl Fn() -> K + 'static, draw: impl Fn(K) -> El + 'static) -> El
where
    K: Copy + PartialEq + 'static,
{
    let shown = Rc::new(Cell::new(untrack(&key)));
    let changed = ArcTrigger::new();
    let (seen, tell) = (shown.clone(), changed.clone());
    follow(Box::new(move || {
        let key = key();
        if seen.replace(key) != key {
            tell.notify();
        }
    }));
    live(move || {
        changed.track();
        draw(shown.get())
    })
}

/// Runs now and whenever a signal it reads changes, as long as what is drawn around it.
#[inline(never)]
pub fn follow(run: Box<dyn Fn()>) {
    hold(Box::new(RenderEffect::new(move |_| run())));
}

thread_local! {
    /// What must live as long as what is drawn around it: effects and listeners.
    static HELD: RefCell<Vec<Option<Box<dyn Any>>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps `thing` until what is drawn around it is drawn anew or goes.
///
/// Leptos' own store for what cannot change threads asks for the thread each time, and that brings
/// the allocator of the standard library back in.
fn hold(thing: Box<dyn Any>) {
    let place = HELD.with_borrow_mut(|held| {
        let free = held.iter().position(Option::is_none).unwrap_or(held.len());
        match held.get_mut(free) {
            Some(place) => *place = Some(thing),
            None => held.push(Some(thing)),
        }
        free
    });
    on_cleanup(move || {
        let thing = HELD.with_borrow_mut(|held| held.get_mut(place).and_then(Option::take));
        // Outside of the borrow: an effect that goes cleans up in its turn.
        drop(thing);
    });
}

impl El {
    /// The element itself, for what only the browser can do with it.
    pub fn element(&self) -> HtmlElement {
        self.0.clone().unchecked_into()
    }

    fn as_element(&self) -> &Element {
        self.0.unchecked_ref()
    }

    /// Sets an attribute.
    #[inline(never)]
    pub fn set(self, name: &'static str, value: &str) -> Self {
        // Fails only for a name that is no name of an attribute.
        drop(self.as_element().set_attribute(name, value));
        self
    }

    /// An attribute that follows the signals it reads; `None` takes it away.
    pub fn follow(self, name: &'static str, value: impl Fn() -> Option<String> + 'static) -> Self {
        let at = self.element();
        follow(Box::new(move || {
            drop(match value() {
                Some(value) => at.set_attribute(name, &value),
                None => at.remove_attribute(name),
            });
        }));
        self
    }

    /// A class beside its own that comes and goes with the signals it reads.
    pub fn class(self, name: &'static str, is_on: impl Fn() -> bool + 'static) -> Self {
        let own = self.as_element().get_attribute("class").unwrap_or_default();
        self.follow("class", move || {
            let mut class = own.clone();
            if is_on() {
                class.push(' ');
                class.push_str(name);
            }
            Some(class)
        })
    }

    /// A property that follows the signals it reads.
    pub fn property(self, name: &'static str, value: impl Fn() -> String + 'static) -> Self {
        let at = self.element();
        follow(Box::new(move || {
            drop(js_sys::Reflect::set(&at, &name.into(), &value().into()));
        }));
        self
    }

    /// A property of its style that follows the signals it reads.
    pub fn style(self, name: &'static str, value: impl Fn() -> String + 'static) -> Self {
        let at = self.element();
        follow(Box::new(move || drop(at.style().set_property(name, &value()))));
        self
    }

    /// Listens, as long as what is drawn around it.
    pub fn on(self, event: &'static str, act: impl Fn(Event) + 'static) -> Self {
        self.listen(event, Box::new(act))
    }

    #[inline(never)]
    fn listen(self, event: &'static str, act: Box<dyn Fn(Event)>) -> Self {
        let act = Closure::wrap(act);
        let function = act.as_ref().unchecked_ref();
        drop(self.0.add_event_listener_with_callback(event, function));
        hold(Box::new(act));
        self
    }

    /// Adds a text.
    #[inline(never)]
    pub fn text(self, text: &str) -> Self {
        self.child(words(text))
    }

    /// Adds a text that follows the signals it reads.
    pub fn say(self, text: impl Fn() -> String + 'static) -> Self {
        let node = nothing();
        let at = node.0.clone();
        follow(Box::new(move || at.set_text_content(Some(&text()))));
        self.child(node)
    }

    /// Adds a view.
    #[inline(never)]
    #[expect(clippy::needless_pass_by_value, reason = "callers have made it for this")]
    pub fn child(self, child: Self) -> Self {
        drop(self.0.append_child(&child.0));
        self
    }

    /// Adds a view, if there is one.
    pub fn maybe(self, child: Option<Self>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    /// Adds views.
    pub fn children(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::child)
    }

    /// Adds a view that follows the signals it reads.
    pub fn live(self, draw: impl Fn() -> Self + 'static) -> Self {
        self.child(live(draw))
    }
}

/// One of our elements is a view of Leptos: it may be mounted, and unmounted again.
impl Render for El {
    type State = Element;

    // A bare `Node` cannot be unmounted again; what is mounted is always an element.
    fn build(self) -> Element {
        self.0.unchecked_into()
    }

    fn rebuild(self, state: &mut Element) {
        *state = self.0.unchecked_into();
    }
}

/// Whether something is under way, for a button that waits for it.
pub type Busy = Rc<dyn Fn() -> bool>;
