//! The end of points: told, put off, come, written down once.

use crate::harness::{Server, cart, order, program};
use crate::mailbox::{Mailbox, deliver, path_in, post};
use habitue_server::job::{Job, Ran, run};
use habitue_server::verify::verify;
use serde_json::{Value, json};

const DAY: i64 = 86_400;

async fn server(expiry: Value) -> Server {
    let mut document = serde_json::to_value(program()).unwrap();
    document["points"]["expiry"] = expiry;
    Server::start_with(serde_json::from_value(document).unwrap()).await
}

/// So many days after the points of `member_with`, which were earned 20 days ago in Paris.
async fn after(days: i64) -> Server {
    server(json!({ "kind": "after_earning", "days": days })).await
}

async fn work(server: &Server, job: Job) -> Ran {
    run(&server.app.store, &server.clock, job, "test", true).await.unwrap()
}

async fn member(server: &Server, customer: &str) -> Value {
    let session = server.sign_in(customer).await;
    server.get("/v1/me", &session).await.ok()["member"].clone()
}

async fn available(server: &Server, customer: &str) -> i64 {
    member(server, customer).await["balance"]["available"].as_i64().unwrap()
}

/// The panel has shown it.
async fn show(server: &Server, customer: &str) {
    let session = server.sign_in(customer).await;
    let me = server.call("POST", "/v1/me/notice", &session, Value::Null).await.ok();
    assert_eq!(me["member"]["expiring"]["told"], true);
}

async fn placed(server: &Server, id: &str, at: &str) {
    let mut body = order("c1", &[(1, 2_000)]);
    body["placed_at"] = json!(at);
    server.shop("PUT", &format!("/v1/orders/{id}"), body).await.ok();
}

async fn is_whole(server: &Server) {
    server.totals().await;
    assert_eq!(verify(&server.app.store).await.unwrap().findings, vec![]);
}

#[tokio::test]
async fn rule_4_6_points_never_end_in_silence_and_end_once_45_days_after_a_notice() {
    let server = after(30).await;
    server.member_with("c1", 100).await;
    // Earned on 1 November, so the last day would be 1 December; but nobody was told.
    let soon = member(&server, "c1").await["expiring"].clone();
    assert_eq!(soon, json!({ "points": 100, "at": "2027-01-05T12:00:00Z", "told": false }));
    server.clock.advance(400 * DAY);
    assert_eq!(available(&server, "c1").await, 100);
    assert_eq!(work(&server, Job::Expire).await, Ran::Done(0));
    show(&server, "c1").await;
    server.clock.advance(45 * DAY - 1);
    assert_eq!(available(&server, "c1").await, 100);
    server.clock.advance(1);
    // Reading waits for no job.
    assert_eq!(available(&server, "c1").await, 0);
    assert_eq!(server.totals().await.members, 100);
    assert_eq!(work(&server, Job::Expire).await, Ran::Done(1));
    assert_eq!(work(&server, Job::Expire).await, Ran::Done(0));
    assert_eq!(server.totals().await.members, 0);
    let session = server.sign_in("c1").await;
    let rows = server.get("/v1/me/history", &session).await.ok()["rows"].clone();
    assert_eq!((&rows[0]["kind"], &rows[0]["points"]), (&json!("expire"), &json!(-100)));
    assert_eq!(rows[0]["order"], "seed-c1");
    assert_eq!(rows[0]["occurred_at"], json!(server.clock.now()));
    is_whole(&server).await;
}

#[tokio::test]
async fn rule_4_6_without_the_setting_points_last() {
    let server = Server::start().await;
    server.member_with("c1", 100).await;
    server.clock.advance(4_000 * DAY);
    assert!(member(&server, "c1").await.get("expiring").is_none());
    assert_eq!(work(&server, Job::Notify).await, Ran::Done(0));
    assert_eq!(available(&server, "c1").await, 100);
}

#[tokio::test]
async fn rule_4_6_the_last_paid_order_decides_in_whatever_order_they_arrive() {
    let server = server(json!({ "kind": "inactivity", "months": 12 })).await;
    server.member_with("c1", 0).await;
    for (id, at) in [
        ("o1", "2026-10-20T12:00:00Z"),
        ("o3", "2026-11-20T23:30:00Z"),
        ("o2", "2026-11-01T12:00:00Z"),
    ] {
        placed(&server, id, at).await;
    }
    server.clock.advance(320 * DAY);
    // In Paris the last order is of 21 November; the same day a year on is a whole one.
    let end = "2027-11-21T23:00:00Z";
    let soon = member(&server, "c1").await["expiring"].clone();
    assert_eq!(soon, json!({ "points": 300, "at": end, "told": false }));
    show(&server, "c1").await;
    let now = server.clock.now().to_string();
    placed(&server, "o4", &now).await;
    assert!(member(&server, "c1").await.get("expiring").is_none(), "the end has moved");
    // The new end needs a notice of its own.
    server.clock.advance(400 * DAY);
    assert_eq!(available(&server, "c1").await, 400);
    show(&server, "c1").await;
    server.clock.advance(45 * DAY);
    assert_eq!(available(&server, "c1").await, 0);
    // What has ended is not raised by an order, whether or not it was written down.
    let now = server.clock.now().to_string();
    placed(&server, "o5", &now).await;
    server.clock.advance(14 * DAY);
    assert_eq!(available(&server, "c1").await, 100);
    assert_eq!(work(&server, Job::Expire).await, Ran::Done(4));
    assert_eq!(available(&server, "c1").await, 100);
    is_whole(&server).await;
}

#[tokio::test]
async fn rule_4_6_a_lot_keeps_the_rule_it_was_earned_under() {
    let server = server(json!({ "kind": "inactivity", "months": 6 })).await;
    server.member_with("c1", 0).await;
    placed(&server, "old", "2026-11-21T12:00:00Z").await;
    server.clock.advance(DAY);
    let plain = serde_json::to_value(program()).unwrap();
    server.shop("POST", "/v1/programs", plain).await.ok();
    server.clock.advance(150 * DAY);
    // An order under the new version: its points last, and it still keeps the old ones alive.
    let now = server.clock.now().to_string();
    placed(&server, "new", &now).await;
    assert!(member(&server, "c1").await.get("expiring").is_none());
    server.clock.advance(150 * DAY);
    assert_eq!(member(&server, "c1").await["expiring"]["points"], 100);
    show(&server, "c1").await;
    server.clock.advance(60 * DAY);
    assert_eq!(available(&server, "c1").await, 100);
    is_whole(&server).await;
}

#[tokio::test]
async fn what_a_live_hold_reserves_is_spent_though_it_ends_meanwhile() {
    let server = after(30).await;
    server.member_with("c1", 100).await;
    show(&server, "c1").await;
    server.clock.advance(45 * DAY - 3_600);
    let session = server.sign_in("c1").await;
    let body = json!({ "cart": cart(&[(1, 3000)]), "asked": { "points": 60 } });
    let held = server.call("POST", "/v1/holds", &session, body).await.ok();
    let step = |name: &str| format!("/v1/holds/{}/{name}", held["hold"].as_str().unwrap());
    let terms = json!({ "order": "o1", "customer": "c1", "cart": cart(&[(1, 3000)]),
        "to_pay": held["quote"]["to_pay"], "ttl_seconds": DAY });
    server.shop("POST", &step("confirm"), terms).await.ok();
    server.clock.advance(7_200);
    // The 40 that it does not reserve end at once.
    assert_eq!(work(&server, Job::Expire).await, Ran::Done(1));
    assert_eq!(server.totals().await.members, 60);
    let paid = json!({ "order": "o1", "customer": "c1", "amount": held["quote"]["to_pay"] });
    server.shop("POST", &step("commit"), paid).await.ok();
    assert_eq!(work(&server, Job::Expire).await, Ran::Done(0));
    assert_eq!(server.totals().await.members, 0);
    // The order comes back: 60 points, in a lot that has ended, may be spent for 30 days more.
    let body = order("c1", &[(1, 2_430)]);
    server.shop("PUT", "/v1/orders/o1", body).await.ok();
    let all = json!({ "returned_at": server.clock.now() });
    server.shop("PUT", "/v1/orders/o1/returns/r1", all).await.ok();
    assert_eq!(available(&server, "c1").await, 60);
    server.clock.advance(30 * DAY - 1);
    assert_eq!(available(&server, "c1").await, 60);
    server.clock.advance(1);
    assert_eq!(available(&server, "c1").await, 0);
    assert_eq!(work(&server, Job::Expire).await, Ran::Done(1));
    is_whole(&server).await;
}

#[tokio::test]
async fn rule_4_8_what_ended_of_an_order_is_not_owed_whether_or_not_the_job_has_run() {
    for runs in [true, false] {
        let server = after(30).await;
        server.member_with("c1", 100).await;
        show(&server, "c1").await;
        server.clock.advance(45 * DAY);
        let now = server.clock.now().to_string();
        placed(&server, "new", &now).await;
        if runs {
            assert_eq!(work(&server, Job::Expire).await, Ran::Done(1));
        }
        let all = json!({ "returned_at": now });
        let reply = server.shop("PUT", "/v1/orders/seed-c1/returns/r1", all).await.ok();
        assert_eq!(reply["earned"], 0);
        let balance = member(&server, "c1").await["balance"].clone();
        assert_eq!((&balance["pending"], &balance["debt"]), (&json!(100), &json!(0)), "{runs}");
        is_whole(&server).await;
    }
}

#[tokio::test]
async fn rule_4_8_of_an_ended_lot_a_return_takes_only_what_a_live_hold_reserves() {
    let server = after(30).await;
    server.member_with("c1", 100).await;
    show(&server, "c1").await;
    server.clock.advance(45 * DAY - 60);
    let now = server.clock.now().to_string();
    placed(&server, "new", &now).await;
    let session = server.sign_in("c1").await;
    let body = json!({ "cart": cart(&[(1, 3000)]), "asked": { "points": 40 } });
    server.call("POST", "/v1/holds", &session, body).await.ok();
    server.clock.advance(120);
    let all = json!({ "returned_at": server.clock.now() });
    server.shop("PUT", "/v1/orders/seed-c1/returns/r1", all).await.ok();
    let balance = member(&server, "c1").await["balance"].clone();
    assert_eq!((&balance["pending"], &balance["debt"]), (&json!(60), &json!(0)));
    is_whole(&server).await;
}

#[tokio::test]
async fn two_servers_at_once_write_each_end_down_once() {
    let server = after(30).await;
    for n in 0..12 {
        let customer = format!("m{n}");
        server.member_with(&customer, 100).await;
        show(&server, &customer).await;
    }
    server.clock.advance(45 * DAY);
    let one =
        |holder: &'static str| run(&server.app.store, &server.clock, Job::Expire, holder, true);
    let (first, second) = tokio::join!(one("one"), one("two"));
    let done = |ran: Ran| if let Ran::Done(done) = ran { done } else { 0 };
    assert_eq!(done(first.unwrap()) + done(second.unwrap()), 12);
    assert_eq!(server.totals().await.transfers, 24);
    is_whole(&server).await;
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let server = after(30).await;
    server.member_with("c1", 100).await;
    let plan = async |job: Job| job.plan(&server.app.store, server.clock.now()).await.unwrap();
    let said = plan(Job::Notify).await.unwrap();
    assert!(said.starts_with("would tell 1 members") && said.contains("100 points"), "{said}");
    show(&server, "c1").await;
    server.clock.advance(45 * DAY);
    let said = plan(Job::Expire).await.unwrap();
    assert!(said.starts_with("would write down the end of 100 points"), "{said}");
    assert!(said.ends_with("(1 lots of 1 members)"), "{said}");
    assert_eq!(plan(Job::Prune).await, None);
    assert_eq!(server.totals().await.members, 100);
}

#[tokio::test]
async fn rule_4_6_a_mail_is_a_notice_once_the_mail_server_has_taken_it() {
    let Some(mut mailbox) = Mailbox::start() else { return };
    let server = after(30).await;
    let post = post(&server, &mailbox.settings());
    server.member_with("nomail", 100).await;
    server.member_with("c1", 100).await;
    // The shop vouches for an address.
    let mut claims = server.claims("c1");
    claims["email"] = json!("ada@example.org");
    claims["email_verified"] = json!(true);
    claims["locale"] = json!("fr");
    server.exchange(&server.sign(&claims)).await.ok();
    mailbox.behave("data 451");
    assert_eq!(work(&server, Job::Notify).await, Ran::Done(2));
    deliver(&post).await;
    assert_eq!(member(&server, "c1").await["expiring"]["told"], false);
    mailbox.behave("take");
    server.clock.advance(600);
    deliver(&post).await;
    let mail = mailbox.mails(1).pop().unwrap();
    assert_eq!(mail["to"], json!(["ada@example.org"]));
    assert_eq!(mail["headers"]["auto-submitted"], "auto-generated");
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("100\u{a0}points") || text.contains("100 points"), "{text}");
    assert!(path_in(&mail, "/m/").starts_with("/m/prg_"), "{text}");
    assert_eq!(member(&server, "c1").await["expiring"]["told"], true);
    assert_eq!(member(&server, "nomail").await["expiring"]["told"], false);
    // Nobody is told twice, nor looked at again before a week is over.
    assert_eq!(work(&server, Job::Notify).await, Ran::Done(0));
    server.clock.advance(8 * DAY);
    assert_eq!(work(&server, Job::Notify).await, Ran::Done(1));
    deliver(&post).await;
    mailbox.mails(1);
    server.clock.advance(40 * DAY);
    assert_eq!(available(&server, "c1").await, 0);
    assert_eq!(available(&server, "nomail").await, 100);
}
