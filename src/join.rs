//! Joining: what a member gets, the terms, one button. Nothing else is asked for here.

use crate::i18n::texts;
use crate::state::{Scene, Store};
use crate::tier;
use crate::ui::button::{Weight, button};
use crate::ui::el::{Busy, El, el, nothing};
use crate::ui::{icon, status};
use habitue_domain::points::Points;
use std::rc::Rc;

/// For a shopper who is signed in and no member yet.
pub fn screen(store: Store, scene: &Scene) -> El {
    let texts = texts();
    let terms = scene.program.terms.url.clone();
    let act = move || store.join();
    let is_busy: Busy = Rc::new(move || store.is_joining.get());
    let agree = el("p", "sub")
        .text(&[&texts.join_agree(), " "].concat())
        .child(tier::link_to(terms, texts.terms()));
    el("div", "stack wide")
        .child(el("p", "lead").text(&texts.join_title(&scene.say(&scene.program.name))))
        .child(gains(store, scene))
        .child(agree)
        .live(move || store.join_refusal.get().map_or_else(nothing, status::bad))
        .child(button(Weight::Primary, &texts.join(), &is_busy, Box::new(act)))
}

/// What every member gets, and what the higher tiers add.
pub fn gains(store: Store, scene: &Scene) -> El {
    let privileges = scene.program.tiers.iter().flat_map(|tier| {
        let name = scene.say(&tier.name);
        tier.privileges.iter().map(move |it| {
            let line = tier::privilege(icon::of_privilege(it.kind), scene.say(&it.text), None);
            line.child(el("span", "sub from").text(&name))
        })
    });
    points(store, scene).children(privileges.take(5))
}

/// How points come and go.
pub fn points(store: Store, scene: &Scene) -> El {
    let first = scene.program.tiers.first();
    let earn = first.and_then(|tier| tier::earn_rate(store, scene, tier));
    let lines = [
        earn.map(|text| tier::privilege(icon::STAR, text, None)),
        worth_of_points(store, scene).map(|text| tier::privilege(icon::TICKET, text, None)),
    ];
    el("ul", "privileges gains").children(lines.into_iter().flatten())
}

/// `100 points take $1 off`, where it is known.
fn worth_of_points(store: Store, scene: &Scene) -> Option<String> {
    let currency = store.currency(scene)?;
    let rate = store.points_rate(currency)?;
    let unit = 10_i64.checked_pow(currency.exponent())?;
    let points = Points::new(rate.least_reaching(unit)?)?;
    let amount = currency.amount(rate.floor(points.get())?)?;
    let texts = texts();
    Some(texts.worth_rate(&texts.quantity(points), &texts.short_money(amount)))
}
