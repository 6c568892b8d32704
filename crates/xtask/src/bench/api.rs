//! `cargo xtask bench api`: what the server does in a second, over HTTP, with its disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::{Value, json};

use super::client::{Client, Request};
use super::drive::{Sample, Times, drive, syncs_per_second};
use super::figures::{Figure, HEAD};
use super::place::{Place, Site, name};
use crate::demo;
use crate::postgres::Postgres;
use crate::project;
use crate::run;
use crate::tools::{Tool, Toolbox};

/// How to measure.
#[derive(clap::Args)]
pub struct Options {
    /// How many members the shop has.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    members: u32,
    /// One engine only.
    #[arg(long)]
    engine: Option<Engine>,
    /// How often each figure is measured; the median counts.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// How long one run lasts, in milliseconds.
    #[arg(long, value_name = "TIME", default_value_t = 2000)]
    run_ms: u64,
    /// Measure this `habitue` instead of building one: to compare two versions on one machine.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// Connections side by side.
const CONNECTIONS: [usize; 3] = [1, 8, 64];
/// How long the shop is in use before anything is measured: no table is empty then.
const WARM: Duration = Duration::from_secs(3);
/// How many members read.
const READERS: u32 = 256;
/// Coprime to the numbers of members: neighbours in time are different members, far apart.
const STRIDE: u32 = 7919;

/// `cargo xtask bench api`.
pub fn run(options: &Options) -> Result<()> {
    let engines = options.engine.map_or_else(|| Engine::value_variants().to_vec(), |one| vec![one]);
    let toolbox = engines.contains(&Engine::Postgres).then(|| Toolbox::fill(&[Tool::Postgres]));
    let habitue = options.program.clone().map_or_else(build, Ok)?;
    let mut all = Vec::new();
    for engine in engines {
        let folder = project::at("target/bench").join(engine.name());
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        println!("\n━━ {} ━━", engine.name());
        let figures = if let (Engine::Postgres, Some(toolbox)) = (engine, &toolbox) {
            let initdb = toolbox.program(Tool::Postgres, 0)?;
            let programs = initdb.parent().context("initdb lies in no folder")?;
            let server = Postgres::start(programs)?;
            let url = format!("{}/habitue", server.url());
            let site = Site { folder: &folder, url, postgres: Some((&server, programs)) };
            measure(options, &habitue, &site, &std::env::temp_dir())?
        } else {
            measure(options, &habitue, &Site::file(&folder), &folder)?
        };
        let rows: Vec<String> = figures.iter().map(Figure::row).collect();
        println!("\n{}, {} members\n{HEAD}\n{}", engine.name(), options.members, rows.join("\n"));
        let figures: Vec<Value> = figures.iter().map(Figure::json).collect();
        all.push(json!({ "engine": engine.name(), "members": options.members,
            "figures": figures }));
    }
    let path = project::at("target/bench/api.json");
    fs::write(&path, serde_json::to_string_pretty(&json!({ "api": all }))?)?;
    println!("\nall runs in {}", project::shown(&path));
    Ok(())
}

/// The server as it is shipped, but for the widget, which is not asked for here.
pub fn build() -> Result<PathBuf> {
    let arguments = ["build", "--profile", "server", "-p", "habitue-server"];
    run::step("server (2 to 6 minutes the first time)", || {
        run::show(&mut run::command("cargo", &arguments))
    })?;
    demo::program("habitue")
}

/// All figures of one engine; `disk` is the folder whose disk its database lies on.
fn measure(options: &Options, habitue: &Path, site: &Site<'_>, disk: &Path) -> Result<Vec<Figure>> {
    let place = Place::prepare(habitue, site, options.members, &[])?;
    if let Some(others) = others() {
        println!("! other programs keep {others:.1} cores busy: the figures are too low");
    }
    let numbers = AtomicU32::new(0);
    let redeem = |client: &mut Client, number: u32, times: &mut Times| {
        redeem(&place, client, (number, options.members), times)
    };
    drive((&place, 8), WARM, &numbers, redeem)?;
    site.settle()?;
    let mut figures = Vec::new();
    for connections in CONNECTIONS {
        let run = |time| drive((&place, connections), time, &numbers, redeem);
        figures.push(figure("writes", connections, options, disk, run)?);
    }
    let sessions = place.sessions(READERS.min(options.members))?;
    for connections in CONNECTIONS {
        let read = |client: &mut Client, number: u32, times: &mut Times| {
            let session = usize::try_from(number)? % sessions.len();
            let (path, bearer) = ("/v1/me", sessions[session].as_str());
            let get = Request { method: "GET", path, bearer, key: "", body: "" };
            times.note(|| client.ok(&get)).map(drop)
        };
        let run = |time| drive((&place, connections), time, &numbers, read);
        figures.push(figure("reads", connections, options, disk, run)?);
    }
    Ok(figures)
}

/// How many cores others keep busy while we do nothing, where the system tells and it matters.
fn others() -> Option<f64> {
    const TIME: Duration = Duration::from_secs(1);
    let busy = || -> Option<(f64, f64)> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let line = stat.lines().next()?;
        let ticks = line.split_whitespace().skip(1).map(str::parse::<f64>);
        let ticks = ticks.collect::<Result<Vec<_>, _>>().ok()?;
        // user nice system idle iowait irq softirq steal …: idle and iowait are nobody's work.
        let all: f64 = ticks.iter().take(8).sum();
        Some((all, all - ticks.get(3)? - ticks.get(4)?))
    };
    let before = busy()?;
    std::thread::sleep(TIME);
    let after = busy()?;
    let cores = f64::from(u32::try_from(std::thread::available_parallelism().ok()?.get()).ok()?);
    let share = (after.1 - before.1) / (after.0 - before.0).max(1.0) * cores;
    (share > 0.2).then_some(share)
}

/// Runs once to get warm, then as often as asked, each time after a look at the disk alone.
fn figure(
    what: &'static str,
    connections: usize,
    options: &Options,
    disk: &Path,
    run: impl Fn(Duration) -> Result<Sample>,
) -> Result<Figure> {
    let time = Duration::from_millis(options.run_ms);
    run(time / 2)?;
    let sample = |_| {
        let syncs_per_second = syncs_per_second(disk)?;
        Ok(Sample { syncs_per_second, ..run(time)? })
    };
    let samples = (0..options.runs).map(sample).collect::<Result<Vec<_>>>()?;
    let figure = Figure { what, connections, samples };
    println!("{}", figure.row());
    Ok(figure)
}

/// One redemption, as a shop's back end does it: three durable writes.
pub fn redeem(
    place: &Place,
    client: &mut Client,
    (number, members): (u32, u32),
    times: &mut Times,
) -> Result<()> {
    let member = number.wrapping_mul(STRIDE) % members;
    let (customer, order) = (name(member), format!("o{number}"));
    let cart = json!({ "currency": "EUR", "shipping": 490,
        "lines": [{ "id": "1", "product": "p1", "quantity": 2, "unit_price": 3000 }] });
    let mut post = |path: &str, body: Value| {
        let (bearer, body) = (place.secret_key.as_str(), body.to_string());
        let request = Request { method: "POST", path, bearer, key: &order, body: &body };
        times.note(|| client.json(&request))
    };
    let asked = json!({ "customer": customer, "cart": cart, "asked": { "points": 100 } });
    let reply = post("/v1/holds", asked)?;
    let hold = reply["hold"].as_str().context("no hold")?;
    let price = reply["quote"]["to_pay"].clone();
    let confirm =
        json!({ "order": order, "customer": customer, "cart": cart, "to_pay": price.clone() });
    post(&format!("/v1/holds/{hold}/confirm"), confirm)?;
    let commit = json!({ "order": order, "customer": customer, "amount": price });
    post(&format!("/v1/holds/{hold}/commit"), commit).map(drop)
}
