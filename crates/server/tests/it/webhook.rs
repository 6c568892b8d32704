//! Who else is told: signed webhooks, and a newsletter service as its documentation has it.

use crate::harness::Server;
use crate::mailbox::{Mailbox, post, press, python, read, subscribe, subscribers};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use habitue_server::deliver::{self, Post};
use habitue_server::mail::Settings;
use habitue_server::routes::hook::proof;
use habitue_server::webhook::secret;
use habitue_store::authority::Admin;
use habitue_store::endpoint::{self, Kind, New};
use habitue_store::outbox::{self, Channel};
use habitue_store::{Error, Tx};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A request as it came.
#[derive(Clone)]
struct Came {
    path: String,
    headers: HeaderMap,
    body: String,
}

/// A status, a header's value (where it goes, or when to come back) and a body.
type Next = (u16, &'static str, Value);

/// What it answers next, and what came. Without an answer: 200.
#[derive(Clone, Default)]
struct Fake {
    answers: Arc<Mutex<VecDeque<Next>>>,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Fake {
    async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    fn next(&self, status: u16, header: &'static str, body: Value) {
        self.answers.lock().unwrap().push_back((status, header, body));
    }

    fn came(&self, expected: usize) -> Vec<Came> {
        let came = self.came.lock().unwrap().clone();
        assert_eq!(came.len(), expected);
        came
    }
}

async fn answer(State(fake): State<Fake>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    fake.came.lock().unwrap().push(Came { path: uri.path().to_owned(), headers, body });
    let next = fake.answers.lock().unwrap().pop_front();
    let (status, value, body) = next.unwrap_or((200, "", json!({})));
    let status = StatusCode::from_u16(status).unwrap();
    let headers = [(header::LOCATION, value), (header::RETRY_AFTER, value)];
    let mut response = (status, headers, body.to_string()).into_response();
    // https://developers.brevo.com/docs/limit-headers
    response.headers_mut().insert("x-sib-ratelimit-reset", value.parse().unwrap());
    response
}

async fn add(server: &Server, kind: Kind, url: &str, secret: &str, lists: &[(&str, i64)]) {
    let shop = server.shop.shop;
    let sealed = server.app.master.seal(secret).unwrap();
    let lists: BTreeMap<String, i64> =
        lists.iter().map(|(topic, list)| ((*topic).to_owned(), *list)).collect();
    let (url, now) = (url.to_owned(), server.clock.now());
    let save = async move |tx: &mut Tx<'_>| {
        let new = New { shop, kind, url: &url, sealed: &sealed, lists: &lists };
        endpoint::add(tx, &Admin::local(), &new, now).await
    };
    server.app.store.write(save).await.unwrap();
}

async fn tell(post: &Post) -> usize {
    deliver::run(post, Channel::Web, "test").await.unwrap()
}

async fn sms(server: &Server, customer: &str, what: &str) {
    let session = server.sign_in(customer).await;
    let body = json!({ "program_version": 1, "locale": "en", what: [{ "purpose": "sms" }] });
    server.call("POST", "/v1/consents", &session, body).await.ok();
}

async fn is_off(server: &Server) -> bool {
    let shop = server.shop.shop;
    let look = async move |tx: &mut Tx<'_>| endpoint::of_shop(tx, shop).await;
    server.app.store.read(look).await.unwrap()[0].disabled_at.is_some()
}

fn quiet(server: &Server) -> Post {
    post(server, &Settings::default())
}

#[tokio::test]
async fn a_webhook_says_what_happened_and_others_find_its_signature_right() {
    let (server, fake, key) = (Server::start().await, Fake::default(), secret());
    add(&server, Kind::Webhook, &format!("{}/hook", fake.listen().await), &key, &[]).await;
    let post = quiet(&server);
    sms(&server, "ada", "give").await;
    sms(&server, "ada", "withdraw").await;
    assert_eq!(tell(&post).await, 2);
    let came = fake.came(2);
    let mut told: Vec<Value> =
        came.iter().map(|came| serde_json::from_str(&came.body).unwrap()).collect();
    told.sort_by_key(|told| told["type"].to_string());
    assert_eq!(
        (&told[0]["type"], &told[1]["type"]),
        (&json!("consent.given"), &json!("consent.withdrawn"))
    );
    assert_eq!(told[0]["data"]["customer"], "ada");
    assert_eq!(
        (&told[0]["data"]["purpose"], &told[0]["data"]["email"]),
        (&json!("sms"), &Value::Null)
    );
    assert!(came.iter().all(|came| came.body.len() < 20_000 && came.path == "/hook"));
    if python().is_none() {
        return;
    }
    // The clock of these tests stands, so the instant is checked by the library as of today only
    // where it is today's; what is signed is checked with today's instant.
    let now = jiff::Timestamp::now().as_second();
    let (id, body) = (came[0].headers["webhook-id"].to_str().unwrap(), &came[0].body);
    let headers = habitue_server::webhook::headers(&key, id, now, body).unwrap();
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let sent = |body: &str| {
        json!({ "body": body, "headers": { "webhook-id": text("webhook-id"),
            "webhook-timestamp": text("webhook-timestamp"),
            "webhook-signature": text("webhook-signature") } })
        .to_string()
    };
    assert!(read("webhook", &key, sent(body).as_bytes()));
    assert!(!read("webhook", &key, sent(&body.replace("sms", "SMS")).as_bytes()));
    assert!(!read("webhook", &secret(), sent(body).as_bytes()));
}

#[tokio::test]
async fn a_failure_is_tried_again_later_under_the_same_id_and_a_redirect_is_one() {
    let (server, fake) = (Server::start().await, Fake::default());
    let inside = Fake::default();
    let elsewhere: &'static str = Box::leak(inside.listen().await.into_boxed_str());
    add(&server, Kind::Webhook, &fake.listen().await, &secret(), &[]).await;
    let post = quiet(&server);
    sms(&server, "ada", "give").await;
    fake.next(500, "", json!({}));
    fake.next(302, elsewhere, json!({}));
    fake.next(429, "3600", json!({}));
    assert_eq!(tell(&post).await, 0);
    server.clock.advance(4);
    assert_eq!(tell(&post).await, 0);
    fake.came(1);
    server.clock.advance(3);
    assert_eq!(tell(&post).await, 0);
    server.clock.advance(400);
    assert_eq!(tell(&post).await, 0);
    fake.came(3);
    server.clock.advance(3_500);
    assert_eq!(tell(&post).await, 0);
    server.clock.advance(700);
    assert_eq!(tell(&post).await, 1);
    let came = fake.came(4);
    assert!(came.iter().all(|one| one.headers["webhook-id"] == came[0].headers["webhook-id"]));
    inside.came(0);
}

#[tokio::test]
async fn whoever_answers_gone_is_told_nothing_any_more() {
    let (server, fake) = (Server::start().await, Fake::default());
    add(&server, Kind::Webhook, &fake.listen().await, &secret(), &[]).await;
    let post = quiet(&server);
    sms(&server, "ada", "give").await;
    sms(&server, "bob", "give").await;
    fake.next(410, "", json!({}));
    fake.next(410, "", json!({}));
    assert_eq!(tell(&post).await, 2);
    assert!(is_off(&server).await);
    sms(&server, "eve", "give").await;
    assert_eq!(tell(&post).await, 0);
    fake.came(2);
}

#[tokio::test]
async fn after_the_last_try_a_message_is_dead_and_can_be_tried_again_by_hand() {
    let (server, fake) = (Server::start().await, Fake::default());
    add(&server, Kind::Webhook, &fake.listen().await, &secret(), &[]).await;
    let post = quiet(&server);
    sms(&server, "ada", "give").await;
    for _ in 0..10 {
        fake.next(503, "", json!({}));
    }
    let mut ended = 0;
    for _ in 0..10 {
        ended += tell(&post).await;
        server.clock.advance(30 * 3600);
    }
    let tries = fake.came.lock().unwrap().len();
    assert!(ended == 1 && (5..=10).contains(&tries), "{ended} after {tries}");
    fake.answers.lock().unwrap().clear();
    let (shop, now) = (server.shop.shop, server.clock.now());
    let raise = async move |tx: &mut Tx<'_>| -> Result<bool, Error> {
        let dead = outbox::dead(tx, shop, "").await?;
        outbox::raise(tx, shop, dead[0].id, now).await
    };
    assert!(server.app.store.write(raise).await.unwrap());
    tell(&post).await;
    fake.came(tries + 1);
}

#[tokio::test]
async fn a_private_address_is_not_connected_to_unless_the_server_says_so() {
    let (server, fake) = (Server::start().await, Fake::default());
    add(&server, Kind::Webhook, &fake.listen().await, &secret(), &[]).await;
    let web = habitue_server::web::Web::new(&habitue_server::web::Settings::default()).unwrap();
    let guarded = Post { web, ..quiet(&server) };
    sms(&server, "ada", "give").await;
    assert_eq!(tell(&guarded).await, 0);
    fake.came(0);
}

/// The fake is written from <https://developers.brevo.com/docs/synchronise-contact-lists>,
/// <https://developers.brevo.com/reference/remove-contact-from-list.md> and
/// <https://developers.brevo.com/docs/limit-headers>.
#[tokio::test]
async fn brevo_gets_whoever_confirmed_and_loses_whoever_left_through_limits_and_failures() {
    let Some(mailbox) = Mailbox::start() else { return };
    let (server, fake) = (Server::start().await, Fake::default());
    let base = format!("{}/v3", fake.listen().await);
    add(&server, Kind::Brevo, &base, "xkeysib-secret", &[("news", 7)]).await;
    let post = post(&server, &mailbox.settings());
    subscribe(&server, &mailbox, &post, "ada@example.org", 1).await;
    fake.next(429, "120", json!({ "code": "too_many_requests" }));
    assert_eq!(tell(&post).await, 0);
    server.clock.advance(100);
    assert_eq!(tell(&post).await, 0);
    fake.came(1);
    server.clock.advance(60);
    fake.next(201, "", json!({ "id": 21 }));
    assert_eq!(tell(&post).await, 1);
    let made = fake.came(2).pop().unwrap();
    assert_eq!(
        (made.path.as_str(), &made.headers["api-key"]),
        ("/v3/contacts", &"xkeysib-secret".parse().unwrap())
    );
    let body: Value = serde_json::from_str(&made.body).unwrap();
    let expected = json!({ "email": "ada@example.org", "listIds": [7], "updateEnabled": true,
        "emailBlacklisted": false });
    assert_eq!(body, expected);
    leave_there(&server, &fake, &post).await;
}

async fn leave_there(server: &Server, fake: &Fake, post: &Post) {
    let event = json!({ "event": "unsubscribe", "email": "Ada@example.org", "camp_id": 3,
        "campaign name": "C", "id": 1, "ts_event": 1_604_933_737 });
    assert_eq!(hook(server, "wrong", &event).await, 401);
    assert_eq!(subscribers(server).await.len(), 1);
    let bearer = proof(&server.app.master, server.shop.shop);
    let other = json!({ "event": "opened", "email": "ada@example.org" });
    assert_eq!(hook(server, &bearer, &other).await, 204);
    assert_eq!(subscribers(server).await.len(), 1);
    for _ in 0..2 {
        assert_eq!(hook(server, &bearer, &event).await, 204);
        assert!(subscribers(server).await.is_empty());
    }
    // Half of it may fail with a 201.
    let failed = json!({ "contacts": { "success": [], "failure": ["ada@example.org"] } });
    fake.next(201, "", failed);
    assert_eq!(tell(post).await, 0);
    server.clock.advance(10);
    fake.next(201, "", json!({ "contacts": { "success": ["ada@example.org"], "failure": [] } }));
    assert_eq!(tell(post).await, 1);
    let last = fake.came(4).pop().unwrap();
    assert_eq!(last.path, "/v3/contacts/lists/7/contacts/remove");
    assert_eq!(last.body, json!({ "emails": ["ada@example.org"] }).to_string());
}

async fn hook(server: &Server, bearer: &str, event: &Value) -> u16 {
    let request = Request::post(format!("/hooks/brevo/{}", server.shop.shop))
        .header(header::AUTHORIZATION, format!("Bearer {bearer}"))
        .body(Body::from(event.to_string()))
        .unwrap();
    server.send(request).await.status
}

#[tokio::test]
async fn an_erased_contact_is_forgotten_once_the_service_has_been_told() {
    let Some(mailbox) = Mailbox::start() else { return };
    let (server, fake) = (Server::start().await, Fake::default());
    let base = format!("{}/v3", fake.listen().await);
    add(&server, Kind::Brevo, &base, "k", &[("news", 7)]).await;
    let post = post(&server, &mailbox.settings());
    subscribe(&server, &mailbox, &post, "ada@example.org", 1).await;
    tell(&post).await;
    let contact = subscribers(&server).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/contacts/{contact}");
    assert_eq!(server.shop("DELETE", &path, Value::Null).await.status, 204);
    let clean = || async {
        use habitue_server::job::{Job, run};
        run(&server.app.store, &server.clock, Job::Consent, "test", true).await.unwrap();
        let (shop, email) = (server.shop.shop, "ada@example.org".parse().unwrap());
        let hash = server.app.master.email_hash(&email);
        let look =
            async move |tx: &mut Tx<'_>| habitue_store::contact::of_email(tx, shop, &hash).await;
        server.app.store.read(look).await.unwrap().is_some()
    };
    assert!(clean().await, "it is known until the service was told");
    assert_eq!(tell(&post).await, 1);
    assert!(fake.came(2)[1].body.contains("ada@example.org"));
    assert!(!clean().await);
    assert_eq!(press(&server, "/n/leave/x", "").await.status, 410);
}
