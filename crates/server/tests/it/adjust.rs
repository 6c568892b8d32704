//! Points put right by the shop, with an author and a reason.

use crate::harness::{Server, program};
use serde_json::{Value, json};

async fn start(limit: i64) -> (Server, String, String) {
    let mut document = serde_json::to_value(program()).unwrap();
    document["points"]["adjust_limit"] = json!(limit);
    document["points"]["expiry"] = json!({ "kind": "after_earning", "days": 30 });
    let server = Server::start_with(serde_json::from_value(document).unwrap()).await;
    let session = server.member_with("c1", 100).await;
    let me = server.get("/v1/me", &session).await.ok();
    let member = me["member"]["id"].as_str().unwrap().to_owned();
    (server, session, format!("/v1/members/{member}/points"))
}

fn by_ann(points: i64) -> Value {
    json!({ "points": points, "author": "Ann", "reason": "the parcel was late" })
}

#[tokio::test]
async fn rule_5_2_points_are_put_right_with_an_author_and_a_reason_and_stand_in_the_history() {
    let (server, session, path) = start(500).await;
    let reply = server.shop("POST", &path, by_ann(50)).await.ok();
    assert_eq!(reply["balance"]["available"], 150);
    let reply = server.shop("POST", &path, by_ann(-30)).await.ok();
    assert_eq!(reply["balance"]["available"], 120);
    let rows = server.get("/v1/me/history", &session).await.ok()["rows"].clone();
    let row = |n: usize| (rows[n]["kind"].clone(), rows[n]["points"].clone());
    assert_eq!([row(0), row(1)], [(json!("withdraw"), json!(-30)), (json!("grant"), json!(50))]);
    server.totals().await;
}

#[tokio::test]
async fn more_than_the_limit_or_than_there_is_nothing_and_nobody_is_refused() {
    let (server, _, path) = start(500).await;
    for points in [501, -501, 0, -101] {
        let answer = server.shop("POST", &path, by_ann(points)).await;
        assert_eq!(
            (answer.problem(), &answer.body["field"]),
            ((422, "out_of_bounds"), &json!("points")),
            "{points}"
        );
    }
    for field in ["author", "reason"] {
        let mut body = by_ann(10);
        body[field] = json!(" ");
        let answer = server.shop("POST", &path, body).await;
        assert_eq!((answer.status, &answer.body["field"]), (422, &json!(field)));
    }
    for (field, most) in [("author", 200), ("reason", 500)] {
        for (characters, status) in [(most, 200), (most + 1, 422)] {
            let mut body = by_ann(1);
            // Two bytes each: what is counted is characters.
            body[field] = json!("é".repeat(characters));
            assert_eq!(server.shop("POST", &path, body).await.status, status, "{field}");
        }
    }
    let nobody = "/v1/members/mem_00000000000000000000000000000001/points";
    assert_eq!(server.shop("POST", nobody, by_ann(10)).await.status, 404);
    assert_eq!(server.totals().await.members, 102);
}

#[tokio::test]
async fn points_given_end_by_the_programs_rule() {
    let (server, _, path) = start(500).await;
    server.shop("POST", &path, by_ann(50)).await.ok();
    let session = server.sign_in("c1").await;
    let me = server.get("/v1/me", &session).await.ok();
    assert_eq!(me["member"]["expiring"]["points"], 150);
}
