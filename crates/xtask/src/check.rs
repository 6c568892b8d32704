//! `cargo xtask check`: what the design forbids, asked of the code instead of hoped for.
//!
//! Each check says its name, its time, and what is wrong. They do not stop each other.

mod arrows;
mod paths;
mod rust_text;
mod sources;

use std::time::Instant;

use anyhow::Result;

use crate::run;
use crate::tools::{Tool, Toolbox};

/// What the checks need beside a bare toolchain.
pub const TOOLS: [Tool; 2] = [Tool::WasmTarget, Tool::Lints];

/// One check.
enum Check {
    /// Ours: gives the list of what is wrong.
    Ours(fn() -> Result<Vec<String>>),
    /// Cargo's: speaks for itself, we only know whether it succeeded.
    Cargo(&'static str),
}

/// Quick ones first: whoever waits learns of a slip within a second.
const CHECKS: [(&str, Check); 12] = [
    ("who may depend on whom", Check::Ours(arrows::check)),
    ("no floats in money and points", Check::Ours(sources::no_floats)),
    ("no hash order in the rules", Check::Ours(sources::no_hash_order)),
    ("no innerHTML in the widget", Check::Ours(sources::no_inner_html)),
    ("SQL only in the store", Check::Ours(sources::sql_only_in_store)),
    ("files of at most 400 lines", Check::Ours(sources::short_files)),
    ("no path of somebody's machine", Check::Ours(sources::no_machine_paths)),
    ("paths named in docs/architecture.md", Check::Ours(paths::check)),
    ("format", Check::Cargo("fmt --all --check")),
    (
        // The rules are the same lines in the server and in the browser, or not the same rules.
        "domain and api compile for the browser",
        Check::Cargo("check -p habitue-domain -p habitue-api --target wasm32-unknown-unknown"),
    ),
    (
        "clippy, native",
        Check::Cargo("clippy --workspace --exclude habitue-widget --all-targets -- -D warnings"),
    ),
    (
        "clippy, widget",
        Check::Cargo(
            "clippy -p habitue-widget --all-targets --target wasm32-unknown-unknown -- -D warnings",
        ),
    ),
];

impl Check {
    /// What is wrong; a check that could not run has failed.
    fn problems(&self) -> Vec<String> {
        let outcome = match self {
            Self::Ours(check) => check(),
            Self::Cargo(arguments) => {
                let arguments: Vec<&str> = arguments.split(' ').collect();
                run::show(&mut run::command("cargo", &arguments)).map(|()| Vec::new())
            }
        };
        outcome.unwrap_or_else(|error| vec![format!("{error:#}")])
    }
}

/// `cargo xtask check`.
pub fn run() -> Result<()> {
    Toolbox::fill(&TOOLS).require(&TOOLS)?;
    let (passed, failed) = all();
    println!("check: {passed} passed, {failed} failed");
    anyhow::ensure!(failed == 0, "{failed} of {} checks failed", CHECKS.len());
    Ok(())
}

/// Runs every check and gives how many passed and failed.
pub fn all() -> (u64, u64) {
    let mut tally = (0, 0);
    for (name, check) in CHECKS {
        let started = Instant::now();
        let problems = check.problems();
        let time = run::seconds(started.elapsed());
        if problems.is_empty() {
            tally.0 += 1;
            println!("✔ {name} ({time})");
        } else {
            tally.1 += 1;
            println!("✘ {name} ({time})");
            for problem in problems {
                println!("    {problem}");
            }
        }
    }
    tally
}
