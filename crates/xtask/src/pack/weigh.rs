//! How many bytes a shopper's browser fetches, and whether that is too many.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::integrity;
use crate::project;
use crate::run;

/// One file as it goes over the wire.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Below the root of the server.
    pub path: String,
    /// Bytes as they are.
    pub raw: u64,
    /// Bytes in gzip, level 9.
    pub gzip: u64,
    /// Bytes in brotli, quality 11.
    pub brotli: u64,
    sha256: String,
    integrity: String,
}

/// A limit in brotli bytes: what a shopper on a slow line has to wait for.
#[derive(Debug)]
pub struct Budget {
    /// What is limited.
    pub name: &'static str,
    /// What it weighs.
    pub bytes: u64,
    /// Above this the build fails.
    pub limit: u64,
    /// What we would like.
    pub stretch: u64,
}

/// Everything that is served.
pub struct Weights {
    /// Sorted by path.
    pub artifacts: Vec<Artifact>,
}

/// Compresses every file below `dir` in place and weighs it.
pub fn compress(dir: &Path) -> Result<Weights> {
    let files = project::files(dir)?;
    let mut command = run::command("node", &["crates/xtask/src/pack/compress.mjs"]);
    let sizes: Value = serde_json::from_str(&run::output(command.args(&files))?)?;
    let sizes = sizes.as_array().context("compress.mjs printed no list")?;
    ensure!(sizes.len() == files.len(), "compress.mjs lost a file");
    let mut artifacts = Vec::new();
    for (path, size) in files.iter().zip(sizes) {
        let bytes = fs::read(path)?;
        let below = path.strip_prefix(dir)?.to_string_lossy().replace('\\', "/");
        let count = |name: &str| size[name].as_u64().context("compress.mjs printed no number");
        artifacts.push(Artifact {
            path: below,
            raw: count("raw")?,
            gzip: count("gzip")?,
            brotli: count("brotli")?,
            sha256: project::hex(&Sha256::digest(&bytes)),
            integrity: integrity(&bytes),
        });
    }
    Ok(Weights { artifacts })
}

impl Weights {
    /// Reads back what `manifest` has written.
    pub fn from_manifest(manifest: &Value) -> Result<Self> {
        let files = manifest["files"].as_array().context("manifest.json has no files")?;
        let artifact = |file: &Value| {
            let number = |name: &str| file[name].as_u64();
            let text = |name: &str| file[name].as_str().map(str::to_owned);
            Some(Artifact {
                path: text("path")?,
                raw: number("raw")?,
                gzip: number("gzip")?,
                brotli: number("brotli")?,
                sha256: text("sha256")?,
                integrity: text("integrity")?,
            })
        };
        let artifacts: Option<Vec<_>> = files.iter().map(artifact).collect();
        Ok(Self { artifacts: artifacts.context("manifest.json has an incomplete file")? })
    }

    /// What `manifest.json` says: which payload is current, and each file with its sizes.
    pub fn manifest(&self, hash: &str) -> Value {
        let file = |artifact: &Artifact| {
            json!({
                "path": artifact.path,
                "raw": artifact.raw,
                "gzip": artifact.gzip,
                "brotli": artifact.brotli,
                "sha256": artifact.sha256,
                "integrity": artifact.integrity,
            })
        };
        let files: Vec<_> = self.artifacts.iter().map(file).collect();
        json!({ "payload": format!("a/{hash}/"), "files": files, "budgets": self.budgets_json() })
    }

    /// The budgets as JSON, for the manifest and for `size`.
    pub fn budgets_json(&self) -> Value {
        let budget = |budget: Budget| {
            json!({
                "name": budget.name,
                "brotli": budget.bytes,
                "limit": budget.limit,
                "stretch": budget.stretch,
            })
        };
        self.budgets().into_iter().map(budget).collect()
    }

    /// Both limits with what they measure today. A browser fetches one locale: the largest counts.
    pub fn budgets(&self) -> [Budget; 2] {
        let sum = |wanted: fn(&str) -> bool| -> u64 {
            let fits = self.artifacts.iter().filter(|artifact| wanted(&artifact.path));
            fits.map(|artifact| artifact.brotli).sum()
        };
        let locales = self.artifacts.iter().filter(|artifact| is_locale(&artifact.path));
        let largest = locales.map(|artifact| artifact.brotli).max().unwrap_or(0);
        let app = sum(|path| path.ends_with("/app.js") || path.ends_with("/app.wasm"));
        [
            Budget {
                name: "loader",
                bytes: sum(|path| path == "v1/habitue.js"),
                limit: 3_000,
                stretch: 2_600,
            },
            Budget {
                name: "first open: glue + wasm + largest locale",
                bytes: app + largest,
                limit: 120_000,
                stretch: 95_000,
            },
        ]
    }

    /// The table for people.
    pub fn print(&self) {
        println!("\n{:<44} {:>9} {:>9} {:>9}", "file", "raw", "gzip", "brotli");
        for Artifact { path, raw, gzip, brotli, .. } in &self.artifacts {
            println!("{path:<44} {raw:>9} {gzip:>9} {brotli:>9}");
        }
        println!("\n{:<44} {:>9} {:>9} {:>9}", "budget, in brotli bytes", "is", "limit", "stretch");
        for budget in self.budgets() {
            let Budget { name, bytes, limit, stretch } = budget;
            let verdict = if bytes > limit { "OVER" } else { "" };
            println!("{name:<44} {bytes:>9} {limit:>9} {stretch:>9} {verdict}");
        }
        println!();
    }

    /// Fails, naming each limit that is broken and by how much.
    pub fn within_budget(&self) -> Result<()> {
        let over = self.budgets().into_iter().filter(|budget| budget.bytes > budget.limit);
        let over: Vec<_> = over
            .map(|Budget { name, bytes, limit, .. }| {
                format!(
                    "{name}: {bytes} bytes of brotli, {} over the limit of {limit}",
                    bytes - limit
                )
            })
            .collect();
        if over.is_empty() {
            return Ok(());
        }
        bail!("over budget: {}", over.join("; "))
    }
}

fn is_locale(path: &str) -> bool {
    path.starts_with("a/") && Path::new(path).extension().is_some_and(|ending| ending == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(files: &[(&str, u64)]) -> Weights {
        let artifact = |(path, brotli): &(&str, u64)| Artifact {
            path: (*path).to_owned(),
            raw: brotli * 3,
            gzip: brotli + 1,
            brotli: *brotli,
            sha256: "00".to_owned(),
            integrity: "sha384-".to_owned(),
        };
        Weights { artifacts: files.iter().map(artifact).collect() }
    }

    const APP: [(&str, u64); 5] = [
        ("a/0123456789abcdef/app.js", 6_000),
        ("a/0123456789abcdef/app.wasm", 68_000),
        ("a/0123456789abcdef/en.json", 900),
        ("a/0123456789abcdef/fr.json", 1_100),
        ("v1/habitue.js", 2_900),
    ];

    #[test]
    fn a_first_open_is_glue_wasm_and_the_largest_locale_only() {
        let [loader, open] = weights(&APP).budgets();
        assert_eq!(loader.bytes, 2_900);
        assert_eq!(open.bytes, 6_000 + 68_000 + 1_100);
        assert!(weights(&APP).within_budget().is_ok());
    }

    #[test]
    fn one_byte_over_the_limit_fails_and_says_so() {
        let mut heavy = weights(&APP);
        heavy.artifacts[4].brotli = 3_000;
        assert!(heavy.within_budget().is_ok());
        heavy.artifacts[4].brotli = 3_001;
        let error = heavy.within_budget().unwrap_err().to_string();
        assert!(error.contains("loader") && error.contains("1 over"), "{error}");
    }

    #[test]
    fn the_manifest_reads_back_as_it_was_written() {
        let before = weights(&APP);
        let after = Weights::from_manifest(&before.manifest("0123456789abcdef")).unwrap();
        assert_eq!(format!("{:?}", before.artifacts), format!("{:?}", after.artifacts));
    }
}
