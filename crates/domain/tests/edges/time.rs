//! Instants at their bounds, and texts that are none (rules §1.3).

use super::at;
use habitue_domain::time::{Date, Timestamp};

#[test]
fn rule_1_3_an_instant_lies_within_the_years_1_to_9999() {
    let (first, last) = (Timestamp::MIN.micros(), Timestamp::MAX.micros());
    assert_eq!(Timestamp::MIN, at("0001-01-01T00:00:00Z"));
    assert_eq!(Timestamp::MAX, at("9999-12-31T23:59:59.999999Z"));
    for (micros, is_fine) in [
        (first, true),
        (first - 1, false),
        (first - 2, false),
        (last, true),
        (last + 1, false),
        (last + 2, false),
        (i64::MIN, false),
        (i64::MAX, false),
    ] {
        assert_eq!(
            Timestamp::from_micros(micros).map(Timestamp::micros),
            is_fine.then_some(micros)
        );
    }
}

#[test]
fn rule_1_3_what_is_added_stays_within_them() {
    let (first, last) = (Timestamp::MIN, Timestamp::MAX);
    for far in [1, 2, 86_400, i64::MAX] {
        assert_eq!(last.plus_seconds(far), last);
        assert_eq!(first.plus_seconds(far.saturating_neg()), first);
    }
    let near = last.plus_seconds(-1);
    assert_eq!(near, at("9999-12-31T23:59:58.999999Z"));
    assert_eq!((near.plus_seconds(1), near.plus_seconds(2)), (last, last));
    let near = first.plus_seconds(1);
    assert_eq!((near.plus_seconds(-1), near.plus_seconds(-2)), (first, first));
    assert_eq!(near, at("0001-01-01T00:00:01Z"));
}

#[test]
fn rule_1_3_a_text_that_is_no_instant_is_refused_for_each_of_its_parts() {
    for fine in [
        "2026-11-21T23:59:59Z",
        "2026-11-21T00:00:00.123456789Z",
        "2026-11-21T00:00:00+23:59",
        "2026-11-21t00:00:00-23:59",
    ] {
        assert!(fine.parse::<Timestamp>().is_ok(), "{fine}");
    }
    for wrong in [
        "2026-11-21T24:00:00Z",
        "2026-11-21T00:60:00Z",
        "2026-11-21T00:00:60Z",
        "2026-11-21T00:00:00.Z",
        "2026-11-21T00:00:00.1234567890Z",
        "2026-11-21T00:00:00+24:00",
        "2026-11-21T00:00:00+00:60",
        "2026-11-21T00:00:00+00:00 ",
        "2026-11-21T00:00:00",
    ] {
        assert!(wrong.parse::<Timestamp>().is_err(), "{wrong}");
    }
}

#[test]
fn rule_1_3_days_are_counted_from_one_date_to_another() {
    let day = |text: &str| text.parse::<Date>().unwrap();
    // 2028 is a leap year: 29 days of February.
    assert_eq!(day("2028-03-01").days_since(day("2028-02-01")), 29);
    assert_eq!(day("2028-02-01").days_since(day("2028-03-01")), -29);
    assert_eq!(day("2028-02-01").days_since(day("2028-02-01")), 0);
}
