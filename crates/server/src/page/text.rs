//! What the pages without script say, in English and French. A sentence missing in one is a compile
//! error.

mod en;
mod fr;

use axum::http::{HeaderMap, header};
use serde::Serialize;

/// The languages the pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// French.
    Fr,
}

impl Lang {
    const ALL: [Self; 2] = [Self::En, Self::Fr];

    /// The tag, as in `lang="fr"`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// Its own name for itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Fr => "Français",
        }
    }

    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::Fr,
            Self::Fr => Self::En,
        }
    }

    /// Its sentences.
    pub const fn texts(self) -> &'static Texts {
        match self {
            Self::En => &en::TEXTS,
            Self::Fr => &fr::TEXTS,
        }
    }

    /// The language of a tag such as `fr-CA`, if we speak it.
    pub fn parse(tag: &str) -> Option<Self> {
        let language = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|known| known.tag().eq_ignore_ascii_case(language))
    }

    /// The one the browser likes best (RFC 9110 §12.5.4); English where it names neither.
    pub fn accepted(headers: &HeaderMap) -> Self {
        let list = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let mut best = (0, Self::En);
        for range in list.unwrap_or_default().split(',') {
            let (tag, quality) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight = weight(quality);
            if let Some(lang) = Self::parse(tag).filter(|_| weight > best.0) {
                best = (weight, lang);
            }
        }
        best.1
    }
}

/// `q=0.8` in thousandths.
fn weight(quality: &str) -> i64 {
    let value = quality.trim().strip_prefix("q=").unwrap_or_default();
    habitue_domain::money::parse_decimal(value, 3).unwrap_or(0).min(1000)
}

/// A word for one and for several.
#[derive(Debug, Serialize)]
pub struct Plural {
    pub one: &'static str,
    pub other: &'static str,
}

/// Every sentence; `{name}` stands where something is filled in.
#[derive(Debug, Serialize)]
pub struct Texts {
    pub languages: &'static str,
    pub skip: &'static str,
    pub lead: &'static str,
    pub join: &'static str,
    pub join_at: &'static str,
    pub how: &'static str,
    pub earn: &'static str,
    pub earn_rate: &'static str,
    pub earn_rate_before_tax: &'static str,
    pub spend: &'static str,
    pub worth_rate: &'static str,
    pub ready: &'static str,
    pub ready_at_once: &'static str,
    pub ready_after: &'static str,
    pub points: Plural,
    pub days: Plural,
    pub months: Plural,
    pub tiers: &'static str,
    pub tiers_lead: &'static str,
    pub tiers_lead_bought: &'static str,
    pub tiers_lead_year: &'static str,
    pub tiers_lead_life: &'static str,
    pub orders: Plural,
    pub tier_first: &'static str,
    pub tier_from: &'static str,
    pub tier_times: &'static str,
    pub tier_plain: &'static str,
    pub more: &'static str,
    pub offers: &'static str,
    pub offers_lead: &'static str,
    pub from_amount: &'static str,
    pub needs_tier: &'static str,
    pub or: &'static str,
    pub for_members: &'static str,
    pub once: &'static str,
    pub while_they_last: &'static str,
    pub not_on_sale: &'static str,
    pub some_items: &'static str,
    pub starts: &'static str,
    pub until: &'static str,
    pub by_itself: &'static str,
    pub to_join: &'static str,
    pub step_sign_in: &'static str,
    pub step_open: &'static str,
    pub step_join: &'static str,
    pub terms: &'static str,
    pub missing_title: &'static str,
    pub missing_lead: &'static str,
    pub unavailable_title: &'static str,
    pub unavailable_lead: &'static str,
    pub month_names: [&'static str; 12],
}

/// The sentence with its places filled.
pub fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut filled = sentence.to_owned();
    for (name, value) in values {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("fr-FR,fr;q=0.9,en;q=0.8", Lang::Fr)]
    #[case("en-GB,fr;q=0.5", Lang::En)]
    #[case("de-DE,de;q=0.9,fr;q=0.4", Lang::Fr)]
    #[case("de", Lang::En)]
    #[case("fr;q=0", Lang::En)]
    #[case("en;q=0.2, FR-ca ; q=0.7", Lang::Fr)]
    #[case("", Lang::En)]
    #[case(";;q=,fr;q=x", Lang::En)]
    fn the_browsers_favourite_is_taken(#[case] accepts: &'static str, #[case] expected: Lang) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, accepts.parse().unwrap());
        assert_eq!(Lang::accepted(&headers), expected);
    }
}
