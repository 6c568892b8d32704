//! The real binary: what it says when something is wrong, and the import.

use crate::skipped::skipped;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/program.toml");
const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/data/cdnow_sample.csv");

fn habitue(folder: &Path, arguments: &[&str]) -> Output {
    command(folder).args(arguments).output().unwrap()
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_habitue"));
    command.current_dir(folder).env("HABITUE_MASTER_KEY", "k".repeat(32));
    command.env_remove("HABITUE_DATABASE");
    command
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn with_shop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let add = ["shop", "add", "--name", "S", "--origin", "https://s.example", "--program", PROGRAM];
    let output = habitue(folder.path(), &add);
    assert!(output.status.success(), "{}", said(&output));
    folder
}

fn import(folder: &Path, file: &str, more: &[&str]) -> Output {
    let map = "customer=customer_id,placed_on=ordered_on,quantity=quantity,amount=amount_usd";
    let mut all = vec!["import", "orders", file, "--map", map, "--currency", "USD"];
    all.extend(["--enrol", "orders>=2"]);
    if !more.contains(&"--last-order-on") {
        all.extend(["--last-order-on", "2026-11-15"]);
    }
    all.extend(more);
    habitue(folder, &all)
}

#[test]
fn the_real_orders_are_imported_once_and_a_second_run_changes_nothing() {
    let folder = with_shop();
    let dry = said(&import(folder.path(), ORDERS, &["--dry-run"]));
    assert!(dry.contains("6919 orders of 2357 customers, 1152 of them members"), "{dry}");
    let first = said(&import(folder.path(), ORDERS, &[]));
    assert!(first.contains("6919 orders imported, 0 known before, 0 rows rejected"), "{first}");
    let now = "2357 customers, 1152 members, 6919 orders, ";
    let points = |text: &str| text.split(now).nth(1).unwrap().to_owned();
    let second = said(&import(folder.path(), ORDERS, &[]));
    assert!(second.contains("0 orders imported, 6919 known before"), "{second}");
    assert_eq!(points(&first), points(&second));
    let other = import(folder.path(), ORDERS, &["--last-order-on", "2026-11-16"]);
    assert!(
        !other.status.success() && said(&other).contains("imported before"),
        "{}",
        said(&other)
    );
}

#[test]
fn a_broken_row_goes_to_the_reject_file_and_the_rest_is_imported() {
    let folder = with_shop();
    let file = folder.path().join("orders.csv");
    let text = "customer_id,master_id,ordered_on,quantity,amount_usd\n1,1,2026-01-01,1,5.00\n\
                2,2,2026-02-31,1,5.00\n";
    std::fs::write(&file, text).unwrap();
    let output = said(&import(folder.path(), file.to_str().unwrap(), &[]));
    assert!(output.contains("line 3: placed_on \"2026-02-31\""), "{output}");
    assert!(output.contains("1 orders imported"), "{output}");
    let rejects = std::fs::read_to_string(folder.path().join("orders.rejected.csv")).unwrap();
    assert!(rejects.contains("2,2,2026-02-31,1,5.00"), "{rejects}");
    let missing = habitue(
        folder.path(),
        &[
            "import",
            "orders",
            "orders.csv",
            "--map",
            "customer=who,placed_on=x,amount=y",
            "--currency",
            "USD",
        ],
    );
    assert!(said(&missing).contains("has no column \""), "{}", said(&missing));
}

#[test]
fn a_port_in_use_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = habitue(folder.path(), &["serve", "--listen", &address]);
    assert!(!output.status.success());
    let said = said(&output);
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
}

#[test]
fn a_missing_or_short_master_key_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    for key in ["", "short"] {
        let output = command(folder.path())
            .env("HABITUE_MASTER_KEY", key)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(said(&output).contains("openssl rand -hex 32"), "{}", said(&output));
    }
}

#[test]
fn a_wrong_database_address_or_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = habitue(folder.path(), &["--database", "mysql://x", "shop", "list"]);
    assert!(said(&output).contains("sqlite:habitue.db"), "{}", said(&output));
    let output =
        habitue(folder.path(), &["--database", "sqlite:no/such/folder.db", "shop", "list"]);
    assert!(said(&output).contains("cannot open"), "{}", said(&output));
}

#[test]
fn sigterm_ends_the_server_cleanly() {
    let folder = with_shop();
    let mut child = serve(folder.path());
    let killed = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
    assert!(child.wait().unwrap().success());
    std::io::stdout().flush().unwrap();
}

/// A server that says it is listening.
fn serve(folder: &Path) -> std::process::Child {
    let mut child = command(folder)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("\"listening\"")));
    // Whoever stops reading would stop the server's log.
    std::thread::spawn(move || lines.for_each(drop));
    child
}

#[test]
fn a_backup_is_made_beside_a_running_server_and_restored_without_one() {
    let folder = with_shop();
    let orders = folder.path().join("orders.csv");
    let row = "customer_id,ordered_on,quantity,amount_usd\n1,2026-01-01,1,5.00\n";
    std::fs::write(&orders, format!("{row}1,2026-01-02,1,7.00\n")).unwrap();
    assert!(import(folder.path(), orders.to_str().unwrap(), &[]).status.success());
    let mut server = serve(folder.path());
    let made = habitue(folder.path(), &["backup", "copy.db"]);
    assert!(made.status.success(), "{}", said(&made));
    let again = said(&habitue(folder.path(), &["backup", "copy.db"]));
    assert!(again.contains("is there already"), "{again}");
    let busy = said(&habitue(folder.path(), &["restore", "copy.db", "--replace"]));
    assert!(busy.contains("is in use; stop the server first"), "{busy}");
    server.kill().unwrap();
    server.wait().unwrap();

    let kept = said(&habitue(folder.path(), &["restore", "copy.db"]));
    assert!(kept.contains("--replace"), "{kept}");
    let database = folder.path().join("habitue.db");
    std::fs::remove_file(&database).unwrap();
    let restored = habitue(folder.path(), &["restore", "copy.db"]);
    assert!(restored.status.success(), "{}", said(&restored));
    let clean = habitue(folder.path(), &["verify"]);
    let clean = (clean.status.success(), said(&clean));
    assert!(clean.0 && clean.1.contains("4 entries of 2 accounts"), "{}", clean.1);
    the_seals_outside_the_database_tell_another_one_apart(folder.path());

    let mut bytes = std::fs::read(folder.path().join("copy.db")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0x55);
    std::fs::write(folder.path().join("broken.db"), bytes).unwrap();
    let refused = said(&habitue(folder.path(), &["restore", "broken.db", "--replace"]));
    assert!(refused.contains("is damaged"), "{refused}");
    assert!(habitue(folder.path(), &["verify"]).status.success());
}

#[test]
fn the_jobs_are_listed_and_run_by_name() {
    let folder = with_shop();
    let fresh = said(&habitue(folder.path(), &["job", "list"]));
    assert!(fresh.contains("seal") && fresh.contains("never ran"), "{fresh}");
    let ran = said(&habitue(folder.path(), &["job", "run", "seal"]));
    assert!(ran.contains("done: 0"), "{ran}");
    let listed = said(&habitue(folder.path(), &["job", "list"]));
    assert!(listed.contains("seal     ran 20"), "{listed}");
    let unknown = said(&habitue(folder.path(), &["job", "run", "sale"]));
    assert!(unknown.contains("seal, release, prune"), "{unknown}");
}

fn the_seals_outside_the_database_tell_another_one_apart(folder: &Path) {
    let exported = habitue(folder, &["seals", "export"]);
    assert!(exported.status.success(), "{}", said(&exported));
    std::fs::write(folder.join("seals.jsonl"), &exported.stdout).unwrap();
    let same = said(&habitue(folder, &["seals", "check", "seals.jsonl"]));
    assert!(same.contains("1 seals are as they were exported"), "{same}");
    let other =
        habitue(folder, &["--database", "sqlite:other.db", "seals", "check", "seals.jsonl"]);
    assert!(said(&other).contains("no such seal 1"), "{}", said(&other));
    let forged =
        String::from_utf8(exported.stdout).unwrap().replace("\"number\":1", "\"number\":2");
    std::fs::write(folder.join("forged.jsonl"), forged).unwrap();
    let forged = said(&habitue(folder, &["seals", "check", "forged.jsonl"]));
    assert!(forged.contains("the signature is not one"), "{forged}");
}

#[test]
fn a_shop_that_outgrows_one_machine_moves_to_postgresql_whole() {
    let Ok(server) = std::env::var("HABITUE_TEST_POSTGRES") else {
        skipped("there is no PostgreSQL to move to (HABITUE_TEST_POSTGRES)");
        return;
    };
    let folder = with_shop();
    assert!(import(folder.path(), ORDERS, &[]).status.success());
    let sealed = said(&habitue(folder.path(), &["verify"]));
    assert!(sealed.contains("clean"), "{sealed}");
    let to = format!("{server}/test_{}", uuid::Uuid::now_v7().simple());
    let moved = habitue(folder.path(), &["move", "--to", &to]);
    assert!(moved.status.success(), "{}", said(&moved));
    let there = habitue(folder.path(), &["--database", &to, "verify"]);
    let (old, new) = (sealed.split(" seals").next(), said(&there));
    assert!(there.status.success() && new.contains("clean"), "{new}");
    // The same entries of the same accounts; only the seals are counted from the start.
    let entries = |text: &str| text.split(" transfers").next().unwrap().to_owned();
    assert_eq!(entries(old.unwrap()), entries(&new));
    let again = said(&habitue(folder.path(), &["move", "--to", &to]));
    assert!(again.contains("the new database is not empty: program has rows"), "{again}");
}
