//! What is offered to consent to, and what is shown beside it; addresses at their bounds.

use habitue_domain::consent::{ConsentDocument, Matter, Purpose};
use habitue_domain::contact::Email;
use serde_json::json;

fn asked() -> ConsentDocument {
    let document = json!({
        "privacy_url": "https://shop.example/privacy",
        "topics": [
            { "id": "sale", "name": { "en": "Sales" }, "text": { "en": "Tell me of sales." } },
            { "id": "news", "name": { "en": "News", "fr": "Nouveautés" },
              "text": { "en": "Send me news.", "fr": "Envoyez-moi les nouveautés." } }
        ],
        "postal": { "en": "Send me letters." }
    });
    serde_json::from_value(document).unwrap()
}

#[test]
fn what_is_offered_is_what_the_document_names() {
    let offered = [Matter::topic("sale"), Matter::topic("news"), Matter::of(Purpose::Postal)];
    assert_eq!(asked().matters(), offered);
}

#[test]
fn what_is_shown_is_the_matters_own_text_in_its_language() {
    let asked = asked();
    let shown = |matter: &Matter, locale: &str| {
        let said = asked.statement(matter, locale, "en");
        said.map(|said| (said.locale.to_owned(), said.name.to_owned(), said.text.to_owned()))
    };
    let text = |locale: &str, name: &str, text: &str| {
        Some((locale.to_owned(), name.to_owned(), text.to_owned()))
    };
    let news = Matter::topic("news");
    assert_eq!(shown(&news, "fr"), text("fr", "Nouveautés", "Envoyez-moi les nouveautés."));
    assert_eq!(shown(&Matter::topic("sale"), "fr"), text("en", "Sales", "Tell me of sales."));
    assert_eq!(shown(&Matter::of(Purpose::Postal), "fr"), text("en", "", "Send me letters."));
    for none in [Matter::topic("else"), Matter::of(Purpose::Sms), Matter::of(Purpose::Program)] {
        assert_eq!(shown(&none, "en"), None);
    }
}

#[test]
fn an_address_is_shown_as_it_was_typed_and_has_254_characters_at_the_most() {
    let typed = "Ada@example.org".parse::<Email>().unwrap();
    assert_eq!(typed.to_string(), "Ada@example.org");
    // 64 before the @, labels of 63 behind it.
    let of = |last: usize| {
        let label = |length: usize| "b".repeat(length);
        let domain = [label(63), label(63), label(last)].join(".");
        format!("{}@{domain}", "a".repeat(64)).parse::<Email>()
    };
    for (last, is_fine) in [(60, true), (61, true), (62, false), (63, false)] {
        assert_eq!(of(last).is_ok(), is_fine, "{} characters", 64 + 1 + 63 + 1 + 63 + 1 + last);
    }
}
