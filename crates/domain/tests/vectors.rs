//! The rules by number: each has a golden vector or a test that carries it in its name.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
#![expect(clippy::disallowed_methods, reason = "the rules have no effects, their tests read files")]

#[path = "vectors/play.rs"]
mod play;

use habitue_domain::program::PromotionDocument;
use habitue_domain::promotion::{ActionDocument, ScopeDocument};
use habitue_domain::refusal::Reason;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

/// What every vector answered, byte for byte: the browser's answers are held against it.
const ANSWERS: &str = "tests/vectors/answers.jsonl";

/// The rules of `docs/rules.md` on quantities, prices, redemption, points and returns.
const CHAPTERS: [(u32, u32, u32); 5] = [(1, 1, 3), (2, 0, 15), (3, 1, 9), (4, 1, 11), (6, 1, 6)];

/// Rules of these chapters that are about neither an amount nor an answer, as those of chapter 3
/// are: a test in the room where they hold shows them. All others have a vector.
const BY_TEST: [(u32, u32); 4] = [
    // How generated codes are made and kept.
    (2, 13),
    // A hold for more points than there are.
    (4, 7),
    // The same event twice.
    (4, 10),
    // Which state of an order counts.
    (6, 1),
];

/// Rules of parts that are not built yet.
const LATER: [(u32, u32); 2] = [
    // Codes that are made in a shop's own checkout.
    (3, 8),
    // Actions that earn, beside paid orders.
    (4, 11),
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

/// The names of the functions that begin like a rule's test, in all rooms.
fn tests() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["crates", "src", "tests"] {
        sources(&root.join(folder), &mut files);
    }
    let mut names = Vec::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let tests = text.split("fn rule_").skip(1).filter_map(|rest| rest.split('(').next());
        names.extend(tests.map(|name| format!("rule_{name}")));
    }
    names
}

#[test]
fn every_rule_has_a_vector_or_a_test_named_after_it() {
    let tests = tests();
    let vectors: Vec<String> = play::play().into_iter().map(|it| it.name).collect();
    let rules = CHAPTERS
        .iter()
        .flat_map(|(chapter, first, last)| (*first..=*last).map(|number| (*chapter, number)));
    let (mut bare, mut early) = (Vec::new(), Vec::new());
    for rule in rules {
        let prefix = format!("rule_{}_{}_", rule.0, rule.1);
        let by_test = rule.0 == 3 || BY_TEST.contains(&rule);
        let names = if by_test { &tests } else { &vectors };
        let is_there = names.iter().any(|name| name.starts_with(&prefix));
        match (is_there, LATER.contains(&rule)) {
            (false, false) => bare.push(rule),
            (true, true) => early.push(rule),
            _ => {}
        }
    }
    assert!(bare.is_empty(), "rules without their vector or test: {bare:?}");
    assert!(early.is_empty(), "rules that are tested and listed as later: {early:?}");
}

#[test]
fn every_vector_and_test_is_named_after_a_rule_that_there_is() {
    let rules = include_str!("../../../docs/rules.md");
    let vectors = play::play().into_iter().map(|it| it.name);
    for name in vectors.chain(tests()) {
        let mut words = name.split('_').skip(1);
        let chapter = words.next().and_then(|word| word.parse::<u32>().ok());
        let number = words.next().and_then(|word| word.parse::<u32>().ok());
        // The name of this very search, and chapters of which docs/rules.md tells nothing yet.
        let (Some(chapter), Some(number)) = (chapter, number) else { continue };
        if CHAPTERS.iter().any(|(known, _, _)| *known == chapter) {
            assert!(rules.contains(&format!("\n**{chapter}.{number} ")), "{name}");
        }
    }
}

#[test]
fn every_file_of_vectors_is_played() {
    let files = fs::read_dir("tests/vectors").unwrap().map(|entry| entry.unwrap().path());
    let json = files.filter(|path| path.extension().is_some_and(|it| it == "json"));
    assert_eq!(json.count(), play::FILES.len());
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

/// The words that a document knows, from what it says about one that it does not.
fn known<T: DeserializeOwned + Debug>(given: Value) -> Vec<String> {
    let said = serde_json::from_value::<T>(given).unwrap_err().to_string();
    let (_, known) = said.split_once(", expected ").unwrap();
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Every word a promotion may be written with: its own, its scope's, its kinds and theirs.
fn vocabulary() -> Vec<String> {
    let kinds = known::<ActionDocument>(json!({ "kind": "?" }));
    let mut words = known::<PromotionDocument>(json!({ "?": 0 }));
    words.extend(known::<ScopeDocument>(json!({ "?": 0 })));
    for kind in &kinds {
        let of_kind = serde_json::from_value::<ActionDocument>(json!({ "kind": kind, "?": 0 }));
        let said = of_kind.unwrap_err().to_string();
        // A kind without words of its own expects none.
        let own = said.split_once(", expected ").map(|(_, own)| own.split('`').skip(1).step_by(2));
        words.extend(own.into_iter().flatten().map(|word| format!("{kind}.{word}")));
    }
    words.extend(kinds);
    // What it is called matters to nobody's price; nor does who issues its codes, which a case
    // writes as `code`.
    words.retain(|word| !["name", "codes", "issued_by_order"].contains(&word.as_str()));
    words
}

/// The words of [`vocabulary`] that one promotion is written with.
fn spoken(promotion: &Value) -> BTreeSet<String> {
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut words: BTreeSet<String> = keys(promotion).into_iter().collect();
    if promotion["scope"].is_object() {
        words.extend(keys(&promotion["scope"]));
    }
    for action in promotion["actions"].as_array().unwrap() {
        let kind = action["kind"].as_str().unwrap();
        words.insert(kind.to_owned());
        words.extend(keys(action).into_iter().map(|word| format!("{kind}.{word}")));
    }
    words
}

#[test]
fn every_kind_condition_limit_and_reason_stands_at_least_twice() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |word: &str| *counts.entry(word.to_owned()).or_default() += 1;
    for played in play::play() {
        let promotions = played.vector["case"]["promotions"].as_array();
        let words: BTreeSet<String> = promotions.into_iter().flatten().flat_map(spoken).collect();
        for word in &words {
            count(word);
        }
        for line in &played.expected {
            if let Some((_, reason)) = line.split_once(" refused ") {
                count(reason.split(',').next().unwrap());
            }
        }
    }
    let reasons = Reason::ALL.iter().map(|reason| reason.code().to_owned());
    let rare = vocabulary().into_iter().chain(reasons).filter_map(|word| {
        let count = counts.get(&word).copied().unwrap_or_default();
        (count < 2).then(|| format!("{word} {count}"))
    });
    assert_eq!(rare.collect::<Vec<_>>(), Vec::<String>::new());
}
