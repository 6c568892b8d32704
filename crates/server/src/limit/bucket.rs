//! [`Bucket`]: at most so many at once, then one every so often, for many keys in bounded memory.

use habitue_domain::time::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The most keys a bucket knows, 16 bytes each and the map's own share: about 4 MB.
const KEYS: usize = 100_000;

/// At most `at_once`, then one every `every`.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    at_once: i64,
    every_micros: i64,
}

impl Rate {
    /// So many a second; `None` for 0: no limit.
    pub fn a_second(pieces: u32, at_once: u32) -> Option<Self> {
        Self::per(1_000_000, pieces, at_once)
    }

    /// So many a minute; `None` for 0: no limit.
    pub fn a_minute(pieces: u32, at_once: u32) -> Option<Self> {
        Self::per(60_000_000, pieces, at_once)
    }

    fn per(micros: i64, pieces: u32, at_once: u32) -> Option<Self> {
        let every_micros = micros.checked_div(i64::from(pieces))?.max(1);
        Some(Self { at_once: i64::from(at_once).max(1), every_micros })
    }
}

/// For each key the instant at which everything taken will have come back (the "theoretical
/// arrival time" of ITU-T I.371's generic cell rate algorithm).
pub struct Bucket {
    rate: Option<Rate>,
    whole_at: Mutex<HashMap<u64, i64>>,
}

impl Bucket {
    /// A bucket, full for everybody; without a rate it never empties.
    pub fn new(rate: Option<Rate>) -> Self {
        Self { rate, whole_at: Mutex::default() }
    }

    /// Takes pieces, all or none. More at once than there ever are count as all there are.
    ///
    /// # Errors
    /// In how many seconds it may be tried again.
    pub fn take(&self, key: u64, pieces: u32, now: Timestamp) -> Result<(), i64> {
        let Some(rate) = self.rate else { return Ok(()) };
        let now = now.micros();
        let mut known = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        let whole_at = known.get(&key).copied().unwrap_or(now).max(now);
        let pieces = i64::from(pieces).min(rate.at_once);
        let after = whole_at.saturating_add(pieces.saturating_mul(rate.every_micros));
        let most = now.saturating_add(rate.at_once.saturating_mul(rate.every_micros));
        let wait = after.saturating_sub(most);
        if wait > 0 {
            return Err(wait.saturating_add(999_999) / 1_000_000);
        }
        if known.len() >= KEYS && !known.contains_key(&key) {
            forget(&mut known, now);
        }
        known.insert(key, after);
        Ok(())
    }

    /// Gives pieces back.
    pub fn give_back(&self, key: u64, pieces: u32) {
        let Some(rate) = self.rate else { return };
        let mut known = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(whole_at) = known.get_mut(&key) {
            let pieces = i64::from(pieces).min(rate.at_once);
            *whole_at = whole_at.saturating_sub(pieces.saturating_mul(rate.every_micros));
        }
    }

    /// How many keys it knows.
    pub fn len(&self) -> usize {
        self.whole_at.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Forgets whoever has everything back; and where too many have not, the half that took least:
/// whoever floods us with new addresses frees none that has taken much.
fn forget(known: &mut HashMap<u64, i64>, now: i64) {
    known.retain(|_, whole_at| *whole_at > now);
    let most = KEYS / 4 * 3;
    if known.len() > most {
        let mut all: Vec<i64> = known.values().copied().collect();
        let (_, middle, _) = all.select_nth_unstable(known.len() / 2);
        let middle = *middle;
        known.retain(|_, whole_at| *whole_at > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000 + micros).unwrap()
    }

    proptest! {
        #[test]
        fn in_any_window_no_more_is_admitted_than_at_once_and_what_came_back(
            at_once in 1_u32..20,
            a_minute in 1_u32..600,
            steps in prop::collection::vec((0_i64..4_000_000, 1_u32..4, 0_u32..4), 1..200),
        ) {
            let bucket = Bucket::new(Rate::a_minute(a_minute, at_once));
            let every = 60_000_000 / i64::from(a_minute);
            let (mut clock, mut admitted) = (0, Vec::new());
            for (pause, pieces, back) in steps {
                clock += pause;
                let pieces = pieces.min(at_once);
                if bucket.take(7, pieces, at(clock)).is_ok() {
                    let back = back.min(pieces);
                    bucket.give_back(7, back);
                    admitted.push((clock, i64::from(pieces - back)));
                }
            }
            for (place, (start, _)) in admitted.iter().enumerate() {
                let mut sum = 0;
                for (instant, pieces) in &admitted[place..] {
                    sum += pieces;
                    let window = instant - start;
                    prop_assert!(sum <= i64::from(at_once) + window / every + 1);
                }
            }
        }

        #[test]
        fn whoever_waits_as_told_is_admitted(at_once in 1_u32..9, a_minute in 1_u32..600) {
            let bucket = Bucket::new(Rate::a_minute(a_minute, at_once));
            for _ in 0..at_once {
                prop_assert!(bucket.take(1, 1, at(0)).is_ok());
            }
            let seconds = bucket.take(1, 1, at(0)).unwrap_err();
            prop_assert!(seconds >= 1);
            prop_assert!(bucket.take(1, 1, at(seconds * 1_000_000)).is_ok());
            prop_assert!(bucket.take(2, 1, at(0)).is_ok());
        }
    }

    #[test]
    fn without_a_rate_nothing_is_too_much_and_nothing_is_kept() {
        let bucket = Bucket::new(Rate::a_second(0, 5));
        assert!((0..10_000).all(|_| bucket.take(1, 1, at(0)).is_ok()));
        assert!(bucket.is_empty());
    }

    #[test]
    fn a_flood_of_new_keys_is_forgotten_before_whoever_took_most() {
        let bucket = Bucket::new(Rate::a_minute(6, 30));
        bucket.take(u64::MAX, 30, at(0)).unwrap();
        for key in 0..350_000 {
            bucket.take(key, 1, at(0)).unwrap();
            assert!(bucket.len() <= KEYS);
        }
        assert!(bucket.take(u64::MAX, 1, at(0)).is_err());
        // Whoever has everything back is forgotten first.
        for key in 0..KEYS as u64 {
            bucket.take(1_000_000 + key, 1, at(600_000_000)).unwrap();
        }
        assert!(bucket.len() <= KEYS);
    }
}
