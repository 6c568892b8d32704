//! `cargo xtask tools`: the programs we need, at the versions we need, found or installed.
//!
//! A copy on PATH at the right version is taken first; only then something is installed, into
//! `target/tools`, never into the reader's home. What cannot be had is told with what to do.

mod apt;
mod browser;
mod cargo;
mod mailbox;
mod npm;
mod postgres;
mod schemathesis;

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow, bail};

use crate::project;
use crate::run;

/// Something that is not in a bare Rust toolchain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// The standard library for the browser.
    WasmTarget,
    /// clippy and rustfmt, which rustup's minimal profile leaves out.
    Lints,
    /// `wasm-bindgen` and its test runner, equal to the library in `Cargo.lock`.
    WasmBindgen,
    /// The bundler.
    Trunk,
    /// wasm-opt, terser, Playwright and axe, from `package-lock.json`.
    Npm,
    /// Chromium and its driver.
    Browser,
    /// The database server, to test against.
    Postgres,
    /// Requests made from the OpenAPI document.
    Schemathesis,
    /// A mail server to test against, and readers of what we sign.
    Mailbox,
    /// `cargo-mutants`, for the longest of the tests alone.
    Mutants,
}

/// What compiles for minutes waits in one lane, what only downloads goes in another: two builds at
/// once would not be faster on two cores.
const LANES: [&[Tool]; 2] = [
    &[Tool::WasmTarget, Tool::Lints, Tool::WasmBindgen, Tool::Trunk, Tool::Mutants],
    &[Tool::Npm, Tool::Browser, Tool::Postgres, Tool::Schemathesis, Tool::Mailbox],
];

/// What a newcomer needs sooner or later; who wants more asks for it by a test's name.
const ALL: [Tool; 9] = [
    Tool::WasmTarget,
    Tool::Lints,
    Tool::WasmBindgen,
    Tool::Trunk,
    Tool::Npm,
    Tool::Browser,
    Tool::Postgres,
    Tool::Schemathesis,
    Tool::Mailbox,
];

/// What building the widget takes.
pub const FOR_WIDGET: [Tool; 4] = [Tool::WasmTarget, Tool::WasmBindgen, Tool::Trunk, Tool::Npm];

impl Tool {
    fn name(self) -> String {
        match self {
            Self::WasmTarget => "Rust target wasm32-unknown-unknown".to_owned(),
            Self::Lints => "clippy and rustfmt".to_owned(),
            Self::WasmBindgen => "wasm-bindgen".to_owned(),
            Self::Trunk => format!("trunk {}", cargo::TRUNK_VERSION),
            Self::Npm => "npm packages (wasm-opt, terser, Playwright, axe)".to_owned(),
            Self::Browser => "Chromium and chromedriver".to_owned(),
            Self::Postgres => "PostgreSQL".to_owned(),
            Self::Mailbox => "mail server for the tests (aiosmtpd)".to_owned(),
            Self::Schemathesis => format!("schemathesis {}", schemathesis::VERSION),
            Self::Mutants => format!("cargo-mutants {}", cargo::MUTANTS_VERSION),
        }
    }

    /// Finds or installs; gives the programs.
    fn ensure(self) -> Result<Vec<PathBuf>> {
        match self {
            Self::WasmTarget => cargo::wasm_target().map(|()| Vec::new()),
            Self::Lints => cargo::lints().map(|()| Vec::new()),
            Self::WasmBindgen => cargo::wasm_bindgen(),
            Self::Trunk => cargo::trunk(),
            Self::Npm => npm::packages().map(|()| Vec::new()),
            Self::Browser => browser::browser(),
            Self::Postgres => postgres::postgres(),
            Self::Mailbox => mailbox::mailbox(),
            Self::Schemathesis => schemathesis::schemathesis(),
            Self::Mutants => cargo::mutants(),
        }
    }
}

/// The tools a command asked for: each either there, or with the reason why not.
pub struct Toolbox {
    found: Vec<(Tool, Result<Vec<PathBuf>, String>)>,
}

impl Toolbox {
    /// Finds or installs all of `wanted`. A failure is kept for whoever needs that tool.
    pub fn fill(wanted: &[Tool]) -> Self {
        let lanes = thread::scope(|scope| {
            let lanes = LANES.map(|lane| {
                let lane = lane.iter().copied().filter(|tool| wanted.contains(tool));
                scope.spawn(move || lane.map(|tool| (tool, ensure(tool))).collect::<Vec<_>>())
            });
            lanes.map(|lane| lane.join().unwrap_or_default())
        });
        cargo::clean();
        Self { found: lanes.into_iter().flatten().collect() }
    }

    /// The programs of a tool, or the reason why it is missing.
    pub fn programs(&self, tool: Tool) -> Result<&[PathBuf]> {
        match self.found.iter().find(|(found, _)| *found == tool) {
            Some((_, Ok(programs))) => Ok(programs),
            Some((_, Err(problem))) => bail!("{}: {problem}", tool.name()),
            None => bail!("{} was not asked for", tool.name()),
        }
    }

    /// One of the programs of a tool, by its place.
    pub fn program(&self, tool: Tool, place: usize) -> Result<&PathBuf> {
        let programs = self.programs(tool)?;
        programs.get(place).ok_or_else(|| anyhow!("{} has no such program", tool.name()))
    }

    /// An error that names the first missing one of `tools`.
    pub fn require(&self, tools: &[Tool]) -> Result<()> {
        tools.iter().try_for_each(|tool| self.programs(*tool).map(drop))
    }

    /// PATH with the pinned programs first, so that Trunk uses them and downloads nothing.
    pub fn path(&self) -> OsString {
        let pinned = self.found.iter().filter(|(tool, _)| FOR_WIDGET.contains(tool));
        let pinned = pinned.filter_map(|(_, programs)| programs.as_ref().ok()).flatten();
        let pinned = pinned.filter_map(|program| program.parent()).map(PathBuf::from);
        let path = env::var_os("PATH").unwrap_or_default();
        let dirs: Vec<PathBuf> = pinned.chain(env::split_paths(&path)).collect();
        env::join_paths(dirs).unwrap_or(path)
    }
}

/// Ensures one tool and says what became of it and in what time.
fn ensure(tool: Tool) -> Result<Vec<PathBuf>, String> {
    let started = Instant::now();
    let found = tool.ensure();
    let time = run::seconds(started.elapsed());
    match &found {
        Ok(programs) => {
            let places: Vec<_> = programs.iter().map(|program| project::shown(program)).collect();
            let places = if places.is_empty() { "ready".to_owned() } else { places.join(", ") };
            println!("  ✔ {}: {places} ({time})", tool.name());
        }
        Err(error) => eprintln!("  ✘ {}: {error:#} ({time})", tool.name()),
    }
    found.map_err(|error| format!("{error:#}"))
}

/// The places where a program of this name lies, PATH first, then `target/tools`.
fn candidates(name: &str) -> Vec<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs = env::split_paths(&path).chain([project::at("target/tools/bin")]);
    dirs.map(|dir| dir.join(&file)).filter(|program| program.is_file()).collect()
}

/// `cargo xtask tools`.
pub fn run() -> Result<()> {
    let toolbox = run::step("tools", || Ok(Toolbox::fill(&ALL)))?;
    toolbox.require(&ALL)
}
