//! Calendars and time zones: the server's part of rules §1.3.

use habitue_domain::time::{Calendar, Date, Timestamp, Weekly, Window};
use jiff::civil;
use jiff::tz::TimeZone;

/// How many days after today hours of the week are expanded for: longer than any page stays open
/// with the facts it was given.
const DAYS_AHEAD: usize = 8;
/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// The calendar of a time zone.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone with this name, such as `Europe/Paris`; `None` where the data know no such one.
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// The same time of day `months` earlier (the last day of a shorter month).
    pub fn months_before(&self, instant: Timestamp, months: i64) -> Timestamp {
        let earlier = || {
            let zoned = jiff::Timestamp::from_microsecond(instant.micros()).ok()?;
            let zoned = zoned.to_zoned(self.0.clone());
            let span = jiff::Span::new().try_months(months).ok()?;
            Timestamp::from_micros(zoned.checked_sub(span).ok()?.timestamp().as_microsecond())
        };
        earlier().unwrap_or(Timestamp::MIN)
    }

    /// The hours of `weekly` that have not ended at `now` and begin within [`DAYS_AHEAD`], in order.
    ///
    /// An hour that a clock skips in spring begins when it would have been; one that comes twice in
    /// autumn begins the first time.
    pub fn windows(&self, weekly: &[Weekly], now: Timestamp) -> Vec<Window> {
        let mut windows: Vec<Window> = Vec::new();
        for day in self.days_around(now) {
            let weekday = u8::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default();
            for hours in weekly.iter().filter(|hours| hours.days.contains(&weekday)) {
                let last = if hours.until > hours.from { Some(day) } else { day.tomorrow().ok() };
                let ends = last.and_then(|day| self.at(day, hours.until));
                if let (Some(from), Some(until)) = (self.at(day, hours.from), ends)
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

    /// From yesterday, whose hours may reach into today.
    fn days_around(&self, now: Timestamp) -> Vec<civil::Date> {
        let today = jiff::Timestamp::from_microsecond(now.micros());
        let today = today.map(|now| now.to_zoned(self.0.clone()).date());
        let Ok(yesterday) = today.and_then(civil::Date::yesterday) else {
            return Vec::new();
        };
        yesterday.series(jiff::Span::new().days(1)).take(DAYS_AHEAD + 2).collect()
    }

    fn at(&self, day: civil::Date, minutes: u16) -> Option<Timestamp> {
        let (day, minutes) =
            if minutes < DAY { (day, minutes) } else { (day.tomorrow().ok()?, minutes - DAY) };
        let (hour, minute) = (i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?);
        let instant = day.at(hour, minute, 0, 0).to_zoned(self.0.clone()).ok()?;
        Timestamp::from_micros(instant.timestamp().as_microsecond())
    }
}

impl Calendar for Zone {
    fn start_of(&self, date: Date) -> Option<Timestamp> {
        let (year, month, day) = date.parts();
        let month = i8::try_from(month).ok()?;
        let date = civil::Date::new(i16::try_from(year).ok()?, month, i8::try_from(day).ok()?);
        let start = date.ok()?.to_zoned(self.0.clone()).ok()?;
        Timestamp::from_micros(start.timestamp().as_microsecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Europe/Paris", "2026-03-29", "2026-03-28T23:00:00Z")]
    #[case("Europe/Paris", "2026-03-30", "2026-03-29T22:00:00Z")]
    #[case("America/New_York", "2026-12-31", "2026-12-31T05:00:00Z")]
    #[case("Asia/Tokyo", "2024-02-29", "2024-02-28T15:00:00Z")]
    fn rule_1_3_a_day_begins_in_the_shops_zone(
        #[case] zone: &str,
        #[case] day: &str,
        #[case] start: &str,
    ) {
        let zone = Zone::named(zone).unwrap();
        assert_eq!(zone.start_of(day.parse().unwrap()), Some(start.parse().unwrap()));
    }

    #[test]
    fn a_year_before_leap_day_is_the_28th() {
        let zone = Zone::named("Europe/Paris").unwrap();
        let leap = "2024-02-29T12:00:00Z".parse().unwrap();
        assert_eq!(zone.months_before(leap, 12), "2023-02-28T12:00:00Z".parse().unwrap());
    }

    fn windows(days: &[u8], from: u16, until: u16, now: &str) -> Vec<(String, String)> {
        let weekly = [Weekly { days: days.to_vec(), from, until }];
        let windows = Zone::named("Europe/Paris").unwrap().windows(&weekly, now.parse().unwrap());
        windows.iter().map(|it| (it.from.to_string(), it.until.to_string())).collect()
    }

    fn pair(from: &str, until: &str) -> (String, String) {
        (from.to_owned(), until.to_owned())
    }

    #[test]
    fn rule_2_9_hours_of_the_week_become_instants_in_the_shops_zone() {
        // Fridays 17:00 to 19:00 in Paris, seen on Saturday 2026-03-21: the next is in winter time,
        // after which clocks change on the 29th.
        let found = windows(&[4], 17 * 60, 19 * 60, "2026-03-21T12:00:00Z");
        assert_eq!(found, [pair("2026-03-27T16:00:00Z", "2026-03-27T18:00:00Z")]);
        let found = windows(&[4], 17 * 60, 19 * 60, "2026-03-28T12:00:00Z");
        assert_eq!(found, [pair("2026-04-03T15:00:00Z", "2026-04-03T17:00:00Z")]);
    }

    #[test]
    fn rule_2_9_hours_may_reach_into_the_next_day_and_fill_a_whole_one() {
        let night = windows(&[5], 22 * 60, 2 * 60, "2026-11-22T00:30:00Z");
        assert_eq!(night.first().unwrap().1, "2026-11-22T01:00:00Z");
        let day = windows(&[0], 0, 24 * 60, "2026-11-21T12:00:00Z");
        assert_eq!(day, [pair("2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z")]);
    }

    #[test]
    fn an_unknown_zone_is_none() {
        assert!(Zone::named("Mars/Olympus").is_none());
    }
}
