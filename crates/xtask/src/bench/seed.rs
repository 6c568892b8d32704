//! A database to begin from: a shop with so many members, each with one large order, all sealed.
//!
//! It is made on SQLite and moved to where it is wanted: an import into PostgreSQL takes a minute and
//! a half for each ten thousand orders. A large one is kept for the next run.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::place::{Site, name, on};
use crate::project;
use crate::run;

const PROGRAM: &str = "crates/xtask/src/bench/program.toml";
/// The database's file, in whichever folder.
pub const FILE: &str = "habitue.db";
/// From how many members on it is kept.
const KEPT: u32 = 100_000;

/// A database to begin from.
pub struct Seed {
    folder: PathBuf,
    /// What `shop add` said.
    pub shop: Value,
}

impl Seed {
    /// Makes one, or takes the one that was kept.
    pub fn of(habitue: &Path, members: u32) -> Result<Self> {
        let folder = project::at("target/bench").join(format!("seed-{members}"));
        let said = folder.join("shop.json");
        if members < KEPT || !said.is_file() {
            make(habitue, &folder, members)?;
        } else {
            println!("with the members of {}", project::shown(&folder));
        }
        let shop = serde_json::from_str(&fs::read_to_string(said)?)?;
        Ok(Self { folder, shop })
    }

    /// Puts a copy where it is wanted.
    pub fn put(&self, habitue: &Path, site: &Site<'_>) -> Result<()> {
        let from = Site::file(&self.folder);
        if site.postgres.is_none() {
            // What a process that has ended left in the log belongs to it.
            for file in [FILE.to_owned(), format!("{FILE}-wal")] {
                let source = self.folder.join(&file);
                if source.is_file() {
                    fs::copy(source, site.folder.join(file))?;
                }
            }
            return Ok(());
        }
        run::step("moving to PostgreSQL", || {
            run::show(&mut on(habitue, &from.url, &["move", "--to", &site.url]))
        })
    }
}

fn make(habitue: &Path, folder: &Path, members: u32) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let url = Site::file(folder).url;
    let add = ["shop", "add", "--name", "Bench", "--origin", "https://bench.example"];
    let mut add = on(habitue, &url, &add);
    let shop = run::output(add.args(["--json", "--program", PROGRAM]))?;
    let orders = orders(folder, members)?;
    run::step(&format!("{members} members"), || {
        let mut import = on(habitue, &url, &["import", "orders"]);
        import.arg(&orders).args(["--currency", "EUR", "--enrol", "all"]);
        import.args(["--map", "customer=who,placed_on=day,amount=paid"]);
        run::show(&mut import)
    })?;
    run::step("sealing", || run::show(&mut on(habitue, &url, &["job", "run", "seal"])))?;
    fs::remove_file(orders)?;
    // Written last: without it the rest is not whole.
    Ok(fs::write(folder.join("shop.json"), shop)?)
}

/// One order of 10,000 euros for each: points enough for many redemptions.
fn orders(folder: &Path, members: u32) -> Result<PathBuf> {
    let mut text = "who,day,paid\n".to_owned();
    for member in 0..members {
        writeln!(text, "{},2025-01-01,10000.00", name(member))?;
    }
    let path = folder.join("orders.csv");
    fs::write(&path, text).with_context(|| format!("writing {}", project::shown(&path)))?;
    Ok(path)
}
