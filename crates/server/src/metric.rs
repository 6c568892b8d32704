//! Prometheus metrics on a listener of their own, never on the public address.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics::{describe_counter, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;
use tokio::net::TcpListener;

/// Bounds of durations, in seconds: from a read to where nobody waits any more.
const SECONDS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// Bounds of the number of jobs in one commit.
const JOBS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
/// How often what was recorded is drained into its buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// Begins to count. Without it every counter is a no-op.
///
/// # Errors
/// Where something counts already.
pub fn start() -> anyhow::Result<PrometheusHandle> {
    let suffix = |text: &str| Matcher::Suffix(text.to_owned());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(suffix("_seconds"), &SECONDS)?
        .set_buckets_for_metric(suffix("_jobs"), &JOBS)?
        .install_recorder()?;
    describe_counter!("habitue_requests_total", "Requests, by route, method and status");
    describe_histogram!("habitue_request_seconds", "Time to answer, by route");
    describe_counter!("habitue_refusals_total", "Problems told, by code");
    describe_counter!(
        "habitue_codes_refused_total",
        "Codes and points refused in quotes, by reason"
    );
    describe_counter!("habitue_limited_total", "Requests refused as too many, by limit");
    describe_counter!("habitue_turned_away_total", "Requests there was no room for");
    describe_counter!("habitue_holds_total", "Steps of holds asked for and done, by step");
    describe_histogram!("habitue_commit_jobs", "Jobs in one commit (SQLite)");
    describe_histogram!("habitue_commit_seconds", "Time of one commit (SQLite)");
    gauge!("habitue_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

/// Serves `/metrics` until the process ends.
pub async fn serve(listener: TcpListener, handle: PrometheusHandle) {
    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    let router = Router::new().route("/metrics", get(scrape)).with_state(handle);
    crate::listen::serve(listener, router, std::future::pending()).await;
}

async fn scrape(State(handle): State<PrometheusHandle>) -> impl IntoResponse {
    let media = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, media)], handle.render())
}
