//! Codes on the cart: a field, the member's own coupons one press away, and an answer for each.

use crate::coupon::{Standing, each, gives};
use crate::i18n::texts;
use crate::payment;
use crate::state::{Face, Store, refused};
use crate::ui::button::{Weight, drawn, looking_like};
use crate::ui::el::{El, el, nothing};
use crate::ui::icon;
use habitue_domain::coupon::CouponCode;
use habitue_domain::quote::{Item, Outcome, Verdict};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement};

/// The card.
pub fn card(store: Store) -> El {
    let texts = texts();
    let is_bad = move || store.checkout.refusal.with(Option::is_some).then(|| "true".to_owned());
    let field = el("input", "input")
        .set("part", "input")
        .set("id", "code")
        .set("name", "code")
        .set("type", "text")
        .set("autocomplete", "off")
        .set("autocapitalize", "characters")
        .set("spellcheck", "false")
        .set("enterkeyhint", "go")
        .set("maxlength", "60")
        .set("aria-describedby", "refusal")
        .follow("aria-invalid", is_bad);
    let input: HtmlInputElement = field.element().unchecked_into();
    let typed = input.clone();
    let submit = move |event: Event| {
        event.prevent_default();
        if store.checkout.enter_code(&typed.value(), store) {
            typed.set_value("");
        } else {
            store.status.set(crate::i18n::texts().bad_code());
        }
    };
    let apply = looking_like("button", Weight::Quiet).set("type", "submit").text(&texts.apply());
    let form = el("form", "field").set("novalidate", "").on("submit", submit);
    super::card()
        .child(el("label", "strong").set("for", "code").text(&texts.code()))
        .child(form.child(field).child(apply))
        .live(move || own(store))
        .live(move || answers(store, &input))
}

/// The member's coupons that count for this cart and are not asked for yet.
fn own(store: Store) -> El {
    let Face::Ready(scene) = store.scene.get() else {
        return nothing();
    };
    let asked = store.checkout.asked.get();
    let currency = store.currency(&scene);
    let texts = texts();
    let mut chips = Vec::new();
    each(store, &mut |promotion, standing| {
        let Some(code) = promotion.coupon_code() else {
            return;
        };
        if *standing != Standing::Ready || asked.codes.contains(&code) || chips.len() >= 3 {
            return;
        }
        let text = [code.as_str(), " · ", &gives(&texts, promotion, currency)].concat();
        let chip = el("button", "offer").set("type", "button").set("part", "button").text(&text);
        chips.push(chip.on("click", move |_| {
            store.checkout.enter_code(code.as_str(), store);
        }));
    });
    if chips.is_empty() {
        return nothing();
    }
    let label = texts.your_coupons();
    el("div", "offers").set("role", "group").set("aria-label", &label).children(chips)
}

/// Each code asked for, with what it takes off or why it does not.
fn answers(store: Store, field: &HtmlInputElement) -> El {
    let Some(quote) = store.checkout.quote.get() else {
        return nothing();
    };
    let codes = store.checkout.asked.with(|asked| asked.codes.clone());
    let row = |outcome: &Outcome| match &outcome.item {
        // A gift card of one's own is answered where it stands.
        Item::Code(code) if codes.contains(code) && !payment::is_owned(store, code) => {
            Some(answer(store, code, outcome, field))
        }
        _ => None,
    };
    let rows: Vec<El> = quote.outcomes.iter().filter_map(row).collect();
    if rows.is_empty() { nothing() } else { el("ul", "rows").children(rows) }
}

fn answer(store: Store, code: &CouponCode, outcome: &Outcome, field: &HtmlInputElement) -> El {
    let texts = texts();
    let (class, text) = match &outcome.verdict {
        Verdict::Applied(applied) if applied.amount.minor() > 0 => {
            ("amount good", texts.minus(&texts.money(applied.amount)))
        }
        Verdict::Applied(_) => ("good", texts.free_shipping()),
        Verdict::Refused { .. } => ("bad", refused(outcome).unwrap_or_default()),
        Verdict::AskServer => ("sub", texts.loading()),
    };
    let name = texts.remove(code.as_str());
    let shown = el("code", "code").set("part", "code").text(code.as_str());
    let (code, field) = (code.clone(), field.clone());
    let act = move || {
        store.checkout.remove_code(&code, store);
        // The button that had the focus is gone.
        drop(field.focus());
    };
    el("li", "answer").child(shown).child(el("span", class).text(&text)).child(drawn(
        "cross",
        icon::CLOSE,
        &name,
        Box::new(act),
    ))
}
