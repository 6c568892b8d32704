//! `cargo xtask bench mail`: whether a mail server that is slow, silent or gone makes the API slow.
//!
//! Four servers with the same members: one with nothing to send, and three with a thousand mails in
//! their outbox and a mail server in one of those states. They are driven in turns, so that whatever
//! else the machine does meets all of them.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use super::api::{build, redeem};
use super::client::{Client, Request};
use super::drive::{Sample, Times, drive};
use super::place::{Place, Site};
use crate::mailbox::Mailbox;
use crate::project;

/// How to measure.
#[derive(clap::Args)]
pub struct Options {
    /// How often each figure is measured; the median counts.
    #[arg(long, default_value_t = 7)]
    runs: usize,
    /// How long one run lasts, in milliseconds.
    #[arg(long, value_name = "TIME", default_value_t = 2000)]
    run_ms: u64,
    /// Measure this `habitue` instead of building one.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

const MEMBERS: u32 = 2_000;
const CONNECTIONS: usize = 8;
/// How many mails wait.
const MAILS: usize = 1_000;
/// How long the slow mail server thinks before each answer; a mail takes four of them.
const PAUSE: Duration = Duration::from_millis(250);
/// The first is what the others are compared with.
const STATES: [&str; 4] = ["quiet", "slow", "silent", "down"];

/// `cargo xtask bench mail`.
pub fn run(options: &Options) -> Result<()> {
    let habitue = options.program.clone().map_or_else(build, Ok)?;
    let slow = Arc::new(Mailbox::slow(PAUSE));
    // It takes connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let down = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let ports = [None, Some(Arc::clone(&slow).share()?), Some(silent.local_addr()?.port())];
    let ports = ports.into_iter().chain([Some(down)]);
    let mut places = Vec::new();
    for (state, port) in STATES.into_iter().zip(ports) {
        let folder = project::at("target/bench/mail").join(state);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let url = port.map(|port| format!("smtp://127.0.0.1:{port}"));
        let mail = url.iter().flat_map(|url| ["--smtp-url", url, "--mail-from", "a@bench.example"]);
        let place =
            Place::prepare(&habitue, &Site::file(&folder), MEMBERS, &mail.collect::<Vec<_>>())?;
        if port.is_some() {
            ask(&place)?;
        }
        places.push(place);
    }
    let begun = slow.taken();
    let (writes, reads) = measure(options, &places)?;
    println!("| mail server | what   | per s | p50 ms | p99 ms | p99 ÷ quiet |");
    println!("|-------------|--------|-------|--------|--------|-------------|");
    for (what, figures) in [("writes", &writes), ("reads", &reads)] {
        let quiet = median(&figures[0], |sample| sample.p99_ms);
        for (state, samples) in STATES.iter().zip(figures) {
            let of = |of: fn(&Sample) -> f64| median(samples, of);
            let p99 = of(|sample| sample.p99_ms);
            println!(
                "| {state:<11} | {what:<6} | {:>5.0} | {:>6.2} | {p99:>6.2} | {:>11.2} |",
                of(|sample| sample.per_second),
                of(|sample| sample.p50_ms),
                p99 / quiet
            );
        }
    }
    let sent = slow.taken() - begun;
    println!("meanwhile the slow mail server took {sent} mails");
    ensure!(sent > 0, "no mail went out meanwhile: nothing was measured");
    Ok(())
}

/// So many addresses ask for the news: each gets a mail.
fn ask(place: &Place) -> Result<()> {
    let mut client = Client::connect(place.address)?;
    let bearer = place.public_key()?;
    for number in 0..MAILS {
        let body = json!({ "program_version": 1, "locale": "en",
            "email": format!("a{number}@bench.example"),
            "give": [{ "purpose": "newsletter", "topic": "news" }] });
        let (method, path, body) = ("POST", "/v1/consents", body.to_string());
        client.ok(&Request { method, path, bearer, key: "", body: &body })?;
    }
    Ok(())
}

/// The runs of each place, in turns: writes, and reads.
type Figures = Vec<Vec<Sample>>;

fn measure(options: &Options, places: &[Place]) -> Result<(Figures, Figures)> {
    let time = Duration::from_millis(options.run_ms);
    let numbers = AtomicU32::new(0);
    let sessions = places.iter().map(|place| place.sessions(64)).collect::<Result<Vec<_>>>()?;
    let (mut writes, mut reads) = (vec![Vec::new(); places.len()], vec![Vec::new(); places.len()]);
    // The first round is to get warm.
    for round in 0..=options.runs {
        for (at, place) in places.iter().enumerate() {
            let write = |client: &mut Client, number: u32, times: &mut Times| {
                redeem(place, client, (number, MEMBERS), times)
            };
            let read = |client: &mut Client, number: u32, times: &mut Times| {
                let session = usize::try_from(number)? % sessions[at].len();
                let (path, bearer) = ("/v1/me", sessions[at][session].as_str());
                let get = Request { method: "GET", path, bearer, key: "", body: "" };
                times.note(|| client.ok(&get)).map(drop)
            };
            let write = drive((place, CONNECTIONS), time, &numbers, write)?;
            let read = drive((place, CONNECTIONS), time, &numbers, read)?;
            if round > 0 {
                writes[at].push(write);
                reads[at].push(read);
            }
        }
    }
    Ok((writes, reads))
}

fn median(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
