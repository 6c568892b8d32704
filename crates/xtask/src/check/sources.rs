//! Words that must not stand in some rooms.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::rust_text::RustText;
use crate::project;

/// A longer file is two files that have not been told apart yet.
const MAX_LINES: usize = 400;

/// Money and points are counted, not approximated.
pub fn no_floats() -> Result<Vec<String>> {
    let rooms = ["crates/domain", "crates/api", "crates/store", "crates/server"];
    each_line(
        &rooms,
        |text| &text.code,
        |line| words(line).find(|word| is_float(word)).map(|word| format!("`{word}`")),
    )
}

/// The order of a hash map differs from run to run, and a verdict must not.
pub fn no_hash_order() -> Result<Vec<String>> {
    each_line(
        &["crates/domain"],
        |text| &text.code,
        |line| {
            let found = words(line).find(|word| ["HashMap", "HashSet"].contains(word));
            found.map(|word| format!("`{word}`: take the BTree one"))
        },
    )
}

/// Pages that enforce Trusted Types forbid it.
pub fn no_inner_html() -> Result<Vec<String>> {
    let mut found = each_line(
        &["src"],
        |text| &text.code,
        |line| words(line).find(|word| is_inner_html(word)).map(|word| format!("`{word}`")),
    )?;
    let loader = project::at("public/habitue.js");
    let loader = fs::read_to_string(&loader).context("public/habitue.js")?;
    for (number, line) in (1..).zip(loader.lines()) {
        if line.contains("innerHTML") {
            found.push(format!("public/habitue.js:{number}: `innerHTML`"));
        }
    }
    Ok(found)
}

/// There is one room for SQL, so that one text is tested on every engine.
pub fn sql_only_in_store() -> Result<Vec<String>> {
    let rooms = ["src", "crates/api", "crates/demo/src", "crates/domain", "crates/server/src"];
    each_line(&rooms, |text| &text.strings, |line| sql(line).map(|words| format!("`{words}`")))
}

/// No Rust file outgrows one reading.
pub fn short_files() -> Result<Vec<String>> {
    let mut found = Vec::new();
    for path in rust_files(Path::new(""))? {
        let lines = fs::read_to_string(&path)?.lines().count();
        if lines > MAX_LINES {
            found.push(format!("{}: {lines} lines", project::shown(&path)));
        }
    }
    Ok(found)
}

/// What is written here must mean the same on every machine.
pub fn no_machine_paths() -> Result<Vec<String>> {
    let mut places = vec![format!("{}/", project::root().display())];
    if let Some(home) = env::home_dir().filter(|home| home.components().count() > 1) {
        places.push(format!("{}/", home.display()));
    }
    // Put together here, or this file would accuse itself.
    places.extend(["home", "Users"].map(|parent| format!("/{parent}/")));
    let mut found = Vec::new();
    for path in project::files(project::root())? {
        // Pictures and the like are not text.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let lock = path.ends_with("package-lock.json") && text.contains("\"resolved\"");
        if lock {
            found.push("package-lock.json names a registry: `npm install` again".to_owned());
        }
        for (number, line) in (1..).zip(text.lines()) {
            if places.iter().any(|place| names_place(line, place)) {
                found.push(format!("{}:{number}: {}", project::shown(&path), line.trim()));
            }
        }
    }
    Ok(found)
}

/// Looks at one half of each Rust file below `rooms`, line by line.
fn each_line(
    rooms: &[&str],
    half: fn(&RustText) -> &String,
    wrong: fn(&str) -> Option<String>,
) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for room in rooms {
        for path in rust_files(Path::new(room))? {
            let text = RustText::of(&fs::read_to_string(&path)?);
            for (number, line) in (1..).zip(half(&text).lines()) {
                if let Some(problem) = wrong(line) {
                    found.push(format!("{}:{number}: {problem}", project::shown(&path)));
                }
            }
        }
    }
    Ok(found)
}

fn rust_files(room: &Path) -> Result<Vec<PathBuf>> {
    let mut files = project::files(&project::at(room))?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    Ok(files)
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The types themselves and literals that name one: `f64`, `1_f32`, `2f64`.
fn is_float(word: &str) -> bool {
    ["f32", "f64"].iter().any(|float| {
        word.strip_suffix(float).is_some_and(|number| {
            number.chars().all(|c| c.is_ascii_digit() || c == '_') && number != "_"
        })
    })
}

fn is_inner_html(word: &str) -> bool {
    ["inner_html", "set_inner_html", "outer_html", "set_outer_html", "innerHTML"].contains(&word)
}

/// The words that give a statement away, in the upper case our style asks for.
fn sql(line: &str) -> Option<&'static str> {
    const STATEMENTS: [&str; 7] = [
        "SELECT ",
        "INSERT INTO ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "ALTER TABLE ",
        "PRAGMA ",
        "BEGIN IMMEDIATE",
    ];
    let starts_word =
        |place: usize| !line[..place].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let statement = STATEMENTS.into_iter().find(|words| line.find(words).is_some_and(starts_word));
    let update = line.find("UPDATE ").filter(|place| starts_word(*place));
    let update = update.filter(|place| line[*place..].contains(" SET"));
    statement.or_else(|| update.map(|_| "UPDATE … SET"))
}

/// Whether the line names `place` as an absolute path, not as the middle of a longer one.
fn names_place(line: &str, place: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "._-/}".contains(c);
    line.match_indices(place).any(|(at, _)| !line[..at].ends_with(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_found_in_types_and_literals_but_not_inside_other_words() {
        for line in ["fn a(x: f64)", "let x = 1_f32;", "let x = 2f64;", "x as f32"] {
            assert!(words(line).any(is_float), "{line}");
        }
        for line in ["let buf64 = 1;", "as_secs_f64()", "let x = 0x1f3;", "_f64"] {
            assert!(!words(line).any(is_float), "{line}");
        }
    }

    #[test]
    fn sql_is_found_by_its_upper_case_words() {
        assert_eq!(sql("\"SELECT id FROM member\""), Some("SELECT "));
        assert_eq!(sql("\"UPDATE hold SET state = $1\""), Some("UPDATE … SET"));
        assert_eq!(sql("\"select your reward\""), None);
        assert_eq!(sql("\"UPDATE your address\""), None);
        assert_eq!(sql("\"PRESELECT x\""), None);
    }

    #[test]
    fn a_place_counts_only_as_a_whole_path() {
        let place = format!("/{}/", "home");
        assert!(names_place(&format!("open(\"{place}jo/x\")"), &place));
        assert!(names_place(&place, &place));
        assert!(!names_place(&format!("https://example.org{place}x"), &place));
        assert!(!names_place(&format!("app{place}x"), &place));
    }

    #[test]
    fn every_word_that_sets_markup_is_known() {
        assert!(words("el.set_inner_html(x)").any(is_inner_html));
        assert!(!words("el.set_text_content(x)").any(is_inner_html));
    }
}
