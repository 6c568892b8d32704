//! `cargo xtask test`: the whole suite, part after part, with one line at the end.
//!
//! A part that fails does not stop the next one. A part that cannot run on this machine says so
//! loudly and counts as skipped. The runners speak for themselves; we only add up their summaries.

pub mod e2e;
mod earlier;
mod fuzz;
mod mutants;
mod tally;

use std::fs;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::bench::soak;
use crate::check;
use crate::pack::weigh::Weights;
use crate::postgres::Postgres;
use crate::project;
use crate::run;
use crate::tools::{FOR_WIDGET, Tool, Toolbox};
use crate::widget;
use tally::{Runner, Tally};

/// What to run.
#[derive(clap::Args)]
pub struct Options {
    /// One part only; without it all of them, in this order.
    part: Option<Part>,
    /// Run the proofs that take minutes at their full counts.
    #[arg(long)]
    long: bool,
}

/// The parts of the suite, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Format, clippy, dependencies, purity, paths in the docs.
    Check,
    /// The rules and the contract.
    Rules,
    /// The SQL, on SQLite.
    Store,
    /// The HTTP on SQLite, the demo shop and these tools.
    Server,
    /// The SQL and the HTTP on a PostgreSQL of our own.
    Postgres,
    /// Requests made from the OpenAPI document, with each kind of key.
    Contract,
    /// The widget in a real browser, piece by piece.
    Web,
    /// The widget in a real shop, end to end.
    E2e,
    /// A search for inputs that break the rules; only with `--long` or by name.
    Fuzz,
    /// Whether the tests would notice other rules; only with `--long` or by name.
    Mutants,
}

impl Part {
    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Whether everybody waits for it, or only those who ask for the long proofs.
    fn is_for_all(self) -> bool {
        !matches!(self, Self::Fuzz | Self::Mutants)
    }

    /// What has to be there; without it the part is skipped.
    fn needs(self) -> Vec<Tool> {
        match self {
            Self::Check => check::TOOLS.to_vec(),
            Self::Rules | Self::Store | Self::Server | Self::Fuzz => Vec::new(),
            Self::Postgres => vec![Tool::Postgres],
            Self::Contract => vec![Tool::Schemathesis],
            Self::Web => vec![Tool::WasmTarget, Tool::WasmBindgen, Tool::Browser],
            Self::E2e => [FOR_WIDGET.as_slice(), &[Tool::Browser]].concat(),
            Self::Mutants => vec![Tool::Mutants],
        }
    }

    /// What it makes use of: the server carries the widget and sends mail, but can be tested
    /// without.
    fn uses(self) -> Vec<Tool> {
        match self {
            Self::Server => [FOR_WIDGET.as_slice(), &[Tool::Mailbox]].concat(),
            Self::Postgres => vec![Tool::Postgres, Tool::Mailbox],
            _ => self.needs(),
        }
    }

    fn run(self, toolbox: &Toolbox, long: bool) -> Result<Tally> {
        match self {
            Self::Check => {
                let (passed, failed) = check::all();
                Ok(Tally { passed, failed, ..Tally::default() })
            }
            Self::Rules => native(&["-p", "habitue-domain", "-p", "habitue-api"], long),
            Self::Store => native(&["-p", "habitue-store"], long),
            Self::Server => {
                let packages = ["-p", "habitue-server", "-p", "habitue-demo", "-p", "xtask"];
                let proofs = packed(toolbox) + if long { soaked() } else { Tally::default() };
                native(&packages, long).map(|tests| proofs + tests)
            }
            Self::Postgres => postgres(toolbox, long),
            Self::Contract => contract(toolbox),
            Self::Web => web(toolbox, long),
            Self::E2e => e2e::run(toolbox, long),
            Self::Fuzz => fuzz::run(long),
            Self::Mutants => mutants::run(toolbox),
        }
    }
}

/// `cargo xtask test`.
pub fn run(options: &Options) -> Result<()> {
    let parts: Vec<Part> = if let Some(part) = options.part {
        vec![part]
    } else {
        let all = Part::value_variants().iter().copied();
        all.filter(|part| options.long || part.is_for_all()).collect()
    };
    let started = Instant::now();
    let wanted: Vec<Tool> = parts.iter().flat_map(|part| part.uses()).collect();
    let toolbox = run::step("tools", || Ok(Toolbox::fill(&wanted)))?;
    let mut total = Tally::default();
    let mut lines = Vec::new();
    for part in parts {
        println!("\n━━ {} ━━ ({} so far)", part.name(), run::seconds(started.elapsed()));
        let begun = Instant::now();
        let tally = outcome(part, &toolbox, options.long);
        lines.push(format!("{:<8} {tally} in {}", part.name(), run::seconds(begun.elapsed())));
        let named = tally.names.iter().map(|name| format!("!!! FAILED: {}: {name}", part.name()));
        lines.extend(named);
        total = total + tally;
    }
    println!("\n{}\nall in {}", lines.join("\n"), run::seconds(started.elapsed()));
    println!("test: {total}");
    ensure!(total.failed == 0, "{} failed", total.failed);
    Ok(())
}

/// A part whose tools are missing is one skipped; a part that breaks off is one failed.
fn outcome(part: Part, toolbox: &Toolbox, long: bool) -> Tally {
    if let Err(missing) = toolbox.require(&part.needs()) {
        println!("!!! SKIPPED: {}: {missing:#}", part.name());
        return Tally { skipped: 1, ..Tally::default() };
    }
    part.run(toolbox, long).unwrap_or_else(|error| {
        println!("!!! FAILED: {}: {error:#}", part.name());
        Tally { failed: 1, ..Tally::default() }
    })
}

/// The widget itself: that it builds and keeps to its budgets is one test.
fn packed(toolbox: &Toolbox) -> Tally {
    if let Err(missing) = toolbox.require(&FOR_WIDGET) {
        println!("!!! SKIPPED: building the widget: {missing:#}");
        return Tally { skipped: 1, ..Tally::default() };
    }
    let weigh = || Weights::from_manifest(&widget::manifest()?)?.within_budget();
    match widget::build(toolbox).and_then(|()| weigh()) {
        Ok(()) => Tally { passed: 1, ..Tally::default() },
        Err(error) => {
            println!("!!! FAILED: building the widget: {error:#}");
            Tally { failed: 1, ..Tally::default() }
        }
    }
}

/// Twenty minutes at half load are one test: that nothing grows which must not.
fn soaked() -> Tally {
    match soak::run(&soak::Options { minutes: 20, program: None }) {
        Ok(()) => Tally { passed: 1, ..Tally::default() },
        Err(error) => {
            println!("!!! FAILED: twenty minutes at half load: {error:#}");
            Tally { failed: 1, ..Tally::default() }
        }
    }
}

/// Unit and integration tests, by nextest where it is installed; then the examples in the docs,
/// which nextest does not run.
fn native(packages: &[&str], long: bool) -> Result<Tally> {
    if run::works(&mut run::command("cargo", &["nextest", "--version"])) {
        let arguments = ["nextest", "run", "--no-fail-fast", "--no-tests=pass"];
        let mut tests = run::command("cargo", &arguments);
        let tests = runner(tests.args(packages), Runner::Nextest, long)?;
        if !has_library(packages) {
            return Ok(tests);
        }
        let mut examples = run::command("cargo", &["test", "--doc", "--no-fail-fast"]);
        return Ok(tests + runner(examples.args(packages), Runner::Cargo, long)?);
    }
    let mut tests = run::command("cargo", &["test", "--no-fail-fast"]);
    runner(tests.args(packages), Runner::Cargo, long)
}

/// The same tests once more: what they find out about the engine is what differs.
fn postgres(toolbox: &Toolbox, long: bool) -> Result<Tally> {
    let initdb = toolbox.program(Tool::Postgres, 0)?;
    let programs = initdb.parent().context("initdb lies in no folder")?;
    let server = run::step("a PostgreSQL of our own", || Postgres::start(programs))?;
    let mut tests = run::command("cargo", &["test", "--no-fail-fast", "--test", "*"]);
    tests.args(["-p", "habitue-store", "-p", "habitue-server"]);
    tests.env("HABITUE_TEST_POSTGRES", server.url());
    tests.env("HABITUE_TEST_POSTGRES_PROGRAMS", programs);
    runner(&mut tests, Runner::Cargo, long)
}

/// A real server on loopback, asked what its own document says; each kind of key is one test.
fn contract(toolbox: &Toolbox) -> Result<Tally> {
    run::show(&mut run::command("cargo", &["build", "-q", "-p", "habitue-server"]))?;
    let mut asked = run::command(toolbox.program(Tool::Schemathesis, 1)?, &[]);
    asked.args(["tests/contract/run.py", "target/debug/habitue"]);
    let (succeeded, text) = run::tee(&mut asked)?;
    let count = |mark: &str| text.lines().filter(|line| line.starts_with(mark)).count();
    let (passed, failed) = (count("contract: ok"), count("contract: FAILED"));
    let broke_off = usize::from(!succeeded && failed == 0);
    let counted = |number: usize| number.try_into().unwrap_or_default();
    let (passed, failed) = (counted(passed), counted(failed + broke_off));
    Ok(Tally { passed, failed, ..Tally::default() })
}

/// `cargo test --doc` refuses to start when no package has a library.
fn has_library(packages: &[&str]) -> bool {
    let names = packages.iter().filter_map(|name| name.strip_prefix("habitue-"));
    names.into_iter().any(|room| project::at(format!("crates/{room}/src/lib.rs")).is_file())
}

/// wasm-bindgen's runner takes the place of the operating system: it starts chromedriver, which
/// starts Chromium with the flags of `webdriver.json`.
fn web(toolbox: &Toolbox, long: bool) -> Result<Tally> {
    let arguments = ["test", "-p", "habitue-widget", "--lib", "--tests", "--no-fail-fast"];
    let mut command = run::command("cargo", &arguments);
    command.args(["--target", "wasm32-unknown-unknown"]);
    let runner_program = toolbox.program(Tool::WasmBindgen, 1)?;
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner_program);
    command.env("CHROMEDRIVER", toolbox.program(Tool::Browser, 1)?);
    // Tests that forget to ask for a browser get one too; and a cold browser may be slow.
    command.env("WASM_BINDGEN_USE_BROWSER", "1").env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    runner(&mut command, Runner::Cargo, long)
}

/// Runs one runner and reads its summary. One that fails without a failed test has broken off
/// (it did not compile, it could not start), and that is a failure too.
fn runner(command: &mut Command, kind: Runner, long: bool) -> Result<Tally> {
    println!("▶ {}", run::line(command));
    if long {
        command.env("HABITUE_LONG", "1");
    }
    let list = project::at("target/skipped.txt");
    // Usually there is none of an earlier run.
    drop(fs::remove_file(&list));
    command.env("HABITUE_TEST_SKIPPED", &list);
    let (succeeded, text) = run::tee(command)?;
    let list = fs::read_to_string(&list).unwrap_or_default();
    let mut tally = tally::read(kind, &text);
    for (why, tests) in tally::reasons(&list) {
        println!("!!! SKIPPED: {tests} of these: {why}");
        tally = tally.skip(tests);
    }
    if !succeeded && tally.failed == 0 {
        println!("!!! FAILED: {} broke off", run::line(command));
        tally.failed = 1;
    }
    if succeeded && tally == Tally::default() {
        println!("(no tests there)");
    }
    Ok(tally)
}
