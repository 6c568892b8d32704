//! [`EarningAction`]: what earns points besides a paid order, and how often (rules §4.11); and
//! [`Birthday`], a day of each year.

use crate::calendar::{Calendar, Window};
use crate::points::Points;
use crate::text::Text;
use crate::time::{Date, Timestamp};
use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Serialize};

/// The most bytes of the id by which a shop names an event.
pub const MAX_EVENT: usize = 100;

/// What is done. Closed list; `custom` is named by the merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Joining the program, by one's own act: once.
    Join,
    /// A birthday: once a calendar year.
    Birthday,
    /// A review of something bought.
    Review,
    /// A profile that is complete: once.
    Profile,
    /// The newsletter, confirmed: once. Off unless written; `program publish` warns of it.
    Newsletter,
    /// What the merchant declares, by an `id`.
    Custom,
}

impl ActionKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Join, Self::Birthday, Self::Review, Self::Profile, Self::Newsletter, Self::Custom];

    /// The stable word, as in a program file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Birthday => "birthday",
            Self::Review => "review",
            Self::Profile => "profile",
            Self::Newsletter => "newsletter",
            Self::Custom => "custom",
        }
    }

    /// How often it earns, where that is not the merchant's to say.
    pub const fn fixed(self) -> Option<(i64, Period)> {
        match self {
            Self::Join | Self::Profile | Self::Newsletter => Some((1, Period::Ever)),
            Self::Birthday => Some((1, Period::Year)),
            Self::Review | Self::Custom => None,
        }
    }

    /// Whether the shop tells of it; the others are seen by the server itself.
    pub const fn is_told(self) -> bool {
        matches!(self, Self::Review | Self::Profile | Self::Custom)
    }
}

/// The time within which a cap counts, in the shop's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A day.
    Day,
    /// A month of the calendar.
    Month,
    /// A year of the calendar.
    Year,
    /// As long as the membership lasts.
    Ever,
}

impl Period {
    /// The period that holds `instant`; of everything where the calendar has no answer.
    pub fn window(self, instant: Timestamp, calendar: &dyn Calendar) -> Window {
        let bounds = || {
            let day = calendar.date_of(instant)?;
            let (year, month, _) = day.parts();
            let (first, months) = match self {
                Self::Ever => return None,
                Self::Day => {
                    let until = calendar.start_of(day.plus_days(1)?)?;
                    return Some(Window { from: calendar.start_of(day)?, until });
                }
                Self::Month => (Date::new(year, month, 1)?, 1),
                Self::Year => (Date::new(year, 1, 1)?, 12),
            };
            let until = calendar.start_of(first.plus_months(months)?)?;
            Some(Window { from: calendar.start_of(first)?, until })
        };
        bounds().unwrap_or(Window { from: Timestamp::MIN, until: Timestamp::MAX })
    }
}

/// An action as its merchant writes it: `{ kind = "review", name = { en = "A review" },
/// points = 50, times = 2, per = "month" }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EarningActionDocument {
    /// What is done.
    pub kind: ActionKind,
    /// The name of a custom one, by which the shop tells of it; the others have their kind's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the shopper reads, in "how to earn" and in the history.
    pub name: Text,
    /// What it earns each time.
    pub points: i64,
    /// How often it earns within `per`, for each member. Reviews and custom ones need it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<i64>,
    /// Within what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Period>,
    /// Days until its points may be spent; as points of orders if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_days: Option<i64>,
}

/// An action as the rules read it, and as anybody may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EarningAction {
    /// Its kind's word, or the merchant's for a custom one.
    pub id: String,
    /// What is done.
    pub kind: ActionKind,
    /// What the shopper reads.
    pub name: Text,
    /// What it earns each time.
    pub points: Points,
    /// How often it earns within `per`.
    pub times: i64,
    /// Within what.
    pub per: Period,
    /// Days until its points may be spent.
    pub pending_days: i64,
}

impl EarningAction {
    /// What it earns somebody for whom it has earned `before` times in the period; nothing where
    /// the cap is reached.
    pub fn earns(&self, before: i64) -> Points {
        if before < self.times { self.points } else { Points::ZERO }
    }
}

/// A day of each year: month and day, and no year, since nobody needs to know an age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Birthday {
    month: u8,
    day: u8,
}

/// A year that has a 29 February.
const LEAP: i32 = 2_000;

impl Birthday {
    /// `None` where no year has such a day.
    pub fn new(month: u8, day: u8) -> Option<Self> {
        Date::new(LEAP, month, day).map(|_| Self { month, day })
    }

    /// The birthdays that are kept on `day`: whoever was born on 29 February has theirs on the
    /// 28th where there is none, as every rule here takes the last day of a shorter month.
    pub fn kept_on(day: Date) -> impl Iterator<Item = Self> {
        let (year, month, of_month) = day.parts();
        let short = (month, of_month) == (2, 28) && Date::new(year, 2, 29).is_none();
        let leap = short.then_some(Self { month: 2, day: 29 });
        [Some(Self { month, day: of_month }), leap].into_iter().flatten()
    }
}

impl fmt::Display for Birthday {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:02}-{:02}", self.month, self.day)
    }
}

impl FromStr for Birthday {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "not a day such as 02-29: month and day, two digits each";
        let (month, day) = text.split_once('-').ok_or(SHAPE)?;
        let number = |text: &str| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            if digits { text.parse().ok() } else { None }
        };
        let both = number(month).zip(number(day));
        both.and_then(|(month, day)| Self::new(month, day)).ok_or(SHAPE)
    }
}

impl TryFrom<String> for Birthday {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Birthday> for String {
    fn from(birthday: Birthday) -> Self {
        birthday.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Utc;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("2024-02-29", &["02-29"])]
    #[case("2024-02-28", &["02-28"])]
    #[case("2026-02-28", &["02-28", "02-29"])]
    #[case("2100-02-28", &["02-28", "02-29"])]
    #[case("2026-03-01", &["03-01"])]
    fn rule_4_11_whoever_was_born_on_29_february_has_a_birthday_every_year(
        #[case] day: &str,
        #[case] kept: &[&str],
    ) {
        let found: Vec<String> =
            Birthday::kept_on(day.parse().unwrap()).map(|it| it.to_string()).collect();
        assert_eq!(found, kept);
    }

    proptest! {
        #[test]
        fn rule_4_11_every_birthday_is_kept_once_a_year(
            month in 1..=12_u8, day in 1..=31_u8, year in 1_970..2_400_i32,
        ) {
            prop_assume!(Birthday::new(month, day).is_some());
            let born = Birthday::new(month, day).unwrap();
            prop_assert_eq!(born.to_string().parse(), Ok(born));
            let first = Date::new(year, 1, 1).unwrap();
            let days = (0..366).filter_map(|n| first.plus_days(n));
            let days = days.filter(|day| day.parts().0 == year);
            let kept = days.filter(|day| Birthday::kept_on(*day).any(|it| it == born)).count();
            prop_assert_eq!(kept, 1);
        }
    }

    #[rstest]
    #[case("2-29")]
    #[case("02-30")]
    #[case("13-01")]
    #[case("+2-01")]
    #[case("2000-02-29")]
    fn a_day_that_no_year_has_is_no_birthday(#[case] text: &str) {
        assert!(text.parse::<Birthday>().is_err());
    }

    #[rstest]
    #[case(Period::Day, "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z")]
    #[case(Period::Month, "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z")]
    #[case(Period::Year, "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")]
    fn rule_4_11_a_cap_counts_within_a_period_of_the_calendar(
        #[case] per: Period,
        #[case] from: &str,
        #[case] until: &str,
    ) {
        let window = per.window("2024-02-29T18:00:00Z".parse().unwrap(), &Utc);
        assert_eq!((window.from, window.until), (from.parse().unwrap(), until.parse().unwrap()));
        assert_eq!(Period::Ever.window(window.from, &Utc).from, Timestamp::MIN);
    }

    #[test]
    fn rule_4_11_an_action_earns_until_its_cap_is_reached() {
        let review = EarningAction {
            id: "review".to_owned(),
            kind: ActionKind::Review,
            name: Text::default(),
            points: Points::clamped(50),
            times: 2,
            per: Period::Month,
            pending_days: 14,
        };
        assert_eq!([0, 1, 2, 3].map(|before| review.earns(before).get()), [50, 50, 0, 0]);
    }
}
