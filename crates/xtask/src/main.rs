//! `cargo xtask`: what a newcomer, the tests and the release all run.
//!
//! One file per command, and beside them `project` (where things lie), `run` (starting other
//! programs) and `tools` (finding or installing those programs). Nothing here is shipped.

mod bench;
mod check;
mod demo;
mod mailbox;
mod pack;
mod postgres;
mod project;
mod run;
mod shots;
mod size;
mod test;
mod tools;
mod widget;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

/// Everything one does with Habitué from a checkout. Without a command: this list.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything, fill a shop with real orders, serve it and say where to click.
    Demo(demo::Options),
    /// Run the whole suite, or one part of it, and end with one line of passed, failed, skipped.
    Test(test::Options),
    /// Format, clippy, who may depend on whom, purity of the rules, paths named in the docs.
    Check,
    /// Find the tools at their pinned versions, or install them under `target/tools`.
    Tools,
    /// Build the widget for release and leave it, packed, in `dist/` (skipped when up to date).
    Widget(widget::Options),
    /// Measure what the server does in a second, against what its disk does (docs/benchmarks.md).
    Bench(bench::Options),
    /// Take a picture of every screen and face for people to look at (docs/screenshots/).
    Shots(shots::Options),
    /// Print every byte the widget sends against its budget; the last line is JSON.
    Size,
    /// Hash, shrink, compress and weigh what Trunk has built (Trunk calls this itself).
    Pack,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Some(task) => dispatch(task),
        None => Cli::command().print_help().map_err(Into::into),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(task: Task) -> Result<()> {
    match task {
        Task::Demo(options) => demo::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Check => check::run(),
        Task::Tools => tools::run(),
        Task::Widget(options) => widget::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Shots(options) => shots::run(&options),
        Task::Size => size::run(),
        Task::Pack => pack::run(),
    }
}
