//! PostgreSQL's programs: on PATH, where `pg_config` says, else from the package manager.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::run;
use crate::tools::{apt, candidates};

const ADVICE: &str = "install PostgreSQL 15 or later with your package manager (Debian: `apt-get \
                      install postgresql`); it need not run";

/// `initdb`, whose folder holds all the others.
pub fn postgres() -> Result<Vec<PathBuf>> {
    if let Some(found) = find() {
        return Ok(vec![found]);
    }
    apt::install(&["postgresql"], ADVICE)?;
    find().map(|found| vec![found]).context(ADVICE)
}

fn find() -> Option<PathBuf> {
    let told = run::answer(&mut run::command("pg_config", &["--bindir"]));
    let told = told.map(|dir| Path::new(&dir).join("initdb"));
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin/initdb")).collect();
    debian.sort();
    let mut all = told.into_iter().chain(candidates("initdb")).chain(debian.into_iter().rev());
    let complete = |initdb: &PathBuf| {
        ["initdb", "postgres", "pg_isready"]
            .iter()
            .all(|name| initdb.with_file_name(name).is_file())
    };
    all.find(complete)
}
