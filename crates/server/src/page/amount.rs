//! Numbers, amounts and days as the page's language writes them. The widget leaves this to the
//! browser's `Intl`; a page without script cannot.

use super::text::{Lang, Plural, fill};
use habitue_domain::money::{Currency, Money};
use habitue_domain::time::Date;

/// A narrow space that does not break: between thousands in French.
const NARROW: &str = "\u{202f}";
/// A space that does not break.
const SPACE: &str = "\u{a0}";

/// A whole number: `1,250`, `1 250`.
pub fn number(lang: Lang, number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mark = if lang == Lang::Fr { NARROW } else { "," };
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place) % 3 == 0 {
            grouped.push_str(mark);
        }
        grouped.push(digit);
    }
    if number < 0 { format!("−{grouped}") } else { grouped }
}

/// So many of something.
pub fn counted(lang: Lang, words: &Plural, count: i64) -> String {
    // French says nought in the singular, and no page counts nought of anything.
    let word = if count == 1 { words.one } else { words.other };
    fill(word, &[("count", &number(lang, count))])
}

/// The sign people write, where it says enough; after CLDR, in which `$` alone is the dollar of
/// the reader.
fn sign(lang: Lang, currency: Currency) -> Option<&'static str> {
    Some(match (currency.code(), lang) {
        ("EUR", _) => "€",
        ("USD", Lang::En) => "$",
        ("USD", Lang::Fr) => "$US",
        ("GBP", Lang::En) => "£",
        ("GBP", Lang::Fr) => "£GB",
        ("CAD", Lang::En) => "CA$",
        ("CAD", Lang::Fr) => "$CA",
        ("AUD", Lang::En) => "A$",
        ("AUD", Lang::Fr) => "$AU",
        ("JPY", Lang::En) => "¥",
        _ => return None,
    })
}

/// An amount, without its decimals where they are nought: `€10`, `0,90 €`, `CHF 5`.
pub fn amount(lang: Lang, money: Money) -> String {
    let exponent = money.currency().exponent();
    let unit = 10_i64.checked_pow(exponent).unwrap_or(1);
    let (whole, part) = (money.minor().div_euclid(unit), money.minor().rem_euclid(unit));
    let mut figure = number(lang, whole);
    if part != 0 {
        let mark = if lang == Lang::Fr { ',' } else { '.' };
        let width = usize::try_from(exponent).unwrap_or_default();
        figure = format!("{figure}{mark}{part:0width$}");
    }
    let code = money.currency().code().to_owned();
    match (lang, sign(lang, money.currency())) {
        (Lang::En, Some(sign)) => format!("{sign}{figure}"),
        (Lang::En, None) => format!("{code}{SPACE}{figure}"),
        (Lang::Fr, sign) => format!("{figure}{SPACE}{}", sign.unwrap_or(&code)),
    }
}

/// A day: `31 December 2026`, `1er janvier 2027`.
pub fn day(lang: Lang, date: Date) -> String {
    let (year, month, day) = date.parts();
    let names = lang.texts().month_names;
    let month = names.get(usize::from(month).saturating_sub(1)).copied().unwrap_or_default();
    let ending = if lang == Lang::Fr && day == 1 { "er" } else { "" };
    format!("{day}{ending}{SPACE}{month} {year}")
}

/// A factor written as a decimal number by its merchant: `1.5`, `1,5`.
pub fn factor(lang: Lang, written: &str) -> String {
    let written = written.trim();
    if lang == Lang::Fr { written.replace('.', ",") } else { written.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Lang::En, "1.00 EUR", "€1")]
    #[case(Lang::En, "0.90 EUR", "€0.90")]
    #[case(Lang::En, "1234567.05 USD", "$1,234,567.05")]
    #[case(Lang::En, "5.00 CHF", "CHF\u{a0}5")]
    #[case(Lang::En, "1000 JPY", "¥1,000")]
    #[case(Lang::En, "2.500 KWD", "KWD\u{a0}2.500")]
    #[case(Lang::Fr, "1.00 EUR", "1\u{a0}€")]
    #[case(Lang::Fr, "1234.50 USD", "1\u{202f}234,50\u{a0}$US")]
    #[case(Lang::Fr, "1000 JPY", "1\u{202f}000\u{a0}JPY")]
    fn an_amount_is_written_as_its_language_does(
        #[case] lang: Lang,
        #[case] money: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(amount(lang, money.parse().unwrap()), expected);
    }

    #[test]
    fn a_day_is_written_as_its_language_does() {
        let first: Date = "2027-01-01".parse().unwrap();
        assert_eq!(day(Lang::En, first), "1\u{a0}January 2027");
        assert_eq!(day(Lang::Fr, first), "1er\u{a0}janvier 2027");
    }
}
