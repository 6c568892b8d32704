//! Redeeming on the cart: points, codes, gift cards and credit, what each takes off or pays, what is
//! left to pay, one button.
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
use crate::payment;
use crate::state::{Face, Held, Scene, Step, Store};
use crate::ui::button::{Weight, button, plain};
use crate::ui::el::{Busy, El, el, live, live_on, nothing};
use crate::ui::{icon, skeleton, status};
use crate::welcome;
use habitue_domain::money::Money;
use habitue_domain::promotion::Promotion;
use habitue_domain::quote::{Item, Outcome, Quote, Verdict};
use std::rc::Rc;

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
pub fn element(store: Store, place: Place) -> El {
    el("section", "redeem")
        .set("tabindex", "-1")
        .set("aria-label", &texts().your_points())
        .child(screen(store, place))
}

/// The same in the panel.
pub fn screen(store: Store, place: Place) -> El {
    live_on(
        move || shows(store),
        move |shown| match (shown, store.scene.get_untracked()) {
            (Shows::SignIn, _) => invitation(store, place),
            (Shows::Choice, _) => choice(store, place),
            (Shows::Held, _) => held(store, place),
            (Shows::Join, Face::Ready(scene)) => offered(join::screen(store, &scene)),
            (Shows::NoCart, Face::Ready(scene)) => no_cart(store, &scene, place),
            (_, Face::Failed(failure)) => {
                status::failed(&failure, Box::new(move || store.load(false)))
            }
            _ => skeleton::skeleton(&BONES),
        },
    )
}

const BONES: [&str; 3] = ["bone line", "bone bar", "bone button"];

/// A card, which looks like the shop.
pub fn card() -> El {
    el("div", "card stack").set("part", "card")
}

/// A card for somebody who is no member: as tall as the room that the page keeps for one.
fn offered(content: El) -> El {
    el("div", "card offered").set("part", "card").child(content)
}

fn invitation(store: Store, place: Place) -> El {
    let hint = el("p", "strong").text(&texts().sign_in_hint());
    offered(el("div", "stack").child(hint).child(welcome::sign_in(store, place)))
}

/// Points come off in the cart; without one only what is ready can be shown.
fn no_cart(store: Store, scene: &Scene, place: Place) -> El {
    el("div", "stack")
        .child(status::note(icon::STAR, texts().at_checkout()))
        .children(coupon::ready(store, scene, place, 3))
}

fn choice(store: Store, place: Place) -> El {
    let checkout = store.checkout;
    let refusal = move || match checkout.refusal.get() {
        Some(text) => el("p", "bad").set("id", "refusal").text(&text),
        None => nothing(),
    };
    el("div", "stack choice")
        .child(points::card(store))
        .child(code::card(store))
        .child(payment::card(store))
        .live(refusal)
        .live(move || total(store))
        .live(move || go(store, place))
}

/// The name of a promotion that applies by itself.
fn name_of(store: Store, outcome: &Outcome) -> String {
    let Face::Ready(scene) = store.scene.get_untracked() else {
        return String::new();
    };
    store.facts.with_untracked(|facts| {
        let is_it = |it: &&Promotion| Some(&it.id) == outcome.promotion.as_ref();
        let found = facts.public.promotions.iter().find(is_it);
        found.map(|promotion| scene.say(&promotion.name)).unwrap_or_default()
    })
}

/// What applies by itself, and what is left to pay.
fn total(store: Store) -> El {
    let Some(quote) = store.checkout.quote.get() else {
        return nothing();
    };
    let automatic =
        quote.outcomes.iter().filter_map(|outcome| match (&outcome.item, &outcome.verdict) {
            (Item::Automatic(_), Verdict::Applied(applied)) => {
                Some(line(name_of(store, outcome), applied.amount))
            }
            _ => None,
        });
    el("div", "stack tight")
        .class("waits", move || store.checkout.step.with(|step| *step == Step::Asking))
        .children(automatic)
        .child(to_pay(quote.to_pay))
}

fn to_pay(amount: Money) -> El {
    let texts = texts();
    el("p", "row pay")
        .child(el("span", "").text(&texts.you_pay()))
        .child(el("output", "sum").text(&texts.money(amount)))
}

/// Everything that comes off, line by line: discounts, then gift cards, then credit.
fn receipt(store: Store, quote: &Quote) -> El {
    let texts = texts();
    let mut rows = Vec::new();
    for is_payment in [false, true] {
        for outcome in &quote.outcomes {
            let Verdict::Applied(applied) = &outcome.verdict else {
                continue;
            };
            if applied.is_payment != is_payment {
                continue;
            }
            let name = match &outcome.item {
                Item::Automatic(_) => name_of(store, outcome),
                Item::Code(code) if is_payment => payment::card_name(&texts, code),
                Item::Code(code) => code.as_str().to_owned(),
                Item::Points(_) => {
                    texts.points(&texts.quantity(applied.points.unwrap_or_default()))
                }
                Item::Credit(_) => texts.credit(),
            };
            rows.push(line(name, applied.amount));
        }
    }
    el("div", "stack tight").children(rows).child(to_pay(quote.to_pay))
}

#[expect(clippy::needless_pass_by_value, reason = "callers have made it for this")]
fn line(name: String, amount: Money) -> El {
    let texts = texts();
    // Only shipping counts before its price is known.
    let amount =
        if amount.minor() > 0 { texts.minus(&texts.money(amount)) } else { texts.free_shipping() };
    el("p", "row").child(el("span", "").text(&name)).child(el("span", "amount good").text(&amount))
}

/// What the shopper's own choice takes off and pays: automatic promotions need no hold.
fn chosen(quote: &Quote) -> i64 {
    let amount = |outcome: &Outcome| match (&outcome.item, &outcome.verdict) {
        (Item::Automatic(_), _) => None,
        (_, Verdict::Applied(applied)) => Some(applied.amount.minor()),
        _ => None,
    };
    quote.outcomes.iter().filter_map(amount).fold(0, i64::saturating_add)
}

/// One button for everything that counts.
fn go(store: Store, place: Place) -> El {
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
    let Some(amount) =
        chosen.filter(|_| checkout.quote.with(|it| it.as_deref().is_some_and(counts)))
    else {
        // Without points to choose there is only the field, and it speaks for itself.
        let may_choose = checkout.most.with(Result::is_ok);
        return if may_choose { el("p", "sub center").text(&texts.choose()) } else { nothing() };
    };
    let has_payment = checkout.quote.with(|it| it.as_deref().is_some_and(|it| it.paid.is_some()));
    // Free shipping takes nothing off while the shipping is not known.
    let label = match (amount.minor() > 0, has_payment) {
        (false, _) => texts.apply(),
        (true, false) => texts.take_off(&texts.money(amount)),
        (true, true) => texts.use_amount(&texts.money(amount)),
    };
    let is_busy: Busy =
        Rc::new(move || checkout.step.with(|step| matches!(step, Step::Placing | Step::Asking)));
    let act = move || checkout.place(store, embed::element_of(place.mount));
    button(Weight::Primary, &label, &is_busy, Box::new(act))
}

/// What is reserved, until when, and the way back.
fn held(store: Store, place: Place) -> El {
    let checkout = store.checkout;
    live(move || {
        let Step::Held(held) = checkout.step.get() else {
            return nothing();
        };
        let texts = texts();
        let title = match held.saved.filter(|_| held.quote.is_none()) {
            Some(saved) => texts.taken_off(&texts.money(saved)),
            None => texts.applied(),
        };
        let until = held.until.map(|at| texts.reserved_until(&texts.time(at)));
        let heading = el("p", "row start")
            .child(el("span", "done").child(icon::icon(icon::CHECK)))
            .child(el("strong", "strong").text(&title));
        card()
            .child(heading)
            .maybe(held.quote.as_deref().map(|quote| receipt(store, quote)))
            .maybe(until.map(status::sub))
            .maybe(checkout.refusal.get().map(status::bad))
            .children(if held.is_stale { changed(store, place) } else { Vec::new() })
            .child(way_back(store, place, &held))
    })
}

fn changed(store: Store, place: Place) -> Vec<El> {
    let texts = texts();
    let act = move || store.checkout.replace(store, embed::element_of(place.mount));
    vec![status::sub(texts.cart_changed()), plain(Weight::Primary, &texts.update(), Box::new(act))]
}

fn way_back(store: Store, place: Place, held: &Held) -> El {
    let act = move || store.checkout.take_back(store, embed::element_of(place.mount));
    let is_ending = held.is_ending;
    let is_busy: Busy = Rc::new(move || is_ending);
    button(Weight::Quiet, &texts().put_back(), &is_busy, Box::new(act))
}
