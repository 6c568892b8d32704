//! [`Issued`]: a promotion whose codes are issued one by one instead of shared by everybody.

use super::{Promotion, in_currency};
use crate::coupon::CouponCode;
use crate::money::Money;
use crate::time::Timestamp;

/// A promotion with codes of its own for a batch, a member or an order. It stands apart from the
/// others: without such a code nobody can use it, nor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// What a code of it gives, and when; it has no code itself.
    pub promotion: Promotion,
    /// The paid orders that issue their member a code.
    pub by_order: Option<IssuedByOrder>,
}

/// The paid orders that issue their member a code (rules §2.13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedByOrder {
    /// The least that must be paid for what is kept, one amount a currency; empty = anything.
    pub minimum: Vec<Money>,
    /// For how many days the code is valid.
    pub days: i64,
}

impl IssuedByOrder {
    /// Whether an order with so much paid for what is kept has a code.
    pub fn is_reached_by(&self, paid: Money) -> bool {
        self.minimum.is_empty()
            || in_currency(&self.minimum, paid.currency()).is_some_and(|it| it <= paid.minor())
    }
}

/// When one code counts, beside the dates of its promotion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    /// First instant, inclusive.
    pub from: Option<Timestamp>,
    /// End, exclusive.
    pub until: Option<Timestamp>,
}

impl Validity {
    /// Whether it ends before it begins.
    pub fn is_empty(&self) -> bool {
        matches!((self.from, self.until), (Some(from), Some(until)) if until <= from)
    }
}

impl Issued {
    /// The promotion as `code` triggers it: within the dates of both, and, where all uses of the
    /// code are taken, without a use left.
    pub fn with_code(&self, code: &CouponCode, validity: Validity, is_used_up: bool) -> Promotion {
        let mut promotion = self.promotion.clone();
        promotion.code = Some(code.to_string());
        promotion.from = promotion.from.max(validity.from);
        promotion.until = match (promotion.until, validity.until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        if is_used_up {
            promotion.uses = Some(0);
        }
        promotion
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Calendar;
    use crate::promotion::PromotionDocument;
    use crate::time::Date;
    use crate::validate::{Mistakes, promotion::all};

    /// No day is asked for here.
    struct NoZone;

    impl Calendar for NoZone {
        fn start_of(&self, _: Date) -> Option<Timestamp> {
            None
        }

        fn instant(&self, _: Date, _: u16) -> Option<Timestamp> {
            None
        }

        fn date_of(&self, _: Timestamp) -> Option<Date> {
            None
        }
    }

    fn at(day: i64) -> Option<Timestamp> {
        Timestamp::from_micros(day * 86_400_000_000)
    }

    #[test]
    fn rule_2_13_a_code_counts_within_its_own_dates_and_those_of_its_promotion() {
        let code: CouponCode = "one-of-many".parse().unwrap();
        let promotion = Promotion { from: at(10), until: at(20), ..Promotion::default() };
        let issued = Issued { promotion, by_order: None };
        for (validity, expected) in [
            ((None, None), (at(10), at(20))),
            ((at(5), at(30)), (at(10), at(20))),
            ((at(12), at(15)), (at(12), at(15))),
        ] {
            let validity = Validity { from: validity.0, until: validity.1 };
            let promotion = issued.with_code(&code, validity, false);
            assert_eq!((promotion.from, promotion.until), expected);
            assert_eq!((promotion.coupon_code(), promotion.uses), (Some(code.clone()), None));
        }
        let open = Issued { promotion: Promotion::default(), by_order: None };
        let promotion = open.with_code(&code, Validity { from: at(1), until: at(2) }, true);
        assert_eq!((promotion.from, promotion.until), (at(1), at(2)));
        assert_eq!(promotion.uses, Some(0));
    }

    /// The mistakes in one promotion of an otherwise right program.
    fn mistakes(promotion: &serde_json::Value) -> Vec<String> {
        let document: PromotionDocument = serde_json::from_value(promotion.clone()).unwrap();
        let mut mistakes = Mistakes::default();
        let (shared, issued) = all(&[document], &NoZone, &mut mistakes);
        assert_eq!(shared.len() + issued.len(), 1);
        assert_eq!(issued.len(), usize::from(promotion["codes"] == "issued"));
        mistakes.0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_promotion_shares_one_code_or_has_codes_that_are_issued() {
        let action = serde_json::json!([{ "kind": "free_shipping" }]);
        let mut promotion = serde_json::json!({ "id": "back", "actions": action,
            "codes": "issued", "issued_by_order": { "minimum": ["30.00 EUR"], "days": 30 } });
        assert!(mistakes(&promotion).is_empty());
        promotion["issued_by_order"]["days"] = 0.into();
        let expected = "promotions[0].issued_by_order.days: must lie between 1 and 3660";
        assert_eq!(mistakes(&promotion), [expected]);
        promotion["issued_by_order"]["days"] = 1.into();
        promotion["code"] = "SHARED".into();
        let expected = "promotions[0].codes: must not stand beside a code that everybody shares";
        assert_eq!(mistakes(&promotion), [expected]);
        promotion["codes"] = serde_json::Value::Null;
        let expected = "promotions[0].issued_by_order: needs codes = \"issued\" beside it";
        assert_eq!(mistakes(&promotion), [expected]);
    }

    #[test]
    fn a_minimum_is_inclusive_and_stands_in_the_orders_currency() {
        let eur = |minor| "1.00 EUR".parse::<Money>().unwrap().currency().clamped(minor);
        let by_order = IssuedByOrder { minimum: vec![eur(3000)], days: 30 };
        assert!(by_order.is_reached_by(eur(3000)) && !by_order.is_reached_by(eur(2999)));
        assert!(!by_order.is_reached_by("99.00 USD".parse().unwrap()));
        assert!(IssuedByOrder { minimum: Vec::new(), days: 1 }.is_reached_by(eur(0)));
    }
}
