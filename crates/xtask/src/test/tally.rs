//! Adding up what the runners say at their ends.

use std::collections::BTreeMap;
use std::fmt;
use std::iter::Sum;
use std::ops::Add;

/// How many tests went which way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Did what they should.
    pub passed: u64,
    /// Did not, or broke off.
    pub failed: u64,
    /// Were left out, by a mark in the test or for want of a tool.
    pub skipped: u64,
    /// The names of those that failed, as far as their runner says them.
    pub names: Vec<String>,
}

impl Tally {
    /// The same once it is known that so many of those that passed had only said they cannot run.
    pub fn skip(self, tests: u64) -> Self {
        let tests = tests.min(self.passed);
        Self { passed: self.passed - tests, skipped: self.skipped + tests, ..self }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
            names: [self.names, other.names].concat(),
        }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Self::add)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// Whose summary it is.
#[derive(Clone, Copy, Debug)]
pub enum Runner {
    /// `Summary [ 0.1s] 4 tests run: 3 passed (1 slow), 1 failed, 2 skipped`
    Nextest,
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; …`, also of wasm-bindgen's runner
    Cargo,
    /// `  3 passed (4.2s)`, `  1 failed`, each on its own line
    Playwright,
}

/// Sums every summary in the output of a runner, and names each test that failed once: what whoever
/// sees only the last lines wants to know.
pub fn read(runner: Runner, output: &str) -> Tally {
    let plain = without_colours(output);
    let summaries = plain.lines().filter_map(|line| summary(runner, line.trim()));
    let counts = summaries.flat_map(|text| text.split([',', ';']).map(count).collect::<Vec<_>>());
    let mut tally: Tally = counts.sum();
    for name in plain.lines().filter_map(|line| failure(runner, line)) {
        if !tally.names.contains(&name) {
            tally.names.push(name);
        }
    }
    tally
}

/// The name of the test that a line says has failed.
fn failure(runner: Runner, line: &str) -> Option<String> {
    let line = line.trim();
    match runner {
        // `FAIL [   0.005s] (12/34) habitue-server::it orders::late`
        Runner::Nextest => {
            let (verdict, rest) = line.split_once(" [")?;
            let (_, name) = rest.split_once("] ")?;
            let name = name.rsplit_once(") ").map_or(name, |(_, name)| name);
            let bad = ["FAIL", "TIMEOUT", "SIGABRT", "SIGKILL", "SIGSEGV"].contains(&verdict);
            bad.then(|| name.trim().to_owned())
        }
        // `test orders::late ... FAILED`, of wasm-bindgen's runner `... FAIL`
        Runner::Cargo => {
            let (name, verdict) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
            verdict.starts_with("FAIL").then(|| name.to_owned())
        }
        // `✘  12 [desktop] › tests/e2e/story.spec.mjs:9:1 › the story (1.2s)`
        Runner::Playwright => {
            let name = line.strip_prefix('✘')?.trim_start();
            let name = name.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
            Some(without_asides(name))
        }
    }
}

/// Why tests said that they cannot run here, and how many said so, from the list they wrote.
pub fn reasons(list: &str) -> BTreeMap<&str, u64> {
    list.lines().fold(BTreeMap::new(), |mut reasons, why| {
        *reasons.entry(why).or_default() += 1;
        reasons
    })
}

/// The part of a line that counts, if it is a summary.
fn summary(runner: Runner, line: &str) -> Option<String> {
    match runner {
        Runner::Nextest => {
            let (_, counts) = line.strip_prefix("Summary [")?.split_once("run:")?;
            Some(without_asides(counts))
        }
        Runner::Cargo => {
            let (_, counts) = line.strip_prefix("test result:")?.split_once(". ")?;
            Some(counts.to_owned())
        }
        Runner::Playwright => {
            // Anything with more words is a line of some test.
            let line = without_asides(line);
            let words = line.split_whitespace().count();
            (words == 2 || line.ends_with(" did not run")).then_some(line)
        }
    }
}

/// `3 passed` → three passed.
fn count(text: &str) -> Tally {
    let Some((number, word)) = text.trim().split_once(' ') else {
        return Tally::default();
    };
    let Ok(number) = number.parse() else {
        return Tally::default();
    };
    let none = Tally::default();
    match word.trim() {
        "passed" => Tally { passed: number, ..none },
        "failed" | "timed out" | "exec failed" | "interrupted" | "flaky" => {
            Tally { failed: number, ..none }
        }
        "skipped" | "ignored" | "did not run" => Tally { skipped: number, ..none },
        _ => none,
    }
}

/// Without what stands in round brackets: `3 passed (1 slow, 1 leaky)`.
fn without_asides(text: &str) -> String {
    let mut depth = 0_u32;
    let mut kept = String::new();
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept.trim().to_owned()
}

/// Without terminal colours, which end in the first letter after `ESC [`.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split('\u{1b}');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |mut kept, piece| {
        let end = piece.find(|c: char| c.is_ascii_alphabetic()).map_or(piece.len(), |at| at + 1);
        kept.push_str(&piece[end..]);
        kept
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64, skipped: u64) -> Tally {
        Tally { passed, failed, skipped, names: Vec::new() }
    }

    #[test]
    fn nextest_is_read_with_its_asides_and_colours() {
        let text = "     Summary [   0.005s] 3 tests run: 3 passed, 0 skipped\n";
        assert_eq!(read(Runner::Nextest, text), tally(3, 0, 0));
        let text = "\u{1b}[31;1m     Summary\u{1b}[0m [   9.1s] \u{1b}[1m6\u{1b}[0m tests run: \
                    \u{1b}[1m3\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m (1 slow, 1 flaky), \
                    2 failed, 1 timed out, 4 skipped";
        assert_eq!(read(Runner::Nextest, text), tally(3, 3, 4));
    }

    #[test]
    fn every_result_line_of_cargo_test_counts() {
        let text = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; \
                    finished in 0.01s\nnoise 9 passed\n\
                    test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 filtered out\n";
        assert_eq!(read(Runner::Cargo, text), tally(4, 2, 1));
    }

    #[test]
    fn playwright_is_read_and_the_names_of_its_tests_are_not() {
        let text = "  ✓  1 story.spec.mjs:3:1 › 7 passed orders stay 7 (1.2s)\n\
                    \n  1 failed\n    [chromium] › story.spec.mjs:9:1 › x\n  2 skipped\n\
                    \n  3 did not run\n  4 passed (12.3s)\n";
        assert_eq!(read(Runner::Playwright, text), tally(4, 1, 5));
    }

    #[test]
    fn a_test_that_passes_only_on_its_second_try_has_failed() {
        assert_eq!(read(Runner::Playwright, "  1 flaky\n  4 passed (2s)"), tally(4, 1, 0));
    }

    #[test]
    fn a_test_that_says_it_cannot_run_is_skipped_and_has_not_passed() {
        let list = "no strace\nno root\nno strace\n";
        let reasons = reasons(list);
        assert_eq!(reasons["no strace"], 2);
        let tally = reasons.values().fold(tally(5, 1, 2), |tally, tests| tally.skip(*tests));
        assert_eq!(tally, super::tests::tally(2, 1, 5));
    }

    #[test]
    fn who_failed_is_said_by_name_and_once() {
        let text = "        FAIL [   0.005s] (1/9) habitue-server::it orders::late\n\
                    \u{1b}[31mFAIL\u{1b}[0m [   0.005s] habitue-server::it orders::late\n\
                    PASS [   0.005s] (2/9) habitue-server::it orders::fails [twice]\n";
        assert_eq!(read(Runner::Nextest, text).names, ["habitue-server::it orders::late"]);
        let text = "test a::b ... ok\ntest a::c ... FAILED\ntest a::d ... FAIL\n";
        assert_eq!(read(Runner::Cargo, text).names, ["a::c", "a::d"]);
        let text = "  ✓  1 [phone] › a.spec.mjs:3:1 › good (1.2s)\n  \
                    ✘  12 [desktop] › b.spec.mjs:9:1 › FAIL [x] (1.2s)\n";
        assert_eq!(read(Runner::Playwright, text).names, ["[desktop] › b.spec.mjs:9:1 › FAIL [x]"]);
    }

    #[test]
    fn the_last_line_is_what_machines_look_for() {
        assert_eq!((tally(1, 2, 3) + tally(1, 0, 0)).to_string(), "2 passed, 2 failed, 3 skipped");
    }
}
