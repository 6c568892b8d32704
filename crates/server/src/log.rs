//! The log: JSON lines, without anything personal at any level.

use std::fs::File;
use std::io::BufWriter;
use std::os::fd::AsFd;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

const USUAL: &str = "info,refinery_core=warn";

/// Crates below us that log values of statements, headers or bodies at their lower levels. What
/// `RUST_LOG` asks of them is not granted.
const TALKATIVE: [&str; 9] = [
    "tokio_postgres=warn",
    "postgres=warn",
    "hyper=info",
    "hyper_util=info",
    "rustls=info",
    "jsonwebtoken=info",
    "lettre=warn",
    "reqwest=info",
    "minijinja=info",
];

/// Starts logging to standard output, by `RUST_LOG`. What is still to be written is written when the
/// guard is dropped.
///
/// Requests do not wait for whoever reads the log: lines go to a thread of their own, which writes
/// all that have queued up at once. Should nobody read, lines are dropped, not requests.
pub fn start() -> std::io::Result<WorkerGuard> {
    let asked = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL));
    let quiet = TALKATIVE.iter().filter_map(|directive| directive.parse::<Directive>().ok());
    let filter = quiet.fold(asked, EnvFilter::add_directive);
    // Not `Stdout` itself, which would write line by line.
    let out = File::from(std::io::stdout().as_fd().try_clone_to_owned()?);
    let (writer, guard) = tracing_appender::non_blocking(BufWriter::new(out));
    tracing_subscriber::fmt().json().with_writer(writer).with_env_filter(filter).init();
    Ok(guard)
}
