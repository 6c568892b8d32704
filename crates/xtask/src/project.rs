//! Where things lie in this checkout, and how to walk over its files.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

/// Folders that are made, not written; no check and no stamp looks into them.
const MADE: [&str; 6] =
    ["target", "dist", "node_modules", ".git", "test-results", "playwright-report"];

/// The folder that holds the workspace's `Cargo.toml`.
///
/// Asked at run time, not compiled in: a moved checkout must not go on working on its old place.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let start = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let start = start.or_else(|| env::current_dir().ok()).unwrap_or_default();
        let found = start.ancestors().find(|dir| dir.join("crates/xtask/Cargo.toml").is_file());
        found.unwrap_or(&start).to_path_buf()
    })
}

/// A path below the root.
pub fn at(relative: impl AsRef<Path>) -> PathBuf {
    root().join(relative)
}

/// `path` as one reads it in a message: relative to the root where it lies below it, with `/`.
pub fn shown(path: &Path) -> String {
    let short = path.strip_prefix(root()).unwrap_or(path);
    short.to_string_lossy().replace('\\', "/")
}

/// Every file below `dir` in a stable order, without the folders that are made.
pub fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(dir) = open.pop() {
        let entries = fs::read_dir(&dir).with_context(|| format!("reading {}", shown(&dir)))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let kind = entry.file_type()?;
            if kind.is_file() {
                found.push(entry.path());
            } else if kind.is_dir() && !MADE.iter().any(|made| name == *made) {
                open.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// One hash over names and bytes of files and folders: equal means nothing to do again.
pub fn stamp(inputs: &[&str]) -> Result<String> {
    let mut hash = Sha256::new();
    for input in inputs {
        let path = at(input);
        let below = if path.is_dir() { files(&path)? } else { vec![path] };
        for file in below.iter().filter(|file| file.is_file()) {
            let bytes = fs::read(file).with_context(|| format!("reading {}", shown(file)))?;
            hash.update(shown(file).as_bytes());
            hash.update(bytes.len().to_le_bytes());
            hash.update(&bytes);
        }
    }
    Ok(hex(&hash.finalize()))
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The version `Cargo.lock` has chosen for a package.
pub fn locked_version(lock: &str, package: &str) -> Result<String> {
    let wanted = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != wanted).skip(1);
    let version = lines.next().and_then(|line| line.strip_prefix("version = \""));
    match version.and_then(|rest| rest.strip_suffix('"')) {
        Some(version) => Ok(version.to_owned()),
        None => bail!("Cargo.lock names no {package}: run `cargo generate-lockfile` first"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_comes_from_the_right_package_of_the_lock() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"x\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").unwrap(), "0.2.130");
        assert!(locked_version(lock, "wasm-bindge").is_err());
    }

    #[test]
    fn hexadecimal_keeps_its_leading_zeros() {
        assert_eq!(hex(&[0, 10, 255]), "000aff");
    }

    #[test]
    fn the_root_is_where_this_crate_says_it_is() {
        assert!(at("crates/xtask/src/project.rs").is_file());
        assert_eq!(shown(&at("crates/xtask")), "crates/xtask");
    }

    #[test]
    fn a_stamp_changes_with_what_it_covers() {
        let one = stamp(&["crates/xtask/Cargo.toml"]).unwrap();
        let two = stamp(&["crates/xtask/Cargo.toml", "crates/xtask/src/main.rs"]).unwrap();
        assert_eq!(one.len(), 64);
        assert_ne!(one, two);
    }
}
