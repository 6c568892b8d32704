//! The story: a shop opens, its customers join, buy, redeem, return; its ledger is sealed.

use crate::action::actions_earn;
use crate::codes::codes_are_issued_used_and_withdrawn;
use crate::consent::consents_are_given_told_and_forgotten;
use crate::expiry::points_end;
use crate::harness::{ORIGIN, Server, cart, eur, order, program};
use crate::instruments::cards_and_credit_are_spent_and_given_back;
use crate::queries::{Executed, written};
use crate::rewards::rewards_are_claimed_and_settled;
use crate::tier::tiers_rise_and_fall;
use crate::trips;
use axum::body::Body;
use axum::http::Request;
use habitue_server::asset::ship;
use habitue_server::explain::derive;
use habitue_server::job::{Job, Ran, run};
use habitue_server::secret::sha256;
use habitue_server::shop::make_key;
use habitue_server::verify::verify;
use habitue_store::asset::Asset;
use habitue_store::authority::Admin;
use habitue_store::import::ImportRun;
use habitue_store::shop::KeyKind;
use habitue_store::{Error, Tx, asset, authority, import, ledger, member, seal, shop};
use serde_json::{Value, json};

#[tokio::test]
async fn every_query_is_executed_by_one_story() {
    let executed = Executed::collect();
    let server = Server::start().await;
    the_merchant_sets_up(&server).await;
    a_customer_joins_and_spends(&server).await;
    an_order_is_edited_and_returned(&server).await;
    holds_end_in_every_way(&server).await;
    codes_are_issued_used_and_withdrawn(&server).await;
    rewards_are_claimed_and_settled(&server).await;
    cards_and_credit_are_spent_and_given_back(&server).await;
    consents_are_given_told_and_forgotten(&server).await;
    actions_earn(&server).await;
    the_nights_work(&server).await;
    trips::are_few(&server, &executed).await;
    points_end(&server).await;
    tiers_rise_and_fall(&server).await;
    server.shop("GET", "/v1/metrics", Value::Null).await.ok();
    server.totals().await;

    let executed = executed.all();
    let all = written();
    let missing: Vec<_> =
        all.iter().filter(|(_, sql)| !executed.contains(*sql)).map(|(name, _)| name).collect();
    assert!(missing.is_empty(), "of {} queries never executed: {missing:?}", all.len());
    let known: Vec<_> = all.values().collect();
    let strange: Vec<_> = executed.iter().filter(|sql| !known.contains(sql)).collect();
    assert!(strange.is_empty(), "executed, but no constant of the store: {strange:?}");
}

async fn the_merchant_sets_up(server: &Server) {
    let other = server.second_shop().await;
    let (shop, now) = (server.shop.shop, server.clock.now());
    let key = make_key(KeyKind::Secret, &server.app.master).unwrap();
    let (new, hash) = (key.new.clone(), sha256(key.shown.as_bytes()));
    let job = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
        let admin = Admin::local();
        assert_eq!(shop::list(tx, &admin, "").await?.len(), 2);
        assert_eq!(shop::program_of(tx, other.shop).await?, Some(other.program));
        shop::add_origin(tx, &admin, shop, "https://www.shop.example").await?;
        assert_eq!(shop::origins(tx, shop).await?, [ORIGIN, "https://www.shop.example"]);
        assert_eq!(shop::of_program(tx, other.program).await?.len(), 2);
        shop::add_key(tx, &admin, shop, &new, now).await?;
        assert!(authority::merchant(tx, &hash).await?.is_some());
        assert_eq!(shop::keys(tx, &admin, shop, "").await?.len(), 4);
        assert!(shop::revoke_key(tx, &admin, shop, new.id, now).await?);
        assert!(authority::merchant(tx, &hash).await?.is_none());
        let merchant = admin.merchant(tx, shop).await?.unwrap();
        let run = ImportRun { shift_days: 3, enrol: "none".to_owned() };
        import::save(tx, &merchant, "orders.csv", &run, now).await?;
        assert_eq!(import::find(tx, &merchant, "orders.csv").await?, Some(run));
        Ok(())
    };
    server.app.store.write(job).await.unwrap();
    let mut next = serde_json::to_value(program()).unwrap();
    next["points"]["pending_days"] = json!(7);
    assert_eq!(server.shop("POST", "/v1/programs", next).await.ok()["version"], 2);
    server.shop("GET", "/v1/programs", Value::Null).await.ok();
    let card = server.get("/v1/program", &server.shop.public_key).await.ok();
    assert_eq!(card["name"]["en"], "Club");
    assert_eq!(from_the_page(server, "OPTIONS").await, 204);
    assert_eq!(from_the_page(server, "GET").await, 200);
}

async fn from_the_page(server: &Server, method: &str) -> u16 {
    let request = Request::builder()
        .method(method)
        .uri("/v1/program")
        .header("origin", ORIGIN)
        .header("authorization", format!("Bearer {}", server.shop.public_key))
        .body(Body::empty());
    server.send(request.unwrap()).await.status
}

async fn a_customer_joins_and_spends(server: &Server) {
    let mut before = order("ada", &[(1, 4_000)]);
    before["placed_at"] = json!(server.clock.now().plus_days(-20));
    server.shop("PUT", "/v1/orders/before", before).await.ok();
    let token = server.sign(&server.claims("ada"));
    let first = server.exchange(&token).await.ok();
    assert_eq!(server.exchange(&token).await.ok()["session"], first["session"]);
    let session = server.member_with("ada", 700).await;
    let held = hold(server, &session, json!({ "codes": ["TEN"], "points": 100 })).await;
    let held = held["hold"].as_str().unwrap();
    let confirm = json!({ "order": "o1", "customer": "ada", "cart": cart(&[(2, 3000)]),
        "to_pay": eur(5390) });
    server.shop("POST", &format!("/v1/holds/{held}/confirm"), confirm).await.ok();
    server.shop("GET", &format!("/v1/holds/{held}"), Value::Null).await.ok();
    let commit = json!({ "order": "o1", "customer": "ada", "amount": eur(5390) });
    let (path, commit) = (format!("/v1/holds/{held}/commit"), commit.to_string());
    let secret = &server.shop.secret_key;
    let first = server.keyed("POST", &path, secret, &commit, "twice").await;
    let again = server.keyed("POST", &path, secret, &commit, "twice").await;
    assert_eq!((again.status, &again.bytes), (200, &first.bytes));
    server.shop("PUT", "/v1/orders/o1", order("ada", &[(2, 4900)])).await.ok();
    let page = server.get("/v1/me/history", &session).await.ok();
    assert!(!page["rows"].as_array().unwrap().is_empty());
    server.get("/v1/me/statement", &session).await.ok();
    let me = server.get("/v1/me", &session).await.ok();
    let (program, member) =
        (server.shop.program, me["member"]["id"].as_str().unwrap().parse().unwrap());
    let look = async move |tx: &mut Tx<'_>| derive(tx, (program, "fr"), member).await;
    let derived = server.app.store.read(look).await.unwrap();
    assert_eq!(derived.differences, Vec::<String>::new());
    server.get("/v1/me", &session).await.ok();
    let quote = json!({ "cart": cart(&[(2, 3000)]), "asked": { "codes": ["TEN"] } });
    server.call("POST", "/v1/quotes", &session, quote).await.ok();
}

async fn hold(server: &Server, session: &str, asked: Value) -> Value {
    let body = json!({ "cart": cart(&[(2, 3000)]), "asked": asked });
    server.call("POST", "/v1/holds", session, body).await.ok()
}

async fn an_order_is_edited_and_returned(server: &Server) {
    let all = json!({ "returned_at": "2026-11-21T12:00:00Z" });
    server.shop("PUT", "/v1/orders/o1/returns/r1", all.clone()).await.ok();
    server.shop("GET", "/v1/orders/o1", Value::Null).await.ok();
    // Spent, then returned: a debt, which the next order repays.
    let session = server.member_with("eve", 500).await;
    let held = hold(server, &session, json!({ "points": 500 })).await;
    let held = held["hold"].as_str().unwrap();
    let confirm = json!({ "order": "e1", "customer": "eve", "cart": cart(&[(2, 3000)]),
        "to_pay": eur(5990) });
    server.shop("POST", &format!("/v1/holds/{held}/confirm"), confirm).await.ok();
    let commit = json!({ "order": "e1", "customer": "eve", "amount": eur(5990) });
    server.shop("POST", &format!("/v1/holds/{held}/commit"), commit).await.ok();
    server.shop("PUT", "/v1/orders/seed-eve/returns/r1", all).await.ok();
    server.shop("PUT", "/v1/orders/e2", order("eve", &[(1, 20_000)])).await.ok();
}

async fn holds_end_in_every_way(server: &Server) {
    let session = server.member_with("bob", 700).await;
    let held = hold(server, &session, json!({ "points": 100 })).await;
    let path = format!("/v1/holds/{}", held["hold"].as_str().unwrap());
    server.call("DELETE", &path, &session, Value::Null).await.ok();
    let held = hold(server, &session, json!({ "codes": ["POT"] })).await;
    let path = format!("/v1/holds/{}", held["hold"].as_str().unwrap());
    let confirm = json!({ "order": "b1", "customer": "bob", "cart": cart(&[(2, 3000)]),
        "to_pay": eur(5990), "ttl_seconds": 60 });
    server.shop("POST", &format!("{path}/confirm"), confirm).await.ok();
    server.clock.advance(3600);
    assert!(matches!(work(server, Job::Release).await, Ran::Done(1..)));
    let gone = server.shop("GET", &path, Value::Null).await.ok();
    assert_eq!(gone["state"], "released");
    let session = server.sign_in("bob").await;
    let end = server.call("DELETE", "/v1/session", &session, Value::Null).await;
    assert_eq!(end.status, 204);
}

async fn work(server: &Server, job: Job) -> Ran {
    run(&server.app.store, &server.clock, job, "story", false).await.unwrap()
}

async fn the_nights_work(server: &Server) {
    assert!(matches!(work(server, Job::Seal).await, Ran::Done(1..)));
    assert_eq!(work(server, Job::Seal).await, Ran::Not);
    server.member_with("cyd", 100).await;
    // An account that is sealed already grows, so that its sealed head is looked at again.
    server.shop("PUT", "/v1/orders/a2", order("ada", &[(1, 1_000)])).await.ok();
    let at_once = run(&server.app.store, &server.clock, Job::Seal, "story", true).await.unwrap();
    assert!(matches!(at_once, Ran::Done(1..)));
    let report = verify(&server.app.store).await.unwrap();
    assert_eq!(report.findings, vec![]);
    assert!(report.seals >= 2 && report.entries > 10);
    // Also where no widget is packed into this binary.
    let (path, now) = ("a/00000000000000aa/app.js".to_owned(), server.clock.now());
    let old = Asset { path, sha256: String::new(), body: String::new(), is_pinned: false };
    let keep = async move |tx: &mut Tx<'_>| asset::ship(tx, &old, now).await;
    server.app.store.write(keep).await.unwrap();
    ship(&server.app.files, &server.app.store, &server.clock).await.unwrap();
    let gone = Request::builder().uri("/a/0000000000000000/app.js").body(Body::empty()).unwrap();
    assert_eq!(server.send(gone).await.status, 404);
    server.clock.advance(31 * 24 * 3600);
    assert!(matches!(work(server, Job::Prune).await, Ran::Done(1..)));
    let (shop, program) = (server.shop.shop, server.shop.program);
    let look = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
        assert!(member::counts(tx, shop).await?.1 >= 4);
        assert!(habitue_store::order::counts(tx, shop).await?.0 >= 6);
        assert!(ledger::totals(tx).await?.transfers > 5);
        assert!(seal::last(tx, program).await?.is_some());
        assert_eq!(habitue_store::job::list(tx).await?.len(), 9);
        Ok(())
    };
    server.app.store.read(look).await.unwrap();
}
