//! Calendars and time zones: the server's part of rules §1.3.

use habitue_domain::time::{Calendar, Date, Timestamp};
use jiff::civil;
use jiff::tz::TimeZone;

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

    #[test]
    fn an_unknown_zone_is_none() {
        assert!(Zone::named("Mars/Olympus").is_none());
    }
}
