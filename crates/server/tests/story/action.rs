//! The chapter of the story on what earns besides orders.

use crate::harness::{Server, program};
use habitue_server::job::{Job, Ran, run};
use serde_json::{Value, json};

pub async fn actions_earn(server: &Server) {
    let mut next = serde_json::to_value(program()).unwrap();
    let named = |kind: &str| json!({ "kind": kind, "name": { "en": kind }, "points": 30 });
    for kind in ["join", "birthday"] {
        next["points"]["actions"].as_array_mut().unwrap().push(named(kind));
    }
    server.shop("POST", "/v1/programs", next).await.ok();
    server.clock.advance(1);
    let session = server.member_with("hal", 100).await;
    let me = server.get("/v1/me", &session).await.ok();
    let path = format!("/v1/members/{}", me["member"]["id"].as_str().unwrap());
    let review = json!({ "action": "review", "event": "r1" });
    for outcome in ["earned", "known"] {
        let told = server.shop("POST", &format!("{path}/actions"), review.clone()).await.ok();
        assert_eq!(told["outcome"], outcome);
    }
    let birthday = server.clock.now().plus_days(3).to_string();
    let born = json!({ "birthday": birthday[5..10] });
    server.shop("PATCH", &path, born).await.ok();
    assert!(Job::Birthday.plan(&server.app.store, server.clock.now()).await.unwrap().is_some());
    server.clock.advance(3 * 86_400);
    let ran = run(&server.app.store, &server.clock, Job::Birthday, "story", true).await.unwrap();
    assert_eq!(ran, Ran::Done(1));
    let shown = server.shop("GET", &path, Value::Null).await.ok();
    assert_eq!(shown["balance"]["pending"], 80);
}
