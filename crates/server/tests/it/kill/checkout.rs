//! `kill -9` between hold, confirm and commit: nothing is held for ever, nothing is spent twice.

use super::{RESTART, kills};
use crate::database::Database;
use crate::harness::{URL, cart, eur, program};
use crate::served::Served;
use crate::wire::{Reply, Wire};
use habitue_domain::program::ProgramDocument;
use habitue_server::app::App;
use habitue_server::clock::Clock;
use habitue_server::limit::Settings;
use habitue_server::listen::serve;
use habitue_server::secret::MasterKey;
use habitue_store::Store;
use rand::RngExt;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;

/// Who checks out, in turns.
const MEMBERS: usize = 6;
/// What each checkout redeems beside its code.
const POINTS: i64 = 100;
/// What each checkout pays with a gift card, all there is on it.
const CARD: i64 = 1000;
/// What each checkout pays with store credit.
const CREDIT: i64 = 500;
/// What every member has of it: a thousandth of the order they are known by.
const CREDIT_EACH: i64 = 10_000;
/// 60.00, 10 % and a euro off, 4.90 shipping, 10.00 of it paid with the card and 5.00 with credit.
const TO_PAY: i64 = 4290;
/// The steps of a checkout; the server is killed while one of them is under way.
const STEPS: [&str; 3] = ["hold", "confirm", "commit"];

/// A code with a single use for every round, and credit on what was paid.
fn last_uses(rounds: usize) -> ProgramDocument {
    let mut document = serde_json::to_value(program()).unwrap();
    let code = |round: usize| {
        json!({ "id": format!("last_{round}"), "name": { "en": "The last one" },
            "code": format!("LAST{round}"), "uses": 1, "listed": false,
            "actions": [{ "kind": "percent", "rate": "10%" }] })
    };
    document["promotions"] = (0..rounds).map(code).collect();
    document["credit"] = json!({ "earn": [{ "currency": "EUR", "rate": "0.1%" }] });
    serde_json::from_value(document).unwrap()
}

/// One checkout, its steps repeated with the same keys.
struct Checkout {
    round: usize,
    customer: String,
    hold: String,
}

impl Checkout {
    fn new(round: usize) -> Self {
        let customer = format!("c{}", round % MEMBERS);
        Self { round, customer, hold: String::new() }
    }

    fn request(&self, place: usize) -> (String, String, Value) {
        let Self { round, customer, hold } = self;
        let order = format!("o{round}");
        let goods = cart(&[(2, 3000)]);
        let body = match place {
            0 => {
                let codes = [format!("LAST{round}"), format!("CARD{round}")];
                let asked = json!({ "codes": codes, "points": POINTS, "credit": eur(CREDIT) });
                json!({ "customer": customer, "cart": goods, "asked": asked })
            }
            1 => json!({ "order": order, "customer": customer, "cart": goods,
                "to_pay": eur(TO_PAY) }),
            _ => json!({ "order": order, "customer": customer, "amount": eur(TO_PAY) }),
        };
        let path = match place {
            0 => "/v1/holds".to_owned(),
            _ => format!("/v1/holds/{hold}/{}", STEPS[place]),
        };
        (path, format!("{}-{round}", STEPS[place]), body)
    }

    async fn step(&mut self, served: &Served, place: usize) {
        let (path, key, body) = self.request(place);
        let reply = served.wire.post(&path, &served.secret_key, &key, &body.to_string()).await.ok();
        assert_eq!(reply["quote"]["to_pay"], eur(TO_PAY), "round {}", self.round);
        reply["hold"].as_str().unwrap().clone_into(&mut self.hold);
    }

    /// Sends a step and kills the server at any moment of it; nobody knows whether it was done.
    async fn killed(&self, served: &mut Served, place: usize) {
        let (path, key, body) = self.request(place);
        let (wire, secret) = (served.wire.clone(), served.secret_key.clone());
        let sent = tokio::spawn(async move {
            let sent = wire.send((&Method::POST, &path), &secret, &key, &body.to_string()).await;
            drop(sent);
        });
        let micros = rand::rng().random_range(0..12_000);
        tokio::time::sleep(Duration::from_micros(micros)).await;
        served.kill();
        sent.await.unwrap();
    }

    /// Whether it was paid, as the server knows it.
    async fn is_committed(&self, served: &Served) -> bool {
        if self.hold.is_empty() {
            return false;
        }
        let path = format!("/v1/holds/{}", self.hold);
        let get = (&Method::GET, path.as_str());
        let reply = served.wire.send(get, &served.secret_key, "", "").await.unwrap();
        reply.ok()["state"] == "committed"
    }
}

/// The same database an hour later, when every hold has run out.
async fn an_hour_later(served: &Served) -> Wire {
    let now = Clock::System.now().plus_seconds(3601);
    let master = MasterKey::new(&"k".repeat(32)).unwrap();
    let none = Settings { limit_shop: 0, limit_misses: 0, ..Settings::default() };
    let store = Store::open(served.url()).await.unwrap();
    let app = App::new(store, Clock::standing_at(now), master, URL).limited(&none);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let wire = Wire::http1(&format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(serve(listener, app.router(), std::future::pending()));
    wire
}

async fn hold(wire: &Wire, secret: &str, key: &str, customer: &str, asked: Value) -> Reply {
    // Enough goods for all the points that a member has.
    let body = json!({ "customer": customer, "cart": cart(&[(2, 300_000)]), "asked": asked });
    wire.post("/v1/holds", secret, key, &body.to_string()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_killed_between_its_steps_holds_nothing_for_ever_and_spends_nothing_twice() {
    let (database, rounds) = (Database::new(), kills());
    let mut served = Served::prepare_with(&database.url, MEMBERS, &last_uses(rounds));
    let mut slowest = served.start().await;
    for round in 0..rounds {
        let body = json!({ "amount": eur(CARD), "code": format!("CARD{round}") }).to_string();
        let issue = format!("issue {round}");
        served.wire.post("/v1/gift-cards", &served.secret_key, &issue, &body).await.ok();
    }
    let before = served.totals().await;
    let mut committed = Vec::new();
    for round in 0..rounds {
        let mut checkout = Checkout::new(round);
        let place = round % STEPS.len();
        for before in 0..place {
            checkout.step(&served, before).await;
        }
        checkout.killed(&mut served, place).await;
        slowest = slowest.max(served.start().await);
        // Every other shopper comes back to it, the others never do.
        if (round / STEPS.len()).is_multiple_of(2) {
            for rest in place..STEPS.len() {
                checkout.step(&served, rest).await;
            }
        }
        committed.push(checkout.is_committed(&served).await);
    }
    let paid = committed.iter().filter(|it| **it).count();
    println!("{rounds} kills, {paid} checkouts paid, slowest start {} ms", slowest.as_millis());
    let after = served.totals().await;
    // One for the points of each, one for the card, one for the credit.
    assert_eq!(after.transfers, before.transfers + 3 * i64::try_from(paid).unwrap());
    assert_eq!(after.members, before.members - (POINTS + CREDIT) * i64::try_from(paid).unwrap());
    served.verify();
    let (wire, secret) = (an_hour_later(&served).await, served.secret_key.clone());
    for (round, paid) in committed.iter().enumerate() {
        for code in [format!("LAST{round}"), format!("CARD{round}")] {
            let reply = hold(&wire, &secret, &code, "c0", json!({ "codes": [code] })).await;
            if *paid {
                assert_eq!(reply.problem(), (422, "used_up".to_owned()), "{code}");
            } else {
                let quote = &reply.ok()["quote"];
                assert!(quote["paid"] == eur(CARD) || code.starts_with("LAST"), "{quote}");
            }
        }
    }
    let each = before.members / i64::try_from(MEMBERS).unwrap() - CREDIT_EACH;
    for member in 0..MEMBERS {
        let own = committed.iter().skip(member).step_by(MEMBERS).filter(|paid| **paid).count();
        let own = i64::try_from(own).unwrap();
        let left = each - POINTS * own;
        let customer = format!("c{member}");
        let one_more = json!({ "points": left + 1 });
        let reply = hold(&wire, &secret, &format!("more {member}"), &customer, one_more).await;
        assert_eq!(reply.problem(), (422, "not_enough_points".to_owned()));
        let all = json!({ "points": left });
        let held = hold(&wire, &secret, &format!("all {member}"), &customer, all).await.ok();
        assert_eq!(held["quote"]["discount"], eur(left), "{customer}");
        let credit = json!({ "credit": eur(CREDIT_EACH) });
        let held = hold(&wire, &secret, &format!("credit {member}"), &customer, credit).await.ok();
        assert_eq!(held["quote"]["paid"], eur(CREDIT_EACH - CREDIT * own), "{customer}");
    }
    assert!(slowest < RESTART, "{slowest:?}");
}
