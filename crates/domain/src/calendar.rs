//! [`Calendar`], what the server knows of time zones, and hours that come back every week.

use crate::time::{Date, Timestamp};
use serde::{Deserialize, Serialize};

/// How many days after today hours of the week are expanded for: longer than any page stays open
/// with the facts it was given.
const DAYS_AHEAD: i64 = 8;

/// A span of time: `from` inclusive, `until` exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Window {
    /// Its first instant.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
}

impl Window {
    /// Whether `instant` lies in it.
    pub fn holds(&self, instant: Timestamp) -> bool {
        self.from <= instant && instant < self.until
    }
}

/// Hours that come back every week, as clocks show them in the shop's zone. The server expands
/// them into [`Window`]s around now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weekly {
    /// The days on which they begin, 0 = Monday.
    pub days: Vec<u8>,
    /// Minutes after midnight when they begin.
    pub from: u16,
    /// Minutes after midnight when they end; not after `from` means on the next day.
    pub until: u16,
}

/// What the server knows of calendars and time zones; the browser is told instants only.
pub trait Calendar {
    /// The first instant of `date` in the shop's zone; `None` where the zone's data has no answer.
    fn start_of(&self, date: Date) -> Option<Timestamp>;

    /// The instant at which clocks on `date` show so many minutes after midnight (up to 1,440).
    ///
    /// One that clocks skip in spring is when it would have been; one that comes twice in autumn
    /// is the first.
    fn instant(&self, date: Date, minutes: u16) -> Option<Timestamp>;

    /// The day that clocks show at `instant`.
    fn date_of(&self, instant: Timestamp) -> Option<Date>;
}

/// The hours of `weekly` that have not ended at `now` and begin within eight days, in order.
pub fn windows(calendar: &dyn Calendar, weekly: &[Weekly], now: Timestamp) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    let today = calendar.date_of(now);
    // From yesterday, whose hours may reach into today.
    let days = (-1..=DAYS_AHEAD).filter_map(|days| today?.plus_days(days));
    for day in days {
        for hours in weekly.iter().filter(|hours| hours.days.contains(&day.weekday())) {
            let last = if hours.until > hours.from { Some(day) } else { day.plus_days(1) };
            let ends = last.and_then(|day| calendar.instant(day, hours.until));
            if let (Some(from), Some(until)) = (calendar.instant(day, hours.from), ends)
                && now < until
                && from < until
            {
                windows.push(Window { from, until });
            }
        }
    }
    windows.sort_by_key(|window| (window.from, window.until));
    windows
}

/// The calendar of UTC, for tests and for shops without a zone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utc;

impl Calendar for Utc {
    fn start_of(&self, date: Date) -> Option<Timestamp> {
        Some(date.midnight_utc())
    }

    fn instant(&self, date: Date, minutes: u16) -> Option<Timestamp> {
        Some(date.midnight_utc().plus_seconds(i64::from(minutes).saturating_mul(60)))
    }

    fn date_of(&self, instant: Timestamp) -> Option<Date> {
        Date::from_days(instant.seconds().div_euclid(86_400))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rule_1_3_the_day_of_the_week_agrees_with_jiff(days in -100_000..100_000_i64) {
            let ours = Date::from_days(days).unwrap();
            let theirs: jiff::civil::Date = ours.to_string().parse().unwrap();
            let theirs = theirs.weekday().to_monday_zero_offset();
            prop_assert_eq!(i64::from(ours.weekday()), i64::from(theirs));
        }
    }
}
