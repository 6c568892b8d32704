//! The widget in a real shop, end to end: `tests/e2e`, by Playwright.

use std::process::Command;

use anyhow::Result;

use super::tally::{Runner, Tally};
use super::{earlier, runner};
use crate::demo;
use crate::project;
use crate::run;
use crate::tools::{Tool, Toolbox};
use crate::widget;

const CONFIG: &str = "tests/e2e/playwright.config.mjs";

/// Playwright's configuration starts the demo itself; everything slow is built before, so that its
/// patience is for the demo and not for the compiler.
pub fn run(toolbox: &Toolbox, long: bool) -> Result<Tally> {
    if !project::at(CONFIG).is_file() {
        println!("!!! SKIPPED: e2e: there is no {CONFIG}");
        return Ok(Tally { skipped: 1, ..Tally::default() });
    }
    widget::build(toolbox)?;
    // Before the demo's programs: both are built to the same place.
    let earlier = earlier::build()?;
    let programs = demo::build(toolbox)?;
    let mut command = playwright(toolbox, CONFIG)?;
    command.env("HABITUE_EARLIER", earlier);
    command.env("HABITUE_SERVER", programs.habitue).env("HABITUE_DEMO", programs.shop);
    runner(&mut command, Runner::Playwright, long)
}

/// Playwright with one of our configurations and the browser that was found.
pub fn playwright(toolbox: &Toolbox, config: &str) -> Result<Command> {
    let script = "node_modules/@playwright/test/cli.js";
    let mut command = run::command("node", &[script, "test", "--config", config]);
    command.args(["--reporter", "list"]);
    command.env("HABITUE_CHROMIUM", toolbox.program(Tool::Browser, 0)?);
    Ok(command)
}
