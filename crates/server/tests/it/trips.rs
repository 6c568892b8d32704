//! How often a request waits for PostgreSQL: each time costs more than most statements do.

use crate::harness::{Server, cart};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Counts the trips that the store says it makes, on this thread.
#[derive(Clone, Default)]
struct Trips(Arc<AtomicUsize>);

impl Trips {
    /// How many since the last time; COMMIT is not among them.
    fn taken(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

impl Subscriber for Trips {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "habitue::trip"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn on_postgresql_a_request_waits_a_few_times_and_not_for_each_statement() {
    if std::env::var_os("HABITUE_TEST_POSTGRES").is_none() {
        // There is nobody to wait for.
        return;
    }
    let trips = Trips::default();
    let _counting = tracing::subscriber::set_default(trips.clone());
    let server = Server::start().await;
    let session = server.member_with("c1", 900).await;
    // The second time everything is prepared, compiled and opened.
    for n in 0..2 {
        trips.taken();
        let me = server.get("/v1/me", &session).await.ok();
        assert!(me["member"]["balance"]["available"].as_i64() > Some(0));
        let read = trips.taken();
        let asked = json!({ "points": 100 });
        let body = json!({ "customer": "c1", "cart": cart(&[(2, 3000)]), "asked": asked });
        let held = server.shop("POST", "/v1/holds", body).await.ok();
        let hold = trips.taken();
        let (order, price) = (format!("o{n}"), &held["quote"]["to_pay"]);
        let step = |step: &str| format!("/v1/holds/{}/{step}", held["hold"].as_str().unwrap());
        let body = json!({ "order": order, "customer": "c1", "cart": cart(&[(2, 3000)]),
            "to_pay": price });
        server.shop("POST", &step("confirm"), body).await.ok();
        let confirm = trips.taken();
        let body = json!({ "order": order, "customer": "c1", "amount": price });
        let done: Value = server.shop("POST", &step("commit"), body).await.ok();
        assert_eq!(done["state"], "committed");
        let commit = trips.taken();
        if n > 0 {
            assert_eq!([read, hold, confirm, commit], [3, 5, 6, 6]);
        }
    }
}
