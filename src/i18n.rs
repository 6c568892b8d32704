//! Every word the shopper reads, by a function with its arguments: a text that does not exist, or
//! an argument too few, does not compile; a key missing in `public/locales/*.json` fails a test.
//!
//! The texts stay the browser's own object (serde for so many strings would cost more bytes than
//! the texts); plurals are chosen by `Intl.PluralRules`.

use crate::format::{PluralRules, Quantity};
use habitue_domain::refusal::Reason;
use js_sys::Reflect;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// Texts and formats of one locale.
pub struct Texts {
    /// The locale, such as `fr-CA`.
    pub locale: String,
    messages: JsValue,
    plurals: PluralRules,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Texts>>> = const { RefCell::new(None) };
}

/// Takes the texts of `locale` from here on; what is drawn has to be drawn again.
pub fn speak(locale: &str, messages: JsValue) {
    let plurals = PluralRules::new(locale);
    let texts = Texts { locale: locale.to_owned(), messages, plurals };
    CURRENT.set(Some(Rc::new(texts)));
}

/// The texts of the current locale.
pub fn texts() -> Rc<Texts> {
    CURRENT.with_borrow(Clone::clone).unwrap_or_else(|| {
        speak("en", JsValue::UNDEFINED);
        texts()
    })
}

/// Whether the texts run from right to left.
pub fn is_right_to_left(locale: &str) -> bool {
    let language = locale.split('-').next().unwrap_or_default();
    ["ar", "fa", "he", "ur"].contains(&language)
}

/// Puts the arguments in the place of their names: `("{n} left", n = 3)` is `3 left`.
fn fill(template: &str, count: &str, arguments: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        let found = arguments.iter().find(|(argument, _)| *argument == name);
        text.push_str(found.map_or(count, |(_, value)| value));
        rest = after;
    }
    text.push_str(rest);
    text
}

impl Texts {
    #[inline(never)]
    fn template(&self, key: &str, quantity: Option<&Quantity>) -> String {
        let read = |object: &JsValue, name: &str| {
            Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
        };
        let found = read(&self.messages, key);
        let found = match quantity {
            None => found,
            Some(quantity) => {
                let chosen = read(&found, &self.plurals.select(quantity.value));
                if chosen.is_string() { chosen } else { read(&found, "other") }
            }
        };
        found.as_string().unwrap_or_else(|| key.to_owned())
    }

    #[inline(never)]
    fn text(&self, key: &str, arguments: &[(&str, &str)]) -> String {
        fill(&self.template(key, None), "", arguments)
    }

    #[inline(never)]
    fn count(&self, key: &str, quantity: &Quantity, arguments: &[(&str, &str)]) -> String {
        fill(&self.template(key, Some(quantity)), &quantity.text, arguments)
    }

    /// Why something asked for does not count.
    pub fn reason(&self, reason: Reason) -> String {
        let mut key = "reason_".to_owned();
        key.push_str(reason.code());
        self.text(&key, &[])
    }
}

/// Declares texts (`text name(arguments)`) and counted texts (`count name(arguments)`, with a form
/// for each plural category of the language and `{count}` in it).
macro_rules! messages {
    ($($kind:ident $name:ident($($argument:ident),*);)+) => {
        impl Texts {
            $(messages! { @method $kind $name($($argument),*) })+
        }

        /// Name, whether counted, arguments.
        #[cfg(test)]
        const MESSAGES: &[(&str, bool, &[&str])] = &[
            $((stringify!($name), messages!(@counted $kind), &[$(stringify!($argument)),*]),)+
        ];
    };
    (@method text $name:ident($($argument:ident),*)) => {
        pub fn $name(&self $(, $argument: &str)*) -> String {
            self.text(stringify!($name), &[$((stringify!($argument), $argument)),*])
        }
    };
    (@method count $name:ident($($argument:ident),*)) => {
        pub fn $name(&self, quantity: &Quantity $(, $argument: &str)*) -> String {
            self.count(stringify!($name), quantity, &[$((stringify!($argument), $argument)),*])
        }
    };
    (@counted text) => { false };
    (@counted count) => { true };
}

messages! {
    // Panel.
    text rewards();
    text hello(name);
    text close();
    text sections();
    text tab_home();
    text tab_coupon();
    text tab_tier();
    text tab_history();
    text loading();

    // Home.
    count unit();
    count points();
    count balance_said();
    text worth(amount);
    count pending();
    count pending_from(date);
    count debt();
    count held();
    count expiring(date);
    text to_next(amount, tier);
    text window(amount, months);
    text top_tier();
    text use_now(amount);
    text use_points();
    text ready();
    text first_points();
    count earn_rate(amount);
    count worth_rate(amount);

    // Coupons.
    text coupons();
    text minus(amount);
    text free_shipping();
    text each(amount);
    text per_item(amount);
    text shipping_off(amount);
    count buy_get(buy);
    count free_items();
    count bundle(amount);
    count least_pieces();
    text first_order();
    text amount_from(amount);
    text any_order();
    text not_on_sale();
    text until(date);
    text starts(date);
    text copy();
    text copied();
    text copied_said(code);
    text automatic();
    text not_yet();
    text past();
    text used();
    text expired();
    text missing_in_cart(amount);
    text needs_tier(tier);
    text no_coupons();
    text no_coupons_hint();

    // Tiers.
    text your_status();
    text here();
    text reached();
    text threshold(amount, months);
    count months();
    text missing_for(amount, tier);
    count orders();
    text a_year();
    text stay(amount, date, tier);
    text by_hand(date);
    text my_card();

    // History.
    text row_earn(order);
    text row_take_back(order);
    text row_redeem(order);
    text row_give_back(order);
    text row_issue();
    text row_adjust();
    text row_grant();
    text of_gift_card();
    text paid(amount);
    text paid_times(amount, factor);
    text kept(amount);
    text usable_on(date);
    text is_pending();
    text show_more();
    text no_history();
    text no_history_hint();

    // Joining and signing in.
    text join_title(program);
    text join_agree();
    text terms();
    text join();
    text joined();
    text terms_changed();
    text sign_in();
    text sign_in_hint();
    text members_get();

    // News and offers.
    text consent();
    text consent_new();
    text consent_pending();
    text consent_given();
    text consent_left();
    text consent_choose();
    text consent_save();
    text leave();
    text nothing_ticked();
    text email();
    text bad_email();
    text text_changed();
    text privacy();

    // Redeeming.
    text your_points();
    count available();
    count points_off(amount);
    text fewer();
    text more();
    text use_all();
    text use_none();
    text code();
    text apply();
    text bad_code();
    text remove(code);
    text your_coupons();
    text you_pay();
    text take_off(amount);
    text taken_off(amount);
    text applied();
    text reserved_until(time);
    text put_back();
    text put_back_said();
    text cart_changed();
    text update();
    text shop_refused();
    text at_checkout();
    text choose();
    text missing_for_code(amount);
    count missing_points();
    count missing_pieces();
    text use_amount(amount);

    // Gift cards and store credit.
    text gift_card(last);
    text credit();
    text use_it();
    text pay_with();
    text how_much();
    text nothing_left();
    text credit_debt();

    // When something fails.
    text failed();
    text failed_network();
    text failed_token();
    text failed_here();
    text too_many();
    text retry();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value};
    use std::collections::BTreeSet;

    const LOCALES: [(&str, &str, &[&str]); 2] = [
        ("en", include_str!("../public/locales/en.json"), &["one", "other"]),
        ("fr", include_str!("../public/locales/fr.json"), &["one", "other"]),
    ];

    fn document(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).unwrap()
    }

    fn placeholders(template: &str) -> BTreeSet<String> {
        let parts = template.split('{').skip(1);
        parts.map(|part| part.split_once('}').unwrap().0.to_owned()).collect()
    }

    fn wanted() -> Vec<(String, bool, BTreeSet<String>)> {
        let reasons = Reason::ALL
            .iter()
            .map(|reason| (format!("reason_{}", reason.code()), false, BTreeSet::new()));
        let messages = MESSAGES.iter().map(|(name, counted, arguments)| {
            let names = arguments.iter().map(|name| (*name).to_owned()).collect();
            ((*name).to_owned(), *counted, names)
        });
        messages.chain(reasons).collect()
    }

    #[test]
    fn every_locale_has_every_text_with_its_arguments_and_nothing_else() {
        for (locale, text, categories) in LOCALES {
            let mut document = document(text);
            for (name, counted, arguments) in wanted() {
                let value = document.remove(&name).unwrap_or_else(|| panic!("{locale}: {name}"));
                let templates: Vec<&str> = if counted {
                    let form = |category: &&str| value[*category].as_str();
                    categories.iter().map(|it| form(it).unwrap()).collect()
                } else {
                    vec![value.as_str().unwrap_or_else(|| panic!("{locale}: {name}"))]
                };
                for template in templates {
                    assert!(!template.is_empty(), "{locale}: {name}");
                    let mut names = placeholders(template);
                    if counted {
                        names.remove("count");
                    }
                    assert_eq!(names, arguments, "{locale}: {name}");
                }
            }
            assert!(document.is_empty(), "{locale}: nobody says {:?}", document.keys());
        }
    }

    #[test]
    fn nobody_is_shouted_at_and_french_keeps_its_spaces() {
        for (locale, text, _) in LOCALES {
            assert!(!text.contains('!'), "{locale}");
            assert!(!text.contains('\''), "{locale}: typographic apostrophes");
            if locale == "fr" {
                for sign in [" ?", " ;", " :"] {
                    // A plain space before these signs would let the line break there.
                    let texts = document(text);
                    let plain = |value: &Value| value.to_string().contains(sign);
                    assert!(!texts.values().any(plain), "{sign}");
                }
            }
        }
    }

    #[test]
    fn arguments_stand_where_their_names_stood() {
        assert_eq!(fill("{a} and {b}", "", &[("a", "1"), ("b", "{c}")]), "1 and {c}");
        assert_eq!(fill("{count} to {tier}", "2", &[("tier", "Gold")]), "2 to Gold");
        assert_eq!(fill("no {end", "", &[]), "no end");
    }
}
