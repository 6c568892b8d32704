//! What any bytes whatever must not break; for the corpus and for whoever searches for more of it.

use habitue_domain::calendar::Utc;
use habitue_domain::cart::Cart;
use habitue_domain::case::Case;
use habitue_domain::coupon::CouponCode;
use habitue_domain::money::Money;
use habitue_domain::quote::{Applied, Outcome, Quote, Verdict};
use habitue_domain::time::Timestamp;

/// A case as `habitue quote` and `POST /v1/quotes/dry-run` read it: it has an answer or none, the
/// answer's parts sum up, nothing goes below zero, and what the browser says the server says too.
pub fn quote(bytes: &[u8]) {
    let Ok(case) = serde_json::from_slice::<Case>(bytes) else { return };
    let price = |preview| Case { preview, ..case.clone() }.quote(&Utc, Timestamp::MIN);
    let Ok(verdict) = price(false) else { return };
    assert!(verdict.is_final(), "the server left something open: {verdict:?}");
    let now = case.now.unwrap_or(Timestamp::MIN);
    if let Ok((_, cart)) = case.parts(&Utc, now) {
        check(&verdict, &cart);
    }
    let wire = serde_json::to_string(&verdict).ok();
    let read = wire.as_deref().and_then(|text| serde_json::from_str::<Quote>(text).ok());
    assert_eq!(read.as_ref(), Some(&verdict), "the wire lost something");
    if let Ok(preview) = price(true)
        && preview.is_final()
    {
        assert_eq!(preview, verdict, "rules §2.15");
    }
}

/// What is applied, in the quote's order.
fn applied(outcome: &Outcome) -> Option<&Applied> {
    match &outcome.verdict {
        Verdict::Applied(applied) => Some(applied),
        Verdict::Refused { .. } | Verdict::AskServer => None,
    }
}

fn check(quote: &Quote, cart: &Cart) {
    let all: Vec<&Applied> = quote.outcomes.iter().filter_map(applied).collect();
    for applied in &all {
        let parts: i64 = applied.lines.iter().map(|part| part.amount.minor()).sum();
        assert_eq!(parts + applied.shipping.minor(), applied.amount.minor(), "rules §2.5");
        assert!(applied.lines.iter().all(|part| part.amount.minor() > 0), "rules §2.10");
    }
    for line in cart.lines() {
        let parts = all.iter().flat_map(|applied| &applied.lines);
        let off: i64 = parts.filter(|it| it.line == line.id).map(|it| it.amount.minor()).sum();
        assert!(off <= line.total(), "rules §2.10");
    }
    let shipping: i64 = all.iter().map(|applied| applied.shipping.minor()).sum();
    assert!((0..=cart.shipping()).contains(&shipping), "rules §2.10");
    let taken = quote.discount.minor() + quote.paid.map_or(0, Money::minor);
    assert!(quote.to_pay.minor() >= 0, "rules §2.10");
    assert_eq!(quote.to_pay.minor() + taken, cart.goods() + cart.shipping());
}

/// A code as typed: what is read is in order and reads back as itself, what is not read is out of
/// order (rules §2.11).
pub fn code(bytes: &[u8]) {
    let Ok(typed) = str::from_utf8(bytes) else { return };
    let bare = typed.trim();
    let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_code = bare.chars().all(is_fine) && (3..=40).contains(&bare.chars().count());
    let read = typed.parse::<CouponCode>();
    assert_eq!(read.is_ok(), is_code, "{typed:?}");
    let Ok(code) = read else { return };
    assert!(code.as_str().eq_ignore_ascii_case(bare));
    for other in [code.as_str(), &typed.to_ascii_lowercase(), &format!(" {typed}\n")] {
        assert_eq!(other.parse(), Ok(code.clone()), "{typed:?}");
    }
}
