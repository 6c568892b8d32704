//! Tiers: reached at once, reviewed, warned, lost a step at a time; given by hand; what they give.

use crate::harness::{Server, order, program};
use crate::mailbox::{Mailbox, deliver, post};
use habitue_server::job::{Job, Ran, run};
use habitue_server::verify::verify;
use habitue_store::{Tx, order as orders};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// Bronze, silver from 500, gold from 1,000.
async fn server(tier_rule: Value, change: impl Fn(&mut Value)) -> Server {
    let mut document = serde_json::to_value(program()).unwrap();
    document["tier_rule"] = tier_rule;
    let gold = json!({ "id": "gold", "name": { "en": "Gold" }, "threshold": 1000 });
    document["tiers"].as_array_mut().unwrap().push(gold);
    change(&mut document);
    Server::start_with(serde_json::from_value(document).unwrap()).await
}

async fn reviewed() -> Server {
    server(json!({ "review": {} }), |_| ()).await
}

async fn review(server: &Server) -> Ran {
    run(&server.app.store, &server.clock, Job::Review, "test", true).await.unwrap()
}

async fn member(server: &Server, customer: &str) -> Value {
    let session = server.sign_in(customer).await;
    server.get("/v1/me", &session).await.ok()["member"].clone()
}

async fn tier(server: &Server, customer: &str) -> String {
    member(server, customer).await["tier"].as_str().unwrap().to_owned()
}

async fn see(server: &Server, customer: &str) -> Value {
    let session = server.sign_in(customer).await;
    let me = server.call("POST", "/v1/me/notice", &session, Value::Null).await.ok();
    me["member"]["keeping"]["warning"].clone()
}

/// So many euros, paid now.
async fn buys(server: &Server, customer: &str, id: &str, euros: i64) {
    let mut body = order(customer, &[(1, euros * 100)]);
    body["placed_at"] = json!(server.clock.now());
    server.shop("PUT", &format!("/v1/orders/{id}"), body).await.ok();
}

async fn returns(server: &Server, id: &str) {
    let body = json!({ "returned_at": server.clock.now() });
    server.shop("PUT", &format!("/v1/orders/{id}/returns/r1"), body).await.ok();
}

async fn changes(server: &Server, customer: &str) -> Vec<String> {
    let session = server.sign_in(customer).await;
    let page = server.get("/v1/me/history", &session).await.ok();
    let told = |it: &Value| format!("{} {}", it["kind"].as_str().unwrap(), it["tier"]);
    let all = page["tiers"].as_array().cloned().unwrap_or_default();
    all.iter().map(|it| told(it).replace('"', "")).collect()
}

async fn is_whole(server: &Server) {
    server.totals().await;
    assert_eq!(verify(&server.app.store).await.unwrap().findings, vec![]);
}

#[tokio::test]
async fn rule_7_2_one_falls_a_step_at_the_review_after_a_warning_and_its_grace() {
    let server = reviewed().await;
    server.member_with("c1", 1000).await;
    assert_eq!(tier(&server, "c1").await, "gold");
    // Entered on 1 November 2026 in Paris; clocks there are an hour ahead.
    let keeping = member(&server, "c1").await["keeping"].clone();
    assert_eq!(keeping, json!({ "review_at": "2027-11-01T23:00:00Z" }));
    assert_eq!(review(&server).await, Ran::Done(1), "it is planned");
    assert_eq!(review(&server).await, Ran::Done(0));
    server.clock.advance(345 * DAY);
    assert_eq!(review(&server).await, Ran::Done(0), "the whole day counts");
    server.clock.advance(DAY);
    let plan = Job::Review.plan(&server.app.store, server.clock.now()).await.unwrap().unwrap();
    assert!(plan.starts_with("would review the tiers of 1 members, 0 of whom"), "{plan}");
    assert_eq!(review(&server).await, Ran::Done(1));
    assert_eq!(tier(&server, "c1").await, "gold");
    let warning = member(&server, "c1").await["keeping"]["warning"].clone();
    assert_eq!(
        warning,
        json!({ "tier": "silver", "missing": 1000, "told": false,
        "until": "2027-12-02T23:00:00Z" })
    );
    // Nobody falls in silence.
    server.clock.advance(100 * DAY);
    review(&server).await;
    assert_eq!(tier(&server, "c1").await, "gold");
    assert_eq!(see(&server, "c1").await["told"], true);
    server.clock.advance(30 * DAY);
    review(&server).await;
    assert_eq!(tier(&server, "c1").await, "gold", "the last day of grace");
    server.clock.advance(DAY);
    assert_eq!(review(&server).await, Ran::Done(2), "and the next review is planned");
    assert_eq!(tier(&server, "c1").await, "silver");
    assert_eq!(changes(&server, "c1").await, ["down silver", "warned silver", "up gold"]);
    // The next step is a year away.
    review(&server).await;
    server.clock.advance(360 * DAY);
    assert_eq!(review(&server).await, Ran::Done(0));
    assert_eq!(tier(&server, "c1").await, "silver");
    is_whole(&server).await;
}

#[tokio::test]
async fn rule_7_2_whoever_reaches_it_again_within_the_grace_keeps_it() {
    let server = reviewed().await;
    server.member_with("c1", 500).await;
    review(&server).await;
    server.clock.advance(345 * DAY);
    // In the window of the review, but not enough: 5 points a euro, times 1.5.
    buys(&server, "c1", "o1", 60).await;
    server.clock.advance(DAY);
    review(&server).await;
    assert_eq!(see(&server, "c1").await["missing"], 50);
    buys(&server, "c1", "o2", 40).await;
    let keeping = member(&server, "c1").await["keeping"].clone();
    assert!(keeping.get("warning").is_none(), "{keeping}");
    server.clock.advance(32 * DAY);
    review(&server).await;
    assert_eq!(tier(&server, "c1").await, "silver");
    let keeping = member(&server, "c1").await["keeping"].clone();
    assert_eq!(keeping, json!({ "review_at": "2028-11-01T23:00:00Z" }));
    assert_eq!(changes(&server, "c1").await, ["warned bronze", "up silver"]);
}

#[tokio::test]
async fn rule_7_2_without_a_review_nobody_falls() {
    let server = server(json!({}), |_| ()).await;
    server.member_with("c1", 500).await;
    server.clock.advance(2_000 * DAY);
    assert_eq!(review(&server).await, Ran::Done(0));
    assert_eq!(tier(&server, "c1").await, "silver");
    assert!(member(&server, "c1").await.get("keeping").is_none());
}

#[tokio::test]
async fn rule_7_2_a_mail_warns_once_the_mail_server_has_taken_it() {
    let Some(mailbox) = Mailbox::start() else { return };
    let server = reviewed().await;
    let post = post(&server, &mailbox.settings());
    server.member_with("c1", 500).await;
    let mut claims = server.claims("c1");
    claims["email"] = json!("ada@example.org");
    claims["email_verified"] = json!(true);
    claims["locale"] = json!("fr");
    server.exchange(&server.sign(&claims)).await.ok();
    review(&server).await;
    server.clock.advance(346 * DAY);
    review(&server).await;
    assert_eq!(member(&server, "c1").await["keeping"]["warning"]["told"], false);
    deliver(&post).await;
    let mail = mailbox.mails(1).pop().unwrap();
    assert_eq!(mail["to"], json!(["ada@example.org"]));
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("Silver") && text.contains("Bronze") && text.contains("500"), "{text}");
    assert_eq!(member(&server, "c1").await["keeping"]["warning"]["told"], true);
    review(&server).await;
    deliver(&post).await;
    server.clock.advance(31 * DAY);
    review(&server).await;
    assert_eq!(tier(&server, "c1").await, "bronze");
    mailbox.mails(1);
}

#[tokio::test]
async fn rule_7_1_money_spent_counts_inclusive_and_a_return_lowers_it() {
    let rule = json!({ "metric": "spent", "review": {} });
    let server = server(rule, |document| {
        for (tier, spent) in [(1, "200.00 EUR"), (2, "500.00 EUR")] {
            document["tiers"][tier]["threshold"] = json!(0);
            document["tiers"][tier]["spent"] = json!(spent);
        }
    })
    .await;
    server.member_with("c1", 0).await;
    buys(&server, "c1", "o1", 150).await;
    assert_eq!(tier(&server, "c1").await, "bronze");
    let progress = member(&server, "c1").await["progress"].clone();
    assert_eq!(
        progress,
        json!({ "earned": 15000, "next": "silver", "missing": 5000,
        "until": "2027-11-21T12:00:00Z", "metric": "spent", "currency": "EUR" })
    );
    buys(&server, "c1", "o2", 50).await;
    assert_eq!(tier(&server, "c1").await, "silver", "a threshold is inclusive");
    returns(&server, "o1").await;
    assert_eq!(tier(&server, "c1").await, "silver", "one falls only at the review");
    assert_eq!(member(&server, "c1").await["progress"]["earned"], 5000);
}

#[tokio::test]
async fn rule_7_1_orders_count_while_something_of_them_is_kept() {
    let rule = json!({ "metric": "ordered", "window": "lifetime" });
    let server = server(rule, |document| {
        document["tiers"][1]["threshold"] = json!(2);
        document["tiers"][2]["threshold"] = json!(3);
    })
    .await;
    server.member_with("c1", 0).await;
    buys(&server, "c1", "o1", 10).await;
    returns(&server, "o1").await;
    buys(&server, "c1", "o2", 10).await;
    assert_eq!(tier(&server, "c1").await, "bronze");
    server.clock.advance(3_000 * DAY);
    buys(&server, "c1", "o3", 1).await;
    let now = member(&server, "c1").await;
    assert_eq!((&now["tier"], &now["progress"]["earned"]), (&json!("silver"), &json!(2)));
    assert!(now["progress"].get("until").is_none(), "a life has no end");
}

#[tokio::test]
async fn rule_7_1_a_calendar_year_begins_in_the_shops_zone_and_the_year_before_keeps_a_tier() {
    let rule = json!({ "window": "calendar_year", "review": {} });
    let server = server(rule, |_| ()).await;
    server.member_with("c1", 500).await;
    let until = member(&server, "c1").await["progress"]["until"].clone();
    assert_eq!(until, "2026-12-31T23:00:00Z");
    review(&server).await;
    // 2 November 2027: the year 2026 was enough.
    server.clock.advance(346 * DAY);
    review(&server).await;
    assert!(member(&server, "c1").await["keeping"].get("warning").is_none());
    assert_eq!(member(&server, "c1").await["progress"]["earned"], 0);
    server.clock.advance(366 * DAY);
    review(&server).await;
    assert_eq!(see(&server, "c1").await["missing"], 500);
}

#[tokio::test]
async fn rule_7_2_a_tier_given_by_hand_is_a_floor_until_its_date() {
    let server = reviewed().await;
    server.member_with("c1", 0).await;
    let id = member(&server, "c1").await["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/members/{id}/tier");
    let gold = json!({ "tier": "gold", "until": "2028-06-01T00:00:00Z", "author": "mia",
        "reason": "lost parcel" });
    let given = server.shop("PUT", &path, gold.clone()).await.ok();
    assert_eq!((&given["tier"], &given["changes"][0]["author"]), (&json!("gold"), &json!("mia")));
    server.shop("PUT", &path, gold.clone()).await.ok();
    let shown = server.shop("GET", &path, Value::Null).await.ok();
    assert_eq!(shown["changes"].as_array().unwrap().len(), 1, "twice is once");
    let own = member(&server, "c1").await;
    assert_eq!(own["keeping"]["floor_until"], "2028-06-01T00:00:00Z");
    let session = server.sign_in("c1").await;
    let page = server.get("/v1/me/history", &session).await.ok();
    assert!(page["tiers"][0].get("author").is_none(), "the shop's people stay in the shop");
    server.clock.advance(400 * DAY);
    review(&server).await;
    assert_eq!(tier(&server, "c1").await, "gold");
    server.clock.advance(200 * DAY);
    review(&server).await;
    assert_eq!(see(&server, "c1").await["tier"], "silver");
    server.clock.advance(31 * DAY);
    review(&server).await;
    assert_eq!(tier(&server, "c1").await, "silver");
    for (field, value) in [("tier", json!("iron")), ("until", json!("2026-01-01T00:00:00Z"))] {
        let mut wrong = gold.clone();
        wrong[field] = value;
        let answer = server.shop("PUT", &path, wrong).await;
        assert_eq!(answer.problem(), (422, "out_of_bounds"), "{field}");
    }
    let other = server.second_shop().await;
    let answer = server.call("PUT", &path, &other.secret_key, gold).await;
    assert_eq!(answer.problem(), (404, "not_found"));
}

#[tokio::test]
async fn rule_7_3_an_entry_gives_once_and_a_return_in_time_takes_it_back() {
    let server = server(json!({ "review": {} }), |document| {
        document["tiers"][1]["entry"] = json!({ "points": 200, "coupon": "gift", "days": 60 });
    })
    .await;
    server.member_with("c1", 0).await;
    buys(&server, "c1", "o1", 100).await;
    let pending = member(&server, "c1").await["balance"]["pending"].clone();
    assert_eq!(pending, 700, "500 earned, 200 given, none to be spent yet");
    let coupons = async |server: &Server| -> usize {
        let session = server.sign_in("c1").await;
        let me = server.get("/v1/me", &session).await.ok();
        let all = me["facts"]["promotions"].as_array().unwrap().clone();
        all.iter().filter(|it| it["id"] == "gift").count()
    };
    assert_eq!(coupons(&server).await, 1);
    // Another order gives nothing again.
    buys(&server, "c1", "o2", 1).await;
    assert_eq!(member(&server, "c1").await["balance"]["pending"], 700 + 7);
    returns(&server, "o1").await;
    let own = member(&server, "c1").await;
    assert_eq!((&own["tier"], &own["balance"]["pending"]), (&json!("silver"), &json!(7)));
    assert_eq!(coupons(&server).await, 0);
    // Deserved again while the tier was never lost.
    buys(&server, "c1", "o3", 100).await;
    assert_eq!(coupons(&server).await, 1);
    assert_eq!(member(&server, "c1").await["balance"]["pending"], 7 + 750 + 200);
    server.clock.advance(15 * DAY);
    returns(&server, "o3").await;
    assert_eq!(member(&server, "c1").await["balance"]["available"], 207, "the time is over");
    let session = server.sign_in("c1").await;
    let page = server.get("/v1/me/history", &session).await.ok();
    let given = page["rows"].as_array().unwrap().iter().filter(|row| row["tier"] == "silver");
    let given: Vec<_> = given.map(|row| row["points"].as_i64().unwrap()).collect();
    assert_eq!(given, [200, -200, 200]);
    is_whole(&server).await;
}

#[tokio::test]
async fn rule_7_3_rise_fall_and_rise_within_a_year_gives_once() {
    let server = server(json!({ "review": {} }), |document| {
        document["tiers"][1]["entry"] = json!({ "points": 200 });
    })
    .await;
    server.member_with("c1", 0).await;
    let id = member(&server, "c1").await["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/members/{id}/tier");
    let by_hand = json!({ "tier": "silver", "until": "2026-12-01T00:00:00Z", "author": "mia",
        "reason": "trial" });
    server.shop("PUT", &path, by_hand).await.ok();
    assert_eq!(member(&server, "c1").await["balance"]["pending"], 200);
    server.clock.advance(10 * DAY);
    review(&server).await;
    see(&server, "c1").await;
    server.clock.advance(31 * DAY);
    review(&server).await;
    assert_eq!(tier(&server, "c1").await, "bronze");
    buys(&server, "c1", "o1", 100).await;
    let own = member(&server, "c1").await;
    assert_eq!((&own["tier"], &own["balance"]["pending"]), (&json!("silver"), &json!(500)));
}

#[tokio::test]
async fn orders_of_before_are_counted_by_the_job() {
    let rule = json!({ "metric": "ordered", "review": {} });
    let server = server(rule, |document| {
        document["tiers"][1]["threshold"] = json!(2);
        document["tiers"][2]["threshold"] = json!(3);
    })
    .await;
    server.member_with("c1", 0).await;
    buys(&server, "c1", "o1", 10).await;
    let shop = server.shop.shop;
    let forget = async move |tx: &mut Tx<'_>| -> Result<(), habitue_store::Error> {
        let mut stored = orders::load(tx, shop, "o1").await?.unwrap();
        stored.kept_paid = None;
        orders::save(tx, shop, &mut stored).await
    };
    server.app.store.write(forget).await.unwrap();
    assert_eq!(member(&server, "c1").await["progress"]["earned"], 0);
    assert_eq!(review(&server).await, Ran::Done(1));
    assert_eq!(member(&server, "c1").await["progress"]["earned"], 1);
}

#[tokio::test]
async fn a_card_names_its_member_at_the_till_until_it_is_renewed() {
    let server = reviewed().await;
    let session = server.member_with("c1", 100).await;
    let card = server.get("/v1/me/card", &session).await.ok();
    assert_eq!(server.get("/v1/me/card", &session).await.ok(), card, "it stays the same");
    let code = card["code"].as_str().unwrap().to_owned();
    assert_eq!((code.len(), &card["size"]), (19, &json!(21)));
    let find = async |code: &str| {
        server.shop("GET", &format!("/v1/members?card={code}"), Value::Null).await
    };
    let found = find(&code.to_lowercase()).await.ok();
    assert_eq!((&found["customer"], &found["tier"]), (&json!("c1"), &json!("bronze")));
    assert_eq!(found["balance"]["available"], 100);
    let mut till = order("c1", &[(1, 500)]);
    till["channel"] = json!("pos");
    let sold = server.shop("PUT", "/v1/orders/till-1", till).await.ok();
    assert_eq!(sold["channel"], "pos");
    let other = server.second_shop().await;
    let path = format!("/v1/members?card={code}");
    let answer = server.call("GET", &path, &other.secret_key, Value::Null).await;
    assert_eq!(answer.problem(), (404, "not_found"), "no customer of theirs");
    let new = server.call("POST", "/v1/me/card", &session, Value::Null).await.ok();
    assert_ne!(new["code"], card["code"]);
    assert_eq!(find(&code).await.problem(), (404, "not_found"));
    find(new["code"].as_str().unwrap()).await.ok();
    assert_eq!(find("AAAA0000BBBB1111").await.problem(), (404, "not_found"));
    let stranger = server.sign_in("nobody").await;
    assert_eq!(server.get("/v1/me/card", &stranger).await.problem(), (409, "not_a_member"));
}
