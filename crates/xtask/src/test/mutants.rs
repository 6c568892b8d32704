//! `cargo xtask test mutants`: would the tests of the rules notice if a rule were another one?
//!
//! `cargo-mutants` changes one place after the other and runs the tests. What no test notices is
//! listed and argued in docs/mutants.md, or fails; and it is at most one in twenty. A run that was
//! broken off goes on where it stopped (`kept.rs`).

mod kept;

use std::fs;

use anyhow::{Context, Result, ensure};

use super::tally::Tally;
use crate::project;
use crate::run;
use crate::tools::{Tool, Toolbox};
use kept::{Answer, Kept};

const ARGUED: &str = "docs/mutants.md";

/// Which share of the mutants may live, in percent.
const MOST: usize = 5;

/// Runs what is left of it: an hour or so in all, on two cores that have nothing else to do.
pub fn run(toolbox: &Toolbox) -> Result<Tally> {
    let program = toolbox.program(Tool::Mutants, 0)?;
    let package = ["mutants", "-p", "habitue-domain"];
    let all = run::output(run::command(program, &package).arg("--list"))?;
    let known = Kept::resume()?;
    println!("{} mutants, {} of them known from before", all.lines().count(), known.len());
    let mut mutants = run::command(program, &package);
    mutants.args(["--iterate", "--jobs", "2", "--timeout", "60", "--output", kept::MADE]);
    // Said to cargo itself, or it would build every test there is for every mutant. In one program,
    // because building is what takes long: 2.4 instead of 3.4 seconds of a core.
    mutants.args(["--cargo-arg=--lib", "--cargo-arg=--test=all"]);
    mutants.env("CARGO_INCREMENTAL", "1");
    mutants.env("CARGO_PROFILE_TEST_DEBUG", "0").env("CARGO_PROFILE_DEV_DEBUG", "0");
    // Few cases each: a mutant that only one of thousands of cases notices is one to be argued.
    // Which is the smallest that fails, and where, nobody will read.
    mutants.env("PROPTEST_CASES", "64").env("PROPTEST_MAX_SHRINK_ITERS", "0");
    mutants.env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1").env("RUST_BACKTRACE", "0");
    // It ends with failure where any mutant lives; we look at which.
    run::tee(&mut mutants)?;
    judge(&Kept::gather()?, all.lines().count())
}

/// A mutant that stops the tests was noticed as much as one that fails them; one that does not
/// compile says nothing.
fn judge(kept: &Kept, all: usize) -> Result<Tally> {
    let text = fs::read_to_string(project::at(ARGUED)).with_context(|| format!("no {ARGUED}"))?;
    let count = |answer| kept.of(answer).count();
    let (caught, slow) = (count(Answer::Caught), count(Answer::Slow));
    let (living, unviable) = (count(Answer::Lives), count(Answer::Unviable));
    let noticed = caught + slow;
    ensure!(living + noticed > 0, "no mutant was made");
    let new = unargued(kept.of(Answer::Lives), &text);
    for mutant in &new {
        println!("!!! FAILED: nobody notices, and {ARGUED} does not say why: {mutant}");
    }
    println!("{all} mutants: {caught} caught, {slow} too slow, {living} live, {unviable} unviable");
    let open = all.saturating_sub(kept.len());
    if open > 0 {
        println!("!!! FAILED: {open} mutants have not been tried");
    }
    let too_many = living * 100 > (living + noticed) * MOST;
    if too_many {
        println!("!!! FAILED: more than {MOST} % of the mutants live");
    }
    let failed = u64::try_from(new.len() + open)? + u64::from(too_many);
    Ok(Tally { passed: u64::try_from(noticed)?, failed, ..Tally::default() })
}

/// The mutants that no list item of a text argues. An item begins with one between backticks, and
/// stands for one of them: a function may have several that read alike.
fn unargued<'a>(living: impl Iterator<Item = &'a str>, text: &str) -> Vec<String> {
    let items = text.lines().filter_map(|line| line.strip_prefix("- `"));
    let mut argued: Vec<&str> = items.filter_map(|item| item.split('`').next()).collect();
    let mut new: Vec<String> = living.map(place_and_change).collect();
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
        let new = |living: &[&str]| unargued(living.iter().copied(), text).len();
        assert_eq!(new(&[LINE]), 0);
        assert_eq!(new(&[LINE, LINE]), 1);
        assert_eq!(new(&["a.rs:1:1: replace f -> i64 with 0"]), 1);
    }

    #[test]
    fn the_one_program_holds_all_tests_of_the_rules() {
        let all = fs::read_to_string(project::at("crates/domain/tests/all.rs")).unwrap();
        for entry in fs::read_dir(project::at("crates/domain/tests")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // `bench` measures and judges nothing.
            if path.is_file() && !["all.rs", "bench.rs", "laws.seeds"].contains(&name.as_str()) {
                assert!(all.contains(&format!("#[path = \"{name}\"]")), "{name}");
            }
        }
    }
}
