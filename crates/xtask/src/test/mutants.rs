//! `cargo xtask test mutants`: would the tests of the rules notice if a rule were another one?
//!
//! `cargo-mutants` changes one place after the other and runs the tests. What no test notices is
//! listed and argued in docs/mutants.md, or fails; and it is at most one in twenty.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::tally::Tally;
use crate::project;
use crate::run;
use crate::tools::{Tool, Toolbox};

const ARGUED: &str = "docs/mutants.md";
const MADE: &str = "target/mutants";

/// Which share of the mutants may live, in percent.
const MOST: usize = 5;

/// Runs all of it: an hour or two, on two cores that have nothing else to do.
pub fn run(toolbox: &Toolbox) -> Result<Tally> {
    let program = toolbox.program(Tool::Mutants, 0)?;
    let mut mutants = run::command(program, &["mutants", "-p", "habitue-domain"]);
    mutants.args(["--jobs", "2", "--timeout", "120", "--output", MADE]);
    // Said to cargo itself, or it would build every test there is for every mutant.
    mutants.arg("--cargo-arg=--lib");
    for test in ["vectors", "edges", "laws", "fuzz"] {
        mutants.arg(format!("--cargo-arg=--test={test}"));
    }
    // Few cases each: a mutant that only one of thousands of cases notices is one to be argued.
    mutants.env("PROPTEST_CASES", "64").env("CARGO_PROFILE_TEST_DEBUG", "0");
    // It ends with failure where any mutant lives; we look at which.
    run::tee(&mut mutants)?;
    let list = |name: &str| {
        let path = project::at(MADE).join("mutants.out").join(name);
        fs::read_to_string(&path).with_context(|| format!("reading {}", project::shown(&path)))
    };
    let (caught, slow) = (list("caught.txt")?, list("timeout.txt")?);
    judge(&list("missed.txt")?, caught.lines().count() + slow.lines().count())
}

/// A mutant that stops the tests was noticed as much as one that fails them.
fn judge(missed: &str, noticed: usize) -> Result<Tally> {
    let text = fs::read_to_string(project::at(ARGUED)).with_context(|| format!("no {ARGUED}"))?;
    let living = missed.lines().count();
    ensure!(living + noticed > 0, "no mutant was made");
    let new = unargued(missed, &text);
    for mutant in &new {
        println!("!!! FAILED: nobody notices, and {ARGUED} does not say why: {mutant}");
    }
    println!("mutants: {noticed} noticed, {living} not");
    let too_many = living * 100 > (living + noticed) * MOST;
    if too_many {
        println!("!!! FAILED: more than {MOST} % of the mutants live");
    }
    let failed = u64::try_from(new.len())? + u64::from(too_many);
    Ok(Tally { passed: u64::try_from(noticed)?, failed, ..Tally::default() })
}

/// The mutants that no list item of a text argues. An item begins with one between backticks, and
/// stands for one of them: a function may have several that read alike.
fn unargued(missed: &str, text: &str) -> Vec<String> {
    let items = text.lines().filter_map(|line| line.strip_prefix("- `"));
    let mut argued: Vec<&str> = items.filter_map(|item| item.split('`').next()).collect();
    let mut new: Vec<String> = missed.lines().map(place_and_change).collect();
    new.retain(|mutant| match argued.iter().position(|known| known == mutant) {
        Some(place) => {
            argued.remove(place);
            false
        }
        None => true,
    });
    new
}

/// `crates/domain/src/share.rs:12:5: replace …` without the place in its file, which moves.
fn place_and_change(line: &str) -> String {
    let (place, change) = line.split_once(": ").unwrap_or((line, ""));
    let file = place.split(':').next().unwrap_or_default();
    format!("{}: {change}", file.trim_start_matches("crates/domain/src/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "crates/domain/src/quote/kind.rs:38:19: replace > with >= in take";

    #[test]
    fn a_mutant_is_known_again_when_its_line_moved() {
        assert_eq!(place_and_change(LINE), "quote/kind.rs: replace > with >= in take");
    }

    #[test]
    fn each_mutant_that_lives_needs_an_argument_of_its_own() {
        let text =
            "# M\n\n- `quote/kind.rs: replace > with >= in take`: nothing is nothing.\n- x\n";
        assert!(unargued(LINE, text).is_empty());
        assert_eq!(unargued(&format!("{LINE}\n{LINE}"), text).len(), 1);
        assert_eq!(unargued("a.rs:1:1: replace f -> i64 with 0", text).len(), 1);
    }
}
