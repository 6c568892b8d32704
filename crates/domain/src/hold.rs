//! [`Hold`]: a reservation at checkout, from `hold` over `confirm` to `commit` or `release`.

use crate::money::Money;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// Seconds an unconfirmed hold lives (rules §3.1).
pub const HOLD_SECONDS: i64 = 15 * 60;
/// The longest a confirmed hold may live, in seconds (rules §3.2).
pub const CONFIRM_SECONDS_MAX: i64 = 7 * 24 * 3600;

/// What the shop's back end confirmed; a commit must say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The shop's order.
    pub order: String,
    /// The shop's customer, if one is known.
    pub customer: Option<String>,
    /// What the shopper pays.
    pub amount: Money,
}

/// How far a hold is. Data stands only in the states where it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Reserves what belongs to the member.
    Held {
        /// When it ends by itself.
        expires_at: Timestamp,
    },
    /// Reserves shared uses too; waits for the payment.
    Confirmed {
        /// What was confirmed.
        terms: Terms,
        /// When it ends by itself.
        expires_at: Timestamp,
    },
    /// Paid: booked in the ledger.
    Committed {
        /// What was confirmed.
        terms: Terms,
        /// When it was paid.
        at: Timestamp,
    },
    /// Given back.
    Released {
        /// When.
        at: Timestamp,
    },
}

/// What a step did.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The hold moved to this state.
    Moved(Hold),
    /// It stood there before: answer as the first time, change nothing.
    Already(Hold),
}

impl Hold {
    /// A new hold made at `now`.
    pub const fn new(now: Timestamp) -> Self {
        Self::Held { expires_at: now.plus_seconds(HOLD_SECONDS) }
    }

    /// Whether it still reserves anything at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        match self {
            Self::Held { expires_at } | Self::Confirmed { expires_at, .. } => now < *expires_at,
            Self::Committed { .. } | Self::Released { .. } => false,
        }
    }

    /// Confirms `terms` for `ttl_seconds` (held between a minute and 7 days).
    ///
    /// # Errors
    /// Confirmed for other terms, expired, released or committed.
    pub fn confirm(self, terms: Terms, ttl_seconds: i64, now: Timestamp) -> Result<Step, Refusal> {
        match self {
            Self::Held { expires_at } if now < expires_at => {
                let ttl = ttl_seconds.clamp(60, CONFIRM_SECONDS_MAX);
                let expires_at = now.plus_seconds(ttl);
                Ok(Step::Moved(Self::Confirmed { terms, expires_at }))
            }
            Self::Confirmed { terms: before, expires_at } if now < expires_at => {
                check(&before, &terms)?;
                Ok(Step::Already(Self::Confirmed { terms: before, expires_at }))
            }
            Self::Held { .. } | Self::Confirmed { .. } => Err(Refusal::HoldExpired),
            Self::Released { .. } => Err(Refusal::HoldReleased),
            Self::Committed { .. } => Err(Refusal::HoldCommitted),
        }
    }

    /// Commits a paid order. A live confirmed hold never refuses for price or time (rules §3.3).
    ///
    /// # Errors
    /// Another order, customer or amount than confirmed; not confirmed, expired or released.
    pub fn commit(self, terms: &Terms, now: Timestamp) -> Result<Step, Refusal> {
        match self {
            Self::Confirmed { terms: before, expires_at } if now < expires_at => {
                check(&before, terms)?;
                Ok(Step::Moved(Self::Committed { terms: before, at: now }))
            }
            Self::Committed { terms: before, at } => {
                check(&before, terms)?;
                Ok(Step::Already(Self::Committed { terms: before, at }))
            }
            Self::Held { expires_at } if now < expires_at => Err(Refusal::HoldNotConfirmed),
            Self::Held { .. } | Self::Confirmed { .. } => Err(Refusal::HoldExpired),
            Self::Released { .. } => Err(Refusal::HoldReleased),
        }
    }

    /// Gives everything back, at any time before the commit (rules §3.4); twice changes nothing.
    ///
    /// # Errors
    /// The hold was committed.
    pub fn release(self, now: Timestamp) -> Result<Step, Refusal> {
        match self {
            Self::Held { .. } | Self::Confirmed { .. } => {
                Ok(Step::Moved(Self::Released { at: now }))
            }
            Self::Released { at } => Ok(Step::Already(Self::Released { at })),
            Self::Committed { .. } => Err(Refusal::HoldCommitted),
        }
    }
}

fn check(before: &Terms, now: &Terms) -> Result<(), Refusal> {
    if before.order != now.order {
        return Err(Refusal::OrderMismatch);
    }
    if before.customer != now.customer {
        return Err(Refusal::CustomerMismatch);
    }
    if before.amount != now.amount {
        return Err(Refusal::AmountMismatch);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(0).unwrap().plus_seconds(second)
    }

    fn terms(order: &str, customer: &str, minor: i64, currency: &str) -> Terms {
        Terms {
            order: order.to_owned(),
            customer: Some(customer.to_owned()),
            amount: currency.parse::<crate::money::Currency>().unwrap().amount(minor).unwrap(),
        }
    }

    fn usual() -> Terms {
        terms("o1", "c1", 4_190, "EUR")
    }

    fn moved(step: Result<Step, Refusal>) -> Hold {
        match step {
            Ok(Step::Moved(hold)) => hold,
            other => panic!("did not move: {other:?}"),
        }
    }

    fn confirmed() -> Hold {
        moved(Hold::new(at(0)).confirm(usual(), 3600, at(10)))
    }

    #[test]
    fn rule_3_1_an_unconfirmed_hold_lives_15_minutes() {
        let hold = Hold::new(at(0));
        assert!(hold.is_live(at(899)));
        assert!(!hold.is_live(at(900)));
        assert_eq!(hold.confirm(usual(), 60, at(900)), Err(Refusal::HoldExpired));
    }

    #[test]
    fn rule_3_2_a_confirmed_hold_lives_as_asked_up_to_7_days() {
        let long = moved(Hold::new(at(0)).confirm(usual(), i64::MAX, at(0)));
        assert!(long.is_live(at(CONFIRM_SECONDS_MAX - 1)));
        assert!(!long.is_live(at(CONFIRM_SECONDS_MAX)));
    }

    #[test]
    fn rule_3_3_a_live_confirmed_hold_commits_and_committing_twice_replays() {
        let hold = moved(confirmed().commit(&usual(), at(3609)));
        assert_eq!(hold, Hold::Committed { terms: usual(), at: at(3609) });
        assert!(matches!(hold.clone().commit(&usual(), at(9999)), Ok(Step::Already(_))));
        assert_eq!(hold.release(at(9999)), Err(Refusal::HoldCommitted));
    }

    #[rstest]
    #[case(terms("o2", "c1", 4_190, "EUR"), Refusal::OrderMismatch)]
    #[case(terms("o1", "c2", 4_190, "EUR"), Refusal::CustomerMismatch)]
    #[case(terms("o1", "c1", 4_191, "EUR"), Refusal::AmountMismatch)]
    #[case(terms("o1", "c1", 4_190, "USD"), Refusal::AmountMismatch)]
    fn rule_3_3_other_terms_than_confirmed_are_refused(
        #[case] other: Terms,
        #[case] refusal: Refusal,
    ) {
        assert_eq!(confirmed().commit(&other, at(20)), Err(refusal.clone()));
        assert_eq!(confirmed().confirm(other, 60, at(20)), Err(refusal));
    }

    #[test]
    fn rule_3_4_a_hold_is_released_at_any_time_before_the_commit() {
        for hold in [Hold::new(at(0)), confirmed()] {
            let released = moved(hold.release(at(99_999)));
            assert!(matches!(released.clone().release(at(100_000)), Ok(Step::Already(_))));
            assert_eq!(released.clone().commit(&usual(), at(20)), Err(Refusal::HoldReleased));
            assert_eq!(released.confirm(usual(), 60, at(20)), Err(Refusal::HoldReleased));
        }
    }

    #[test]
    fn a_hold_is_not_committed_before_it_is_confirmed() {
        assert_eq!(Hold::new(at(0)).commit(&usual(), at(1)), Err(Refusal::HoldNotConfirmed));
    }
}
