//! What is known of the mutants from runs before: all runs end, and few get through in one go.
//!
//! An answer counts as long as the file the mutant is in reads the same; that another file changed
//! does not matter. What lives is asked again in every run, because tests are added to catch it.
//! Who takes a test away, or wants all of it anew, deletes `target/mutants`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

use crate::project;

/// Where `cargo-mutants` writes, and we.
pub const MADE: &str = "target/mutants";

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A test failed.
    Caught,
    /// The tests did not come to an end.
    Slow,
    /// It does not compile.
    Unviable,
    /// All tests passed.
    Lives,
}

/// The lists of `cargo-mutants`, in which each answer stands.
const LISTS: [(Answer, &str); 4] = [
    (Answer::Caught, "caught.txt"),
    (Answer::Slow, "timeout.txt"),
    (Answer::Unviable, "unviable.txt"),
    (Answer::Lives, "missed.txt"),
];

/// The mutants that have been tried, `crates/domain/src/share.rs:12:5: replace …`, with their answers.
pub struct Kept(BTreeMap<String, Answer>);

impl Kept {
    /// What the runs before found, laid out so that `--iterate` leaves it alone.
    pub fn resume() -> Result<Self> {
        let mut kept = Self::gather()?;
        kept.0.retain(|_, answer| *answer != Answer::Lives);
        kept.save()?;
        let out = project::at(MADE).join("mutants.out");
        if out.exists() {
            fs::remove_dir_all(&out).context("taking the last run away")?;
        }
        fs::create_dir_all(&out)?;
        let names: Vec<String> = kept.0.keys().cloned().collect();
        fs::write(out.join("previously_caught.txt"), lines(names))?;
        // The run copies the sources as they are now.
        let sources = hashes()?.into_iter().map(|(file, hash)| format!("{hash} {file}"));
        fs::write(project::at(MADE).join("sources.txt"), lines(sources.collect()))?;
        Ok(kept)
    }

    /// All that is known of files that read the same as when it was found out.
    pub fn gather() -> Result<Self> {
        let folder = project::at(MADE);
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
        let out = LISTS.map(|(answer, list)| (answer, read(&format!("mutants.out/{list}"))));
        Ok(known(&read("known.txt"), &out, &read("sources.txt"), &hashes()?))
    }

    fn save(&self) -> Result<()> {
        let word = |answer| LISTS.iter().find(|(it, _)| *it == answer).map_or("", |(_, list)| list);
        let line = |(name, answer): (&String, &Answer)| format!("{} {name}", word(*answer));
        fs::create_dir_all(project::at(MADE))?;
        let text = lines(self.0.iter().map(line).collect());
        fs::write(project::at(MADE).join("known.txt"), text).context("keeping what is known")
    }

    /// How many have been tried.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Those with this answer.
    pub fn of(&self, answer: Answer) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(_, it)| **it == answer).map(|(name, _)| name.as_str())
    }
}

/// A text of these lines, each with its end.
fn lines(mut lines: Vec<String>) -> String {
    lines.push(String::new());
    lines.join("\n")
}

/// The sources of the rules, each with its hash.
fn hashes() -> Result<BTreeMap<String, String>> {
    let files = project::files(&project::at("crates/domain/src"))?;
    let hashed = |path: &std::path::PathBuf| {
        let file = project::shown(path);
        project::stamp(&[&file]).map(|hash| (file, hash))
    };
    files.iter().map(hashed).collect()
}

/// What was known before and what a run has found, without the files that changed since it began.
fn known(
    before: &str,
    out: &[(Answer, String)],
    sources: &str,
    now: &BTreeMap<String, String>,
) -> Kept {
    let mut all = BTreeMap::new();
    for line in before.lines() {
        let (list, name) = line.split_once(' ').unwrap_or_default();
        if let Some((answer, _)) = LISTS.iter().find(|(_, it)| *it == list) {
            all.insert(name.to_owned(), *answer);
        }
    }
    for (answer, list) in out {
        all.extend(list.lines().map(|name| (name.to_owned(), *answer)));
    }
    let then: BTreeMap<&str, &str> = sources
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(hash, file)| (file, hash))
        .collect();
    all.retain(|name, _| {
        let file = name.split(':').next().unwrap_or_default();
        now.get(file).is_some_and(|hash| then.get(file) == Some(&hash.as_str()))
    });
    Kept(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: &str = "crates/domain/src/share.rs:1:1: replace < with >";
    const CART: &str = "crates/domain/src/cart.rs:1:1: replace < with >";

    fn hashes(cart: &str) -> BTreeMap<String, String> {
        let of = |file: &str, hash: &str| (format!("crates/domain/src/{file}"), hash.to_owned());
        BTreeMap::from([of("share.rs", "1"), of("cart.rs", cart)])
    }

    #[test]
    fn an_answer_counts_until_its_own_file_changes() {
        let sources = "1 crates/domain/src/share.rs\n2 crates/domain/src/cart.rs\n";
        let before = format!("caught.txt {SHARE}\n");
        let out = [(Answer::Slow, format!("{CART}\n")), (Answer::Lives, String::new())];
        let same = known(&before, &out, sources, &hashes("2"));
        assert_eq!((same.len(), same.of(Answer::Slow).collect::<Vec<_>>()), (2, vec![CART]));
        let changed = known(&before, &out, sources, &hashes("3"));
        assert_eq!(changed.of(Answer::Caught).collect::<Vec<_>>(), [SHARE]);
        assert_eq!(changed.len(), 1);
    }

    #[test]
    fn what_lived_and_is_caught_now_is_caught() {
        let sources = "1 crates/domain/src/share.rs\n";
        let out = [(Answer::Caught, format!("{SHARE}\n"))];
        let kept = known(&format!("missed.txt {SHARE}\n"), &out, sources, &hashes("2"));
        assert_eq!(kept.of(Answer::Caught).count(), 1);
        assert_eq!(kept.len(), 1);
    }
}
