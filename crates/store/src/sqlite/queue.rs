//! What waits for the writer: a lane for each shop, served in turns. However much one shop sends,
//! another's next write waits for one of each, not for all of it.

use crate::Error;
use habitue_domain::id::ShopId;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many may wait in all; more would wait longer than anybody waits for an answer.
const PLACES: usize = 4096;
/// How many of these one shop may take.
const PLACES_OF_ONE: usize = PLACES / 2;

/// Whose it is; what belongs to no shop has a lane of its own.
pub type Lane = Option<ShopId>;

/// A queue in lanes.
pub struct Queue<T> {
    lanes: Mutex<Lanes<T>>,
    came: Condvar,
}

struct Lanes<T> {
    /// Those with something in them, the next one first.
    turns: VecDeque<Lane>,
    waiting: BTreeMap<Lane, VecDeque<T>>,
    count: usize,
    is_closed: bool,
}

/// Why there is nothing.
#[derive(Debug, PartialEq, Eq)]
pub enum Nothing {
    /// Nothing came in time.
    Late,
    /// Nobody can add anything any more.
    Closed,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        let (turns, waiting) = (VecDeque::new(), BTreeMap::new());
        let lanes = Lanes { turns, waiting, count: 0, is_closed: false };
        Self { lanes: Mutex::new(lanes), came: Condvar::new() }
    }
}

impl<T> Queue<T> {
    fn lanes(&self) -> MutexGuard<'_, Lanes<T>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds something to a lane.
    ///
    /// # Errors
    /// Where there is no room for it, or nobody to take it.
    pub fn add(&self, lane: Lane, what: T) -> Result<(), Error> {
        let mut lanes = self.lanes();
        if lanes.is_closed {
            return Err(Error::Closed);
        }
        let of_lane = lanes.waiting.get(&lane).map_or(0, VecDeque::len);
        if lanes.count >= PLACES || of_lane >= PLACES_OF_ONE {
            return Err(Error::Busy("too many writes are waiting".to_owned()));
        }
        lanes.waiting.entry(lane).or_default().push_back(what);
        lanes.count += 1;
        if of_lane == 0 {
            lanes.turns.push_back(lane);
        }
        drop(lanes);
        self.came.notify_one();
        Ok(())
    }

    /// The next one, if there is one.
    pub fn next_now(&self) -> Option<T> {
        self.lanes().next()
    }

    /// The next one, waiting for it, at most so long.
    ///
    /// # Errors
    /// Why there is none.
    pub fn next(&self, patience: Option<Duration>) -> Result<T, Nothing> {
        let empty = |lanes: &mut Lanes<T>| lanes.count == 0 && !lanes.is_closed;
        let lanes = self.lanes();
        let mut lanes = match patience {
            None => self.came.wait_while(lanes, empty).unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                let waited = self.came.wait_timeout_while(lanes, patience, empty);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        let nothing = if lanes.is_closed { Nothing::Closed } else { Nothing::Late };
        lanes.next().ok_or(nothing)
    }

    /// Takes nothing new; what waits can still be had.
    pub fn close(&self) {
        self.lanes().is_closed = true;
        self.came.notify_all();
    }
}

impl<T> Lanes<T> {
    fn next(&mut self) -> Option<T> {
        let lane = self.turns.pop_front()?;
        let waiting = self.waiting.get_mut(&lane)?;
        let next = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&lane);
        } else {
            self.turns.push_back(lane);
        }
        self.count -= usize::from(next.is_some());
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn shop(number: u128) -> ShopId {
        ShopId::from_u128(number)
    }

    #[test]
    fn lanes_take_turns_and_each_keeps_its_order() {
        let queue = Queue::default();
        for n in 0..100 {
            queue.add(Some(shop(1)), (1, n)).unwrap();
        }
        for n in 0..2 {
            queue.add(Some(shop(2)), (2, n)).unwrap();
            queue.add(None, (0, n)).unwrap();
        }
        let order: Vec<_> = std::iter::from_fn(|| queue.next_now()).collect();
        assert_eq!(order[..7], [(1, 0), (2, 0), (0, 0), (1, 1), (2, 1), (0, 1), (1, 2)]);
        assert_eq!(order.len(), 104);
    }

    #[test]
    fn one_lane_that_is_full_leaves_room_for_others() {
        let queue = Queue::default();
        let taken = (0..PLACES).take_while(|n| queue.add(Some(shop(1)), *n).is_ok()).count();
        assert_eq!(taken, PLACES_OF_ONE);
        queue.add(Some(shop(2)), 0).unwrap();
        let rest = (0..PLACES).take_while(|n| queue.add(Some(shop(3)), *n).is_ok()).count();
        assert_eq!(rest, PLACES - PLACES_OF_ONE - 1);
        assert!(matches!(queue.add(Some(shop(4)), 0), Err(Error::Busy(_))));
    }

    #[test]
    fn a_closed_queue_gives_out_what_it_has_and_takes_nothing() {
        let queue = Queue::default();
        assert_eq!(queue.next(Some(Duration::ZERO)), Err(Nothing::Late));
        queue.add(None, 1).unwrap();
        queue.close();
        assert!(matches!(queue.add(None, 2), Err(Error::Closed)));
        assert_eq!(queue.next(None), Ok(1));
        assert_eq!(queue.next(None), Err(Nothing::Closed));
    }
}
