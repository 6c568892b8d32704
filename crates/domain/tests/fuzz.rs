//! Every input that a search has found worth keeping: none breaks the rules.
//!
//! `cargo xtask test fuzz --long` searches for more with libFuzzer (`crates/domain/fuzz`) and adds
//! what reaches lines that nothing reached before; `minimise` below says how it stays small.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
#![expect(clippy::disallowed_methods, reason = "the rules have no effects, their tests read files")]

#[path = "fuzz/target.rs"]
mod target;

use std::fs;

/// Plays a folder of the corpus; how many files it holds.
fn play(name: &str, target: fn(&[u8])) -> usize {
    let folder = format!("fuzz/corpus/{name}");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| target(&fs::read(path).unwrap())).count()
}

#[test]
fn no_case_of_the_corpus_breaks_the_rules() {
    assert!(play("quote", target::quote) > 100);
}

#[test]
fn rule_2_11_no_text_of_the_corpus_is_read_as_another_code() {
    assert!(play("code", target::code) > 10);
}
