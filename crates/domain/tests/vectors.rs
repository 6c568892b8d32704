//! The rules by number: each has a golden vector or a test that carries it in its name.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
#![expect(clippy::disallowed_methods, reason = "the rules have no effects, their tests read files")]

#[path = "vectors/play.rs"]
mod play;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What every vector answered, byte for byte: the browser's answers are held against it.
const ANSWERS: &str = "tests/vectors/answers.jsonl";

/// The rules of `docs/rules.md` on quantities, prices, redemption and returns.
const CHAPTERS: [(u32, u32, u32); 4] = [(1, 1, 3), (2, 0, 15), (3, 1, 9), (6, 1, 6)];

/// Rules of parts that are not built yet.
const LATER: [(u32, u32); 2] = [
    // Generated codes.
    (2, 13),
    // Codes that are made in a shop's own checkout.
    (3, 8),
];

#[test]
fn every_vector_comes_to_what_was_worked_out_by_hand() {
    let wrong: Vec<String> = play::play()
        .into_iter()
        .filter(|played| played.got != played.expected)
        .map(|it| format!("{}\n  expected {:#?}\n  got {:#?}", it.name, it.expected, it.got))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `HABITUE_RECORD=1` writes them anew. It records that two builds agree, not what is right.
#[test]
fn the_answers_are_recorded_byte_for_byte() {
    let mut answers = play::play().into_iter().map(|it| it.json).collect::<Vec<_>>().join("\n");
    answers.push('\n');
    if std::env::var_os("HABITUE_RECORD").is_some() {
        fs::write(ANSWERS, &answers).unwrap();
    }
    assert!(fs::read_to_string(ANSWERS).unwrap() == answers, "{ANSWERS} is out of date");
}

#[test]
fn every_vector_has_a_name_of_its_own() {
    let mut names: Vec<String> = play::play().into_iter().map(|it| it.name).collect();
    names.sort();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// The project's own Rust files.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["target", "node_modules"].contains(&name.as_str()) {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_rule_has_a_vector_or_a_test_named_after_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["crates", "src", "tests"] {
        sources(&root.join(folder), &mut files);
    }
    let mut names: Vec<String> = play::play().into_iter().map(|it| it.name).collect();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let tests = text.split("fn rule_").skip(1).filter_map(|rest| rest.split('(').next());
        names.extend(tests.map(|name| format!("rule_{name}")));
    }
    let rules = CHAPTERS
        .iter()
        .flat_map(|(chapter, first, last)| (*first..=*last).map(|number| (*chapter, number)));
    let (mut bare, mut early) = (Vec::new(), Vec::new());
    for rule in rules {
        let prefix = format!("rule_{}_{}_", rule.0, rule.1);
        let is_there = names.iter().any(|name| name.starts_with(&prefix));
        match (is_there, LATER.contains(&rule)) {
            (false, false) => bare.push(rule),
            (true, true) => early.push(rule),
            _ => {}
        }
    }
    assert!(bare.is_empty(), "rules without a vector or test: {bare:?}");
    assert!(early.is_empty(), "rules that are tested and listed as later: {early:?}");
}

#[test]
fn every_rule_is_written_down() {
    let rules = include_str!("../../../docs/rules.md");
    for (chapter, first, last) in CHAPTERS {
        for number in first..=last {
            let mark = format!("\n**{chapter}.{number} ");
            assert!(rules.contains(&mark), "docs/rules.md has no {chapter}.{number}");
        }
    }
}

#[test]
fn every_kind_condition_and_reason_stands_at_least_twice() {
    let wanted = [
        "percent",
        "fixed",
        "fixed_per_unit",
        "fixed_per_line",
        "free_shipping",
        "percent_shipping",
        "fixed_shipping",
        "buy_get",
        "free_product",
        "bundle",
        "products",
        "categories",
        "brands",
        "except_products",
        "except_categories",
        "except_brands",
        "not_on_sale",
        "price_from",
        "price_to",
        "minimum",
        "minimum_quantity",
        "contains",
        "tiers",
        "segments",
        "first_order",
        "nth_order",
        "hours",
        "channels",
        "members_only",
        "from",
        "until",
        "uses",
        "uses_per_member",
        "budget",
        "stock",
        "exclusive",
        "priority",
    ];
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for played in play::play() {
        for promotion in played.vector["case"]["promotions"].as_array().into_iter().flatten() {
            let mut words = promotion.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            let scope = promotion["scope"].as_object();
            words.extend(scope.into_iter().flat_map(|scope| scope.keys().cloned()));
            for action in promotion["actions"].as_array().unwrap() {
                words.push(action["kind"].as_str().unwrap().to_owned());
                words.extend(action.get("stock").map(|_| "stock".to_owned()));
            }
            words.sort();
            words.dedup();
            for word in words {
                *counts.entry(word).or_default() += 1;
            }
        }
        for line in &played.expected {
            if let Some((_, reason)) = line.split_once(" refused ") {
                let reason = reason.split(',').next().unwrap();
                *counts.entry(reason.to_owned()).or_default() += 1;
            }
        }
    }
    let reasons = habitue_domain::refusal::Reason::ALL.iter().map(|reason| reason.code());
    for word in wanted.into_iter().chain(reasons) {
        let count = counts.get(word).copied().unwrap_or_default();
        assert!(count >= 2, "{word} stands {count} times in the vectors");
    }
}
