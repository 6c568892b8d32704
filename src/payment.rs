//! Gift cards and store credit. They are payment: what they pay is no discount, and comes after
//! every one. What there is stands on home, how much of it pays on the cart.
//!
//! Parts: `button`, `input`.

use crate::app::Place;
use crate::home;
use crate::i18n::{Texts, texts};
use crate::redeem;
use crate::state::{Store, now, refused};
use crate::ui::button::{Weight, plain};
use crate::ui::el::{El, el, follow, live, live_on, nothing};
use crate::ui::icon;
use habitue_domain::cart::Cart;
use habitue_domain::coupon::CouponCode;
use habitue_domain::money::{Currency, Money, parse_decimal};
use habitue_domain::quote::{GiftCard, Item, Verdict};
use leptos::prelude::{event_target_value, untrack};
use std::rc::Rc;
use web_sys::Event;

/// Something to pay with: a gift card, or credit where there is no card.
struct Way {
    card: Option<GiftCard>,
    balance: Money,
}

/// What the member may pay with, in the order it pays: gift cards, then credit.
fn ways(store: Store) -> Vec<Rc<Way>> {
    // The facts change with the scene.
    store.scene.with(|_| ());
    let now = now();
    let mut ways = Vec::new();
    let mut add = |card: Option<&GiftCard>, balance: Money| {
        if balance.minor() > 0 {
            ways.push(Rc::new(Way { card: card.cloned(), balance }));
        }
    };
    store.facts.with_untracked(|facts| {
        for card in &facts.public.gift_cards {
            if card.until.is_none_or(|until| now < until) {
                add(Some(card), card.balance);
            }
        }
        for credit in facts.public.member.iter().flat_map(|member| &member.credit) {
            add(None, *credit);
        }
    });
    ways
}

/// Whether the member owns the gift card of this code: it has a row of its own.
pub fn is_owned(store: Store, code: &CouponCode) -> bool {
    store.facts.with_untracked(|facts| facts.public.gift_cards.iter().any(|it| it.code == *code))
}

/// A gift card by its last four, which is enough to tell it from another.
pub fn card_name(texts: &Texts, code: &CouponCode) -> String {
    let code = code.as_str();
    texts.gift_card(code.get(code.len().saturating_sub(4)..).unwrap_or(code))
}

impl Way {
    /// What it is, and until when.
    fn about(&self) -> El {
        let texts = texts();
        let name = match &self.card {
            Some(card) => card_name(&texts, &card.code),
            None => texts.credit(),
        };
        let about = el("span", "about").child(el("span", "strong").text(&name));
        match self.card.as_ref().and_then(|card| card.until) {
            Some(end) => {
                let until = texts.until(&texts.last_day(end, now()));
                about.child(el("span", "sub").text(&until))
            }
            None => about,
        }
    }

    fn is_asked(&self, store: Store) -> bool {
        store.checkout.asked.with(|asked| match &self.card {
            Some(card) => asked.codes.contains(&card.code),
            None => asked.credit.is_some(),
        })
    }

    /// Pays with it as far as it goes, or without it.
    fn ask(&self, is_wanted: bool, store: Store) {
        let checkout = store.checkout;
        match &self.card {
            Some(card) if is_wanted => {
                checkout.enter_code(card.code.as_str(), store);
            }
            Some(card) => checkout.remove_code(&card.code, store),
            None => checkout.ask_credit(is_wanted.then_some(self.balance), store),
        }
    }

    /// What it pays of this cart, or why nothing.
    fn answer(&self, store: Store) -> (Option<Money>, Option<String>) {
        let mut answer = (None, None);
        if self.is_asked(store) {
            store.checkout.quote.with(|quote| {
                for outcome in quote.iter().flat_map(|quote| &quote.outcomes) {
                    let is_it = match (&outcome.item, &self.card) {
                        (Item::Code(code), Some(card)) => *code == card.code,
                        (Item::Credit(_), None) => true,
                        _ => false,
                    };
                    match &outcome.verdict {
                        Verdict::Applied(applied) if is_it => answer.0 = Some(applied.amount),
                        _ if is_it => answer.1 = refused(outcome),
                        _ => {}
                    }
                }
            });
        }
        answer
    }
}

/// What there is, each with a way to where it pays; nothing where there is nothing.
pub fn owned(store: Store, place: Place) -> Option<El> {
    let texts = texts();
    let mut rows = Vec::new();
    for way in untrack(|| ways(store)) {
        let about = way.about();
        let label = texts.use_it();
        let name = [&label, " ", &about.element().text_content().unwrap_or_default()].concat();
        let amount = el("span", "amount").text(&texts.money(way.balance));
        let act = move || {
            if !untrack(|| way.is_asked(store)) {
                way.ask(true, store);
            }
            home::to_the_cart(store, place);
        };
        let button = plain(Weight::Small, &label, Box::new(act)).set("aria-label", &name);
        rows.push(el("li", "way").child(about).child(amount).child(button));
    }
    (!rows.is_empty()).then(|| el("ul", "rows").children(rows))
}

/// The card on the cart: what counts in its currency, one press each.
pub fn card(store: Store) -> El {
    live(move || {
        let currency = store.checkout.cart.with(|cart| cart.as_deref().map(Cart::currency));
        let mut rows = Vec::new();
        for way in ways(store) {
            if Some(way.balance.currency()) == currency {
                rows.push(choice(store, &way));
            }
        }
        if rows.is_empty() {
            return nothing();
        }
        let heading = el("strong", "strong").set("id", "pay").text(&texts().pay_with());
        let rows = el("ul", "rows").set("aria-labelledby", "pay").children(rows);
        redeem::card().child(heading).child(rows)
    })
}

fn choice(store: Store, way: &Rc<Way>) -> El {
    let toggled = Rc::clone(way);
    let amount = el("span", "");
    let pick = el("button", "way pick")
        .set("type", "button")
        .set("part", "button")
        .on("click", move |_| toggled.ask(!untrack(|| toggled.is_asked(store)), store))
        .child(el("span", "done").child(icon::icon(icon::CHECK)))
        .child(way.about());
    let (shown, at, on) = (Rc::clone(way), amount.element(), pick.element());
    // The row stays, and with it the focus; what it says follows.
    follow(Box::new(move || {
        let texts = texts();
        let (class, text) = match shown.answer(store).0 {
            Some(paid) => ("h amount good", texts.minus(&texts.money(paid))),
            None => ("h amount", texts.money(shown.balance)),
        };
        at.set_class_name(class);
        at.set_text_content(Some(&text));
        let pressed = if shown.is_asked(store) { "true" } else { "false" };
        drop(on.set_attribute("aria-pressed", pressed));
    }));
    let (part, asked, why) = (Rc::clone(way), Rc::clone(way), Rc::clone(way));
    let is_part = move || asked.card.is_none() && asked.is_asked(store);
    let part =
        live_on(is_part, move |is_on| if is_on { how_much(store, &part) } else { nothing() });
    el("li", "").child(pick.child(amount)).child(part).live(move || match why.answer(store).1 {
        Some(text) => el("p", "bad").text(&text),
        None => nothing(),
    })
}

/// A field for less of the credit than there is.
fn how_much(store: Store, way: &Rc<Way>) -> El {
    let (there, shown) = (way.balance, Rc::clone(way));
    let value = move || {
        let asked = store.checkout.asked.with(|asked| asked.credit).unwrap_or(there);
        written(shown.answer(store).0.unwrap_or(asked))
    };
    let exactly = move |event: Event| {
        let wanted = amount_of(&event_target_value(&event), there.currency());
        let wanted = wanted.unwrap_or(there.minor()).min(there.minor());
        let wanted = (wanted > 0).then(|| there.currency().clamped(wanted));
        store.checkout.ask_credit(wanted, store);
    };
    let field = el("input", "input count")
        .set("type", "text")
        .set("part", "input")
        .set("id", "credit")
        .set("name", "credit")
        .set("inputmode", "decimal")
        .set("autocomplete", "off")
        .set("maxlength", "20")
        .property("value", value)
        .on("change", exactly);
    let label = el("label", "sub").set("for", "credit").text(&texts().how_much());
    el("div", "row part").child(label).child(field)
}

/// An amount as it stands in a field: with the sign between its parts that the language has.
fn written(money: Money) -> String {
    let text = money.to_string();
    let (decimal, _) = text.split_once(' ').unwrap_or_default();
    let has_comma = texts().factor(1, 2).text.contains(',');
    match decimal.split_once('.') {
        Some((whole, part)) if has_comma => [whole, ",", part].concat(),
        _ => decimal.to_owned(),
    }
}

/// An amount as somebody types it, with a point or a comma.
fn amount_of(typed: &str, currency: Currency) -> Option<i64> {
    let exponent = currency.exponent();
    match typed.trim().split_once(',') {
        Some((whole, part)) => parse_decimal(&[whole, ".", part].concat(), exponent),
        None => parse_decimal(typed.trim(), exponent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_with_a_point_or_a_comma_and_nothing_else() {
        let eur = "EUR".parse().unwrap();
        for (typed, minor) in [("12.5", 1250), ("12,50", 1250), (" 7 ", 700), ("0", 0)] {
            assert_eq!(amount_of(typed, eur), Some(minor), "{typed}");
        }
        for typed in ["", "12.345", "1.000,00", "-1", "twelve"] {
            assert_eq!(amount_of(typed, eur), None, "{typed}");
        }
    }
}
