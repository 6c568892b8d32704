//! `cargo xtask bench`: figures to publish (docs/benchmarks.md), not budgets that fail a build.
//!
//! A disk or a neighbour makes them differ by a factor of ten from one machine to the next, so each
//! run measures what its own disk can do, and it is the ratio that counts.

mod api;
mod client;
mod drive;
mod figures;
mod mail;
mod place;
mod quote;
mod seed;
pub mod soak;

use anyhow::Result;

/// What to measure.
#[derive(clap::Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Redemptions and member reads over HTTP, at 1, 8 and 64 connections, on both engines.
    Api(api::Options),
    /// What a quote takes, natively and in the browser, and `habitue quote`'s cases a second.
    Quote(quote::Options),
    /// Redemptions and reads while the mail server is slow, silent or down, on SQLite.
    Mail(mail::Options),
    /// Memory, open files and the write-ahead log over minutes at half load, on SQLite.
    Soak(soak::Options),
}

/// `cargo xtask bench`.
pub fn run(options: &Options) -> Result<()> {
    match &options.what {
        What::Api(options) => api::run(options),
        What::Quote(options) => quote::run(options),
        What::Mail(options) => mail::run(options),
        What::Soak(options) => soak::run(options),
    }
}
