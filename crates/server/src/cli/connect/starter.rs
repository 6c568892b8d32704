//! The program a shop starts with where its merchant has none yet.

use anyhow::{Context, bail};
use habitue_domain::money::Currency;
use habitue_domain::program::ProgramDocument;
use std::path::Path;

const TEXT: &str = include_str!("starter.toml");
/// Where it is put for the merchant to change.
pub const FILE: &str = "program.toml";

/// The starter program, as a file's text.
pub fn text(name: &str, currency: Currency, terms_url: &str, locale: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let zone = jiff::tz::TimeZone::system();
    let zone = zone.iana_name().unwrap_or("UTC");
    // One of the currency, however many decimals it has.
    let decimals = "0".repeat(usize::try_from(currency.exponent()).unwrap_or_default());
    let point = if decimals.is_empty() { "" } else { "." };
    let one = format!("1{point}{decimals} {currency}");
    let values = [
        ("{locale}", locale.to_owned()),
        ("{time_zone}", quoted(zone)),
        ("{terms_url}", quoted(terms_url)),
        ("{one}", quoted(&one)),
        // Last: whatever the name holds is not filled again.
        ("{name}", quoted(name)),
    ];
    values.iter().fold(TEXT.to_owned(), |text, (place, value)| text.replace(place, value))
}

/// Reads such a text.
///
/// # Errors
/// What does not fit: an address of the terms that is not `https`.
pub fn document(text: &str) -> anyhow::Result<ProgramDocument> {
    let document: ProgramDocument =
        toml::from_str(text).map_err(|error| anyhow::anyhow!("{}", error.message()))?;
    if let Err(mistakes) = crate::programs::compile(&document, 0) {
        let all: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        bail!("the starter program does not fit: {}", all.join("; "));
    }
    Ok(document)
}

/// Puts the text beside the merchant, unless a file of that name is there; whether it was put.
///
/// # Errors
/// Where the folder cannot be written to.
pub fn keep(text: &str) -> anyhow::Result<bool> {
    if Path::new(FILE).exists() {
        return Ok(false);
    }
    std::fs::write(FILE, text).with_context(|| format!("cannot write {FILE}"))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Bücher \"& Co\"", "EUR")]
    #[case("本屋", "JPY")]
    #[case("{one} \\ {name}", "KWD")]
    fn the_starter_is_a_right_program_whatever_the_shop(#[case] name: &str, #[case] code: &str) {
        let currency: Currency = code.parse().unwrap();
        let text = text(name, currency, "https://shop.example/terms", "en");
        let document = document(&text).unwrap();
        assert_eq!(document.name.in_locale("en", "en"), name);
        assert_eq!((document.tiers.len(), document.promotions.len()), (3, 0));
        assert!(document.points.earn[0].per.ends_with(code));
    }

    #[test]
    fn terms_without_https_are_named() {
        let text = text("Shop", "EUR".parse().unwrap(), "http://shop.example/terms", "en");
        assert!(document(&text).unwrap_err().to_string().contains("terms.url"));
    }
}
