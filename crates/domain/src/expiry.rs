//! [`Expiry`]: when points end, by the rule they were earned under (rules §4.6).

use crate::calendar::Calendar;
use crate::points::Points;
use crate::time::{Date, Timestamp};
use serde::{Deserialize, Serialize};

/// When points end. The last day is a whole one, in the shop's zone; no end comes without a notice
/// ([`Lot::ends_at`](crate::lot::Lot::ends_at)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Expiry {
    /// `{ kind = "none" }`: never.
    #[default]
    None,
    /// `{ kind = "inactivity", months = 12 }`: so long after the member's last paid order. A new
    /// one moves the end of all that was earned under this rule.
    Inactivity {
        /// Months, 1 to 120.
        months: i64,
    },
    /// `{ kind = "after_earning", days = 365 }`.
    AfterEarning {
        /// Days, more than points are pending and at most 3,660.
        days: i64,
    },
    /// `{ kind = "end_of_year", years = 1 }`: with the calendar year so many after the one they
    /// were earned in; 0 is that year itself.
    EndOfYear {
        /// Years, 0 to 10.
        years: i64,
    },
}

impl Expiry {
    /// When points end that were earned at `from`, or for which an order counted then; `None` where
    /// they never do, or beyond the year 9999.
    pub fn end(self, from: Timestamp, calendar: &dyn Calendar) -> Option<Timestamp> {
        let day = calendar.date_of(from)?;
        let last = match self {
            Self::None => None,
            Self::Inactivity { months } => day.plus_months(months),
            Self::AfterEarning { days } => day.plus_days(days),
            Self::EndOfYear { years } => {
                let (year, _, _) = day.parts();
                Date::new(year.checked_add(i32::try_from(years).ok()?)?, 12, 31)
            }
        };
        calendar.start_of(last?.plus_days(1)?)
    }

    /// Whether a paid order moves the end.
    pub const fn moves_with_orders(self) -> bool {
        matches!(self, Self::Inactivity { .. })
    }
}

/// What is not taken back of an order's `points`: so many of its own `ended`, and nothing kept is
/// never bought (rules §6.3), so whoever lost them by their end owes them no more. `before` were
/// forgiven already.
#[must_use]
pub fn forgiven(points: Points, ended: Points, before: Points) -> Points {
    points.min(ended.less(before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Utc;
    use rstest::rstest;

    #[rstest]
    #[case(100, 40, 0, 40)]
    #[case(100, 40, 40, 0)]
    #[case(30, 40, 0, 30)]
    #[case(100, 0, 0, 0)]
    fn rule_6_3_what_ended_of_an_order_is_not_owed_when_it_comes_back(
        #[case] points: i64,
        #[case] ended: i64,
        #[case] before: i64,
        #[case] left: i64,
    ) {
        let [points, ended, before] = [points, ended, before].map(Points::clamped);
        assert_eq!(forgiven(points, ended, before).get(), left);
    }

    #[rstest]
    #[case(Expiry::Inactivity { months: 12 }, "2026-11-25", Some("2027-11-26"))]
    #[case(Expiry::Inactivity { months: 12 }, "2024-02-29", Some("2025-03-01"))]
    #[case(Expiry::Inactivity { months: 1 }, "2026-01-31", Some("2026-03-01"))]
    #[case(Expiry::AfterEarning { days: 365 }, "2023-03-01", Some("2024-03-01"))]
    #[case(Expiry::EndOfYear { years: 0 }, "2026-12-31", Some("2027-01-01"))]
    #[case(Expiry::EndOfYear { years: 1 }, "2026-01-01", Some("2028-01-01"))]
    #[case(Expiry::EndOfYear { years: 1 }, "9999-01-01", None)]
    #[case(Expiry::None, "2026-11-25", None)]
    fn rule_4_6_points_end_after_a_whole_last_day(
        #[case] expiry: Expiry,
        #[case] earned: &str,
        #[case] end: Option<&str>,
    ) {
        for time in ["00:00:00Z", "23:59:59.999999Z"] {
            let from = format!("{earned}T{time}").parse().unwrap();
            let end = end.map(|end| end.parse::<Date>().unwrap().midnight_utc());
            assert_eq!(expiry.end(from, &Utc), end, "from {time}");
        }
    }
}
