//! `habitue code` as a process: killed and gone on with, exported, imported.

use crate::database::Database;
use crate::harness::program;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A folder with a database that has a shop, whose promotion `gift` has issued codes.
struct Place {
    folder: tempfile::TempDir,
    database: Database,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap(), database: Database::new() };
        let document = serde_json::to_string(&program()).unwrap();
        std::fs::write(place.path().join("program.json"), document).unwrap();
        place.ok(&[
            "shop",
            "add",
            "--name",
            "S",
            "--origin",
            "https://s.example",
            "--program",
            "program.json",
        ]);
        place
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_habitue"));
        command.current_dir(self.path()).env("HABITUE_MASTER_KEY", "k".repeat(32));
        command.env("HABITUE_DATABASE", &self.database.url).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What it says on standard output.
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn batch(&self) -> String {
        let list = self.ok(&["code", "batch", "list"]);
        list.split_whitespace().next().unwrap_or_default().to_owned()
    }
}

/// Few by default, a million with `HABITUE_LONG`.
fn count() -> usize {
    if std::env::var_os("HABITUE_LONG").is_some() { 1_000_000 } else { 6_000 }
}

#[test]
fn a_batch_that_was_killed_goes_on_to_exactly_its_count_without_a_duplicate() {
    let place = Place::new();
    let begun = Instant::now();
    let asked = count().to_string();
    let create = ["code", "batch", "create", "--promotion", "gift", "--count", &asked];
    let mut first = place.command(&create).stderr(Stdio::null()).spawn().unwrap();
    while !place.ok(&["code", "batch", "list"]).contains("00 of") {
        std::thread::sleep(Duration::from_millis(20));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let id = place.batch();
    let half = place.ok(&["code", "batch", "list"]);
    assert!(!half.contains(&format!("{asked} of {asked}")), "nothing was left to do: {half}");
    let said = place.ok(&["code", "batch", "create", "--batch", &id]);
    assert!(said.contains(&format!("{asked} codes in {id}")), "{said}");
    let (made, exporting) = (begun.elapsed(), Instant::now());
    let text = place.ok(&["code", "batch", "export", &id]);
    let codes: BTreeSet<&str> = text.lines().skip(1).collect();
    assert_eq!((codes.len(), text.lines().count()), (count(), count() + 1));
    println!("{asked} codes made in {made:?}, exported in {:?}", exporting.elapsed());
    let again = place.ok(&["code", "batch", "create", "--batch", &id]);
    assert!(again.contains(&format!("{asked} codes in {id}")), "{again}");
    place.ok(&["code", "batch", "withdraw", &id]);
    assert!(place.ok(&["code", "batch", "list"]).contains("withdrawn"));
}

#[test]
fn a_partners_file_is_imported_once_and_its_wrong_lines_are_set_aside() {
    let place = Place::new();
    let text =
        "name,code\r\nann,LOYAL-1\r\n\r\nbob,=1+1\r\ncyd,loyal-1\r\ndan,TEN\r\neve,LOYAL-2\r\n";
    std::fs::write(place.path().join("partner.csv"), text).unwrap();
    let import = ["code", "import", "partner.csv", "--column", "code"];
    let of = [import.as_slice(), &["--promotion", "gift"]].concat();
    let dry = place.ok(&[of.as_slice(), &["--dry-run"]].concat());
    assert!(dry.contains("Would import 2 codes, 0 known before, 3 rejected."), "{dry}");
    assert_eq!(place.batch(), "");
    let said = place.ok(&of);
    assert!(said.contains("2 codes imported, 0 known before, 3 rejected."), "{said}");
    let rejects = std::fs::read_to_string(place.path().join("partner.rejected.csv")).unwrap();
    let lines: Vec<&str> = rejects.lines().skip(1).collect();
    assert!(lines[0].starts_with("4,") && lines[0].ends_with("\"'=1+1\""), "{rejects}");
    assert!(lines[1].starts_with("5,\"the same code as in line 2\""), "{rejects}");
    assert!(lines[2].starts_with("6,\"the program file has this code"), "{rejects}");
    let id = place.batch();
    let said = place.ok(&[import.as_slice(), &["--batch", &id]].concat());
    assert!(said.contains("0 codes imported, 2 known before, 3 rejected."), "{said}");
    let export = place.ok(&["code", "batch", "export", &id]);
    let expected = "code,uses,withdrawn\r\n\"LOYAL-1\",\"0\",\"\"\r\n\"LOYAL-2\",\"0\",\"\"\r\n";
    assert_eq!(export, expected);
}

#[test]
fn what_cannot_be_made_is_said_with_what_to_do() {
    let place = Place::new();
    let create = ["code", "batch", "create", "--promotion"];
    for (more, expected) in [
        (["ten", "--count", "5"], "no promotion \"ten\" with codes = \"issued\""),
        (["gift", "--count", "0"], "--count lies outside its bounds"),
        (["gift", "--count", "1000001"], "--count lies outside its bounds"),
    ] {
        let output = place.run(&[create.as_slice(), &more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(expected), "{said}");
    }
}
