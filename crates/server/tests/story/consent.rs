//! The part of the story about consent: asked, confirmed, told, withdrawn, forgotten.

use crate::harness::{Answer, Server};
use axum::body::Body;
use axum::http::{Request, header};
use habitue_server::deliver::{self, Post};
use habitue_server::job::{Job, run};
use habitue_server::link::Links;
use habitue_server::mail::{Mailer, Settings};
use habitue_server::web::{self, Web};
use habitue_store::authority::Admin;
use habitue_store::endpoint::{self, Kind, New};
use habitue_store::outbox::{self, Channel};
use habitue_store::{Error, Tx, link};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const NEWS: &str = "/v1/contacts?purpose=newsletter&topic=news";

pub async fn consents_are_given_told_and_forgotten(server: &Server) {
    let post = nowhere(server);
    add_endpoint(server).await;
    ask(server, &server.shop.public_key.clone(), Some("lea@example.org")).await;
    deliver::run(&post, Channel::Mail, "story").await.unwrap();
    let links = Links::new(&server.app.master, &server.app.public_url);
    let token = links.once(link::Kind::Confirm, newest(server, "confirm").await.parse().unwrap());
    confirm(server, &token).await;
    let contact = first(server).await;
    // A member whose shop vouches for the same address is the same contact.
    let session = signed_in(server, "lea", "lea@example.org").await;
    ask(server, &session, None).await;
    assert_eq!(first(server).await, contact);
    let own = server.get("/v1/consents", &session).await.ok();
    assert_eq!(own["choices"][0]["state"], "given");
    newsletter_and_page(server, &post, &links).await;
    let leaving = links.leaving(contact.parse().unwrap(), "news");
    press(server, &format!("/n/leave/{leaving}"), "List-Unsubscribe=One-Click").await;
    deliver::run(&post, Channel::Web, "story").await.unwrap();
    told_and_raised(server, &post).await;
    let path = format!("/v1/contacts/{contact}");
    let proof = server.shop("GET", &format!("{path}/consents"), Value::Null).await.ok();
    assert!(proof["rows"].as_array().unwrap().len() >= 4);
    assert_eq!(server.shop("DELETE", &path, Value::Null).await.status, 204);
    ask(server, &server.shop.public_key.clone(), Some("nobody@example.org")).await;
    server.clock.advance(8 * 24 * 3600);
    run(&server.app.store, &server.clock, Job::Consent, "story", false).await.unwrap();
    server.clock.advance(40 * 24 * 3600);
    run(&server.app.store, &server.clock, Job::Consent, "story", false).await.unwrap();
    assert!(server.shop("GET", NEWS, Value::Null).await.ok()["contacts"] == json!([]));
}

/// A mail server that is not there, and webhooks that lead nowhere.
fn nowhere(server: &Server) -> Post {
    let settings = Settings {
        smtp_url: Some("smtp://127.0.0.1:1".to_owned()),
        mail_from: Some("club@shop.example".to_owned()),
        smtp_timeout_seconds: 2,
        ..Settings::default()
    };
    let mailer = Mailer::new(&settings).unwrap().map(Arc::new);
    let web = web::Settings { webhook_private: true, ..web::Settings::default() };
    Post { app: server.app.clone(), mailer, web: Web::new(&web).unwrap() }
}

async fn add_endpoint(server: &Server) {
    let (shop, now) = (server.shop.shop, server.clock.now());
    let sealed = server.app.master.seal(&habitue_server::webhook::secret()).unwrap();
    let job = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
        let lists = BTreeMap::new();
        let (kind, url) = (Kind::Webhook, "http://127.0.0.1:1/hook");
        let new = New { shop, kind, url, sealed: &sealed, lists: &lists };
        endpoint::add(tx, &Admin::local(), &new, now).await?;
        Ok(())
    };
    server.app.store.write(job).await.unwrap();
}

async fn ask(server: &Server, bearer: &str, email: Option<&str>) {
    let body = json!({ "program_version": 2, "locale": "en", "email": email,
        "give": [{ "purpose": "newsletter", "topic": "news" }] });
    server.call("POST", "/v1/consents", bearer, body).await.ok();
}

/// What the newest message about something is about.
async fn newest(server: &Server, about: &'static str) -> String {
    let later = server.clock.now().plus_days(1);
    let look = async move |tx: &mut Tx<'_>| -> Result<String, Error> {
        let due = outbox::due(tx, Channel::Mail, later, 100).await?;
        let last = due.into_iter().rfind(|message| message.about == about);
        Ok(last.unwrap().reference)
    };
    server.app.store.read(look).await.unwrap()
}

async fn confirm(server: &Server, token: &str) {
    let path = format!("/n/confirm/{token}");
    let shown = Request::get(&path).body(Body::empty()).unwrap();
    assert_eq!(server.send(shown).await.status, 200);
    assert_eq!(press(server, &path, "topic=news").await.status, 200);
}

async fn press(server: &Server, path: &str, form: &str) -> Answer {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()));
    server.send(request.unwrap()).await
}

async fn first(server: &Server) -> String {
    let found = server.shop("GET", NEWS, Value::Null).await.ok();
    found["contacts"][0]["id"].as_str().unwrap().to_owned()
}

async fn signed_in(server: &Server, customer: &str, email: &str) -> String {
    let first = server.sign_in(customer).await;
    server.join(&first).await;
    let mut claims = server.claims(customer);
    claims["email"] = json!(email);
    claims["email_verified"] = json!(true);
    let answer = server.exchange(&server.sign(&claims)).await.ok();
    answer["session"].as_str().unwrap().to_owned()
}

async fn newsletter_and_page(server: &Server, post: &Post, links: &Links) {
    let body = json!({ "topic": "news", "subject": { "en": "Hello" }, "body": { "en": "News." } });
    server.shop("POST", "/v1/newsletters", body).await.ok();
    let program = server.shop.program;
    press(server, &format!("/m/{program}/mail"), "email=lea@example.org").await;
    let opened = newest(server, "open").await;
    server.clock.advance(60);
    deliver::run(post, Channel::Mail, "story").await.unwrap();
    let token = links.once(link::Kind::Open, opened.parse().unwrap());
    assert_eq!(press(server, &format!("/m/{program}/mail/{token}"), "").await.status, 200);
}

/// The endpoint is switched off, so that what waits for it is dropped; a failed one is raised.
async fn told_and_raised(server: &Server, post: &Post) {
    let (shop, now) = (server.shop.shop, server.clock.now());
    let job = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
        let endpoint = endpoint::of_shop(tx, shop).await?[0].id;
        assert!(endpoint::disable(tx, endpoint, now, "by hand").await?);
        assert!(outbox::waiting(tx, Channel::Web).await?.0 > 0);
        assert!(outbox::dead(tx, shop, "").await?.is_empty());
        let due = outbox::due(tx, Channel::Web, now.plus_days(1), 1).await?;
        assert!(!outbox::raise(tx, shop, due[0].id, now).await?);
        Ok(())
    };
    server.app.store.write(job).await.unwrap();
    server.clock.advance(600);
    assert!(deliver::run(post, Channel::Web, "story").await.unwrap() > 0);
}
