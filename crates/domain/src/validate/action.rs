//! From what a document says of actions that earn to [`EarningAction`].

use super::{Mistakes, check_id, check_text};
use crate::action::{ActionKind, EarningAction, EarningActionDocument, Period};
use crate::points::Points;
use crate::program::ProgramDocument;
use std::collections::BTreeSet;

/// The most actions of a program: what somebody can read.
const MANY: usize = 50;

/// Compiles `points.actions`.
pub(crate) fn all(
    document: &ProgramDocument,
    pending_days: i64,
    mistakes: &mut Mistakes,
) -> Vec<EarningAction> {
    let list = &document.points.actions;
    mistakes.check(list.len() <= MANY, "points.actions", "at most 50 entries");
    let mut seen = BTreeSet::new();
    let mut actions = Vec::new();
    for (place, written) in list.iter().enumerate() {
        let path = format!("points.actions[{place}]");
        check_text(&written.name, &format!("{path}.name"), &document.locale, mistakes);
        let action = one(written, &path, pending_days, mistakes);
        let reason = "another action is this one already";
        mistakes.check(seen.insert(action.id.clone()), &path, reason);
        actions.push(action);
    }
    actions
}

fn one(
    written: &EarningActionDocument,
    path: &str,
    pending_days: i64,
    mistakes: &mut Mistakes,
) -> EarningAction {
    let fits = (1..=1_000_000).contains(&written.points);
    mistakes.check(fits, &format!("{path}.points"), "must lie between 1 and 1000000");
    let pending_days = written.pending_days.unwrap_or(pending_days);
    let fits = (0..=366).contains(&pending_days);
    mistakes.check(fits, &format!("{path}.pending_days"), "must lie between 0 and 366");
    let (times, per) = cap(written, path, mistakes);
    EarningAction {
        id: id(written, path, mistakes),
        kind: written.kind,
        name: written.name.clone(),
        points: Points::clamped(written.points),
        times,
        per,
        pending_days,
    }
}

fn id(written: &EarningActionDocument, path: &str, mistakes: &mut Mistakes) -> String {
    let word = written.kind.word();
    match (&written.id, written.kind) {
        (Some(id), ActionKind::Custom) => {
            check_id(id, path, mistakes);
            let taken = ActionKind::ALL.iter().any(|kind| kind.word() == id);
            mistakes.check(!taken, &format!("{path}.id"), "is the name of a kind");
            id.clone()
        }
        (None, ActionKind::Custom) => {
            mistakes.add(&format!("{path}.id"), "a custom action needs one");
            word.to_owned()
        }
        (given, _) => {
            let reason = "only a custom action has one";
            mistakes.check(given.is_none(), &format!("{path}.id"), reason);
            word.to_owned()
        }
    }
}

/// What can be done again and again must have a cap; the others have theirs.
fn cap(written: &EarningActionDocument, path: &str, mistakes: &mut Mistakes) -> (i64, Period) {
    if let Some(fixed) = written.kind.fixed() {
        let is_free = written.times.is_none() && written.per.is_none();
        let reason = "is not for this kind, which earns once, or once a year";
        mistakes.check(is_free, &format!("{path}.times"), reason);
        return fixed;
    }
    let (times, per) = (written.times.unwrap_or(1), written.per.unwrap_or(Period::Ever));
    let has = written.times.is_some() && written.per.is_some();
    let reason = "needs times and per, such as times = 2 and per = \"month\"";
    mistakes.check(has, path, reason);
    let fits = (1..=1_000).contains(&times);
    mistakes.check(fits, &format!("{path}.times"), "must lie between 1 and 1000");
    (times, per)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Utc;
    use rstest::rstest;
    use serde_json::{Value, json};

    fn document(actions: &Value) -> ProgramDocument {
        let document = json!({ "format": 1, "name": { "en": "p" }, "time_zone": "UTC",
            "locale": "en", "terms": { "version": "1", "url": "https://shop.example/terms" },
            "points": { "earn": [{ "points": 1, "per": "1.00 EUR" }],
                "redeem": [{ "points": 100, "per": "1.00 EUR" }], "actions": actions },
            "tiers": [{ "id": "first", "name": { "en": "f" }, "threshold": 0 }] });
        serde_json::from_value(document).unwrap()
    }

    fn action(mut written: Value) -> Value {
        written["name"] = json!({ "en": "n" });
        written["points"] = json!(10);
        written
    }

    #[rstest]
    #[case(json!({ "kind": "join", "times": 2 }),
        "points.actions[0].times: is not for this kind, which earns once, or once a year")]
    #[case(json!({ "kind": "review" }),
        "points.actions[0]: needs times and per, such as times = 2 and per = \"month\"")]
    #[case(json!({ "kind": "review", "times": 0, "per": "day" }),
        "points.actions[0].times: must lie between 1 and 1000")]
    #[case(json!({ "kind": "review", "id": "review", "times": 1, "per": "day" }),
        "points.actions[0].id: only a custom action has one")]
    #[case(json!({ "kind": "custom", "times": 1, "per": "ever" }),
        "points.actions[0].id: a custom action needs one")]
    #[case(json!({ "kind": "custom", "id": "join", "times": 1, "per": "ever" }),
        "points.actions[0].id: is the name of a kind")]
    #[case(json!({ "kind": "profile", "pending_days": 400 }),
        "points.actions[0].pending_days: must lie between 0 and 366")]
    fn a_mistake_about_an_action_is_named(#[case] written: Value, #[case] says: &str) {
        let found = document(&json!([action(written)])).compile(1, &Utc).unwrap_err();
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, [says]);
    }

    #[test]
    fn the_same_action_twice_is_a_mistake() {
        let join = action(json!({ "kind": "join" }));
        let found = document(&json!([join, join])).compile(1, &Utc).unwrap_err();
        let says = "points.actions[1]: another action is this one already";
        assert_eq!(found.first().unwrap().to_string(), says);
    }

    #[test]
    fn rule_4_11_points_for_the_newsletter_are_possible_and_warned_of() {
        let paid = document(&json!([action(json!({ "kind": "newsletter" }))]));
        assert!(paid.compile(1, &Utc).is_ok());
        assert_eq!(paid.warnings().first().unwrap().path, "points.actions[0].kind");
        assert!(document(&json!([action(json!({ "kind": "join" }))])).warnings().is_empty());
    }

    #[test]
    fn rule_4_11_an_action_pends_as_orders_do_unless_it_says_so() {
        let list = json!([
            action(json!({ "kind": "join" })),
            action(json!({ "kind": "birthday", "pending_days": 0 }))
        ]);
        let program = document(&list).compile(1, &Utc).unwrap();
        let days: Vec<i64> = program.actions.iter().map(|action| action.pending_days).collect();
        assert_eq!(days, [14, 0]);
    }
}
