//! Consent: asked one thing at a time, proved word for word, and taken back as easily as given.

use crate::harness::{ORIGIN, Server, from, program};
use axum::body::Body;
use axum::http::{Request, header};
use habitue_server::job::{Job, run};
use rstest::rstest;
use serde_json::{Value, json};

const NEWS: &str = "Send me news by e-mail, at most weekly.";

fn asking(email: &str, topics: &[&str]) -> Value {
    let give: Vec<Value> =
        topics.iter().map(|topic| json!({ "purpose": "newsletter", "topic": topic })).collect();
    json!({ "program_version": 1, "locale": "en", "email": email, "give": give })
}

async fn visit(server: &Server, n: u16, body: &Value) -> crate::harness::Answer {
    let request = Request::post("/v1/consents")
        .header(header::AUTHORIZATION, format!("Bearer {}", server.shop.public_key))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ORIGIN, ORIGIN)
        .body(Body::from(body.to_string()))
        .unwrap();
    server.send(from(request, n)).await
}

async fn contacts(server: &Server, query: &str) -> Vec<Value> {
    let path = format!("/v1/contacts?{query}");
    let answer = server.shop("GET", &path, Value::Null).await.ok();
    answer["contacts"].as_array().unwrap().clone()
}

/// The proof of the one contact there is.
async fn proof(server: &Server, contact: &Value) -> Vec<Value> {
    let path = format!("/v1/contacts/{}/consents", contact["id"].as_str().unwrap());
    let answer = server.shop("GET", &path, Value::Null).await.ok();
    answer["rows"].as_array().unwrap().clone()
}

#[tokio::test]
async fn nothing_is_ticked_beforehand_and_joining_is_no_consent_to_anything_else() {
    let server = Server::start().await;
    let session = server.sign_in("ada").await;
    server.join(&session).await;
    let asked = server.get("/v1/consents?locale=fr-CA", &session).await.ok();
    let choices = asked["choices"].as_array().unwrap();
    assert_eq!(choices.len(), 3);
    assert!(choices.iter().all(|choice| choice["state"] == "none"), "{asked}");
    assert_eq!(choices[0]["name"], "Nouveautés");
    assert_eq!((&choices[0]["locale"], &choices[1]["locale"]), (&json!("fr"), &json!("en")));
    assert_eq!(asked["email_needed"], true);
    for query in ["purpose=newsletter&topic=news", "purpose=sms", "purpose=postal"] {
        assert!(contacts(&server, query).await.is_empty());
    }
    let joined = contacts(&server, "purpose=program").await;
    let rows = proof(&server, &joined[0]).await;
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["purpose"], &rows[0]["action"]), (&json!("program"), &json!("given")));
    assert_eq!(rows[0]["shown"]["privacy_url"], "https://shop.example/terms");
}

#[tokio::test]
async fn a_shopper_gives_and_takes_back_and_the_proof_shows_the_very_text_they_saw() {
    let server = Server::start().await;
    let session = server.sign_in("ada").await;
    let give = json!({ "program_version": 1, "locale": "en", "give": [{ "purpose": "sms" }] });
    let answer = server.call("POST", "/v1/consents", &session, give).await.ok();
    assert_eq!(answer["states"], json!([{ "purpose": "sms", "state": "given" }]));
    let given = contacts(&server, "purpose=sms").await;
    assert_eq!((given.len(), &given[0]["customer"]), (1, &json!("ada")));
    let mut next = serde_json::to_value(program()).unwrap();
    next["consent"]["sms"]["en"] = json!("Another text.");
    server.shop("POST", "/v1/programs", next).await.ok();
    let take = json!({ "program_version": 2, "locale": "en", "withdraw": [{ "purpose": "sms" }] });
    let answer = server.call("POST", "/v1/consents", &session, take).await.ok();
    assert_eq!(answer["states"][0]["state"], "withdrawn");
    assert!(contacts(&server, "purpose=sms").await.is_empty());
    let rows = proof(&server, &given[0]).await;
    let said: Vec<_> = rows.iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(said, ["given", "withdrawn"]);
    let text = "Send me text messages about my orders and offers.";
    assert_eq!(rows[0]["shown"]["text"], text);
    assert_eq!(rows[0]["shown"]["privacy_url"], "https://shop.example/privacy");
    assert_eq!(rows[0]["shown"]["program_version"], 1);
}

#[tokio::test]
async fn a_text_that_has_changed_since_it_was_shown_is_no_consent() {
    let server = Server::start().await;
    let mut next = serde_json::to_value(program()).unwrap();
    next["consent"]["topics"][0]["text"]["en"] = json!("We may sell your address.");
    server.shop("POST", "/v1/programs", next).await.ok();
    let stale = visit(&server, 1, &asking("ada@example.org", &["news"])).await;
    assert_eq!(stale.problem(), (409, "text_changed"));
    let same = visit(&server, 1, &asking("ada@example.org", &["sale"])).await.ok();
    assert_eq!(same["states"][0]["state"], "pending");
    let mut unknown = asking("ada@example.org", &["sale"]);
    unknown["program_version"] = json!(9);
    assert_eq!(visit(&server, 1, &unknown).await.problem(), (409, "text_changed"));
}

#[tokio::test]
async fn a_visitors_topics_wait_for_the_address_and_the_answer_tells_nobody_who_is_known() {
    let server = Server::start().await;
    let first = visit(&server, 1, &asking("Ada@Example.org", &["news"])).await;
    let again = visit(&server, 2, &asking("ada@example.ORG", &["news"])).await;
    let other = visit(&server, 3, &asking("eve@example.org", &["news"])).await;
    assert_eq!((first.status, &first.bytes), (200, &again.bytes));
    assert_eq!(first.bytes, other.bytes);
    assert!(contacts(&server, "purpose=newsletter&topic=news").await.is_empty());
}

#[tokio::test]
async fn what_a_public_key_may_not_say_is_refused() {
    let server = Server::start().await;
    let with = |more: Value| {
        let mut body = asking("ada@example.org", &["news"]);
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        body
    };
    for (body, field) in [
        (with(json!({ "give": [{ "purpose": "sms" }] })), "give[0]"),
        (with(json!({ "give": [{ "purpose": "program" }] })), "give[0]"),
        (with(json!({ "give": [{ "purpose": "newsletter", "topic": "none" }] })), "give[0]"),
        (with(json!({ "give": [] })), "give"),
        (with(json!({ "withdraw": [{ "purpose": "sms" }] })), "withdraw"),
        (with(json!({ "locale": "en\r\nx" })), "locale"),
        (with(json!({ "email": null })), "email"),
    ] {
        let answer = visit(&server, 1, &body).await;
        assert_eq!(answer.problem(), (422, "out_of_bounds"), "{body}");
        assert_eq!(answer.body["field"], field, "{body}");
    }
}

#[rstest]
#[case("ada@example.org\r\nBcc: eve@example.org")]
#[case("ada@example.org,eve@example.org")]
#[case("\u{430}da@example.org")]
#[case("ada@ex\u{430}mple.org")]
#[case("{{ 7*7 }}@example.org")]
#[case("=1+1|cmd")]
#[tokio::test]
async fn what_is_no_address_is_refused_and_named(#[case] email: &str) {
    let server = Server::start().await;
    let answer = visit(&server, 1, &asking(email, &["news"])).await;
    assert_eq!(answer.problem(), (422, "out_of_bounds"));
    assert_eq!(answer.body["field"], "email");
    let long = format!("{}@example.org", "a".repeat(10_000));
    assert_eq!(visit(&server, 1, &asking(&long, &["news"])).await.body["field"], "email");
}

#[tokio::test]
async fn somebody_who_asks_for_many_addresses_is_stopped() {
    let server = Server::start().await;
    let mut refused = 0;
    for n in 0..40 {
        let answer = visit(&server, 7, &asking(&format!("a{n}@example.org"), &["news"])).await;
        refused += u16::from(answer.status == 429);
    }
    assert_eq!(refused, 10);
}

#[tokio::test]
async fn the_export_holds_one_matter_and_no_formula() {
    let server = Server::start().await;
    for customer in ["=cmd|' /C calc'!A0", "+ada", "bob"] {
        let session = server.sign_in(customer).await;
        let give = json!({ "program_version": 1, "locale": "en", "give": [{ "purpose": "sms" }] });
        server.call("POST", "/v1/consents", &session, give).await.ok();
    }
    let answer = server.shop("GET", "/v1/contacts.csv?purpose=sms", Value::Null).await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let text = String::from_utf8(answer.bytes).unwrap();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.contains(",\"'=cmd|' /C calc'!A0\",") && text.contains(",\"'+ada\","), "{text}");
    assert!(text.lines().skip(1).all(|line| line.contains("\"sms\"")), "{text}");
    let none = server.shop("GET", "/v1/contacts.csv?purpose=postal", Value::Null).await;
    assert_eq!(String::from_utf8(none.bytes).unwrap().lines().count(), 1);
}

#[tokio::test]
async fn an_erased_contact_is_nobody_and_its_rows_stay() {
    let server = Server::start().await;
    let session = server.sign_in("canary-customer").await;
    let give = json!({ "program_version": 1, "locale": "en", "give": [{ "purpose": "sms" }] });
    server.call("POST", "/v1/consents", &session, give).await.ok();
    let given = contacts(&server, "purpose=sms").await;
    let path = format!("/v1/contacts/{}", given[0]["id"].as_str().unwrap());
    assert_eq!(server.shop("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(server.shop("DELETE", &path, Value::Null).await.status, 204);
    assert!(contacts(&server, "purpose=sms").await.is_empty());
    run(&server.app.store, &server.clock, Job::Consent, "test", true).await.unwrap();
    let rows = proof(&server, &given[0]).await;
    let said: Vec<_> = rows.iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(said, ["given", "withdrawn"]);
    assert!(!rows.iter().any(|row| row.to_string().contains("canary")));
}

#[tokio::test]
async fn whoever_never_confirms_is_forgotten_after_a_week() {
    let server = Server::start().await;
    visit(&server, 1, &asking("ada@example.org", &["news"])).await.ok();
    let clean = |server: &Server| {
        let (store, clock) = (server.app.store.clone(), server.clock.clone());
        async move { run(&store, &clock, Job::Consent, "test", true).await.unwrap() }
    };
    clean(&server).await;
    let email = "ada@example.org".parse().unwrap();
    let hash = server.app.master.email_hash(&email);
    let shop = server.shop.shop;
    let known = async |server: &Server| {
        let hash = hash.clone();
        let look = async move |tx: &mut habitue_store::Tx<'_>| {
            habitue_store::contact::of_email(tx, shop, &hash).await
        };
        server.app.store.read(look).await.unwrap()
    };
    let contact = known(&server).await.unwrap();
    server.clock.advance(7 * 24 * 3600 + 1);
    clean(&server).await;
    assert!(known(&server).await.is_none());
    let rows = proof(&server, &json!({ "id": contact.id.to_string() })).await;
    let said: Vec<_> = rows.iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(said, ["asked", "lapsed"]);
    assert_eq!(rows[0]["shown"]["text"], NEWS);
    assert_eq!(rows[0]["place"], ORIGIN);
}
