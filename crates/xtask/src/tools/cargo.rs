//! Tools that come from the Rust world: the wasm target, the lints, and two programs cargo builds.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::project;
use crate::run;
use crate::tools::candidates;

/// 0.22 wants Rust 1.96; its hashes of file names are wrong either way, `pack` makes its own.
pub const TRUNK_VERSION: &str = "0.21.14";

/// What changes the rules to see whether a test notices.
pub const MUTANTS_VERSION: &str = "27.1.0";

const WASM: &str = "wasm32-unknown-unknown";

/// Where the programs are built.
const BUILD: &str = "target/tools/build";

/// A program that lies on PATH or that cargo builds for us.
struct Program<'a> {
    package: &'a str,
    binaries: &'a [&'a str],
    /// What the first of them is asked for its version with.
    asked: &'a [&'a str],
    version: &'a str,
    /// What we leave out of it to build faster.
    features: &'a [&'a str],
    /// How long it takes, for whoever waits.
    patience: &'a str,
}

/// Adds the wasm target; a toolchain from elsewhere than rustup must bring it itself.
pub fn wasm_target() -> Result<()> {
    let ask = ["--print", "target-libdir", "--target", WASM];
    let there = || {
        let dir = run::answer(&mut run::command("rustc", &ask));
        dir.is_some_and(|dir| Path::new(&dir).is_dir())
    };
    if !there() {
        println!("  … adding the Rust target {WASM}; this takes seconds");
        rustup(&["target", "add", WASM])?;
        if !there() {
            bail!("rustc still finds no {WASM}: is the `rustc` on PATH the one of rustup?");
        }
    }
    standard_library()
}

/// The sources of the standard library, which the widget brings its own build of.
fn standard_library() -> Result<()> {
    let root = run::answer(&mut run::command("rustc", &["--print", "sysroot"]));
    let sources = "lib/rustlib/src/rust/library/Cargo.lock";
    if root.is_some_and(|root| Path::new(root.trim()).join(sources).is_file()) {
        return Ok(());
    }
    println!("  … adding the sources of the standard library; this takes seconds");
    rustup(&["component", "add", "rust-src"])
}

/// Adds clippy and rustfmt where they are missing.
pub fn lints() -> Result<()> {
    let there = |tool| run::works(&mut run::command("cargo", &[tool, "--version"]));
    if there("clippy") && there("fmt") {
        return Ok(());
    }
    println!("  … adding clippy and rustfmt; this takes seconds");
    rustup(&["component", "add", "clippy", "rustfmt"])
}

fn rustup(arguments: &[&str]) -> Result<()> {
    let typed = format!("rustup {}", arguments.join(" "));
    run::logged(&mut run::command("rustup", arguments), "rustup", &log("rustup"))
        .with_context(|| format!("run `{typed}` (rustup is at https://rustup.rs)"))
}

/// `wasm-bindgen` and `wasm-bindgen-test-runner`, in this order.
pub fn wasm_bindgen() -> Result<Vec<PathBuf>> {
    let lock = fs::read_to_string(project::at("Cargo.lock"))
        .context("Cargo.lock is missing: run `cargo generate-lockfile` first")?;
    let version = project::locked_version(&lock, "wasm-bindgen")?;
    ensure(&Program {
        package: "wasm-bindgen-cli",
        binaries: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        asked: &["--version"],
        version: &version,
        features: &[],
        patience: "2 to 6 minutes",
    })
}

/// Trunk itself.
pub fn trunk() -> Result<Vec<PathBuf>> {
    ensure(&Program {
        package: "trunk",
        binaries: &["trunk"],
        asked: &["--version"],
        version: TRUNK_VERSION,
        // Its TLS serves only downloads of tools and https proxies: we use neither.
        features: &["--no-default-features"],
        patience: "3 to 11 minutes",
    })
}

/// `cargo-mutants`.
pub fn mutants() -> Result<Vec<PathBuf>> {
    ensure(&Program {
        package: "cargo-mutants",
        binaries: &["cargo-mutants"],
        // It answers as the word of cargo's that it is, and to nothing else.
        asked: &["mutants", "--version"],
        version: MUTANTS_VERSION,
        features: &[],
        patience: "2 to 6 minutes",
    })
}

fn ensure(program: &Program) -> Result<Vec<PathBuf>> {
    if let Some(found) = find(program) {
        return Ok(found);
    }
    let Program { package, version, patience, .. } = program;
    println!("  … no {package} {version} on PATH: installing it into target/tools, {patience}");
    install(program).with_context(|| {
        format!("run `cargo install {package} --version {version} --locked` and try again")
    })?;
    match find(program) {
        Some(found) => Ok(found),
        None => bail!("{package} was installed but does not answer with version {version}"),
    }
}

/// The programs, side by side in one folder and at the right version.
fn find(program: &Program) -> Option<Vec<PathBuf>> {
    let (first, others) = program.binaries.split_first()?;
    candidates(first).into_iter().find_map(|path| {
        let answer = run::answer(run::command(&path, program.asked).env_remove("NO_COLOR"))?;
        if !says_version(&answer, program.version) {
            return None;
        }
        let beside = others
            .iter()
            .map(|name| path.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX)));
        let all: Vec<PathBuf> = std::iter::once(path.clone()).chain(beside).collect();
        all.iter().all(|path| path.is_file()).then_some(all)
    })
}

/// Whether `--version` answered with exactly this version as one of its words.
fn says_version(answer: &str, version: &str) -> bool {
    answer.split_whitespace().any(|word| word == version)
}

/// A ready-made binary where binstall is there, else a build with the authors' lock file, else
/// without it (a lock file can name a version that was withdrawn).
fn install(program: &Program) -> Result<()> {
    let log = log(program.package);
    let exact = format!("{}@{}", program.package, program.version);
    let root = project::at("target/tools");
    let root = root.to_string_lossy();
    if run::works(&mut run::command("cargo", &["binstall", "-V"])) {
        let arguments = ["binstall", "--no-confirm", "--disable-strategies", "compile"];
        let mut binstall = run::command("cargo", &arguments);
        binstall.args(["--root", &root, &exact]);
        if run::logged(&mut binstall, program.package, &log).is_ok() {
            return Ok(());
        }
    }
    let build = |lock: &[&str]| {
        let mut install = run::command("cargo", &["install", "--root", &root, &exact]);
        install.args(lock).args(program.features);
        // One folder for both, so that what they share is built once; and quick to build rather
        // than quick to run, because they work on less than a megabyte.
        install.env("CARGO_TARGET_DIR", project::at(BUILD));
        install.env("CARGO_PROFILE_RELEASE_LTO", "off");
        install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        install.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        install.env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        run::logged(&mut install, program.package, &log)
    };
    build(&["--locked"]).or_else(|_| {
        println!("  … {exact} does not build with its own lock file; now without it");
        build(&[])
    })
}

/// Gives the gigabyte back that building the programs took.
pub fn clean() {
    // What cannot be removed costs room and nothing else.
    drop(fs::remove_dir_all(project::at(BUILD)));
}

fn log(name: &str) -> PathBuf {
    project::at(format!("target/tools/{name}.log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_version_will_do() {
        assert!(says_version("trunk 0.21.14", "0.21.14"));
        assert!(says_version("wasm-bindgen 0.2.130 (abcdef)", "0.2.130"));
        assert!(!says_version("wasm-bindgen 0.2.1301", "0.2.130"));
        assert!(!says_version("trunk 0.21.1", "0.21.14"));
    }
}
