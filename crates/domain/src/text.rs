//! [`Text`]: what a merchant wrote, in the languages they wrote it in.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A text by language tag: `{ en = "Free shipping", fr = "Livraison offerte" }`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Text(pub BTreeMap<String, String>);

impl Text {
    /// The text for `locale` (`fr-CA` falls back to `fr`), else for `default`, else any.
    pub fn in_locale(&self, locale: &str, default: &str) -> &str {
        self.with_locale(locale, default).map_or("", |(_, text)| text)
    }

    /// As [`Text::in_locale`], with the language it is in; `None` where there is no text at all.
    pub fn with_locale(&self, locale: &str, default: &str) -> Option<(&str, &str)> {
        let language = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
        [locale.to_owned(), language(locale), default.to_owned(), language(default)]
            .iter()
            .find_map(|tag| self.0.get_key_value(tag))
            .or_else(|| self.0.iter().next())
            .map(|(tag, text)| (tag.as_str(), text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_back_from_region_to_language_to_default() {
        let text = Text(BTreeMap::from([
            ("en".to_owned(), "Gift".to_owned()),
            ("fr".to_owned(), "Cadeau".to_owned()),
        ]));
        assert_eq!(text.in_locale("fr-CA", "en"), "Cadeau");
        assert_eq!(text.in_locale("de", "en"), "Gift");
        assert_eq!(text.in_locale("de", "es"), "Gift");
        assert_eq!(Text::default().in_locale("fr", "en"), "");
    }
}
