//! Points on the cart: a slider, two buttons and a field that do the same without dragging (WCAG
//! 2.5.7), and one for all of them.

use crate::home;
use crate::i18n::texts;
use crate::join;
use crate::state::{Face, MostPoints, Store, refusal};
use crate::ui::button::{Weight, drawn, looking_like};
use crate::ui::el::{El, el, nothing};
use crate::ui::{icon, status};
use habitue_domain::points::Points;
use habitue_domain::quote::{Item, Outcome, Verdict};
use habitue_domain::refusal::Reason;
use leptos::prelude::{event_target_value, untrack};
use web_sys::Event;

/// The points chosen and what they take off, in words.
fn chosen(store: Store) -> String {
    let texts = texts();
    let applied = store.checkout.quote.with(|quote| {
        let applied = |outcome: &Outcome| match (&outcome.item, &outcome.verdict) {
            (Item::Points(_), Verdict::Applied(applied)) => {
                Some((applied.points.unwrap_or_default(), applied.amount))
            }
            _ => None,
        };
        quote.as_deref()?.outcomes.iter().find_map(applied)
    });
    match applied {
        Some((points, amount)) => {
            texts.points_off(&texts.quantity(points), &texts.minus(&texts.money(amount)))
        }
        None => texts.points(&texts.quantity(asked(store))),
    }
}

fn asked(store: Store) -> Points {
    store.checkout.asked.with(|asked| asked.points).unwrap_or_default()
}

/// The points asked for, within the bound, on a whole step or at one of the ends.
fn snap(wanted: i64, step: i64, most: i64) -> Points {
    let wanted = wanted.clamp(0, most);
    let on_step = wanted.saturating_sub(wanted.rem_euclid(step.max(1)));
    Points::clamped(if wanted == most { most } else { on_step })
}

/// The card; where the cart takes no points it says why.
pub fn card(store: Store) -> El {
    let available = move || {
        let points = store.scene.with(|face| match face {
            Face::Ready(scene) => scene.member().map(|it| it.balance.available),
            _ => None,
        });
        let texts = texts();
        texts.available(&texts.quantity(points.unwrap_or_default()))
    };
    let heading = el("p", "row")
        .child(el("strong", "strong").set("id", "points").text(&texts().your_points()))
        .child(el("span", "sub").say(available));
    // The bound moves only while codes come and go, never while the slider does.
    super::card().child(heading).live(move || match store.checkout.most.get() {
        Ok(_) => chooser(store),
        Err((Reason::NotEnoughPoints, None)) => none_yet(store),
        Err((reason, missing)) => status::sub(refusal(reason, missing)),
    })
}

/// Nothing to choose from: what is on its way, and how points come.
fn none_yet(store: Store) -> El {
    let Face::Ready(scene) = store.scene.get_untracked() else {
        return nothing();
    };
    let waiting = scene.member().and_then(home::waiting);
    let is_new = scene.member().is_some_and(home::is_new);
    let text = waiting.unwrap_or_else(|| {
        if is_new { texts().first_points() } else { texts().reason(Reason::NotEnoughPoints) }
    });
    el("div", "stack").child(status::sub(text)).child(join::points(store, &scene))
}

fn chooser(store: Store) -> El {
    let texts = texts();
    let checkout = store.checkout;
    let most = move || most_of(&checkout.most.get());
    let ask = move |wanted: i64| {
        let step = checkout.step_points(store).get();
        let most = most_of(&checkout.most.get_untracked());
        checkout.ask_points(snap(wanted, step, most), store);
    };
    let by = move |steps: i64| {
        let step = checkout.step_points(store).get();
        let now = asked(store).get();
        // From the end, which need not be a whole step, down to the last whole one.
        let over = now.rem_euclid(step.max(1));
        let down = if over == 0 { step } else { over };
        ask(if steps > 0 { now.saturating_add(step) } else { now.saturating_sub(down) });
    };
    let is_all = move || asked(store).get() > 0 && asked(store).get() >= most();
    let all = move || {
        if untrack(is_all) { checkout.ask_points(Points::ZERO, store) } else { ask(i64::MAX) }
    };
    let label = move || {
        if is_all() { crate::i18n::texts().use_none() } else { crate::i18n::texts().use_all() }
    };
    let filled = move || {
        let share = crate::ui::progress::percent(asked(store).get(), most());
        [&share.to_string(), "%"].concat()
    };
    let slider = el("input", "slider")
        .set("type", "range")
        .set("part", "slider")
        .set("min", "0")
        .set("step", "1")
        .set("aria-labelledby", "points")
        .follow("aria-valuetext", move || Some(chosen(store)))
        .property("max", move || most().to_string())
        .property("value", move || asked(store).get().to_string())
        .style("--filled", filled)
        .on("input", move |event| ask(event_target_value(&event).parse().unwrap_or_default()));
    let exactly = move |event: Event| {
        let wanted = event_target_value(&event).parse().unwrap_or_default();
        checkout.ask_points(snap(wanted, 1, most_of(&checkout.most.get_untracked())), store);
    };
    let field = el("input", "input count")
        .set("type", "number")
        .set("part", "input")
        .set("inputmode", "numeric")
        .set("min", "0")
        .set("aria-labelledby", "points")
        .property("max", move || most().to_string())
        .property("value", move || asked(store).get().to_string())
        .on("change", exactly);
    let stepper = el("div", "stepper")
        .child(drawn("square", icon::MINUS, &texts.fewer(), Box::new(move || by(-1))))
        .child(field)
        .child(drawn("square", icon::PLUS, &texts.more(), Box::new(move || by(1))));
    let all = looking_like("button", Weight::Small)
        .set("type", "button")
        .on("click", move |_| all())
        .say(label);
    let line = el("p", "row chosen").child(el("output", "").say(move || chosen(store))).child(all);
    el("div", "stack tight").child(slider).child(stepper).child(line)
}

fn most_of(most: &MostPoints) -> i64 {
    most.as_ref().map_or(0, |points| points.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slider_rests_on_whole_steps_and_at_its_ends() {
        assert_eq!(snap(149, 100, 1250).get(), 100);
        assert_eq!(snap(1250, 100, 1250).get(), 1250);
        assert_eq!(snap(1249, 100, 1250).get(), 1200);
        assert_eq!(snap(i64::MAX, 100, 1250).get(), 1250);
        assert_eq!(snap(-5, 100, 1250).get(), 0);
        assert_eq!(snap(7, 0, 10).get(), 7);
    }
}
