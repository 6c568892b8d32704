//! A small online music shop with Habitué in it, on an origin of its own.
//!
//! It is the integration guide as a program: it uses the script tag and the public HTTP API like
//! any shop would, and nothing else of Habitué's. Where to look:
//! [`loyalty`] talks to Habitué, [`token`] says who is logged in, [`checkout`] puts both to use,
//! [`web::layout`] writes the tag, `static/shop.js` listens to the widget.

mod cart;
mod catalogue;
mod checkout;
mod config;
mod customer;
mod gift;
mod loyalty;
mod money;
mod order;
mod returns;
mod session;
mod shop;
mod text;
mod token;
mod web;

#[cfg(test)]
mod tests;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::config::ShopFile;
use crate::customer::Customers;
use crate::order::Orders;
use crate::shop::Shop;

/// The customers that the demo's import gave to Habitué.
const SAMPLE: &str = include_str!("../data/cdnow_sample.csv");
/// Between two attempts to tell Habitué what it has not heard.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// The demo shop of Habitué.
#[derive(Parser)]
#[command(name = "habitue-demo", version)]
struct Cli {
    /// Where the shop listens. Habitué must know this origin (`habitue shop add --origin`).
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4620")]
    listen: SocketAddr,
    /// Habitué's public address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4610")]
    habitue_url: String,
    /// What `habitue shop add --json` printed. Order numbers are counted in a file beside it.
    #[arg(long, value_name = "FILE", default_value = "target/demo/shop.json")]
    shop_file: PathBuf,
    /// The customers one may log in as; those of the sample if absent.
    #[arg(long, value_name = "FILE")]
    sample: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("habitue-demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    let shop = Arc::new(open(&cli)?);
    let listener = TcpListener::bind(cli.listen).await.with_context(|| {
        let address = cli.listen;
        format!("cannot listen on {address}: stop what uses it, or choose another with --listen")
    })?;
    tracing::info!(address = %cli.listen, habitue = shop.habitue_url, "the shop is open");
    let telling = tokio::spawn({
        let shop = Arc::clone(&shop);
        async move { checkout::keep_telling(&shop, TELL_EVERY).await }
    });
    let giving = tokio::spawn({
        let shop = Arc::clone(&shop);
        async move { gift::give(&shop).await }
    });
    axum::serve(listener, web::router(Arc::clone(&shop)))
        .with_graceful_shutdown(asked_to_stop())
        .await?;
    telling.abort();
    giving.abort();
    for order in shop.orders.unsettled() {
        tracing::warn!(order, "closing before Habitué has heard of this order");
    }
    Ok(())
}

/// Reads everything the shop needs; each mistake is one sentence that says what to do.
fn open(cli: &Cli) -> Result<Shop> {
    let file = ShopFile::read(&cli.shop_file)?;
    let sample = match &cli.sample {
        Some(path) => std::fs::read_to_string(path).with_context(|| {
            format!("the sample {} cannot be read: leave --sample away", path.display())
        })?,
        None => SAMPLE.to_owned(),
    };
    let customers = Customers::read(&sample)?;
    let orders = Orders::open(&cli.shop_file.with_file_name("order.counter"))?;
    Shop::new(file, &cli.habitue_url, customers, orders)
}

/// Ctrl-C, or what `kill` sends.
async fn asked_to_stop() {
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "Ctrl-C is not heard");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
