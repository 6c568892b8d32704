//! [`Tier`]: a step of the ladder, with its privileges; and who stands on which.

use crate::points::Points;
use crate::rate::Rate;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// A step of the ladder. The first has threshold 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tier {
    /// The merchant's name for it in the program file.
    pub id: String,
    /// What the shopper reads.
    pub name: Text,
    /// Points to have earned in the window, inclusive (rules §7.1).
    pub threshold: Points,
    /// Multiplies what is earned.
    pub multiplier: Rate,
    /// What it brings besides.
    #[serde(default)]
    pub privileges: Vec<Privilege>,
}

/// A standing benefit of a tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Privilege {
    /// Its kind, which decides the icon.
    pub kind: PrivilegeKind,
    /// What the shopper reads.
    pub text: Text,
    /// Where to read more: an `https` address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// The kinds of privilege (rules §7.3). Closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PrivilegeKind {
    /// Buys before the others.
    EarlyAccess,
    /// Pays no shipping.
    FreeShipping,
    /// Is served first.
    PriorityQueue,
    /// Has somebody to call.
    DedicatedContact,
    /// Is given something.
    Gift,
    /// Is invited.
    Experience,
}

/// How far a member is from the next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Progress {
    /// Points earned in the window that counts.
    pub earned: Points,
    /// The next tier's id; none at the top.
    pub next: Option<String>,
    /// Points still to earn for it; zero at the top.
    pub missing: Points,
}

/// The tier that `earned` points in the window reach; `None` only for an empty ladder.
pub fn reached(ladder: &[Tier], earned: Points) -> Option<&Tier> {
    ladder.iter().rfind(|tier| tier.threshold <= earned).or_else(|| ladder.first())
}

/// The tier after an earning: up at once, never down (rules §7.2: down only at the review).
pub fn rise<'ladder>(
    ladder: &'ladder [Tier],
    current: Option<&str>,
    earned: Points,
) -> Option<&'ladder Tier> {
    let held = current.and_then(|id| ladder.iter().find(|tier| tier.id == id));
    match (held, reached(ladder, earned)) {
        (Some(held), Some(new)) if held.threshold >= new.threshold => Some(held),
        (_, new) => new,
    }
}

/// What is missing for the step above `current`.
pub fn progress(ladder: &[Tier], current: &str, earned: Points) -> Progress {
    let place = ladder.iter().position(|tier| tier.id == current);
    let next = place.and_then(|place| ladder.get(place.saturating_add(1)));
    Progress {
        earned,
        next: next.map(|tier| tier.id.clone()),
        missing: next.map_or(Points::ZERO, |tier| tier.threshold.less(earned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn ladder() -> Vec<Tier> {
        let tier = |id: &str, threshold| Tier {
            id: id.to_owned(),
            name: Text::default(),
            threshold: Points::clamped(threshold),
            multiplier: Rate::ONE,
            privileges: vec![],
        };
        vec![tier("bronze", 0), tier("silver", 500), tier("gold", 1500)]
    }

    #[rstest]
    #[case(None, 0, "bronze")]
    #[case(None, 499, "bronze")]
    #[case(Some("bronze"), 500, "silver")]
    #[case(Some("bronze"), 1500, "gold")]
    #[case(Some("gold"), 0, "gold")]
    #[case(Some("a tier the program no longer has"), 600, "silver")]
    fn rule_7_2_a_member_rises_at_once_and_never_falls_here(
        #[case] current: Option<&str>,
        #[case] earned: i64,
        #[case] expected: &str,
    ) {
        let ladder = ladder();
        assert_eq!(rise(&ladder, current, Points::clamped(earned)).unwrap().id, expected);
    }

    #[test]
    fn rule_7_3_progress_says_what_is_missing_and_the_top_misses_nothing() {
        let ladder = ladder();
        let silver = progress(&ladder, "silver", Points::clamped(1250));
        assert_eq!((silver.next.as_deref(), silver.missing.get()), (Some("gold"), 250));
        let gold = progress(&ladder, "gold", Points::clamped(9000));
        assert_eq!((gold.next, gold.missing.get()), (None, 0));
    }
}
