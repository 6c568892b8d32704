//! How long holds live, to the second (rules §3.1, §3.2).

use super::at;
use habitue_domain::hold::{Hold, Step, Terms};
use habitue_domain::refusal::Refusal;

fn terms() -> Terms {
    let amount = "EUR".parse::<habitue_domain::money::Currency>().unwrap().clamped(100);
    Terms { order: "o1".to_owned(), customer: None, amount }
}

#[test]
fn rule_3_1_an_unconfirmed_hold_ends_after_a_quarter_of_an_hour() {
    let hold = Hold::new(at("2026-11-21T12:00:00Z"));
    assert!(hold.is_live(at("2026-11-21T12:14:59Z")));
    assert!(!hold.is_live(at("2026-11-21T12:15:00Z")));
    let late = hold.confirm(terms(), 60, at("2026-11-21T12:15:00Z"));
    assert_eq!(late, Err(Refusal::HoldExpired));
}

#[test]
fn rule_3_2_a_confirmed_hold_lives_a_minute_at_the_least_and_7_days_at_the_most() {
    let now = at("2026-11-21T12:00:00Z");
    for (asked, ends_at) in [
        (i64::MIN, "2026-11-21T12:01:00Z"),
        (59, "2026-11-21T12:01:00Z"),
        (61, "2026-11-21T12:01:01Z"),
        (604_800, "2026-11-28T12:00:00Z"),
        (604_801, "2026-11-28T12:00:00Z"),
        (i64::MAX, "2026-11-28T12:00:00Z"),
    ] {
        let step = Hold::new(now).confirm(terms(), asked, now).unwrap();
        let expected = Hold::Confirmed { terms: terms(), expires_at: at(ends_at) };
        assert_eq!(step, Step::Moved(expected), "{asked}");
    }
}

#[test]
fn rule_3_3_a_commit_comes_before_the_end_or_not_at_all() {
    let now = at("2026-11-21T12:00:00Z");
    let confirmed = Hold::Confirmed { terms: terms(), expires_at: at("2026-11-21T12:01:00Z") };
    let in_time = at("2026-11-21T12:00:59Z");
    let committed = Hold::Committed { terms: terms(), at: in_time };
    assert_eq!(confirmed.clone().commit(&terms(), in_time), Ok(Step::Moved(committed.clone())));
    let late = confirmed.commit(&terms(), at("2026-11-21T12:01:00Z"));
    assert_eq!(late, Err(Refusal::HoldExpired));
    assert_eq!(committed.clone().commit(&terms(), now), Ok(Step::Already(committed)));
}

#[test]
fn rule_3_3_a_commit_of_what_was_never_confirmed_says_which_of_the_two_is_missing() {
    let hold = || Hold::new(at("2026-11-21T12:00:00Z"));
    let commit = |now: &str| hold().commit(&terms(), at(now));
    assert_eq!(commit("2026-11-21T12:14:59Z"), Err(Refusal::HoldNotConfirmed));
    assert_eq!(commit("2026-11-21T12:15:00Z"), Err(Refusal::HoldExpired));
}

#[test]
fn rule_3_2_confirming_again_changes_nothing_before_the_end_and_comes_too_late_after_it() {
    let confirmed = Hold::Confirmed { terms: terms(), expires_at: at("2026-11-21T12:01:00Z") };
    let again = |now: &str| confirmed.clone().confirm(terms(), 604_800, at(now));
    assert_eq!(again("2026-11-21T12:00:59Z"), Ok(Step::Already(confirmed.clone())));
    assert_eq!(again("2026-11-21T12:01:00Z"), Err(Refusal::HoldExpired));
}
