//! Prometheus metrics on a listener of their own, never on the public address.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics::{describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;
use tokio::net::TcpListener;

/// Bounds of durations, in microseconds: from a read to where nobody waits any more.
const MICROS: [u32; 13] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    5_000_000, 30_000_000,
];
/// Bounds of the number of jobs in one commit.
const JOBS: [u32; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
/// How often what was recorded is drained into its buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// Begins to count. Without it every counter is a no-op.
///
/// # Errors
/// Where something counts already.
pub fn start() -> anyhow::Result<PrometheusHandle> {
    let suffix = |text: &str| Matcher::Suffix(text.to_owned());
    let seconds = MICROS.map(|micros| Duration::from_micros(micros.into()).as_secs_f64());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(suffix("_seconds"), &seconds)?
        .set_buckets_for_metric(suffix("_jobs"), &JOBS.map(Into::into))?
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
    describe_counter!("habitue_messages_total", "Mails and webhooks tried, by subject and outcome");
    describe_counter!("habitue_notices_total", "Members told of the end of points, by way");
    describe_counter!("habitue_points_expired_total", "Points that ended and were written down");
    describe_counter!("habitue_jobs_stuck_total", "Times that a job could not go on, by job");
    describe_counter!("habitue_tier_warnings_total", "Members warned that a tier will be lost");
    describe_counter!("habitue_tier_falls_total", "Members who lost a tier at the review");
    describe_counter!("habitue_shortfalls_total", "Orders paid with more than there was");
    describe_gauge!(
        "habitue_issued_minor",
        "Credit and gift cards given out in 365 days, in minor units, by program and unit"
    );
    describe_gauge!("habitue_build_info", "1, with the version that runs");
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// The metrics that the files below `folder` count, without those that are described.
    fn counted(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                counted(&path, found);
                continue;
            }
            let text = fs::read_to_string(path).unwrap_or_default();
            for part in text.split("metrics::").skip(1) {
                let mut made = ["counter!(", "gauge!(", "histogram!("].iter();
                let rest = made.find_map(|kind| part.strip_prefix(kind));
                let name = rest.and_then(|rest| rest.trim_start().strip_prefix('"'));
                found.extend(name.and_then(|name| name.split('"').next()).map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_metric_says_what_it_is() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut names = Vec::new();
        for folder in ["src", "../store/src"] {
            counted(&root.join(folder), &mut names);
        }
        assert!(names.len() > 12, "{names:?}");
        let described: String = include_str!("metric.rs").split_whitespace().collect();
        for name in names {
            let said = ["counter", "gauge", "histogram"]
                .map(|kind| format!("describe_{kind}!(\"{name}\","));
            assert!(said.iter().any(|it| described.contains(it)), "{name} has no HELP");
        }
    }
}
