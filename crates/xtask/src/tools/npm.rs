//! The npm packages of `package-lock.json`.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::project;
use crate::run;

/// The oldest Node.js all of the packages run on.
const NODE_MAJOR: u32 = 20;

/// Runs `npm ci` unless `node_modules` already is what the lock file says.
pub fn packages() -> Result<()> {
    node()?;
    let stamp = project::stamp(&["package.json", "package-lock.json"])?;
    let kept = project::at("node_modules/.habitue-stamp");
    if fs::read_to_string(&kept).is_ok_and(|kept| kept == stamp) {
        return Ok(());
    }
    println!("  … installing npm packages into node_modules; 130 MB on disk, about 10 seconds");
    let log = project::at("target/tools/npm.log");
    run::logged(&mut run::command(run::NPM, &["ci", "--no-fund", "--no-audit"]), "npm", &log)
        .context("run `npm ci` and read what it says (is the registry within reach?)")?;
    fs::write(&kept, stamp).context("writing the stamp of node_modules")
}

fn node() -> Result<()> {
    let version = run::answer(&mut run::command("node", &["--version"])).with_context(|| {
        format!("no Node.js on PATH: install version {NODE_MAJOR} or newer (https://nodejs.org)")
    })?;
    let major = major(&version);
    if major.is_none_or(|major| major < NODE_MAJOR) {
        bail!("Node.js is {version}: version {NODE_MAJOR} or newer is needed");
    }
    Ok(())
}

/// `v20.20.2` → 20.
fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("nonsense"), None);
    }
}
