//! Chromium and chromedriver: from the environment, from PATH, else from the package manager.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::project;
use crate::run;
use crate::tools::candidates;

const CHROMIUM: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "Google Chrome"];

/// Where distributions put them when not on PATH.
const OTHER_PLACES: [&str; 5] = [
    "/usr/bin",
    "/usr/local/bin",
    "/usr/lib/chromium",
    "/usr/lib/chromium-browser",
    "/Applications/Google Chrome.app/Contents/MacOS",
];

const ADVICE: &str = "install Chromium and the chromedriver of the same version with your package \
                      manager (Debian: `apt-get install chromium chromium-driver`), or set \
                      HABITUE_CHROMIUM and CHROMEDRIVER to their paths";

/// Chromium and chromedriver, in this order.
pub fn browser() -> Result<Vec<PathBuf>> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if !run::works(&mut run::command("apt-get", &["--version"])) {
        bail!("{ADVICE}");
    }
    println!("  … installing chromium and chromium-driver with apt-get; 1 to 3 minutes");
    apt(&["update"]).or_else(|error| {
        // A stale list of packages may still hold what we need.
        println!("  … {error:#}");
        anyhow::Ok(())
    })?;
    apt(&["install", "-y", "--no-install-recommends", "chromium", "chromium-driver"])
        .context(ADVICE)?;
    find().context(ADVICE)
}

fn find() -> Option<Vec<PathBuf>> {
    let chromium = given("HABITUE_CHROMIUM").or_else(|| search(&CHROMIUM))?;
    let driver = given("CHROMEDRIVER").or_else(|| search(&["chromedriver"]))?;
    Some(vec![chromium, driver])
}

fn given(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file())
}

fn search(names: &[&str]) -> Option<PathBuf> {
    let on_path = names.iter().flat_map(|name| candidates(name));
    let elsewhere = OTHER_PLACES.iter().flat_map(|dir| {
        let dir = PathBuf::from(dir);
        names.iter().map(move |name| dir.join(name))
    });
    on_path.chain(elsewhere).find(|path| path.is_file())
}

/// Never asks for a password: nobody would see the question behind the log.
fn apt(arguments: &[&str]) -> Result<()> {
    let root = run::answer(&mut run::command("id", &["-u"])).is_some_and(|id| id == "0");
    let mut command = if root {
        run::command("apt-get", arguments)
    } else {
        let mut sudo = run::command("sudo", &["-n", "apt-get"]);
        sudo.args(arguments);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    run::logged(&mut command, "apt-get", &project::at("target/tools/apt.log"))
}
