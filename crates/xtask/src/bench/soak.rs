//! `cargo xtask bench soak`: what grows while the server works for minutes at half its load.
//!
//! Memory and open files do not depend on how busy the machine is otherwise, so this may run beside
//! other work; only the load is then a smaller one.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::json;

use super::api::{build, redeem};
use super::client::{Client, Request};
use super::drive::{Times, drive};
use super::place::{Place, Site};
use super::seed::FILE;
use crate::project;

/// How long to watch.
#[derive(clap::Args)]
pub struct Options {
    /// For how many minutes.
    #[arg(long, default_value_t = 20)]
    pub minutes: u64,
    /// Watch this `habitue` instead of building one.
    #[arg(long, value_name = "FILE")]
    pub program: Option<PathBuf>,
}

const MEMBERS: u32 = 10_000;
const CONNECTIONS: usize = 16;
/// Reads for each redemption, which is three writes.
const READS: u32 = 3;
/// How many members read.
const READERS: u32 = 64;
/// After so long they sign in again: a session lasts 15 minutes.
const SESSION: Duration = Duration::from_mins(10);
/// How long it is loaded fully, to know what half of it is.
const FULL: Duration = Duration::from_secs(15);
/// How often we look.
const LOOK: Duration = Duration::from_secs(5);
/// After this part of the time it is warm.
const WARM: f64 = 0.25;
/// What a minute may add to the memory once it is warm, in bytes.
const SLOPE: f64 = 1_000_000.0;
/// What the write-ahead log may reach, in bytes: four times what is copied at once.
const LOG: u64 = 64 * 1024 * 1024;
/// How many files more than at first may be open.
const FILES: usize = 8;

/// What the server had at an instant.
struct Look {
    minute: f64,
    memory: u64,
    log: u64,
    files: usize,
}

/// `cargo xtask bench soak`.
pub fn run(options: &Options) -> Result<()> {
    let habitue = options.program.clone().map_or_else(build, Ok)?;
    let folder = project::at("target/bench/soak");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let place = Place::prepare(
        &habitue,
        &Site::file(&folder),
        MEMBERS,
        &["--metrics-listen", "127.0.0.1:0"],
    )?;
    let (numbers, sessions) = (AtomicU32::new(0), RwLock::new(place.sessions(READERS)?));
    let piece = |client: &mut Client, number: u32, times: &mut Times| {
        redeem(&place, client, (number, MEMBERS), times)?;
        for read in 0..READS {
            let reader = usize::try_from(number.wrapping_add(read) % READERS)?;
            let known = sessions.read().unwrap_or_else(PoisonError::into_inner)[reader].clone();
            let bearer = known.as_str();
            let get = Request { method: "GET", path: "/v1/me", bearer, key: "", body: "" };
            times.note(|| client.ok(&get))?;
        }
        Ok(())
    };
    let full = drive((&place, CONNECTIONS), FULL, &numbers, piece)?.per_second;
    let per_piece = f64::from(3 + READS);
    let every = Duration::from_secs_f64(per_piece * 2.0 / full);
    println!("{full:.0} requests a second are all it does; half of it from now on");
    let (begun, first) = (Instant::now(), numbers.load(Ordering::Relaxed));
    let paced = |client: &mut Client, number: u32, times: &mut Times| {
        let due = every * number.saturating_sub(first);
        thread::sleep(due.saturating_sub(begun.elapsed()));
        piece(client, number, times)
    };
    let time = Duration::from_secs(options.minutes * 60);
    let (sample, looks) = thread::scope(|scope| -> Result<_> {
        let load = scope.spawn(|| drive((&place, CONNECTIONS), time, &numbers, paced));
        let (mut looks, mut opened) = (Vec::new(), Instant::now());
        while !load.is_finished() {
            thread::sleep(LOOK);
            if opened.elapsed() > SESSION {
                *sessions.write().unwrap_or_else(PoisonError::into_inner) =
                    place.sessions(READERS)?;
                opened = Instant::now();
            }
            let minute = begun.elapsed().as_secs_f64() / 60.0;
            looks.push(look(place.process_id(), &folder, minute)?);
        }
        let sample = load.join().map_err(|_| anyhow!("the load panicked"))??;
        Ok((sample, looks))
    })?;
    println!("{:.0} requests a second, p99 {:.1} ms", sample.per_second, sample.p99_ms);
    let all = looks.iter().map(
        |at| json!({ "minute": at.minute, "memory": at.memory, "log": at.log, "files": at.files }),
    );
    let path = project::at("target/bench/soak.json");
    let kept = json!({ "looks": all.collect::<Vec<_>>() });
    fs::write(&path, serde_json::to_string_pretty(&kept)?)?;
    judge(&looks)
}

fn look(process: u32, folder: &Path, minute: f64) -> Result<Look> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
    let memory = kilobytes.parse::<u64>()? * 1024;
    let log = fs::metadata(folder.join(format!("{FILE}-wal"))).map_or(0, |log| log.len());
    let files = fs::read_dir(format!("/proc/{process}/fd"))?.count();
    Ok(Look { minute, memory, log, files })
}

/// Prints what there was, and fails where something grows that must not.
fn judge(looks: &[Look]) -> Result<()> {
    let last = looks.last().context("the time was too short to look")?;
    let warm: Vec<&Look> = looks.iter().filter(|at| at.minute >= last.minute * WARM).collect();
    let slope = slope(warm.iter().map(|at| (at.minute, megabytes(at.memory))));
    println!(
        "| minute | memory MB | log MB | open files |\n|--------|-----------|--------|------------|"
    );
    for at in looks.iter().step_by(looks.len().div_ceil(12)).chain([last]) {
        let (memory, log) = (megabytes(at.memory), megabytes(at.log));
        println!("| {:>6.1} | {memory:>9.1} | {log:>6.1} | {:>10} |", at.minute, at.files);
    }
    let log = looks.iter().map(|at| at.log).max().unwrap_or_default();
    let (few, many) = warm
        .iter()
        .fold((usize::MAX, 0), |(few, many), at| (few.min(at.files), many.max(at.files)));
    println!(
        "memory grows by {slope:.3} MB a minute once warm; the log reached {:.1} MB; \
         {few} to {many} open files",
        megabytes(log)
    );
    ensure!(slope * 1e6 < SLOPE, "the memory grows by {slope:.2} MB a minute");
    ensure!(log < LOG, "the write-ahead log reached {:.0} MB", megabytes(log));
    // The load closes its connections at the end: fewer is no leak.
    let first = looks.first().map_or(0, |at| at.files);
    ensure!(many <= first + FILES, "open files went from {first} to {many}");
    Ok(())
}

fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1000).unwrap_or(u32::MAX)) / 1000.0
}

/// How much y grows with x, by least squares.
fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let count = points.clone().fold(0.0, |count, _| count + 1.0);
    let mean =
        |of: fn((f64, f64)) -> f64| points.clone().map(of).sum::<f64>() / f64::max(count, 1.0);
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let (above, below) = points.fold((0.0, 0.0), |(above, below), point| {
        (above + (point.0 - x) * (point.1 - y), below + (point.0 - x).powi(2))
    });
    if below > 0.0 { above / below } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(memory: impl Fn(u32) -> u64) -> Vec<Look> {
        let at = |minute| {
            let (log, files) = (1, 10);
            Look { minute: f64::from(minute), memory: memory(minute), log, files }
        };
        (0..20).map(at).collect()
    }

    #[test]
    fn a_slope_is_that_of_a_line() {
        let points = [(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)];
        assert!((slope(points.into_iter()) - 2.0).abs() < 1e-9);
        assert!(slope([(1.0, 1.0)].into_iter()).abs() < 1e-9);
    }

    #[test]
    fn memory_that_keeps_growing_is_found_and_warming_up_is_not() {
        let leak = looks(|minute| 50_000_000 + u64::from(minute) * 1_100_000);
        assert!(judge(&leak).is_err());
        let warm = looks(|minute| 50_000_000 + u64::from(minute.min(4)) * 20_000_000);
        judge(&warm).unwrap();
    }

    #[test]
    fn files_that_stay_open_are_found_and_connections_that_close_are_not() {
        let with = |files: fn(usize) -> usize| {
            let mut looks = looks(|_| 50_000_000);
            looks.iter_mut().enumerate().for_each(|(place, look)| look.files = files(place));
            looks
        };
        assert!(judge(&with(|place| 10 + place)).is_err());
        judge(&with(|place| if place < 19 { 40 } else { 23 })).unwrap();
    }
}
