//! [`TierRule`]: what counts for a tier, in which time, and how one is lost again (rules §7.1, §7.2).

use crate::calendar::{Calendar, Window};
use crate::money::Currency;
use crate::time::{Date, Timestamp};
use serde::{Deserialize, Serialize};

/// What counts for a tier. Never the balance: spending points costs nobody their tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Points earned by orders, less what returns took back.
    #[default]
    Earned,
    /// What was paid for goods that were kept, in one currency.
    Spent,
    /// Paid orders of which something was kept.
    Ordered,
}

/// The time in which it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TierWindow {
    /// The last `points.tier_months` months.
    #[default]
    Rolling,
    /// The calendar year in the shop's zone.
    CalendarYear,
    /// All of it.
    Lifetime,
}

/// How far one falls at a review.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fall {
    /// One step.
    #[default]
    Step,
    /// To what is reached.
    Reached,
}

/// `[tier_rule]` of a program. Without it, points earned in the last months count, and nobody falls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TierRuleDocument {
    /// What counts; `"earned"` if absent. With `"spent"` each tier has `spent` for its `threshold`.
    #[serde(default, skip_serializing_if = "crate::is_default")]
    pub metric: Metric,
    /// The time in which it counts; `"rolling"` if absent.
    #[serde(default, skip_serializing_if = "crate::is_default")]
    pub window: TierWindow,
    /// When and how one falls; nobody ever does if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewDocument>,
}

/// The review: each year on the day of entry into the tier. `{}` is what most programs want.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReviewDocument {
    /// Days between the warning and the fall, 1 to 366; 30 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_days: Option<i64>,
    /// How far one falls; `"step"` if absent.
    #[serde(default, skip_serializing_if = "crate::is_default")]
    pub fall: Fall,
}

/// The review as the rules read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Review {
    /// Days between the warning and the fall.
    pub grace_days: i64,
    /// How far one falls.
    pub fall: Fall,
}

/// What counts, when, and how it is reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierRule {
    /// What counts.
    pub metric: Metric,
    /// The currency of what is spent.
    pub currency: Option<Currency>,
    /// The time in which it counts.
    pub window: TierWindow,
    /// The months a rolling window looks back.
    pub months: i64,
    /// How one falls; nobody does where there is none.
    pub review: Option<Review>,
}

impl TierRule {
    /// The time that counts at `instant`; `rolling` is where a rolling one begins, which the server
    /// knows. What happens at `instant` itself counts.
    pub fn counts_at(
        &self,
        instant: Timestamp,
        rolling: Timestamp,
        calendar: &dyn Calendar,
    ) -> Window {
        match self.window {
            TierWindow::Rolling => Window { from: rolling, until: Timestamp::MAX },
            TierWindow::Lifetime => Window { from: Timestamp::MIN, until: Timestamp::MAX },
            TierWindow::CalendarYear => {
                year_of(instant, 0, calendar).unwrap_or(Window { from: rolling, until: instant })
            }
        }
    }

    /// The times of which the better one counts at a review: a calendar year that has only begun says
    /// little, so that the whole one before it counts as well.
    pub fn reviewed_at(
        &self,
        instant: Timestamp,
        rolling: Timestamp,
        calendar: &dyn Calendar,
    ) -> Vec<Window> {
        let now = self.counts_at(instant, rolling, calendar);
        let before = match self.window {
            TierWindow::CalendarYear => year_of(instant, -1, calendar),
            TierWindow::Rolling | TierWindow::Lifetime => None,
        };
        before.into_iter().chain([now]).collect()
    }
}

/// The calendar year so many after the one of `instant`.
fn year_of(instant: Timestamp, after: i32, calendar: &dyn Calendar) -> Option<Window> {
    let (year, _, _) = calendar.date_of(instant)?.parts();
    let begins = |year: i32| calendar.start_of(Date::new(year, 1, 1)?);
    let year = year.checked_add(after)?;
    Some(Window { from: begins(year)?, until: begins(year.checked_add(1)?)? })
}

impl Review {
    /// The first review after `after` of a tier entered at `since`: the end of the day a whole number
    /// of years on, so that what led there has left a window of a year. Who entered on 29 February is
    /// reviewed on the 28th of other years.
    pub fn next(since: Timestamp, after: Timestamp, calendar: &dyn Calendar) -> Option<Timestamp> {
        let entered = calendar.date_of(since)?;
        let (year, _, _) = entered.parts();
        let (now, _, _) = calendar.date_of(after)?.parts();
        let passed = i64::from(now.checked_sub(year)?.max(1));
        // This year's day, or the one of the year after.
        [passed, passed.checked_add(1)?].into_iter().find_map(|years| {
            let day = entered.plus_months(years.checked_mul(12)?)?;
            calendar.start_of(day.plus_days(1)?).filter(|end| *end > after)
        })
    }

    /// When a member falls who was warned at `warned`: after so many whole days.
    pub fn falls_at(self, warned: Timestamp, calendar: &dyn Calendar) -> Option<Timestamp> {
        let day = calendar.date_of(warned)?.plus_days(self.grace_days.checked_add(1)?)?;
        calendar.start_of(day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Utc;
    use rstest::rstest;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const RULE: TierRule = TierRule {
        metric: Metric::Earned,
        currency: None,
        window: TierWindow::Rolling,
        months: 12,
        review: None,
    };

    #[test]
    fn rule_7_1_a_window_rolls_or_is_a_calendar_year_or_a_life() {
        let (now, rolling) = (at("2026-11-25T10:00:00Z"), at("2025-11-25T10:00:00Z"));
        let of = |window| TierRule { window, ..RULE }.counts_at(now, rolling, &Utc);
        assert_eq!(of(TierWindow::Rolling).from, rolling);
        assert!(of(TierWindow::Rolling).holds(now));
        assert_eq!(of(TierWindow::Lifetime).from, Timestamp::MIN);
        let year = of(TierWindow::CalendarYear);
        assert_eq!(year.from, at("2026-01-01T00:00:00Z"));
        assert_eq!(year.until, at("2027-01-01T00:00:00Z"));
    }

    #[test]
    fn rule_7_2_the_year_before_counts_at_a_review_too() {
        let now = at("2027-01-05T00:00:00Z");
        let rule = TierRule { window: TierWindow::CalendarYear, ..RULE };
        let windows = rule.reviewed_at(now, now, &Utc);
        let from: Vec<String> = windows.iter().map(|it| it.from.to_string()).collect();
        assert_eq!(from, ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]);
        assert_eq!(RULE.reviewed_at(now, now, &Utc).len(), 1);
    }

    #[rstest]
    #[case("2025-06-10T15:00:00Z", "2025-06-10T15:00:00Z", "2026-06-11T00:00:00Z")]
    #[case("2025-06-10T15:00:00Z", "2026-06-10T23:59:59Z", "2026-06-11T00:00:00Z")]
    #[case("2025-06-10T15:00:00Z", "2026-06-11T00:00:00Z", "2027-06-11T00:00:00Z")]
    // A job that was down for years looks at the next day, not at each that has passed.
    #[case("2020-06-10T15:00:00Z", "2026-11-01T00:00:00Z", "2027-06-11T00:00:00Z")]
    #[case("2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z", "2025-03-01T00:00:00Z")]
    #[case("2024-02-29T12:00:00Z", "2027-03-01T00:00:00Z", "2028-03-01T00:00:00Z")]
    #[case("2024-12-31T23:00:00Z", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z")]
    #[case("2024-12-31T23:00:00Z", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    fn rule_7_2_a_review_comes_each_year_on_the_day_of_entry(
        #[case] since: &str,
        #[case] after: &str,
        #[case] next: &str,
    ) {
        assert_eq!(Review::next(at(since), at(after), &Utc), Some(at(next)));
    }

    #[test]
    fn rule_7_2_the_grace_has_whole_days_after_the_warning() {
        let review = Review { grace_days: 30, fall: Fall::Step };
        let falls = review.falls_at(at("2026-01-31T18:00:00Z"), &Utc);
        assert_eq!(falls, Some(at("2026-03-03T00:00:00Z")));
    }
}
