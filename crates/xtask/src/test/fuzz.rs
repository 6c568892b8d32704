//! `cargo xtask test fuzz`: libFuzzer looks for inputs that break the rules.
//!
//! What it found worth keeping before lies in `crates/domain/fuzz/corpus`, which every run of the
//! rules' tests plays; what it finds now goes to `target/fuzz`.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::tally::Tally;
use crate::project;
use crate::run;

const PACKAGE: &str = "crates/domain/fuzz";
const MADE: &str = "target/fuzz";

/// What is searched, and the longest input.
const TARGETS: [(&str, u32); 2] = [("quote", 4096), ("code", 128)];

/// What the stable compiler has to be told so that libFuzzer sees which lines an input reaches.
const COVERAGE: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

/// Ten minutes each, or the time it takes to see that the search works.
const fn seconds(long: bool) -> u32 {
    if long { 600 } else { 20 }
}

/// Builds both searches and runs one after the other; each is one test.
pub fn run(long: bool) -> Result<Tally> {
    let programs = build()?;
    let mut tally = Tally::default();
    for (name, longest) in TARGETS {
        match search(&format!("{programs}/{name}"), name, longest, seconds(long)) {
            Ok(()) => tally.passed += 1,
            Err(error) => {
                println!("!!! FAILED: {name}: {error:#}");
                tally.failed += 1;
            }
        }
    }
    Ok(tally)
}

/// Where the programs are. Naming the target keeps the flags away from what the build itself runs.
fn build() -> Result<String> {
    let rustc = run::answer(&mut run::command("rustc", &["-vV"])).context("no rustc")?;
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).context("no host")?;
    let arguments = ["build", "--release", "--locked", "--target", host];
    let mut build = run::command("cargo", &arguments);
    build.current_dir(project::at(PACKAGE)).env("CARGO_TARGET_DIR", project::at(MADE));
    run::show(build.env("RUSTFLAGS", COVERAGE.join(" ")))?;
    Ok(format!("{MADE}/{host}/release"))
}

fn search(program: &str, name: &str, longest: u32, seconds: u32) -> Result<()> {
    let found = project::at(MADE).join("corpus").join(name);
    fs::create_dir_all(&found)?;
    let package = project::at(PACKAGE);
    let mut search = run::command(project::at(program), &[]);
    search.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={longest}"));
    search.args(["-timeout=10", "-print_final_stats=1", "-verbosity=1"]);
    search.arg(format!("-artifact_prefix={MADE}/{name}-"));
    let words = package.join(format!("{name}.dict"));
    if words.is_file() {
        search.arg(format!("-dict={}", words.display()));
    }
    let known = package.join("corpus").join(name);
    ensure!(fs::read_dir(&known)?.next().is_some(), "{} is empty", project::shown(&known));
    let (succeeded, text) = run::tee(search.args([found, known]))?;
    ensure!(succeeded, "the input that breaks it lies in {MADE}");
    let figure = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let inputs = figure("stat::number_of_executed_units:").context("it tried nothing")?;
    println!("fuzz: {name}: {} inputs in {seconds} s, none breaks the rules", inputs.trim());
    Ok(())
}
