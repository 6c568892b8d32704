//! What only the system's package manager has.

use anyhow::{Context, Result, bail};

use crate::project;
use crate::run;

/// Installs packages; where that cannot be done, `advice` is the error.
pub fn install(packages: &[&str], advice: &'static str) -> Result<()> {
    if !run::works(&mut run::command("apt-get", &["--version"])) {
        bail!("{advice}");
    }
    println!("  … installing {} with apt-get; 1 to 3 minutes", packages.join(" and "));
    apt(&["update"]).or_else(|error| {
        // A stale list of packages may still hold what we need.
        println!("  … {error:#}");
        anyhow::Ok(())
    })?;
    apt(&[&["install", "-y", "--no-install-recommends"], packages].concat()).context(advice)
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
