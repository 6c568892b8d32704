//! How a document gives store credit: mistakes with their path.

use super::Mistakes;
use crate::credit::{Credit, CreditDocument, EXPIRES_DAYS_MIN};
use crate::money::Currency;
use crate::rate::Rate;
use std::collections::BTreeSet;

/// The most days credit may be good for: ten years.
const EXPIRES_DAYS_MAX: i64 = 3_660;

/// What the rules read of `document`, or what is wrong with it.
pub fn compile(document: &CreditDocument, mistakes: &mut Mistakes) -> Credit {
    mistakes.check(!document.earn.is_empty(), "credit.earn", "needs at least one entry");
    let mut seen = BTreeSet::new();
    let mut earn = Vec::new();
    for (place, entry) in document.earn.iter().enumerate() {
        let path = format!("credit.earn[{place}]");
        let currency = entry.currency.parse::<Currency>();
        let currency = mistakes.keep(&format!("{path}.currency"), currency);
        let rate = mistakes.keep(&format!("{path}.rate"), entry.rate.parse::<Rate>());
        let (Some(currency), Some(rate)) = (currency, rate) else { continue };
        let fits = rate.num() > 0 && rate.num() <= rate.den();
        mistakes.check(fits, &format!("{path}.rate"), "must be above zero and at most 100%");
        let fresh = seen.insert(currency);
        let place = format!("{path}.currency");
        mistakes.check(fresh, &place, "this currency has an entry already");
        earn.push((currency, rate));
    }
    if let Some(days) = document.expires_days {
        let fits = (EXPIRES_DAYS_MIN..=EXPIRES_DAYS_MAX).contains(&days);
        mistakes.check(fits, "credit.expires_days", "must lie between 45 and 3660");
    }
    Credit { earn, expires_days: document.expires_days }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credit::CreditRateDocument;

    fn wrong(currency: &str, rate: &str, expires_days: Option<i64>) -> Vec<String> {
        let (currency, rate) = (currency.to_owned(), rate.to_owned());
        let earn = vec![CreditRateDocument { currency, rate }];
        let mut mistakes = Mistakes::default();
        compile(&CreditDocument { earn, expires_days }, &mut mistakes);
        mistakes.0.into_iter().map(|mistake| mistake.path).collect()
    }

    #[test]
    fn a_share_is_above_nothing_and_at_most_all() {
        assert_eq!(wrong("EUR", "3%", Some(365)), Vec::<String>::new());
        assert_eq!(wrong("EUR", "0", None), ["credit.earn[0].rate"]);
        assert_eq!(wrong("EUR", "101%", None), ["credit.earn[0].rate"]);
        assert_eq!(
            wrong("EURO", "3%", Some(44)),
            ["credit.earn[0].currency", "credit.expires_days"]
        );
    }
}
