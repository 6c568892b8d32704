//! What earns besides orders: joining, birthdays, reviews, a complete profile, what a shop declares.

use crate::harness::{Server, program};
use habitue_server::job::{Job, Ran, run};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// A server whose program has these actions, a member, their session and their address.
async fn start(actions: Value) -> (Server, String, String) {
    let mut document = serde_json::to_value(program()).unwrap();
    document["points"]["actions"] = actions;
    let server = Server::start_with(serde_json::from_value(document).unwrap()).await;
    let session = server.member_with("c1", 0).await;
    let path = path_of(&server, &session).await;
    (server, session, path)
}

async fn path_of(server: &Server, session: &str) -> String {
    let me = server.get("/v1/me", session).await.ok();
    format!("/v1/members/{}", me["member"]["id"].as_str().unwrap())
}

fn action(kind: &str, points: i64) -> Value {
    json!({ "kind": kind, "name": { "en": kind, "fr": format!("{kind} (fr)") }, "points": points })
}

fn review(times: i64, per: &str) -> Value {
    let mut review = action("review", 50);
    (review["times"], review["per"]) = (json!(times), json!(per));
    review
}

async fn tell(server: &Server, path: &str, action: &str, event: &str) -> Value {
    let body = json!({ "action": action, "event": event });
    server.shop("POST", &format!("{path}/actions"), body).await.ok()
}

async fn balance(server: &Server, path: &str) -> (i64, i64) {
    let member = server.shop("GET", path, Value::Null).await.ok();
    let of = |name: &str| member["balance"][name].as_i64().unwrap();
    (of("available"), of("pending"))
}

#[tokio::test]
async fn rule_4_11_joining_earns_once_and_pends_as_orders_do() {
    let (server, session, path) = start(json!([action("join", 100)])).await;
    assert_eq!(balance(&server, &path).await, (0, 100));
    server.join(&session).await;
    server.clock.advance(14 * DAY);
    assert_eq!(balance(&server, &path).await, (100, 0));
    let session = server.sign_in("c1").await;
    let rows = server.get("/v1/me/history", &session).await.ok()["rows"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!((&rows[0]["kind"], &rows[0]["points"]), (&json!("earn"), &json!(100)));
    assert_eq!(rows[0]["action"], json!({ "en": "join", "fr": "join (fr)" }));
    server.totals().await;
}

#[tokio::test]
async fn rule_4_11_points_of_actions_count_for_the_tier() {
    let (server, session, _) = start(json!([action("join", 500)])).await;
    let me = server.get("/v1/me", &session).await.ok();
    assert_eq!(me["member"]["tier"], "silver");
}

#[tokio::test]
async fn rule_4_10_the_same_event_twice_changes_nothing_whatever_the_key() {
    let (server, _, path) = start(json!([review(9, "month")])).await;
    assert_eq!(tell(&server, &path, "review", "r1").await["outcome"], "earned");
    let again = tell(&server, &path, "review", "r1").await;
    assert_eq!((&again["outcome"], &again["points"]), (&json!("known"), &json!(50)));
    server.clock.advance(400 * DAY);
    assert_eq!(tell(&server, &path, "review", "r1").await["outcome"], "known");
    assert_eq!(server.totals().await.members, 50);
    // Of another member it is refused, and nobody gets anything.
    let other = server.member_with("c2", 0).await;
    let other = path_of(&server, &other).await;
    let body = json!({ "action": "review", "event": "r1" });
    let refused = server.shop("POST", &format!("{other}/actions"), body).await;
    assert_eq!(refused.problem(), (409, "event_differs"));
    assert_eq!(server.totals().await.members, 50);
}

#[tokio::test]
async fn rule_4_11_a_cap_counts_within_the_period_and_what_is_beyond_it_never_earns() {
    let (server, _, path) = start(json!([review(2, "month")])).await;
    for (event, outcome) in [("r1", "earned"), ("r2", "earned"), ("r3", "capped")] {
        assert_eq!(tell(&server, &path, "review", event).await["outcome"], outcome);
    }
    // From the 21st to the 30th of November, 23:30 in Paris, and half an hour later.
    server.clock.advance(9 * DAY + 10 * 3_600 + 1_800);
    assert_eq!(tell(&server, &path, "review", "r4").await["outcome"], "capped");
    server.clock.advance(1_800);
    assert_eq!(tell(&server, &path, "review", "r5").await["outcome"], "earned");
    let late = tell(&server, &path, "review", "r3").await;
    assert_eq!((&late["outcome"], &late["points"]), (&json!("known"), &json!(0)));
    // What is told late counts where it happened.
    let body = json!({ "action": "review", "event": "r6", "occurred_at": "2026-11-25T12:00:00Z" });
    let late = server.shop("POST", &format!("{path}/actions"), body).await.ok();
    assert_eq!(late["outcome"], "capped");
    assert_eq!(server.totals().await.members, 150);
}

#[tokio::test]
async fn rule_4_11_a_declared_action_earns_by_its_own_name_and_others_are_refused() {
    let mut app = action("custom", 25);
    app["id"] = json!("app_installed");
    (app["times"], app["per"]) = (json!(1), json!("ever"));
    let (server, _, path) = start(json!([app, action("profile", 40), action("join", 5)])).await;
    assert_eq!(tell(&server, &path, "app_installed", "a1").await["points"], 25);
    assert_eq!(tell(&server, &path, "profile", "p1").await["points"], 40);
    assert_eq!(tell(&server, &path, "profile", "p2").await["outcome"], "capped");
    let ask = async |body: Value| {
        let answer = server.shop("POST", &format!("{path}/actions"), body).await;
        assert_eq!(answer.problem(), (422, "out_of_bounds"));
        answer.body["field"].as_str().unwrap().to_owned()
    };
    for unknown in ["review", "custom", "join", "birthday", "newsletter", ""] {
        assert_eq!(ask(json!({ "action": unknown, "event": "x" })).await, "action");
    }
    for event in ["", " ", " x", &"x".repeat(101)] {
        assert_eq!(ask(json!({ "action": "profile", "event": event })).await, "event");
    }
    for at in ["2026-11-21T12:00:01Z", "2026-11-21T11:59:59Z"] {
        let body = json!({ "action": "profile", "event": "p3", "occurred_at": at });
        assert_eq!(ask(body).await, "occurred_at");
    }
    let nobody = "/v1/members/mem_00000000000000000000000000000001/actions";
    let body = json!({ "action": "profile", "event": "x" });
    assert_eq!(server.shop("POST", nobody, body).await.status, 404);
}

#[tokio::test]
async fn rule_4_11_the_program_of_the_day_decides_and_the_card_tells_how_to_earn() {
    let (server, _, path) = start(json!([review(9, "year")])).await;
    let card = server.get("/v1/program", &server.shop.public_key).await.ok();
    let expected = json!([{ "id": "review", "kind": "review", "points": 50, "times": 9,
        "name": { "en": "review", "fr": "review (fr)" }, "per": "year", "pending_days": 14 }]);
    assert_eq!(card["actions"], expected);
    server.clock.advance(DAY);
    server.shop("POST", "/v1/programs", serde_json::to_value(program()).unwrap()).await.ok();
    let body = json!({ "action": "review", "event": "r1", "occurred_at": "2026-11-21T18:00:00Z" });
    let before = server.shop("POST", &format!("{path}/actions"), body).await.ok();
    assert_eq!(before["points"], 50);
    assert_eq!(tell(&server, &path, "review", "r2").await["points"], 20);
}

async fn night(server: &Server) -> Ran {
    run(&server.app.store, &server.clock, Job::Birthday, "test", true).await.unwrap()
}

async fn born(server: &Server, path: &str, birthday: &str) {
    let shown = server.shop("PATCH", path, json!({ "birthday": birthday })).await.ok();
    assert_eq!(shown["birthday"], birthday);
}

#[tokio::test]
async fn rule_4_11_a_birthday_earns_on_its_day_in_the_shops_zone_once_a_year() {
    let (server, _, path) = start(json!([action("birthday", 200)])).await;
    born(&server, &path, "11-23").await;
    // The 22nd at 22:59 in UTC is 23:59 in Paris.
    server.clock.advance(DAY + 10 * 3_600 + 59 * 60);
    assert_eq!(night(&server).await, Ran::Done(0));
    server.clock.advance(60);
    let said = Job::Birthday.plan(&server.app.store, server.clock.now()).await.unwrap();
    assert_eq!(said.unwrap(), "would give points to 1 members for their birthday");
    assert_eq!(night(&server).await, Ran::Done(1));
    assert_eq!(night(&server).await, Ran::Done(0));
    // Another birthday in the same year brings nothing more.
    born(&server, &path, "11-24").await;
    server.clock.advance(DAY);
    assert_eq!(night(&server).await, Ran::Done(0));
    assert_eq!(balance(&server, &path).await, (0, 200));
    server.clock.advance(365 * DAY);
    assert_eq!(night(&server).await, Ran::Done(1));
    server.shop("PATCH", &path, json!({ "birthday": null })).await.ok();
    server.clock.advance(365 * DAY);
    assert_eq!(night(&server).await, Ran::Done(0));
    assert_eq!(server.totals().await.members, 400);
}

#[tokio::test]
async fn rule_4_11_who_was_born_on_29_february_earns_on_the_28th_where_there_is_none() {
    let (server, _, path) = start(json!([action("birthday", 10)])).await;
    born(&server, &path, "02-29").await;
    // 28 February 2027, at noon.
    server.clock.advance(99 * DAY);
    assert_eq!(night(&server).await, Ran::Done(1));
    // 28 February 2028 is the day before.
    server.clock.advance(365 * DAY);
    assert_eq!(night(&server).await, Ran::Done(0));
    server.clock.advance(DAY);
    assert_eq!(night(&server).await, Ran::Done(1));
    assert_eq!(server.totals().await.members, 20);
}

#[tokio::test]
async fn a_birthday_that_nothing_ran_on_is_kept_for_a_week_and_none_from_before_joining() {
    let (server, _, path) = start(json!([action("birthday", 10)])).await;
    born(&server, &path, "11-20").await;
    assert_eq!(night(&server).await, Ran::Done(0));
    born(&server, &path, "11-22").await;
    let late = server.member_with("c2", 0).await;
    born(&server, &path_of(&server, &late).await, "11-23").await;
    server.clock.advance(7 * DAY);
    assert_eq!(night(&server).await, Ran::Done(2));
    server.totals().await;
}

#[tokio::test]
async fn publishing_points_for_a_consent_is_warned_of() {
    let (server, _, _) = start(json!([])).await;
    let mut document = serde_json::to_value(program()).unwrap();
    document["points"]["actions"] = json!([action("newsletter", 10)]);
    let published = server.shop("POST", "/v1/programs", document).await.ok();
    let said = published["warnings"][0].as_str().unwrap();
    assert!(said.starts_with("points.actions[0].kind: 10 points for a consent"), "{said}");
}

#[tokio::test]
async fn no_birthday_is_taken_that_no_year_has() {
    let (server, _, path) = start(json!([])).await;
    for wrong in ["02-30", "1990-02-28", "", "2-3"] {
        let answer = server.shop("PATCH", &path, json!({ "birthday": wrong })).await;
        assert_eq!(answer.problem(), (400, "invalid_body"), "{wrong}");
    }
}
