//! `cargo xtask widget`: the packed widget in `dist/`, built only when something changed.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::project;
use crate::run;
use crate::tools::{FOR_WIDGET, Tool, Toolbox};

/// Whatever the bytes in `dist/` depend on; the packing itself lies in this crate.
const INPUTS: [&str; 13] = [
    "src",
    "style",
    "public",
    "crates/domain",
    "crates/api",
    "crates/xtask/src/pack.rs",
    "crates/xtask/src/pack",
    "crates/xtask/src/widget.rs",
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "index.html",
    "package-lock.json",
];

/// The standard library is built anew, small and without the words of panics nobody would read: a
/// quarter of the bytes (docs/adr/0004-small-standard-library.md). These switches are not stable
/// yet, hence the first line; the pinned toolchain is what makes them safe to use.
const SMALL: [(&str, &str); 4] = [
    ("RUSTC_BOOTSTRAP", "1"),
    ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort"),
    ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size"),
    (
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
        "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none",
    ),
];

/// Where the packed widget lies.
pub fn dist() -> PathBuf {
    project::at("dist")
}

/// What lies in `dist/`, weighed.
pub fn manifest() -> Result<Value> {
    let text = fs::read_to_string(dist().join("manifest.json"));
    Ok(serde_json::from_str(&text.context("dist/manifest.json is missing")?)?)
}

/// How to build it.
#[derive(clap::Args)]
pub struct Options {
    /// Serve the development page with Trunk instead, and rebuild on every change.
    #[arg(long)]
    watch: bool,
}

/// `cargo xtask widget`.
pub fn run(options: &Options) -> Result<()> {
    let toolbox = Toolbox::fill(&FOR_WIDGET);
    if options.watch { trunk(&toolbox, &["serve"]) } else { build(&toolbox) }
}

/// Builds and packs with Trunk, unless `dist/` already is what the sources say.
///
/// Call it before the server is built: the server takes `dist/` into itself.
pub fn build(toolbox: &Toolbox) -> Result<()> {
    let stamp = project::stamp(&INPUTS)?;
    let kept = project::at("target/widget.stamp");
    let packed = dist().join("manifest.json").is_file();
    if packed && fs::read_to_string(&kept).is_ok_and(|kept| kept == stamp) {
        println!("✔ widget: dist/ is up to date");
        return Ok(());
    }
    let title = "widget (Trunk, then pack; 1 to 4 minutes the first time)";
    let built = run::step(title, || trunk(toolbox, &["build", "--release"]));
    if built.is_err() {
        // What Trunk leaves half made must not be taken into a server.
        fs::remove_dir_all(dist().join(".stage")).ok();
    }
    built?;
    fs::create_dir_all(project::at("target"))?;
    // The stamp from before the build: what was edited meanwhile is built the next time.
    fs::write(&kept, stamp).context("writing target/widget.stamp")
}

/// Trunk with the pinned wasm-bindgen before all others on PATH.
fn trunk(toolbox: &Toolbox, arguments: &[&str]) -> Result<()> {
    toolbox.require(&FOR_WIDGET)?;
    let mut command = run::command(toolbox.program(Tool::Trunk, 0)?, arguments);
    command.env("PATH", toolbox.path());
    if arguments.contains(&"--release") {
        command.envs(SMALL);
    }
    // Trunk reads NO_COLOR as its own flag and refuses the usual value "1"; and a trace through
    // Trunk would bury what `pack` has to say.
    run::show(command.env_remove("NO_COLOR").env("RUST_BACKTRACE", "0"))
}
