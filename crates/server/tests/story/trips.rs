//! How often a request waits for PostgreSQL: each time costs more than most statements do.

use crate::harness::{Server, cart};
use crate::queries::Executed;
use serde_json::{Value, json};

/// Counts the trips of one redemption and of a read.
pub async fn are_few(server: &Server, executed: &Executed) {
    if std::env::var_os("HABITUE_TEST_POSTGRES").is_none() {
        // There is nobody to wait for.
        return;
    }
    let session = server.member_with("trips", 900).await;
    // The second time everything is prepared, compiled and opened.
    for n in 0..2 {
        executed.trips();
        let me = server.get("/v1/me", &session).await.ok();
        assert!(me["member"]["balance"]["available"].as_i64() > Some(0));
        let read = executed.trips();
        let asked = json!({ "points": 100 });
        let body = json!({ "customer": "trips", "cart": cart(&[(2, 3000)]), "asked": asked });
        let held = server.shop("POST", "/v1/holds", body).await.ok();
        let made = executed.trips();
        let (order, price) = (format!("trip{n}"), &held["quote"]["to_pay"]);
        let step = |step: &str| format!("/v1/holds/{}/{step}", held["hold"].as_str().unwrap());
        let body = json!({ "order": order, "customer": "trips", "cart": cart(&[(2, 3000)]),
            "to_pay": price });
        server.shop("POST", &step("confirm"), body).await.ok();
        let confirm = executed.trips();
        let body = json!({ "order": order, "customer": "trips", "amount": price });
        let done: Value = server.shop("POST", &step("commit"), body).await.ok();
        assert_eq!(done["state"], "committed");
        let commit = executed.trips();
        if n > 0 {
            assert_eq!([read, made, confirm, commit], [3, 5, 6, 6]);
        }
    }
}
