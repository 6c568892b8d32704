//! Filling an empty folder with a shop and its customers, by the public commands alone.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::{Options, Programs};
use crate::project;
use crate::run;

/// The real orders the demo is filled with.
pub const ORDERS: &str = "crates/demo/data/cdnow_sample.csv";
const PROGRAM: &str = "crates/demo/program.toml";
const SHOP_NAME: &str = "Sillon Records";

/// Written last: with it the data are whole, without it they are half made.
const DONE: &str = "setup.json";
const MASTER_KEY: &str = "master.key";
/// What the shop's back end needs to know; the shop reads it, and nobody else should.
pub const SHOP: &str = "shop.json";

/// Where the mails of the demo arrive.
pub const MAILS: &str = "mails";

/// Everything we make there; a reset removes these and nothing a reader has put beside them.
const FILES: [&str; 6] = [DONE, SHOP, MASTER_KEY, "habitue.db", "habitue.db-wal", "habitue.db-shm"];

/// What `habitue shop add --json` must tell.
const SHOP_FIELDS: [&str; 4] = ["shop", "program", "public_key", "secret_key"];

/// Refuses early when the data belong to a shop on another port: its origin is in the database.
pub fn fits(options: &Options) -> Result<()> {
    if options.reset {
        return Ok(());
    }
    let Ok(done) = fs::read_to_string(options.file(DONE)) else {
        return Ok(());
    };
    let done: Value = serde_json::from_str(&done).with_context(|| format!("reading {DONE}"))?;
    let port = done["port_shop"].as_u64().unwrap_or_default();
    ensure!(
        port == u64::from(options.port_shop),
        "{} was made for a shop on port {port}: use --port-shop {port} or start afresh with --reset",
        options.dir.display(),
    );
    Ok(())
}

/// Fills the folder unless that has been done, and gives the server's master key.
pub fn prepare(options: &Options, programs: &Programs) -> Result<String> {
    let whole = options.file(DONE).is_file();
    if options.reset || !whole {
        clear(options)?;
    }
    fs::create_dir_all(project::at(&options.dir))?;
    let master_key = master_key(&options.file(MASTER_KEY))?;
    if whole && !options.reset {
        println!("✔ data: those of {} (--reset starts afresh)", options.dir.display());
        return Ok(master_key);
    }
    let shop = run::step("shop", || add_shop(options, programs, &master_key))?;
    run::step("customers and orders", || import(options, programs, &master_key, &shop))?;
    let done = json!({ "port_shop": options.port_shop, "shop": shop });
    write_private(&options.file(DONE), done.to_string().as_bytes())?;
    Ok(master_key)
}

/// `habitue` on the demo's database, as a merchant types it.
pub fn habitue(options: &Options, programs: &Programs, master_key: &str) -> Command {
    let mut command = run::command(&programs.habitue, &["--database"]);
    command.arg(format!("sqlite:{}", options.dir.join("habitue.db").display()));
    command.env("HABITUE_MASTER_KEY", master_key);
    command
}

fn add_shop(options: &Options, programs: &Programs, master_key: &str) -> Result<String> {
    let mut command = habitue(options, programs, master_key);
    command.args(["shop", "add", "--name", SHOP_NAME, "--origin", &options.shop_url()]);
    command.args(["--program", PROGRAM, "--json"]);
    let answer = run::output(&mut command)?;
    let shop: Value = serde_json::from_str(answer.trim())
        .with_context(|| format!("`habitue shop add` printed no JSON: {answer}"))?;
    if let Some(missing) = SHOP_FIELDS.iter().find(|field| !shop[**field].is_string()) {
        bail!("`habitue shop add` told no {missing}");
    }
    write_private(&options.file(SHOP), answer.trim().as_bytes())?;
    Ok(shop["shop"].as_str().unwrap_or_default().to_owned())
}

/// All dates move so that the newest order is of a fixed day: two demos hold the same data.
fn import(options: &Options, programs: &Programs, master_key: &str, shop: &str) -> Result<()> {
    let columns = "customer=customer_id,placed_on=ordered_on,quantity=quantity,amount=amount_usd";
    let mut command = habitue(options, programs, master_key);
    command.args(["import", "orders", ORDERS, "--shop", shop, "--map", columns]);
    command.args(["--currency", "USD", "--enrol", "orders>=2"]);
    command.args(["--last-order-on", "2026-11-15"]);
    run::show(&mut command)
}

fn clear(options: &Options) -> Result<()> {
    let there = FILES.iter().map(|name| options.file(name)).filter(|path| path.exists());
    for path in there.collect::<Vec<_>>() {
        println!("  … removing {}", project::shown(&path));
        fs::remove_file(&path)?;
    }
    let mails = options.file(MAILS);
    if mails.is_dir() {
        fs::remove_dir_all(mails)?;
    }
    Ok(())
}

/// The key that was made for this folder, or a new one of 32 random bytes.
fn master_key(path: &Path) -> Result<String> {
    if let Ok(key) = fs::read_to_string(path) {
        return Ok(key.trim().to_owned());
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
    let key = project::hex(&bytes);
    write_private(path, key.as_bytes())?;
    Ok(key)
}

/// A file only its owner may read.
fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path);
    let mut file = file.with_context(|| format!("writing {}", project::shown(path)))?;
    file.write_all(bytes)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(dir: &str, port_shop: u16, reset: bool) -> Options {
        Options {
            port_api: 4610,
            port_shop,
            dir: format!("target/xtask-tests/{dir}").into(),
            reset,
            no_browser: true,
            prepare_only: true,
        }
    }

    #[test]
    fn data_of_a_shop_on_another_port_are_not_served() {
        let options = |port, reset| options("ports", port, reset);
        fs::create_dir_all(options(4620, false).file("")).unwrap();
        fs::write(options(4620, false).file(DONE), r#"{"port_shop":4620}"#).unwrap();
        assert!(fits(&options(4620, false)).is_ok());
        let error = fits(&options(4999, false)).unwrap_err().to_string();
        assert!(error.contains("port 4620") && error.contains("--reset"), "{error}");
        assert!(fits(&options(4999, true)).is_ok());
    }

    #[test]
    fn a_reset_removes_what_we_made_and_nothing_else() {
        let options = options("reset", 4620, true);
        fs::create_dir_all(options.file("")).unwrap();
        fs::write(options.file(DONE), "{}").unwrap();
        fs::write(options.file("notes.txt"), "mine").unwrap();
        clear(&options).unwrap();
        assert!(!options.file(DONE).exists());
        assert!(options.file("notes.txt").exists());
    }

    #[test]
    fn the_master_key_is_made_once_and_is_long_enough() {
        let options = options("key", 4620, false);
        fs::create_dir_all(options.file("")).unwrap();
        let first = master_key(&options.file(MASTER_KEY)).unwrap();
        assert_eq!(first.len(), 64);
        assert_eq!(first, master_key(&options.file(MASTER_KEY)).unwrap());
    }
}
