//! [`Timestamp`], an instant, and [`Date`], a day on a calendar. No zones: the server expands them.

use core::fmt;
use core::str::FromStr;

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;
/// Microseconds in a day.
const DAY: i64 = 86_400 * SECOND;

/// An instant: microseconds since 1970-01-01T00:00:00Z, from year 1 to year 9999.
///
/// Its text is RFC 3339 in UTC: `2026-11-21T09:30:00Z`, with six decimals where there are any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first instant of year 1.
    pub const MIN: Self = Self(-62_135_596_800 * SECOND);
    /// The last microsecond of year 9999.
    pub const MAX: Self = Self(253_402_300_800 * SECOND - 1);

    /// An instant from microseconds since 1970; `None` outside years 1 to 9999.
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros < Self::MIN.0 || micros > Self::MAX.0 { None } else { Some(Self(micros)) }
    }

    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The instant `seconds` later (earlier where negative), held within years 1 to 9999.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        let micros = self.0.saturating_add(seconds.saturating_mul(SECOND));
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// The instant `days` times 24 hours later (earlier where negative).
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(86_400))
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }
}

/// A day on the calendar, without a zone: `2026-12-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

impl Date {
    /// A day from year 1 to 9999; `None` where the calendar has no such day.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let leap =
            year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        let fits = (1..=9999).contains(&year) && day >= 1 && day <= last;
        fits.then_some(Self { year, month, day })
    }

    /// Year, month (1 to 12) and day (1 to 31).
    pub const fn parts(self) -> (i32, u8, u8) {
        (self.year, self.month, self.day)
    }

    /// The day of the week, 0 = Monday.
    pub fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        u8::try_from(self.days().saturating_add(3).rem_euclid(7)).unwrap_or_default()
    }

    /// Days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    fn days(self) -> i64 {
        let month = i64::from(self.month);
        let year = i64::from(self.year).saturating_sub(i64::from(month <= 2));
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted = month.saturating_add(9).rem_euclid(12);
        let day_of_year = shifted
            .saturating_mul(153)
            .saturating_add(2)
            .div_euclid(5)
            .saturating_add(i64::from(self.day))
            .saturating_sub(1);
        let day_of_era = year_of_era
            .saturating_mul(365)
            .saturating_add(year_of_era.div_euclid(4))
            .saturating_sub(year_of_era.div_euclid(100))
            .saturating_add(day_of_year);
        era.saturating_mul(146_097).saturating_add(day_of_era).saturating_sub(719_468)
    }

    /// The day that is `days` after 1970-01-01, the inverse of [`Date::days`].
    pub(crate) fn from_days(days: i64) -> Option<Self> {
        let shifted = days.saturating_add(719_468);
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = day_of_era
            .saturating_sub(day_of_era.div_euclid(1_460))
            .saturating_add(day_of_era.div_euclid(36_524))
            .saturating_sub(day_of_era.div_euclid(146_096))
            .div_euclid(365);
        let day_of_year = day_of_era.saturating_sub(
            year_of_era
                .saturating_mul(365)
                .saturating_add(year_of_era.div_euclid(4))
                .saturating_sub(year_of_era.div_euclid(100)),
        );
        let shifted_month = day_of_year.saturating_mul(5).saturating_add(2).div_euclid(153);
        let day = day_of_year
            .saturating_sub(shifted_month.saturating_mul(153).saturating_add(2).div_euclid(5))
            .saturating_add(1);
        let month = shifted_month.saturating_add(2).rem_euclid(12).saturating_add(1);
        let year = era
            .saturating_mul(400)
            .saturating_add(year_of_era)
            .saturating_add(i64::from(month <= 2));
        Self::new(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }

    /// The first instant of this day in UTC.
    pub fn midnight_utc(self) -> Timestamp {
        Timestamp(self.days().saturating_mul(DAY))
    }

    /// The same day of the month `months` later, the last day of a shorter month; `None` outside
    /// years 1 to 9999.
    #[must_use]
    pub fn plus_months(self, months: i64) -> Option<Self> {
        let month = i64::from(self.month).saturating_sub(1);
        let all = i64::from(self.year).saturating_mul(12).saturating_add(month);
        let all = all.checked_add(months)?;
        let year = i32::try_from(all.div_euclid(12)).ok()?;
        let month = u8::try_from(all.rem_euclid(12).saturating_add(1)).ok()?;
        // Every month has 28 days, so one of these is there in the years that are.
        [self.day, 30, 29, 28]
            .into_iter()
            .filter(|day| *day <= self.day)
            .find_map(|day| Self::new(year, month, day))
    }

    /// The day `days` later (earlier where negative); `None` outside years 1 to 9999.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Option<Self> {
        Self::from_days(self.days().checked_add(days)?)
    }

    /// How many days `self` lies after `earlier`.
    pub fn days_since(self, earlier: Self) -> i64 {
        self.days().saturating_sub(earlier.days())
    }
}

/// Reads `length` digits at the front of `text`.
fn digits(text: &str, length: usize) -> Option<(i64, &str)> {
    let (head, rest) = text.split_at_checked(length)?;
    let all = head.bytes().all(|byte| byte.is_ascii_digit());
    if all { Some((head.parse().ok()?, rest)) } else { None }
}

fn date_at_front(text: &str) -> Option<(Date, &str)> {
    let (year, rest) = digits(text, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let date =
        Date::new(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
    Some((date, rest))
}

/// The microseconds of a fraction such as `.25`, cut after six decimals.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let Some(rest) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let (decimals, rest) = rest.split_at_checked(end)?;
    if decimals.is_empty() || decimals.len() > 9 {
        return None;
    }
    let kept = decimals.get(..6).unwrap_or(decimals);
    let missing = 6_u32.checked_sub(u32::try_from(kept.len()).ok()?)?;
    Some((kept.parse::<i64>().ok()?.checked_mul(10_i64.checked_pow(missing)?)?, rest))
}

/// The offset east of UTC in seconds: `Z` or `+02:00`.
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hours, rest) = digits(rest, 2)?;
    let (minutes, rest) = digits(rest.strip_prefix(':')?, 2)?;
    if !rest.is_empty() || hours > 23 || minutes > 59 {
        return None;
    }
    hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60)?.checked_mul(sign)
}

fn parse_instant(text: &str) -> Option<Timestamp> {
    let (date, rest) = date_at_front(text)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (hour, rest) = digits(rest, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (micros, rest) = fraction(rest)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?;
    let seconds = seconds.checked_add(second)?.checked_sub(offset(rest)?)?;
    let of_day = seconds.checked_mul(SECOND)?.checked_add(micros)?;
    Timestamp::from_micros(date.midnight_utc().0.checked_add(of_day)?)
}

/// Reads RFC 3339 (leap seconds and more than nine decimals are refused).
impl FromStr for Timestamp {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_instant(text).ok_or("not an instant such as 2026-11-21T09:30:00Z (RFC 3339)")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = Date::from_days(self.0.div_euclid(DAY)).ok_or(fmt::Error)?;
        let micros = self.0.rem_euclid(DAY);
        let seconds = micros.div_euclid(SECOND);
        let (hour, minute) = (seconds.div_euclid(3600), seconds.rem_euclid(3600).div_euclid(60));
        write!(to, "{date}T{hour:02}:{minute:02}:{:02}", seconds.rem_euclid(60))?;
        match micros.rem_euclid(SECOND) {
            0 => to.write_str("Z"),
            rest => write!(to, ".{rest:06}Z"),
        }
    }
}

impl FromStr for Date {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match date_at_front(text) {
            Some((date, "")) => Ok(date),
            _ => Err("not a day such as 2026-12-31"),
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

crate::serde_as_text!(Timestamp);
crate::serde_as_text!(Date);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rule_1_3_instants_agree_with_jiff(
            micros in Timestamp::MIN.micros()..=Timestamp::MAX.micros()
        ) {
            let ours = Timestamp::from_micros(micros).unwrap();
            let theirs: jiff::Timestamp = ours.to_string().parse().unwrap();
            prop_assert_eq!(theirs.as_microsecond(), micros);
            prop_assert_eq!(ours.to_string().parse(), Ok(ours));
        }

        #[test]
        fn instants_with_an_offset_agree_with_jiff(
            days in 0..40_000_i64, hour in -23..=23_i64, minute in 0..=59_i64, nanos in 0..1_000_000_000_u32
        ) {
            let date = Date::new(1970, 1, 1).unwrap().plus_days(days).unwrap();
            let text = format!("{date}T12:34:56.{nanos:09}{hour:+03}:{minute:02}");
            let theirs: jiff::Timestamp = text.parse().unwrap();
            let ours: Timestamp = text.parse().unwrap();
            prop_assert_eq!(ours.micros(), theirs.as_microsecond());
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            let _ = text.parse::<Timestamp>();
            let _ = text.parse::<Date>();
        }
    }

    proptest! {
        #[test]
        fn months_later_agree_with_jiff(days in 0..40_000_i64, months in -600..600_i64) {
            let date = Date::from_days(days).unwrap();
            let theirs: jiff::civil::Date = date.to_string().parse().unwrap();
            let theirs = theirs.checked_add(jiff::Span::new().months(months)).unwrap();
            prop_assert_eq!(date.plus_months(months).unwrap().to_string(), theirs.to_string());
        }
    }

    #[test]
    fn a_month_after_the_31st_is_the_last_day_of_a_shorter_one() {
        let later = |day: &str, months| day.parse::<Date>().unwrap().plus_months(months);
        assert_eq!(later("2026-01-31", 1), Date::new(2026, 2, 28));
        assert_eq!(later("2024-02-29", 12), Date::new(2025, 2, 28));
        assert_eq!(later("2024-02-29", 48), Date::new(2028, 2, 29));
        assert_eq!(later("9999-12-01", 1), None);
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "0000-01-01"] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        assert!("2024-02-29".parse::<Date>().is_ok());
        assert!("2000-02-29".parse::<Date>().is_ok());
        assert!("1900-02-29".parse::<Date>().is_err());
    }
}
