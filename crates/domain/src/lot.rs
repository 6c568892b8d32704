//! [`Lot`]: points, or credit, of one earning, with their own beginning and end; and the member's
//! [`Balance`].

use crate::id::LotId;
use crate::points::Points;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How many days after its notice a lot may end at the earliest (rules §4.6).
pub const NOTICE_DAYS: i64 = 45;
/// How many days before its rule would end it a lot's member is told: some more than the notice
/// takes, so that a mail that waits does not put off the end.
pub const SOON_DAYS: i64 = 60;

/// How many days what comes back after its end may still be spent (rules §6.4).
pub const GRACE_DAYS: i64 = 30;

/// What is left of one earning, in the unit of its account: points, or minor units of credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// Its identifier; later lots have larger ones.
    pub id: LotId,
    /// What was neither redeemed, taken back nor expired. Never negative.
    pub remaining: Points,
    /// The part of it that live holds reserve.
    pub held: Points,
    /// From this instant on it may be spent.
    pub active_from: Timestamp,
    /// When its expiry rule would end it, if it has one.
    pub expires_at: Option<Timestamp>,
    /// When the member was told of that end.
    pub notice_at: Option<Timestamp>,
}

impl Lot {
    /// The end that counts: the later of the rule's and the notice's + 45 days, and never without
    /// a notice (rules §4.6).
    pub fn ends_at(&self) -> Option<Timestamp> {
        let rule = self.expires_at?;
        let notice = self.notice_at?;
        Some(rule.max(notice.plus_days(NOTICE_DAYS)))
    }

    /// Whether it has ended: what is left of it counts no more, written down or not.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at().is_some_and(|end| end <= now)
    }

    /// When it ends if the member is told at `now`, or was before; `None` where that is not soon.
    fn soon(&self, now: Timestamp) -> Option<Timestamp> {
        let rule = self.expires_at.filter(|rule| *rule <= now.plus_days(SOON_DAYS))?;
        let end = rule.max(self.notice_at.unwrap_or(now).plus_days(NOTICE_DAYS));
        (now < end && self.remaining.is_positive()).then_some(end)
    }

    fn is_ripe(&self, now: Timestamp) -> bool {
        self.active_from <= now
    }

    fn free(&self, now: Timestamp) -> Points {
        if self.is_ripe(now) && !self.is_over(now) {
            self.remaining.less(self.held)
        } else {
            Points::ZERO
        }
    }
}

/// What a member has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Balance {
    /// To be spent now.
    pub available: Points,
    /// Earned, not ripe yet.
    pub pending: Points,
    /// Reserved at a checkout.
    pub held: Points,
    /// Owed after a return.
    pub debt: Points,
    /// When the next pending points ripen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ripens_at: Option<Timestamp>,
}

/// Sums up `lots` at `now`.
pub fn balance(lots: &[Lot], debt: Points, now: Timestamp) -> Balance {
    let sum = |part: &dyn Fn(&Lot) -> Points| {
        let total = lots.iter().map(|lot| part(lot).get()).fold(0, i64::saturating_add);
        Points::clamped(total)
    };
    let pending = |lot: &Lot| {
        let counts = !lot.is_ripe(now) && !lot.is_over(now);
        if counts { lot.remaining } else { Points::ZERO }
    };
    let waiting = lots.iter().filter(|lot| pending(lot).is_positive());
    Balance {
        available: sum(&|lot| lot.free(now)),
        pending: sum(&pending),
        held: sum(&|lot| lot.held),
        debt,
        ripens_at: waiting.map(|lot| lot.active_from).min(),
    }
}

/// The next end of something that may be spent now: how much of it, and when.
pub fn next_end(lots: &[Lot], now: Timestamp) -> Option<(Points, Timestamp)> {
    let ending = || lots.iter().filter(|lot| lot.free(now).is_positive());
    let at = ending().filter_map(Lot::ends_at).min()?;
    let part = |lot: &Lot| if lot.ends_at() == Some(at) { lot.free(now).get() } else { 0 };
    let sum = ending().map(part).fold(0, i64::saturating_add);
    Some((Points::clamped(sum), at))
}

/// Points that end soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Expiring {
    /// How many.
    pub points: Points,
    /// When the first of them do.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub at: Timestamp,
    /// Whether the member has been told of all of them.
    pub told: bool,
}

/// What ends soon of `lots`, if the member is told now; `None` where nothing does.
pub fn expiring(lots: &[Lot], now: Timestamp) -> Option<Expiring> {
    let soon = lots.iter().filter_map(|lot| {
        let told = lot.notice_at.is_some();
        Some(Expiring { points: lot.remaining, at: lot.soon(now)?, told })
    });
    soon.reduce(|sum, next| Expiring {
        points: Points::clamped(sum.points.get().saturating_add(next.points.get())),
        at: sum.at.min(next.at),
        told: sum.told && next.told,
    })
}

/// Takes `points` from the free part of `lots`: the earliest end first, never-ending ones last,
/// ties by age (rules §4.5).
///
/// # Errors
/// How many points are missing, where there are not enough.
pub fn take(lots: &[Lot], points: Points, now: Timestamp) -> Result<Vec<(LotId, Points)>, Points> {
    let mut order: Vec<&Lot> = lots.iter().filter(|lot| lot.free(now).is_positive()).collect();
    order.sort_by_key(|lot| (lot.expires_at.unwrap_or(Timestamp::MAX), lot.id));
    draw(order.into_iter().map(|lot| (lot.id, lot.free(now))), points)
}

/// Takes back `points`: pending lots first, then active ones, latest first, so that the member
/// keeps what was earned before; what is missing becomes debt (rules §6.4).
///
/// Reserved points stay with their hold, and what has ended is nobody's. Returns what each lot gives and the debt.
pub fn take_back(lots: &[Lot], points: Points, now: Timestamp) -> (Vec<(LotId, Points)>, Points) {
    let rest = |lot: &Lot| {
        if lot.is_over(now) { Points::ZERO } else { lot.remaining.less(lot.held) }
    };
    let mut order: Vec<&Lot> = lots.iter().filter(|lot| rest(lot).is_positive()).collect();
    order.sort_by_key(|lot| (lot.is_ripe(now), core::cmp::Reverse(lot.id)));
    let mut taken = Vec::new();
    let mut missing = points;
    for lot in order {
        let part = rest(lot).min(missing);
        if part.is_positive() {
            taken.push((lot.id, part));
            missing = missing.less(part);
        }
    }
    (taken, missing)
}

fn draw(
    free: impl Iterator<Item = (LotId, Points)>,
    points: Points,
) -> Result<Vec<(LotId, Points)>, Points> {
    let mut taken = Vec::new();
    let mut missing = points;
    for (lot, free) in free {
        let part = free.min(missing);
        if part.is_positive() {
            taken.push((lot, part));
            missing = missing.less(part);
        }
    }
    if missing.is_positive() { Err(missing) } else { Ok(taken) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_micros(0).unwrap().plus_days(day)
    }

    fn lot(id: u128, remaining: i64, active: i64, expires: Option<i64>) -> Lot {
        Lot {
            id: LotId::from_u128(id),
            remaining: Points::clamped(remaining),
            held: Points::ZERO,
            active_from: at(active),
            expires_at: expires.map(at),
            notice_at: None,
        }
    }

    #[test]
    fn rule_4_5_the_earliest_end_is_spent_first_and_never_ending_lots_last() {
        let lots = [lot(1, 10, 0, None), lot(2, 10, 0, Some(90)), lot(3, 10, 0, Some(60))];
        let taken = take(&lots, Points::clamped(25), at(1)).unwrap();
        let expected = [(3, 10), (2, 10), (1, 5)]
            .map(|(id, points)| (LotId::from_u128(id), Points::clamped(points)));
        assert_eq!(taken, expected);
        assert_eq!(take(&lots, Points::clamped(31), at(1)), Err(Points::clamped(1)));
    }

    #[test]
    fn rule_4_4_pending_points_are_shown_apart_and_cannot_be_spent() {
        let lots = [lot(1, 10, 0, None), lot(2, 20, 14, None)];
        let sum = balance(&lots, Points::ZERO, at(1));
        assert_eq!((sum.available.get(), sum.pending.get()), (10, 20));
        assert_eq!(sum.ripens_at, Some(at(14)));
        assert_eq!(take(&lots, Points::clamped(11), at(1)), Err(Points::clamped(1)));
        assert_eq!(balance(&lots, Points::ZERO, at(14)).available.get(), 30);
    }

    #[test]
    fn rule_4_6_a_lot_never_ends_without_a_notice_and_45_days() {
        let mut lot = lot(1, 10, 0, Some(30));
        assert_eq!(lot.ends_at(), None);
        lot.notice_at = Some(at(20));
        assert_eq!(lot.ends_at(), Some(at(65)));
        assert_eq!(balance(&[lot], Points::ZERO, at(65)).available, Points::ZERO);
    }

    fn told(lot: &Lot, day: i64) -> Lot {
        Lot { notice_at: Some(at(day)), ..lot.clone() }
    }

    #[test]
    fn rule_4_6_what_ends_soon_is_all_that_ends_within_60_days_and_never_in_less_than_45() {
        let soon = |lots: &[Lot]| {
            expiring(lots, at(100)).map(|it| (it.points.get(), it.at == at(145), it.at == at(150)))
        };
        assert_eq!(soon(&[lot(1, 10, 0, None), lot(2, 10, 0, Some(161))]), None);
        assert_eq!(soon(&[lot(1, 10, 0, Some(150))]), Some((10, false, true)));
        // One whose rule is past already waits 45 days from now on, as nobody was told.
        let both = [lot(1, 10, 0, Some(90)), lot(2, 5, 0, Some(160))];
        assert_eq!(soon(&both), Some((15, true, false)));
        // What has ended, and what is used up, ends no more.
        assert_eq!(soon(&[told(&lot(1, 10, 0, Some(90)), 50), lot(2, 0, 0, Some(150))]), None);
    }

    #[test]
    fn rule_4_6_the_member_is_told_of_each_end_once() {
        let was_told = |lots: &[Lot]| expiring(lots, at(100)).map(|it| it.told);
        let (new, old) = (lot(1, 10, 0, Some(150)), told(&lot(2, 10, 0, Some(150)), 99));
        assert_eq!(was_told(core::slice::from_ref(&old)), Some(true));
        assert_eq!(was_told(&[old.clone(), new]), Some(false));
        assert_eq!(was_told(&[old, lot(1, 10, 0, Some(161))]), Some(true));
    }

    #[test]
    fn rule_4_6_what_has_ended_is_neither_spent_nor_taken_back() {
        let lots = [told(&lot(1, 10, 0, Some(90)), 50), lot(2, 5, 0, None)];
        assert_eq!(balance(&lots, Points::ZERO, at(100)).available.get(), 5);
        assert_eq!(take(&lots, Points::clamped(6), at(100)), Err(Points::clamped(1)));
        let (taken, debt) = take_back(&lots, Points::clamped(6), at(100));
        assert_eq!(taken, [(LotId::from_u128(2), Points::clamped(5))]);
        assert_eq!(debt.get(), 1);
    }

    #[test]
    fn the_next_end_is_that_of_what_may_be_spent() {
        let told = |mut lot: Lot| {
            lot.notice_at = Some(at(0));
            lot
        };
        let ending = [lot(1, 10, 0, Some(90)), lot(2, 20, 0, Some(60)), lot(3, 5, 30, Some(50))];
        let lots = ending.map(told);
        assert_eq!(next_end(&lots, at(1)), Some((Points::clamped(20), at(60))));
        assert_eq!(next_end(&lots, at(70)), Some((Points::clamped(10), at(90))));
        assert_eq!(next_end(&[lot(1, 10, 0, None)], at(1)), None);
    }

    #[test]
    fn rule_6_4_points_are_taken_back_from_pending_lots_then_active_ones_then_as_debt() {
        let lots = [lot(1, 10, 0, None), lot(2, 20, 14, None)];
        let (taken, debt) = take_back(&lots, Points::clamped(35), at(1));
        let expected =
            [(2, 20), (1, 10)].map(|(id, points)| (LotId::from_u128(id), Points::clamped(points)));
        assert_eq!(taken, expected);
        assert_eq!(debt.get(), 5);
    }
}
