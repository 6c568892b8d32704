//! A real mail server for the tests, and others' readings of what we sign, in a Python of our own.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::project;
use crate::run;

/// The mail server, a checker of DKIM signatures, and the reference library of Standard Webhooks.
pub const PACKAGES: [&str; 3] = ["aiosmtpd==1.4.6", "dkimpy==1.1.8", "standardwebhooks==1.1.0"];

const ADVICE: &str = "install Python 3.10 or newer with its venv module (Debian: `apt-get install \
                      python3-venv`)";

/// The Python that has them. The tests look for it at this very place.
pub fn mailbox() -> Result<Vec<PathBuf>> {
    let folder = project::at("target/tools/mailbox");
    let python = folder.join("bin/python");
    let import = ["-c", "import aiosmtpd, dkim, standardwebhooks"];
    if !run::works(&mut run::command(&python, &import)) {
        println!("  … installing {} into target/tools; a quarter of a minute", PACKAGES.join(", "));
        let log = project::at("target/tools/mailbox.log");
        let mut make = run::command("python3", &["-m", "venv"]);
        run::logged(make.arg(&folder), "venv", &log).context(ADVICE)?;
        let mut install = run::command(&python, &["-m", "pip", "install"]);
        install.arg("--disable-pip-version-check").args(PACKAGES);
        run::logged(&mut install, "pip", &log).context("is the package registry within reach?")?;
    }
    Ok(vec![python])
}
