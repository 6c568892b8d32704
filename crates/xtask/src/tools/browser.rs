//! Chromium and chromedriver: from the environment, from PATH, else from the package manager.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::tools::{apt, candidates};

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
    apt::install(&["chromium", "chromium-driver"], ADVICE)?;
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
