//! Where the WebAssembly's bytes are: the largest functions, and the largest crates. From the names
//! that the build keeps beside what it ships (docs/size.md says what was done about them).

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

use crate::pack;
use crate::pack::wasm::Module;

/// How many of each.
const MOST: usize = 10;

/// Prints both tables.
pub fn print() -> Result<()> {
    let bytes = fs::read(pack::named()).context("no names were kept: build the widget anew")?;
    let functions = Module::read(&bytes)?.functions()?;
    let whole: usize = functions.iter().map(|(_, size)| size).sum();
    println!("the largest functions, of {} with {whole} bytes before compression", functions.len());
    for (name, size) in largest(functions.iter().map(|(name, size)| (short(name), *size))) {
        println!("{size:>8}  {name}");
    }
    println!("\nthe largest crates");
    let mut crates: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, size) in &functions {
        *crates.entry(crate_of(name)).or_default() += size;
    }
    for (name, size) in largest(crates.into_iter().map(|(name, size)| (name.to_owned(), size))) {
        println!("{size:>8}  {name}");
    }
    println!();
    Ok(())
}

fn largest(all: impl Iterator<Item = (String, usize)>) -> Vec<(String, usize)> {
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    all.truncate(MOST);
    all
}

/// A function's name without the hash behind each crate's, and no longer than a line.
fn short(name: &str) -> String {
    let mut text = String::new();
    for (place, part) in name.split('[').enumerate() {
        match part.split_once(']').filter(|(hash, _)| hash.len() == 16) {
            Some((_, after)) => text.push_str(after),
            None => text.extend([if place > 0 { "[" } else { "" }, part]),
        }
    }
    if let Some((end, _)) = text.char_indices().nth(88) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The crate that a function was written in.
fn crate_of(name: &str) -> &str {
    let start = name.trim_start_matches(|it: char| !it.is_ascii_alphabetic());
    let start =
        ["dyn ", "mut "].iter().fold(start, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
    let end = start.find(|it: char| !it.is_ascii_alphanumeric() && it != '_');
    start.get(..end.unwrap_or(start.len())).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_its_hashes_and_keeps_its_types() {
        let name =
            "<alloc[2505b2eafb3ee1e2]::vec::Vec<u8> as core[27cd0353e63fa9bc]::ops::Drop>::drop";
        assert_eq!(short(name), "<alloc::vec::Vec<u8> as core::ops::Drop>::drop");
        assert_eq!(short("take::<[u8; 4]>"), "take::<[u8; 4]>");
        assert!(short(&"x".repeat(200)).ends_with('…'));
    }

    #[test]
    fn a_function_belongs_to_the_crate_it_begins_with() {
        let crates = ["habitue_domain[1]::quote::quote", "<&alloc[2]::X as core[3]::Y>::z", "open"];
        assert_eq!(crates.map(crate_of), ["habitue_domain", "alloc", "open"]);
    }
}
