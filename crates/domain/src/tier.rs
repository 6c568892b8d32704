//! [`Tier`]: a step of the ladder, with its privileges; and who stands on which.

use crate::money::Currency;
use crate::points::Points;
use crate::rate::Rate;
use crate::text::Text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

mod rule;
pub use rule::{Fall, Metric, Review, ReviewDocument, TierRule, TierRuleDocument, TierWindow};

/// A step of the ladder. The first has threshold 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tier {
    /// The merchant's name for it in the program file.
    pub id: String,
    /// What the shopper reads.
    pub name: Text,
    /// What to have reached in the window, inclusive (rules §7.1): points, orders, or minor units of
    /// what was spent.
    pub threshold: Points,
    /// Multiplies what is earned.
    pub multiplier: Rate,
    /// What it brings besides.
    #[serde(default)]
    pub privileges: Vec<Privilege>,
    /// What whoever enters it is given; the merchant tells it as a privilege.
    #[serde(skip)]
    pub entry: Option<EntryReward>,
}

/// What whoever enters a tier is given (rules §7.3): points, or a coupon of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EntryReward {
    /// Points, pending as earned ones are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<i64>,
    /// The id of a promotion with issued codes: one of them becomes the member's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<String>,
    /// For how many days the coupon is valid; 30 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
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
    /// What was reached in the window that counts: points earned, orders, or minor units spent.
    pub earned: Points,
    /// The next tier's id; none at the top.
    pub next: Option<String>,
    /// What is still missing for it; zero at the top.
    pub missing: Points,
    /// Until when it counts: something of it leaves the window then; absent where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub until: Option<Timestamp>,
    /// What counts.
    #[serde(default, skip_serializing_if = "crate::is_default")]
    pub metric: Metric,
    /// The currency, where money counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub currency: Option<Currency>,
}

/// A tier given by hand: nobody falls below it before `until`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The tier.
    pub tier: String,
    /// Its end, exclusive.
    pub until: Timestamp,
}

/// The tier that `reached` in the window leads to; `None` only for an empty ladder.
pub fn reached(ladder: &[Tier], reached: Points) -> Option<&Tier> {
    ladder.iter().rfind(|tier| tier.threshold <= reached).or_else(|| ladder.first())
}

/// The tier after an order: up at once, never down (rules §7.2: down only at the review).
pub fn rise<'ladder>(
    ladder: &'ladder [Tier],
    current: Option<&str>,
    value: Points,
) -> Option<&'ladder Tier> {
    let held = current.and_then(|id| ladder.iter().find(|tier| tier.id == id));
    match (held, reached(ladder, value)) {
        (Some(held), Some(new)) if held.threshold >= new.threshold => Some(held),
        (_, new) => new,
    }
}

/// The tier after a review: the one that is held where it is reached or a floor holds it, else one
/// step below or the one that is reached, and never below the floor.
pub fn review<'ladder>(
    ladder: &'ladder [Tier],
    current: &str,
    value: Points,
    (fall, floor): (Fall, Option<&str>),
) -> Option<&'ladder Tier> {
    let place = |id: &str| ladder.iter().position(|tier| tier.id == id);
    let Some(held) = place(current) else { return reached(ladder, value) };
    let reached = reached(ladder, value).and_then(|tier| place(&tier.id)).unwrap_or_default();
    let least = floor.and_then(place).unwrap_or_default().max(reached);
    let lands = match fall {
        Fall::Step => held.saturating_sub(1).max(least),
        Fall::Reached => least,
    };
    ladder.get(lands.min(held))
}

/// What is missing for the step above `current`.
pub fn progress(ladder: &[Tier], current: &str, value: Points, rule: &TierRule) -> Progress {
    let place = ladder.iter().position(|tier| tier.id == current);
    let next = place.and_then(|place| ladder.get(place.saturating_add(1)));
    Progress {
        earned: value,
        next: next.map(|tier| tier.id.clone()),
        missing: next.map_or(Points::ZERO, |tier| tier.threshold.less(value)),
        until: None,
        metric: rule.metric,
        currency: rule.currency,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn ladder() -> Vec<Tier> {
        let tier = |id: &str, threshold| Tier {
            id: id.to_owned(),
            name: Text::default(),
            threshold: Points::clamped(threshold),
            multiplier: Rate::ONE,
            privileges: vec![],
            entry: None,
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

    #[rstest]
    // Kept: inclusive, and above what is held nobody rises here.
    #[case("silver", 500, Fall::Step, None, "silver")]
    #[case("silver", 9000, Fall::Step, None, "silver")]
    #[case("silver", 499, Fall::Step, None, "bronze")]
    #[case("gold", 0, Fall::Step, None, "silver")]
    #[case("gold", 0, Fall::Reached, None, "bronze")]
    #[case("gold", 600, Fall::Reached, None, "silver")]
    #[case("gold", 0, Fall::Reached, Some("silver"), "silver")]
    #[case("gold", 0, Fall::Step, Some("gold"), "gold")]
    #[case("silver", 0, Fall::Step, Some("gold"), "silver")]
    #[case("bronze", 0, Fall::Step, None, "bronze")]
    #[case("a tier the program no longer has", 600, Fall::Step, None, "silver")]
    fn rule_7_2_a_member_falls_a_step_at_the_review_and_never_below_the_floor(
        #[case] current: &str,
        #[case] value: i64,
        #[case] fall: Fall,
        #[case] floor: Option<&str>,
        #[case] expected: &str,
    ) {
        let ladder = ladder();
        let after = review(&ladder, current, Points::clamped(value), (fall, floor));
        assert_eq!(after.unwrap().id, expected);
    }

    proptest! {
        #[test]
        fn rule_7_2_a_review_never_raises_and_falls_to_nothing_that_is_not_deserved(
            held in 0_usize..3, value in 0_i64..3_000, floor in 0_usize..4, step in any::<bool>(),
        ) {
            let ladder = ladder();
            let fall = if step { Fall::Step } else { Fall::Reached };
            let floor = ladder.get(floor).map(|tier| tier.id.as_str());
            let value = Points::clamped(value);
            let place = |id: &str| ladder.iter().position(|tier| tier.id == id).unwrap();
            let after = review(&ladder, &ladder[held].id, value, (fall, floor)).unwrap();
            let after = place(&after.id);
            prop_assert!(after <= held);
            let least = place(&reached(&ladder, value).unwrap().id).max(floor.map_or(0, place));
            prop_assert!(after >= least.min(held));
            prop_assert!(fall == Fall::Reached || after + 1 >= held);
            prop_assert!(fall == Fall::Step || after == least.min(held));
        }
    }

    const RULE: TierRule = TierRule {
        metric: Metric::Earned,
        currency: None,
        window: TierWindow::Rolling,
        months: 12,
        review: None,
    };

    #[test]
    fn rule_7_3_progress_says_what_is_missing_and_the_top_misses_nothing() {
        let ladder = ladder();
        let silver = progress(&ladder, "silver", Points::clamped(1250), &RULE);
        assert_eq!((silver.next.as_deref(), silver.missing.get()), (Some("gold"), 250));
        let gold = progress(&ladder, "gold", Points::clamped(9000), &RULE);
        assert_eq!((gold.next, gold.missing.get()), (None, 0));
    }
}
