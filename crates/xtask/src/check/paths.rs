//! Texts about architecture rot silently. Ours names files, and each of them must be there.

use std::fs;

use anyhow::{Context, Result};

use crate::project;

const TEXT: &str = "docs/architecture.md";

/// What the first part of a path can be; `text/html` and `and/or` are no paths.
const ROOMS: [&str; 10] =
    [".cargo", ".ci", "console", "crates", "docs", "plugins", "public", "src", "style", "tests"];

/// A word without a folder is a file when it ends like one of these.
const ENDINGS: [&str; 10] = ["css", "csv", "html", "js", "json", "lock", "md", "mjs", "rs", "toml"];

/// A path that a text names.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    line: usize,
    path: String,
    /// The folders the same paragraph names: `lib.rs` may lie in any of them.
    folders: Vec<String>,
}

impl Named {
    fn leads_somewhere(&self) -> bool {
        let there = |path: &str| project::at(path).exists();
        there(&self.path) || self.folders.iter().any(|dir| there(&format!("{dir}/{}", self.path)))
    }
}

/// Every path in the text that leads nowhere.
pub fn check() -> Result<Vec<String>> {
    let text = fs::read_to_string(project::at(TEXT)).with_context(|| format!("no {TEXT}"))?;
    let dead = named(&text).into_iter().filter(|named| !named.leads_somewhere());
    Ok(dead.map(|Named { line, path, .. }| format!("{TEXT}:{line}: there is no {path}")).collect())
}

/// The paths a text names in backticks and between fences.
fn named(text: &str) -> Vec<Named> {
    let mut found = Vec::new();
    for (line, block, fenced) in blocks(text) {
        let words = words(line, &block, fenced);
        let folders: Vec<String> = words
            .iter()
            .filter(|(_, word)| ROOMS.contains(&word.split('/').next().unwrap_or_default()))
            .map(|(_, word)| word.trim_end_matches('/').to_owned())
            .collect();
        for (line, word) in words {
            let folders = if word.contains('/') { Vec::new() } else { folders.clone() };
            let path = |path| Named { line, path, folders: folders.clone() };
            found.extend(paths(&word, fenced).into_iter().map(path));
        }
    }
    found
}

/// Paragraphs, items of lists, and fenced blocks, each with the number of its first line.
fn blocks(text: &str) -> Vec<(usize, String, bool)> {
    let mut blocks: Vec<(usize, String, bool)> = Vec::new();
    let (mut fenced, mut fresh) = (false, true);
    for (number, line) in (1..).zip(text.lines()) {
        let start = line.trim_start();
        if start.starts_with("```") {
            fenced = !fenced;
            fresh = true;
            continue;
        }
        let numbered =
            start.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        let item = numbered || ["- ", "* ", "|", "#"].iter().any(|mark| start.starts_with(mark));
        if fresh || start.is_empty() || (item && !fenced) {
            blocks.push((number, String::new(), fenced));
        }
        fresh = start.is_empty() && !fenced;
        if let Some((_, block, _)) = blocks.last_mut() {
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks
}

/// The words of a block that are code, with their lines. Backticks may hold several words and go
/// over the end of a line.
fn words(first: usize, block: &str, fenced: bool) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut code = fenced;
    for (number, line) in (first..).zip(block.lines()) {
        for (place, piece) in line.split('`').enumerate() {
            code = if fenced { true } else { code ^ (place > 0) };
            if code {
                found.extend(piece.split_whitespace().map(|word| (number, word.to_owned())));
            }
        }
    }
    found
}

/// The paths a word stands for; `src/{lib,app}.rs` is two.
fn paths(word: &str, fenced: bool) -> Vec<String> {
    let word = word.trim_matches(['(', ')', ',', ';', '"']).split('#').next().unwrap_or_default();
    // `src/lib.rs:12` means the file.
    let word = word.split_once(".rs:").map_or(word.to_owned(), |(file, _)| format!("{file}.rs"));
    let odd = |c: char| "*<>$:…|=@".contains(c);
    if word.contains(odd) || word.starts_with('/') {
        return Vec::new();
    }
    let below_room = word.split_once('/').is_some_and(|(room, _)| ROOMS.contains(&room));
    let file = word.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty() && !word.contains('/') && ENDINGS.contains(&ending)
    });
    // Between fences a bare `lib.rs` stands below a folder by its indentation.
    if below_room || (file && !fenced) { expand(&word) } else { Vec::new() }
}

/// Unfolds one pair of braces.
fn expand(word: &str) -> Vec<String> {
    let parts = word.split_once('{').and_then(|(before, rest)| {
        let (choices, after) = rest.split_once('}')?;
        Some((before, choices, after))
    });
    match parts {
        Some((before, choices, after)) => {
            choices.split(',').map(|choice| format!("{before}{choice}{after}")).collect()
        }
        None => vec![word.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        named(text).into_iter().map(|named| named.path).collect()
    }

    #[test]
    fn paths_in_backticks_are_found_with_their_lines() {
        let text = "First `src/lib.rs` and\n`crates/domain/src/quote.rs`, then `Cargo.toml`.";
        let lines: Vec<_> = named(text).into_iter().map(|named| (named.line, named.path)).collect();
        assert_eq!(lines[0], (1, "src/lib.rs".to_owned()));
        assert_eq!(lines[1], (2, "crates/domain/src/quote.rs".to_owned()));
        assert_eq!(lines[2], (2, "Cargo.toml".to_owned()));
    }

    #[test]
    fn a_bare_name_belongs_to_the_folders_of_its_own_paragraph() {
        let text = "- `crates/xtask/src` — tools (`main.rs run.rs\n  gone.rs`).\n- `size.rs`";
        let named = named(text);
        let there: Vec<_> = named.iter().map(|n| (n.path.as_str(), n.leads_somewhere())).collect();
        assert_eq!(
            there,
            [
                ("crates/xtask/src", true),
                ("main.rs", true),
                ("run.rs", true),
                ("gone.rs", false),
                ("size.rs", false),
            ]
        );
        assert_eq!(named[3].line, 2);
    }

    #[test]
    fn what_only_resembles_a_path_is_left_alone() {
        for word in [
            "and/or",
            "text/html",
            "/v1/quotes",
            "POST /v1/holds",
            "src/*.rs",
            "a/<hash16>/app.js",
            "domain::earn",
            "habitue-widget",
            "https://x.org/src/a.rs",
            "target/demo",
            ".json",
        ] {
            assert_eq!(found(&format!("`{word}`")), Vec::<String>::new(), "{word}");
        }
        assert_eq!(found("src/nowhere.rs without backticks"), Vec::<String>::new());
    }

    #[test]
    fn braces_line_numbers_and_fences_are_understood() {
        assert_eq!(found("`src/{app,panel}.rs`"), ["src/app.rs", "src/panel.rs"]);
        assert_eq!(found("`src/app.rs:12` `docs/a.md#hold`"), ["src/app.rs", "docs/a.md"]);
        assert_eq!(found("```\n 1 src/redeem.rs → lib.rs  /v1/quotes\n```"), ["src/redeem.rs"]);
        assert_eq!(found("```\nsrc/a.rs\n```\n`src/b.rs`"), ["src/a.rs", "src/b.rs"]);
    }
}
