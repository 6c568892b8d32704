//! schemathesis, in a Python environment of our own.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::project;
use crate::run;

pub const VERSION: &str = "4.32.5";

const ADVICE: &str = "install Python 3.10 or newer with its venv module (Debian: `apt-get install \
                      python3-venv`)";

/// The program and the Python it runs on, in this order.
pub fn schemathesis() -> Result<Vec<PathBuf>> {
    let folder = project::at("target/tools/schemathesis");
    let (program, python) = (folder.join("bin/schemathesis"), folder.join("bin/python"));
    let version = run::answer(&mut run::command(&program, &["--version"]));
    if !version.is_some_and(|version| version.contains(VERSION)) {
        println!("  … installing schemathesis {VERSION} into target/tools; half a minute");
        let log = project::at("target/tools/schemathesis.log");
        let mut make = run::command("python3", &["-m", "venv"]);
        run::logged(make.arg(&folder), "venv", &log).context(ADVICE)?;
        let wanted = format!("schemathesis=={VERSION}");
        let arguments = ["-m", "pip", "install", "--disable-pip-version-check", &wanted];
        run::logged(&mut run::command(&python, &arguments), "pip", &log)
            .context("is the package registry within reach?")?;
    }
    Ok(vec![program, python])
}
