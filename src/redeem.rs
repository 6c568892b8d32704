//! Redeeming on the cart: points and codes, what each takes off, what is left to pay, one button.
//! `<habitue-redeem amount currency>` in the page, or the panel where the page has none.
//!
//! Attributes: `amount` (as the shop prints it: `41.90`), `currency`, and, where the page is loaded
//! again with a hold in its cart, `hold` and `saved`. Events: `habitue:redeem`, `habitue:release`.
//! Parts: `card`, `slider`, `input`, `button`, `primary`, `code`.

mod code;
mod points;

use crate::app::Place;
use crate::coupon;
use crate::embed;
use crate::i18n::texts;
use crate::join;
use crate::state::{Face, Held, Scene, Step, Store};
use crate::ui::button::{Weight, button};
use crate::ui::{icon, skeleton, status};
use crate::welcome;
use habitue_domain::money::Money;
use habitue_domain::quote::{Item, Outcome, Quote, Verdict};
use leptos::prelude::*;

/// What stands in the element; told apart so that typing does not rebuild the field typed into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shows {
    Loading,
    Failed,
    SignIn,
    Join,
    NoCart,
    Choice,
    Held,
}

fn shows(store: Store) -> Shows {
    let is_held = store.checkout.step.with(|step| matches!(step, Step::Held(_)));
    let has_cart = store.checkout.cart.with(Option::is_some);
    store.scene.with(|face| match face {
        Face::Loading => Shows::Loading,
        Face::Failed(_) => Shows::Failed,
        Face::Ready(scene) if scene.me.is_none() => Shows::SignIn,
        Face::Ready(scene) if scene.member().is_none() => Shows::Join,
        Face::Ready(_) if is_held => Shows::Held,
        Face::Ready(_) if has_cart => Shows::Choice,
        Face::Ready(_) => Shows::NoCart,
    })
}

/// The element in the page.
pub fn element(store: Store, place: Place) -> AnyView {
    let label = texts().your_points();
    view! {
        class="h",
        <section class="redeem" tabindex="-1" aria-label=label>
            {content(store, place)}
        </section>
    }
    .into_any()
}

/// The same in the panel.
pub fn screen(store: Store, place: Place) -> AnyView {
    content(store, place)
}

fn content(store: Store, place: Place) -> AnyView {
    let shown = Memo::new(move |_| shows(store));
    let scene = move || match store.scene.get_untracked() {
        Face::Ready(scene) => Some(scene),
        _ => None,
    };
    let draw = move || match shown.get() {
        Shows::Loading => skeleton::skeleton(&["line", "bar", "button"]),
        Shows::Failed => match store.scene.get_untracked() {
            Face::Failed(failure) => {
                status::failed(&failure, Box::new(move || store.load(false)))
            }
            _ => ().into_any(),
        },
        Shows::SignIn => invitation(store, place),
        Shows::Join => scene().map_or_else(|| ().into_any(), |it| join::screen(store, &it)),
        Shows::NoCart => scene().map_or_else(|| ().into_any(), |it| no_cart(store, &it, place)),
        Shows::Choice => choice(store, place),
        Shows::Held => held(store, place),
    };
    draw.into_any()
}

fn invitation(store: Store, place: Place) -> AnyView {
    view! {
        class="h",
        <div class="card stack" part="card">
            <p class="strong">{texts().sign_in_hint()}</p>
            {welcome::sign_in(store, place)}
        </div>
    }
    .into_any()
}

/// Points come off in the cart; without one only what is ready can be shown.
fn no_cart(store: Store, scene: &Scene, place: Place) -> AnyView {
    view! {
        class="h",
        <div class="stack">
            {status::note(icon::STAR, texts().at_checkout())}
            {coupon::ready(store, scene, place, 3)}
        </div>
    }
    .into_any()
}

fn choice(store: Store, place: Place) -> AnyView {
    let checkout = store.checkout;
    let refusal = move || {
        let text = checkout.refusal.get()?;
        Some(view! { class="h", <p class="bad" id="refusal">{text}</p> })
    };
    view! {
        class="h",
        <div class="stack">
            {points::card(store)}
            {code::card(store, place)}
            {refusal}
            {move || total(store)}
            {move || go(store, place)}
        </div>
    }
    .into_any()
}

/// The name of a promotion that applies by itself.
fn name_of(store: Store, outcome: &Outcome) -> String {
    let found = store.scene.with_untracked(|face| {
        let Face::Ready(scene) = face else { return None };
        let promotions = &scene.me.as_deref()?.facts.promotions;
        let found = promotions.iter().find(|it| Some(&it.id) == outcome.promotion.as_ref())?;
        Some(scene.say(&found.name))
    });
    found.unwrap_or_default()
}

/// What applies by itself, and what is left to pay.
fn total(store: Store) -> AnyView {
    let Some(quote) = store.checkout.quote.get() else { return ().into_any() };
    let automatic = quote.outcomes.iter().filter_map(|outcome| {
        match (&outcome.item, &outcome.verdict) {
            (Item::Automatic(_), Verdict::Applied(applied)) => {
                Some(line(name_of(store, outcome), applied.amount))
            }
            _ => None,
        }
    });
    let automatic: Vec<AnyView> = automatic.collect();
    let is_asking = move || store.checkout.step.with(|step| *step == Step::Asking);
    view! {
        class="h",
        <div class="stack tight" class:waits=is_asking>
            {automatic}
            {to_pay(quote.to_pay)}
        </div>
    }
    .into_any()
}

fn to_pay(amount: Money) -> AnyView {
    let texts = texts();
    view! {
        class="h",
        <p class="row pay">
            <span>{texts.you_pay()}</span>
            <output class="sum">{texts.money(amount)}</output>
        </p>
    }
    .into_any()
}

/// Everything that comes off, line by line.
fn receipt(store: Store, quote: &Quote) -> AnyView {
    let texts = texts();
    let row = |outcome: &Outcome| {
        let Verdict::Applied(applied) = &outcome.verdict else { return None };
        let name = match &outcome.item {
            Item::Automatic(_) => name_of(store, outcome),
            Item::Code(code) => code.as_str().to_owned(),
            Item::Points(_) => texts.points(&texts.quantity(applied.points.unwrap_or_default())),
        };
        Some(line(name, applied.amount))
    };
    let rows: Vec<AnyView> = quote.outcomes.iter().filter_map(row).collect();
    view! { class="h", <div class="stack tight">{rows}{to_pay(quote.to_pay)}</div> }.into_any()
}

fn line(name: String, amount: Money) -> AnyView {
    let texts = texts();
    // Only shipping counts before its price is known.
    let amount = if amount.minor() > 0 {
        texts.minus(&texts.money(amount))
    } else {
        texts.free_shipping()
    };
    view! {
        class="h",
        <p class="row">
            <span>{name}</span>
            <span class="amount good">{amount}</span>
        </p>
    }
    .into_any()
}

/// What the shopper's own choice takes off: automatic promotions need no hold.
fn chosen(quote: &Quote) -> i64 {
    let amount = |outcome: &Outcome| match (&outcome.item, &outcome.verdict) {
        (Item::Automatic(_), _) => None,
        (_, Verdict::Applied(applied)) => Some(applied.amount.minor()),
        _ => None,
    };
    quote.outcomes.iter().filter_map(amount).fold(0, i64::saturating_add)
}

/// One button for everything that counts.
fn go(store: Store, place: Place) -> AnyView {
    let checkout = store.checkout;
    let chosen = checkout.quote.with(|quote| {
        let quote = quote.as_deref()?;
        quote.to_pay.currency().amount(chosen(quote))
    });
    let texts = texts();
    let counts = |quote: &Quote| {
        let own = |outcome: &Outcome| {
            !matches!(outcome.item, Item::Automatic(_))
                && matches!(outcome.verdict, Verdict::Applied(_))
        };
        quote.outcomes.iter().any(own)
    };
    let Some(amount) = chosen.filter(|_| checkout.quote.with(|it| it.as_deref().is_some_and(counts)))
    else {
        return view! { class="h", <p class="sub center">{texts.choose()}</p> }.into_any();
    };
    // Free shipping takes nothing off while the shipping is not known.
    let label = if amount.minor() > 0 {
        texts.take_off(&texts.money(amount))
    } else {
        texts.apply()
    };
    let is_busy = Signal::derive(move || {
        checkout.step.with(|step| matches!(step, Step::Placing | Step::Asking))
    });
    let act = move || checkout.place(store, embed::element_of(place.mount));
    button(Weight::Primary, label, is_busy, Box::new(act))
}

/// What is reserved, until when, and the way back.
fn held(store: Store, place: Place) -> AnyView {
    let checkout = store.checkout;
    let draw = move || {
        let Step::Held(held) = checkout.step.get() else { return ().into_any() };
        let texts = texts();
        let title = match held.saved.filter(|_| held.quote.is_none()) {
            Some(saved) => texts.taken_off(&texts.money(saved)),
            None => texts.applied(),
        };
        let until = held.until.map(|at| texts.reserved_until(&texts.time(at)));
        let refusal = checkout.refusal.get();
        view! {
            class="h",
            <div class="card stack held" part="card">
                <p class="row start">
                    <span class="done">{icon::icon(icon::CHECK)}</span>
                    <strong class="strong">{title}</strong>
                </p>
                {held.quote.as_deref().map(|quote| receipt(store, quote))}
                {until.map(|text| view! { class="h", <p class="sub">{text}</p> })}
                {refusal.map(|text| view! { class="h", <p class="bad" role="alert">{text}</p> })}
                {held.is_stale.then(|| changed(store, place))}
                {way_back(store, place, &held)}
            </div>
        }
        .into_any()
    };
    draw.into_any()
}

fn changed(store: Store, place: Place) -> AnyView {
    let texts = texts();
    let act = move || store.checkout.replace(store, embed::element_of(place.mount));
    view! {
        class="h",
        <p class="sub">{texts.cart_changed()}</p>
        {button(Weight::Primary, texts.update(), Signal::stored(false), Box::new(act))}
    }
    .into_any()
}

fn way_back(store: Store, place: Place, held: &Held) -> AnyView {
    let act = move || store.checkout.take_back(store, embed::element_of(place.mount));
    let is_busy = Signal::stored(held.is_ending);
    button(Weight::Quiet, texts().put_back(), is_busy, Box::new(act))
}
