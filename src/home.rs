//! Home: one number, what it is worth, one action.

use crate::app::Place;
use crate::coupon;
use crate::embed;
use crate::i18n::texts;
use crate::state::{Scene, Store, View, now};
use crate::tier;
use crate::ui::button::{Weight, plain};
use crate::ui::progress::{percent, progress};
use crate::ui::{icon, status};
use habitue_api::me::Member;
use leptos::prelude::*;

/// The first screen of a member.
pub fn screen(store: Store, scene: &Scene, place: Place) -> AnyView {
    let Some(member) = scene.member() else { return ().into_any() };
    let texts = texts();
    let ready = coupon::ready(store, scene, place, 2);
    let heading = (!ready.is_empty()).then(|| {
        view! { class="h", <h3 class="caption">{texts.ready()}</h3> }
    });
    let debt = member.balance.debt;
    let owed = debt.is_positive()
        .then(|| status::note(icon::CLOCK, texts.debt(&texts.quantity(debt))));
    view! {
        class="h",
        <div class="stack wide">
            {balance(store, scene, member)}
            {ladder(scene, member)}
            {action(store, scene, member, place)}
            {owed}
            {heading}
            {ready}
        </div>
    }
    .into_any()
}

fn balance(store: Store, scene: &Scene, member: &Member) -> AnyView {
    let texts = texts();
    let points = texts.quantity(member.balance.available);
    let worth = store.worth(scene).filter(|worth| worth.minor() > 0);
    let waiting = texts.quantity(member.balance.pending);
    let waiting = member.balance.pending.is_positive().then(|| match member.balance.ripens_at {
        Some(at) => texts.pending_from(&waiting, &texts.day(at, now())),
        None => texts.pending(&waiting),
    });
    let held = member.balance.held;
    let held = held.is_positive().then(|| texts.held(&texts.quantity(held)));
    let worth = worth.map(|worth| texts.worth(&texts.money(worth)));
    let said = texts.balance_said(&points);
    let unit = texts.unit(&points);
    let line = |text: String| view! { class="h", <p class="sub">{text}</p> }.into_any();
    let lines: Vec<AnyView> = [worth, waiting, held].into_iter().flatten().map(line).collect();
    view! {
        class="h",
        <div class="balance">
            <p class="num">
                <span aria-hidden="true">{points.text}<small class="unit">{unit}</small></span>
                <span class="unseen">{said}</span>
            </p>
            {lines}
        </div>
    }
    .into_any()
}

fn ladder(scene: &Scene, member: &Member) -> AnyView {
    let texts = texts();
    let Some(tier) = scene.tier(&member.tier) else { return ().into_any() };
    let name = scene.say(&tier.name);
    let next = member.progress.next.as_deref().and_then(|id| scene.tier(id));
    let Some(next) = next else {
        let sub = if scene.program.tiers.len() > 1 { texts.top_tier() } else { String::new() };
        return view! {
            class="h",
            <p class="row"><strong class="strong">{name}</strong><span class="sub">{sub}</span></p>
        }
        .into_any();
    };
    let to_next = texts.to_next(&texts.quantity(member.progress.missing), &scene.say(&next.name));
    let share = percent(member.progress.earned.get(), next.threshold.get());
    view! {
        class="h",
        <div class="stack tight">
            <p class="row">
                <strong class="strong">{name}</strong>
                <span class="sub">{to_next.clone()}</span>
            </p>
            {progress(share, tier::label(&scene.say(&next.name)), to_next)}
            <p class="sub">{tier::window(scene, member)}</p>
        </div>
    }
    .into_any()
}

/// The one button: it goes to where the points come off the total.
fn action(store: Store, scene: &Scene, member: &Member, place: Place) -> AnyView {
    let texts = texts();
    if !member.balance.available.is_positive() {
        return status::note(icon::STAR, texts.first_points());
    }
    let worth = store.worth(scene).filter(|worth| worth.minor() > 0);
    let label = match worth {
        Some(worth) => texts.use_now(&texts.money(worth)),
        None => texts.use_points(),
    };
    let act = move || {
        store.checkout.ask_most_points(store);
        if embed::show_redeem_element() {
            store.close();
        } else {
            place.view.set(View::Redeem);
        }
    };
    plain(Weight::Primary, label, Box::new(act))
}
