//! Calendars and time zones: the server's part of rules §1.3.

use habitue_domain::calendar::Calendar;
use habitue_domain::time::{Date, Timestamp};
use jiff::civil;
use jiff::tz::TimeZone;

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

    /// The same time of day `months` later (the last day of a shorter month).
    pub fn months_after(&self, instant: Timestamp, months: i64) -> Timestamp {
        let later = self.months_before(instant, months.saturating_neg());
        if later == Timestamp::MIN { Timestamp::MAX } else { later }
    }
}

impl Calendar for Zone {
    fn start_of(&self, date: Date) -> Option<Timestamp> {
        self.instant(date, 0)
    }

    fn instant(&self, date: Date, minutes: u16) -> Option<Timestamp> {
        let days = i64::from(minutes / DAY);
        let (year, month, day) = date.plus_days(days)?.parts();
        let month = i8::try_from(month).ok()?;
        let date =
            civil::Date::new(i16::try_from(year).ok()?, month, i8::try_from(day).ok()?).ok()?;
        let (hour, minute) = (minutes % DAY / 60, minutes % 60);
        let time = date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
        let instant = time.to_zoned(self.0.clone()).ok()?;
        Timestamp::from_micros(instant.timestamp().as_microsecond())
    }

    fn date_of(&self, instant: Timestamp) -> Option<Date> {
        let instant = jiff::Timestamp::from_microsecond(instant.micros()).ok()?;
        let date = instant.to_zoned(self.0.clone()).date();
        let part = |number: i8| u8::try_from(number).ok();
        Date::new(i32::from(date.year()), part(date.month())?, part(date.day())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use habitue_domain::calendar::{self, Weekly};
    use habitue_domain::expiry::Expiry;
    use habitue_domain::tier::{Fall, Metric, Review, TierRule, TierWindow};
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
        let zone = Zone::named("Europe/Paris").unwrap();
        let windows = calendar::windows(&zone, &weekly, now.parse().unwrap());
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

    #[rstest]
    // The day clocks go forward has 23 hours, the day they go back 25.
    #[case("Europe/Paris", days(1), "2026-03-28T12:00:00Z", "2026-03-29T22:00:00Z")]
    #[case("America/New_York", days(1), "2026-10-31T12:00:00Z", "2026-11-02T05:00:00Z")]
    // A day that begins at one, since clocks skip midnight.
    #[case("America/Santiago", days(1), "2026-09-04T15:00:00Z", "2026-09-06T04:00:00Z")]
    // The offset at the end counts, not the one at the beginning.
    #[case("Europe/Paris", months(6), "2026-09-25T10:00:00Z", "2027-03-25T23:00:00Z")]
    // From leap day, from the end of a month, and where it is another day than in UTC.
    #[case("America/New_York", months(12), "2024-02-29T12:00:00Z", "2025-03-01T05:00:00Z")]
    #[case("Asia/Tokyo", months(1), "2026-01-30T20:00:00Z", "2026-02-28T15:00:00Z")]
    // The year is the shop's: an instant before its midnight, and the one of it.
    #[case("Europe/Paris", years(0), "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z")]
    #[case("Europe/Paris", years(0), "2026-12-31T23:00:00Z", "2027-12-31T23:00:00Z")]
    #[case("America/New_York", years(0), "2027-01-01T04:59:59Z", "2027-01-01T05:00:00Z")]
    #[case("Asia/Tokyo", years(1), "2026-12-31T15:00:00Z", "2028-12-31T15:00:00Z")]
    fn rule_4_6_points_end_at_a_midnight_of_the_shops_zone(
        #[case] zone: &str,
        #[case] expiry: Expiry,
        #[case] from: &str,
        #[case] end: &str,
    ) {
        let zone = Zone::named(zone).unwrap();
        let from = from.parse().unwrap();
        assert_eq!(expiry.end(from, &zone), Some(end.parse().unwrap()));
    }

    const fn days(days: i64) -> Expiry {
        Expiry::AfterEarning { days }
    }

    const fn months(months: i64) -> Expiry {
        Expiry::Inactivity { months }
    }

    const fn years(years: i64) -> Expiry {
        Expiry::EndOfYear { years }
    }

    #[rstest]
    // A year from leap day, and four.
    #[case("Europe/Paris", "2024-02-29T11:00:00Z", "2024-03-01T00:00:00Z", "2025-02-28T23:00:00Z")]
    #[case("Europe/Paris", "2024-02-29T11:00:00Z", "2027-06-01T00:00:00Z", "2028-02-29T23:00:00Z")]
    // Summer time has begun there by then, or ended, or the day is the one of the change itself.
    #[case("Europe/Paris", "2026-03-29T10:00:00Z", "2026-03-29T10:00:00Z", "2027-03-29T22:00:00Z")]
    #[case("Europe/Paris", "2027-03-28T10:00:00Z", "2027-03-28T10:00:00Z", "2028-03-28T22:00:00Z")]
    #[case(
        "America/New_York",
        "2026-11-01T12:00:00Z",
        "2026-11-02T00:00:00Z",
        "2027-11-02T04:00:00Z"
    )]
    #[case(
        "America/New_York",
        "2026-03-08T12:00:00Z",
        "2026-03-09T00:00:00Z",
        "2027-03-09T05:00:00Z"
    )]
    // The day there is not the one in UTC: the last of January, the first of February in Tokyo.
    #[case("Asia/Tokyo", "2026-01-31T16:00:00Z", "2026-02-02T00:00:00Z", "2027-02-01T15:00:00Z")]
    #[case(
        "America/New_York",
        "2026-02-01T02:00:00Z",
        "2026-02-02T00:00:00Z",
        "2027-02-01T05:00:00Z"
    )]
    fn rule_7_2_a_review_comes_at_a_midnight_of_the_shops_zone(
        #[case] zone: &str,
        #[case] since: &str,
        #[case] after: &str,
        #[case] next: &str,
    ) {
        let zone = Zone::named(zone).unwrap();
        let next = next.parse().unwrap();
        let (since, after) = (since.parse().unwrap(), after.parse().unwrap());
        assert_eq!(Review::next(since, after, &zone), Some(next));
    }

    #[rstest]
    // 30 whole days, an hour fewer or more where clocks change meanwhile.
    #[case("Europe/Paris", "2026-03-10T12:00:00Z", "2026-04-09T22:00:00Z")]
    #[case("America/New_York", "2026-10-15T12:00:00Z", "2026-11-15T05:00:00Z")]
    #[case("Asia/Tokyo", "2026-01-30T20:00:00Z", "2026-03-02T15:00:00Z")]
    fn rule_7_2_the_grace_ends_at_a_midnight_of_the_shops_zone(
        #[case] zone: &str,
        #[case] warned: &str,
        #[case] falls: &str,
    ) {
        let zone = Zone::named(zone).unwrap();
        let review = Review { grace_days: 30, fall: Fall::Step };
        let falls = falls.parse().unwrap();
        assert_eq!(review.falls_at(warned.parse().unwrap(), &zone), Some(falls));
    }

    #[rstest]
    #[case("Europe/Paris", "2026-12-31T22:59:59Z", "2025-12-31T23:00:00Z")]
    #[case("America/New_York", "2027-01-01T04:59:59Z", "2026-01-01T05:00:00Z")]
    #[case("Asia/Tokyo", "2026-12-31T15:00:00Z", "2026-12-31T15:00:00Z")]
    fn rule_7_1_a_calendar_year_begins_in_the_shops_zone(
        #[case] zone: &str,
        #[case] at: &str,
        #[case] begins: &str,
    ) {
        let zone = Zone::named(zone).unwrap();
        let (metric, window) = (Metric::Earned, TierWindow::CalendarYear);
        let rule = TierRule { metric, currency: None, window, months: 12, review: None };
        let year = rule.counts_at(at.parse().unwrap(), Timestamp::MIN, &zone);
        assert_eq!(year.from, begins.parse().unwrap());
    }

    #[test]
    fn rule_7_1_a_rolling_window_ends_as_long_after_as_it_looks_back() {
        let zone = Zone::named("Asia/Tokyo").unwrap();
        let end = zone.months_after("2026-08-31T03:00:00Z".parse().unwrap(), 6);
        assert_eq!(end, "2027-02-28T03:00:00Z".parse().unwrap());
        assert_eq!(zone.months_after(Timestamp::MAX, 12), Timestamp::MAX);
    }

    #[test]
    fn an_unknown_zone_is_none() {
        assert!(Zone::named("Mars/Olympus").is_none());
    }
}
