//! Codes on the cart: a field, the member's own coupons one press away, and an answer for each.

use crate::app::Place;
use crate::coupon::{Standing, gives, standings};
use crate::i18n::texts;
use crate::state::{Face, Store, refusal};
use crate::ui::icon;
use habitue_domain::coupon::CouponCode;
use habitue_domain::quote::{Item, Outcome, Verdict};
use leptos::html::Input;
use leptos::prelude::*;

/// The card.
pub fn card(store: Store, _place: Place) -> AnyView {
    let texts = texts();
    let node = NodeRef::<Input>::new();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(input) = node.get_untracked() {
            if store.checkout.enter_code(&input.value(), store) {
                input.set_value("");
            } else {
                store.status.set(texts_bad());
            }
        }
    };
    let is_bad = move || store.checkout.refusal.with(Option::is_some).then_some("true");
    view! {
        class="h",
        <div class="card stack" part="card">
            <label class="strong" for="code">{texts.code()}</label>
            <form class="field" novalidate on:submit=submit>
                <input
                    class="input"
                    part="input"
                    id="code"
                    name="code"
                    type="text"
                    autocomplete="off"
                    autocapitalize="characters"
                    spellcheck="false"
                    enterkeyhint="go"
                    maxlength="60"
                    aria-describedby="refusal"
                    aria-invalid=is_bad
                    node_ref=node
                />
                <button class="button quiet" part="button" type="submit">{texts.apply()}</button>
            </form>
            {move || own(store)}
            {move || answers(store, node)}
        </div>
    }
    .into_any()
}

fn texts_bad() -> String {
    texts().bad_code()
}

/// The member's coupons that count for this cart and are not asked for yet.
fn own(store: Store) -> Option<AnyView> {
    let Face::Ready(scene) = store.scene.get() else { return None };
    let asked = store.checkout.asked.get();
    let currency = store.currency(&scene);
    let texts = texts();
    let offered = standings(store, &scene).into_iter().filter_map(|(promotion, standing)| {
        let code = promotion.coupon_code()?;
        let wanted = standing == Standing::Ready && !asked.codes.contains(&code);
        wanted.then(|| (code, gives(&texts, &promotion, currency)))
    });
    let chip = |(code, gives): (CouponCode, String)| {
        let text = [code.as_str(), " · ", &gives].concat();
        let act = move |_| {
            store.checkout.enter_code(code.as_str(), store);
        };
        view! {
            class="h",
            <button type="button" class="offer" part="button" on:click=act>{text}</button>
        }
        .into_any()
    };
    let chips: Vec<AnyView> = offered.take(3).map(chip).collect();
    let label = texts.your_coupons();
    (!chips.is_empty()).then(|| {
        view! { class="h", <div class="offers" role="group" aria-label=label>{chips}</div> }
            .into_any()
    })
}

/// Each code asked for, with what it takes off or why it does not.
fn answers(store: Store, field: NodeRef<Input>) -> Option<AnyView> {
    let quote = store.checkout.quote.get()?;
    let codes = store.checkout.asked.with(|asked| asked.codes.clone());
    let rows: Vec<AnyView> = quote
        .outcomes
        .iter()
        .filter_map(|outcome| match &outcome.item {
            Item::Code(code) if codes.contains(code) => Some(answer(store, code, outcome, field)),
            _ => None,
        })
        .collect();
    (!rows.is_empty()).then(|| view! { class="h", <ul class="rows">{rows}</ul> }.into_any())
}

fn answer(
    store: Store,
    code: &CouponCode,
    outcome: &Outcome,
    field: NodeRef<Input>,
) -> AnyView {
    let texts = texts();
    let (class, text) = match &outcome.verdict {
        Verdict::Applied(applied) if applied.amount.minor() > 0 => {
            ("amount good", texts.minus(&texts.money(applied.amount)))
        }
        Verdict::Applied(_) => ("good", texts.free_shipping()),
        Verdict::Refused { reason, missing } => ("bad", refusal(*reason, *missing)),
        Verdict::AskServer => ("sub", texts.loading()),
    };
    let name = texts.remove(code.as_str());
    let shown = code.as_str().to_owned();
    let code = code.clone();
    let act = move |_| {
        store.checkout.remove_code(&code, store);
        // The button that had the focus is gone.
        if let Some(field) = field.get_untracked() {
            drop(field.focus());
        }
    };
    view! {
        class="h",
        <li class="answer">
            <code class="code" part="code">{shown}</code>
            <span class=class>{text}</span>
            <button type="button" class="cross" aria-label=name on:click=act>
                {icon::icon(icon::CLOSE)}
            </button>
        </li>
    }
    .into_any()
}
