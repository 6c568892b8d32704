//! The committed OpenAPI document is the one the code makes, and it is true.

use habitue_api::path;
use serde_json::Value;

#[test]
fn the_committed_document_is_up_to_date() {
    let committed = include_str!("../../../../docs/openapi.json");
    assert!(
        committed == habitue_server::openapi::document(),
        "docs/openapi.json is out of date; run: cargo run -p habitue-server -- openapi > docs/openapi.json"
    );
}

#[test]
fn every_route_of_the_contract_stands_in_the_document() {
    let document: Value = serde_json::from_str(&habitue_server::openapi::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    for route in [
        path::PROGRAM,
        path::SESSION,
        path::ME,
        path::JOIN,
        path::NOTICE,
        path::HISTORY,
        path::QUOTES,
        path::DRY_RUN,
        path::HOLDS,
        path::HOLD,
        path::HOLD_CONFIRM,
        path::HOLD_COMMIT,
        path::HOLD_RELEASE,
        path::ORDER,
        path::ORDER_RETURN,
        path::PROGRAMS,
        path::HEALTH,
        path::READY,
    ] {
        assert!(paths.contains_key(route), "{route} is missing");
    }
    assert_eq!(document["openapi"], "3.1.0");
}
