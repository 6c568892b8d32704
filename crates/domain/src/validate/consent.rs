//! What a document asks consent for: mistakes with their path.

use super::{Mistakes, check_id, check_link, check_text};
use crate::program::ProgramDocument;
use crate::text::Text;
use std::collections::BTreeSet;

/// The most characters of what is agreed to.
const TEXT: usize = 1_000;
/// The most topics: whoever is asked more than that answers nothing.
const TOPICS: usize = 12;

/// Notes what is wrong with `consent`.
pub fn check(document: &ProgramDocument, mistakes: &mut Mistakes) {
    let Some(consent) = &document.consent else { return };
    check_link(&consent.privacy_url, "consent.privacy_url", mistakes);
    mistakes.check(consent.topics.len() <= TOPICS, "consent.topics", "at most 12");
    let mut seen = BTreeSet::new();
    for (place, topic) in consent.topics.iter().enumerate() {
        let path = format!("consent.topics[{place}]");
        check_id(&topic.id, &path, mistakes);
        let fresh = seen.insert(topic.id.as_str());
        mistakes.check(fresh, &format!("{path}.id"), "another topic has this id");
        check_text(&topic.name, &format!("{path}.name"), &document.locale, mistakes);
        check_statement(&topic.text, &format!("{path}.text"), &document.locale, mistakes);
    }
    for (path, text) in [("consent.sms", &consent.sms), ("consent.postal", &consent.postal)] {
        if let Some(text) = text {
            check_statement(text, path, &document.locale, mistakes);
        }
    }
}

/// What is shown must be there, and be what it seems: nothing that is not to be seen.
fn check_statement(text: &Text, path: &str, locale: &str, mistakes: &mut Mistakes) {
    let has = text.0.get(locale).is_some_and(|text| !text.trim().is_empty());
    if !has {
        mistakes.add(path, format!("needs a text in the program's language ({locale})"));
    }
    let short = text.0.values().all(|text| text.chars().count() <= TEXT);
    mistakes.check(short, path, "at most 1000 characters");
    let plain = text.0.values().all(|text| !text.chars().any(char::is_control));
    mistakes.check(plain, path, "must be one line without control characters");
}
