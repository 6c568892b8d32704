//! `cargo xtask bench quote`: how long the rules take, natively and in the browser.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::project;
use crate::run;
use crate::tools::{Tool, Toolbox};

/// How to measure.
#[derive(clap::Args)]
pub struct Options {
    /// Measure this `habitue` instead of building one.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// How many cases `habitue quote` is given.
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    cases: usize,
}

/// The profile in which the server is shipped.
const PROFILE: &str = "server";

/// `cargo xtask bench quote`.
pub fn run(options: &Options) -> Result<()> {
    let needed = [Tool::WasmTarget, Tool::WasmBindgen, Tool::Browser];
    let toolbox = Toolbox::fill(&needed);
    toolbox.require(&needed)?;
    let mut native = run::command("cargo", &["test", "--profile", PROFILE]);
    native.args(["-p", "habitue-domain", "--test", "bench", "--"]);
    let mut figures = figures(native.args(["--ignored", "--nocapture"]))?;
    // The widget's own profile: what is measured is what a shopper's browser runs.
    let mut wasm = run::command("cargo", &["test", "--release", "-p", "habitue-widget"]);
    wasm.args(["--test", "web", "--target", "wasm32-unknown-unknown", "--"]);
    wasm.args(["--include-ignored", "--nocapture", "bench::a_quote_takes_so_long"]);
    wasm.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", toolbox.program(Tool::WasmBindgen, 1)?);
    wasm.env("CHROMEDRIVER", toolbox.program(Tool::Browser, 1)?);
    wasm.env("WASM_BINDGEN_USE_BROWSER", "1").env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    figures.extend(self::figures(&mut wasm)?);
    figures.push(cases(options)?);
    println!("\n{}", figures.join("\n"));
    Ok(())
}

/// Runs a measurement and keeps the lines that are figures.
fn figures(command: &mut Command) -> Result<Vec<String>> {
    println!("▶ {}", run::line(command));
    let (succeeded, text) = run::tee(command)?;
    ensure!(succeeded, "{} failed", run::line(command));
    let figure = |line: &str| line.split_once("bench: ").map(|(_, figure)| figure.to_owned());
    let found: Vec<String> = text.lines().filter_map(figure).collect();
    ensure!(!found.is_empty(), "{} gave no figure", run::line(command));
    Ok(found)
}

/// The golden vectors' cases, again and again, through one process.
fn cases(options: &Options) -> Result<String> {
    let program = if let Some(program) = &options.program {
        program.clone()
    } else {
        let build = ["build", "-q", "--profile", PROFILE, "-p", "habitue-server"];
        run::show(&mut run::command("cargo", &build))?;
        project::at("target").join(PROFILE).join("habitue")
    };
    let vectors = fs::read_to_string(project::at("crates/domain/tests/vectors/2.json"))?;
    let vectors: Vec<Value> = serde_json::from_str(&vectors)?;
    let lines = vectors.iter().map(|vector| format!("{}\n", vector["case"])).cycle();
    let folder = project::at("target/bench");
    fs::create_dir_all(&folder)?;
    let (given, answered) = (folder.join("cases.jsonl"), folder.join("answers.jsonl"));
    fs::write(&given, lines.take(options.cases).collect::<String>())?;
    let mut quote = Command::new(program);
    quote.arg("quote").stdin(File::open(&given)?).stdout(File::create(&answered)?);
    let started = Instant::now();
    let status = quote.stderr(Stdio::inherit()).status().context("habitue quote")?;
    let seconds = started.elapsed().as_secs_f64();
    ensure!(status.success(), "habitue quote failed");
    let answers = fs::read_to_string(&answered)?.lines().count();
    ensure!(answers == options.cases, "{answers} answers to {} cases", options.cases);
    let count = u32::try_from(options.cases).context("too many cases")?;
    Ok(format!("habitue quote: {:.0} cases a second", f64::from(count) / seconds))
}
