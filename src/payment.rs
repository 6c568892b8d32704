//! Gift cards and store credit. They are payment: what they pay is no discount, and comes after
//! every one. What there is stands on home, how much of it pays on the cart.
//!
//! Parts: `button`, `input`.

use crate::app::Place;
use crate::home;
use crate::i18n::{Texts, texts};
use crate::redeem;
use crate::state::{Store, now, refused};
use crate::ui::button::{Weight, looking_like};
use crate::ui::el::{El, el, live, live_on, nothing};
use crate::ui::icon;
use habitue_domain::coupon::CouponCode;
use habitue_domain::money::{Currency, Money, parse_decimal};
use habitue_domain::quote::{GiftCard, Item, Outcome, Verdict};
use leptos::prelude::{event_target_value, untrack};
use web_sys::Event;

/// Something to pay with.
#[derive(Clone)]
enum Way {
    Card(GiftCard),
    Credit(Money),
}

/// What the member may pay with, in the order it pays: gift cards, then credit.
fn ways(store: Store) -> Vec<Way> {
    // The facts change with the scene.
    store.scene.with(|_| ());
    let now = now();
    store.facts.with_untracked(|facts| {
        let counts = |card: &&GiftCard| {
            card.balance.minor() > 0 && card.until.is_none_or(|until| now < until)
        };
        let cards = facts.public.gift_cards.iter().filter(counts).cloned().map(Way::Card);
        let credit = facts.public.member.iter().flat_map(|member| &member.credit).copied();
        cards.chain(credit.filter(|money| money.minor() > 0).map(Way::Credit)).collect()
    })
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
    fn balance(&self) -> Money {
        match self {
            Self::Card(card) => card.balance,
            Self::Credit(money) => *money,
        }
    }

    fn is_credit(&self) -> bool {
        matches!(self, Self::Credit(_))
    }

    /// What it is, and until when.
    fn about(&self, texts: &Texts) -> El {
        let (name, until) = match self {
            Self::Card(card) => (card_name(texts, &card.code), card.until),
            Self::Credit(_) => (texts.credit(), None),
        };
        let until = until.map(|end| texts.until(&texts.last_day(end, now())));
        el("span", "about")
            .child(el("span", "strong").text(&name))
            .maybe(until.map(|text| el("span", "sub").text(&text)))
    }

    fn is_asked(&self, store: Store) -> bool {
        store.checkout.asked.with(|asked| match self {
            Self::Card(card) => asked.codes.contains(&card.code),
            Self::Credit(_) => asked.credit.is_some(),
        })
    }

    /// Pays with it, as far as it goes.
    fn ask(&self, store: Store) {
        match self {
            Self::Card(card) => {
                store.checkout.enter_code(card.code.as_str(), store);
            }
            Self::Credit(money) => store.checkout.ask_credit(Some(*money), store),
        }
    }

    /// Pays without it.
    fn leave(&self, store: Store) {
        match self {
            Self::Card(card) => store.checkout.remove_code(&card.code, store),
            Self::Credit(_) => store.checkout.ask_credit(None, store),
        }
    }

    /// What the quote answers to it, shown by `show`.
    fn answer<T>(&self, store: Store, show: impl Fn(&Outcome) -> Option<T>) -> Option<T> {
        let is_it = |outcome: &&Outcome| match (&outcome.item, self) {
            (Item::Code(code), Self::Card(card)) => *code == card.code,
            (Item::Credit(_), Self::Credit(_)) => true,
            _ => false,
        };
        if !self.is_asked(store) {
            return None;
        }
        store.checkout.quote.with(|quote| show(quote.as_deref()?.outcomes.iter().find(is_it)?))
    }

    /// What it pays of this cart.
    fn pays(&self, store: Store) -> Option<Money> {
        self.answer(store, |outcome| match &outcome.verdict {
            Verdict::Applied(applied) => Some(applied.amount),
            _ => None,
        })
    }
}

/// What there is, each with a way to where it pays; nothing where there is nothing.
pub fn owned(store: Store, place: Place) -> Option<El> {
    let texts = texts();
    let row = |way: Way| {
        let about = way.about(&texts);
        let label = texts.use_it();
        let name = [&label, " ", &about.element().text_content().unwrap_or_default()].concat();
        let amount = el("span", "amount").text(&texts.money(way.balance()));
        let button = looking_like("button", Weight::Small)
            .set("type", "button")
            .set("aria-label", &name)
            .text(&label)
            .on("click", move |_| {
                if !untrack(|| way.is_asked(store)) {
                    way.ask(store);
                }
                home::to_the_cart(store, place);
            });
        el("li", "way").child(about).child(amount).child(button)
    };
    let rows: Vec<El> = untrack(|| ways(store)).into_iter().map(row).collect();
    (!rows.is_empty()).then(|| el("ul", "rows").children(rows))
}

/// The card on the cart: what counts in its currency, one press each.
pub fn card(store: Store) -> El {
    live(move || {
        let currency = store.checkout.cart.with(|cart| Some(cart.as_deref()?.currency()));
        let counts = |way: &Way| Some(way.balance().currency()) == currency;
        let rows: Vec<El> =
            ways(store).into_iter().filter(counts).map(|way| choice(store, way)).collect();
        if rows.is_empty() {
            return nothing();
        }
        let heading = el("strong", "strong").set("id", "pay").text(&texts().pay_with());
        let rows = el("ul", "rows").set("aria-labelledby", "pay").children(rows);
        redeem::card().child(heading).child(rows)
    })
}

fn choice(store: Store, way: Way) -> El {
    let texts = texts();
    let (pressed, toggled, shown, answered) = (way.clone(), way.clone(), way.clone(), way.clone());
    let amount = move || match shown.pays(store) {
        Some(paid) => crate::i18n::texts().minus(&crate::i18n::texts().money(paid)),
        None => crate::i18n::texts().money(shown.balance()),
    };
    let toggle = move |_| {
        if untrack(|| toggled.is_asked(store)) { toggled.leave(store) } else { toggled.ask(store) }
    };
    let why = move || match answered.answer(store, refused) {
        Some(text) => el("p", "bad").text(&text),
        None => nothing(),
    };
    let pays = way.clone();
    let pick = el("button", "way pick")
        .set("type", "button")
        .set("part", "button")
        .follow("aria-pressed", move || Some(pressed.is_asked(store).to_string()))
        .on("click", toggle)
        .child(el("span", "done").child(icon::icon(icon::CHECK)))
        .child(way.about(&texts))
        .child(el("span", "amount").class("good", move || pays.pays(store).is_some()).say(amount));
    let asked = way.clone();
    let part = move || asked.is_credit() && asked.is_asked(store);
    let part = live_on(part, move |is_on| if is_on { how_much(store, &way) } else { nothing() });
    el("li", "").child(pick).child(part).live(why)
}

/// A field for less of the credit than there is.
fn how_much(store: Store, way: &Way) -> El {
    let (there, shown) = (way.balance(), way.clone());
    let value = move || {
        let asked = store.checkout.asked.with(|asked| asked.credit).unwrap_or(there);
        written(shown.pays(store).unwrap_or(asked))
    };
    let exactly = move |event: Event| {
        let wanted = amount_of(&event_target_value(&event), there.currency());
        let wanted = wanted.unwrap_or(there.minor()).min(there.minor());
        let wanted = there.currency().amount(wanted).filter(|money| money.minor() > 0);
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
    if has_comma { decimal.replace('.', ",") } else { decimal.to_owned() }
}

/// An amount as somebody types it, with a point or a comma.
fn amount_of(typed: &str, currency: Currency) -> Option<i64> {
    parse_decimal(&typed.trim().replace(',', "."), currency.exponent())
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
