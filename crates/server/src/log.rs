//! The log: JSON lines, without anything personal at any level.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

const USUAL: &str = "info,refinery_core=warn";

/// Crates below us that log values of statements, headers or bodies at their lower levels. What
/// `RUST_LOG` asks of them is not granted.
const TALKATIVE: [&str; 6] = [
    "tokio_postgres=warn",
    "postgres=warn",
    "hyper=info",
    "hyper_util=info",
    "rustls=info",
    "jsonwebtoken=info",
];

/// Starts logging to standard output, by `RUST_LOG`.
pub fn start() {
    let asked = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL));
    let quiet = TALKATIVE.iter().filter_map(|directive| directive.parse::<Directive>().ok());
    let filter = quiet.fold(asked, EnvFilter::add_directive);
    tracing_subscriber::fmt().json().with_env_filter(filter).init();
}
