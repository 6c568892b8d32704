//! What many do in the same instant, over real connections: many with HTTP/1.1, one with HTTP/2.

mod budget;
mod card;
mod claim;
mod credit;
mod step;

use crate::harness::{Server, cart, eur, program};
use crate::wire::{Reply, Wire};
use habitue_domain::program::ProgramDocument;
use habitue_server::limit::Settings;
use habitue_server::listen::serve;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// How many race.
const RACERS: usize = 64;

/// Few rounds by default, so that the suite stays short; all of them with `HABITUE_LONG`.
fn rounds() -> usize {
    if std::env::var_os("HABITUE_LONG").is_some() { 200 } else { 20 }
}

/// A server that answers on a port, by both protocols.
struct Raced {
    server: Server,
    wires: [Wire; 2],
}

impl Raced {
    async fn start(program: ProgramDocument) -> Arc<Self> {
        // All of them come from one address in one instant of a clock that stands still: the limits,
        // which have their own tests, would stop them long before they meet.
        let none = Settings {
            limit_misses: 0,
            limit_shopper: 0,
            limit_visitor: 0,
            limit_shop: 0,
            ..Settings::default()
        };
        let server = Server::start_with(program).await.limited(&none);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = server.app.clone().router();
        tokio::spawn(serve(listener, router, std::future::pending()));
        Arc::new(Self { server, wires: [Wire::http1(&base), Wire::http2(&base)] })
    }

    /// The protocol of a round.
    fn wire(&self, round: usize) -> &Wire {
        &self.wires[round % 2]
    }

    /// A step of the shop's back end.
    async fn step(&self, round: usize, path: &str, key: &str, body: &Value) -> Reply {
        let secret = &self.server.shop.secret_key;
        self.wire(round).insist(path, secret, key, &body.to_string()).await
    }

    /// The same request from all racers at once; their answers.
    async fn all(
        self: &Arc<Self>,
        round: usize,
        path: &str,
        bearer: &str,
        body: &Value,
    ) -> Vec<Reply> {
        let start = Arc::new(Barrier::new(RACERS));
        let mut racers = JoinSet::new();
        for _ in 0..RACERS {
            let (raced, start) = (Arc::clone(self), Arc::clone(&start));
            let (path, bearer, body) = (path.to_owned(), bearer.to_owned(), body.to_string());
            racers.spawn(async move {
                start.wait().await;
                raced.wire(round).post(&path, &bearer, &format!("same {round}"), &body).await
            });
        }
        racers.join_all().await
    }
}

fn hold_body(asked: &Value) -> Value {
    json!({ "cart": cart(&[(2, 3000)]), "asked": asked })
}

fn confirm_body(order: &str, customer: &str, to_pay: i64) -> Value {
    json!({ "order": order, "customer": customer, "cart": cart(&[(2, 3000)]), "to_pay": eur(to_pay) })
}

fn commit_body(order: &str, customer: &str, amount: i64) -> Value {
    json!({ "order": order, "customer": customer, "amount": eur(amount) })
}

fn step(held: &Value, step: &str) -> String {
    format!("/v1/holds/{}/{step}", held["hold"].as_str().unwrap())
}

/// What all of them want.
struct Prize {
    /// The limit and what the code gives, as in a program.
    offer: Value,
    /// What is left to pay with it.
    to_pay: i64,
    /// How many get it.
    winners: usize,
    /// What the others hear.
    reason: &'static str,
}

impl Prize {
    /// A code of its own for every round.
    fn program(&self, rounds: usize) -> ProgramDocument {
        let mut document = serde_json::to_value(program()).unwrap();
        let code = |round: usize| {
            let mut code = self.offer.clone();
            code["id"] = json!(format!("last_{round}"));
            code["name"] = json!({ "en": "The last one" });
            code["code"] = json!(format!("LAST{round}"));
            code["listed"] = json!(false);
            code
        };
        document["promotions"] = (0..rounds).map(code).collect();
        serde_json::from_value(document).unwrap()
    }
}

/// One member's way to the prize. Where there is a `line`, all wait there before they confirm.
async fn reach(
    raced: Arc<Raced>,
    (round, to_pay): (usize, i64),
    (n, session): (usize, String),
    line: Option<Arc<Barrier>>,
) -> Result<Value, Reply> {
    let key = format!("{round}-{n}");
    let (order, customer) = (format!("o-{key}"), format!("c{n}"));
    let body = hold_body(&json!({ "codes": [format!("LAST{round}")] })).to_string();
    let held = raced.wire(round).insist("/v1/holds", &session, &key, &body).await;
    if let Some(line) = line {
        line.wait().await;
    }
    if held.status != 200 {
        return Err(held);
    }
    let held = held.json();
    let body = confirm_body(&order, &customer, to_pay);
    let confirmed = raced.step(round, &step(&held, "confirm"), &key, &body).await;
    if confirmed.status != 200 {
        return Err(confirmed);
    }
    let body = commit_body(&order, &customer, to_pay);
    let committed = raced.step(round, &step(&held, "commit"), &key, &body).await;
    Ok(committed.ok())
}

/// Lets them race for it, round after round.
async fn race(prize: &Prize) -> Arc<Raced> {
    let rounds = rounds();
    let raced = Raced::start(prize.program(rounds)).await;
    let mut sessions = Vec::new();
    for n in 0..RACERS {
        sessions.push(raced.server.member_with(&format!("c{n}"), 0).await);
    }
    let begun = std::time::Instant::now();
    for round in 0..rounds {
        // Two rounds with all in one line before they confirm, two with everybody at their own pace.
        let line = (round % 4 < 2).then(|| Arc::new(Barrier::new(RACERS)));
        let mut racers = JoinSet::new();
        for racer in sessions.iter().cloned().enumerate() {
            racers.spawn(reach(Arc::clone(&raced), (round, prize.to_pay), racer, line.clone()));
        }
        let (won, lost): (Vec<_>, Vec<_>) =
            racers.join_all().await.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (prize.winners, RACERS - prize.winners), "{round}");
        for won in won {
            assert_eq!(won.unwrap()["state"], "committed");
        }
        for refused in lost {
            let refused = refused.unwrap_err();
            assert_eq!(refused.problem(), (422, prize.reason.to_owned()), "round {round}");
        }
    }
    println!("{rounds} rounds of {RACERS} in {:.1} s", begun.elapsed().as_secs_f64());
    raced.server.totals().await;
    raced
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_members_exactly_one_gets_the_last_use_of_a_code() {
    let offer = json!({ "uses": 1, "actions": [{ "kind": "percent", "rate": "10%" }] });
    race(&Prize { offer, to_pay: 5890, winners: 1, reason: "used_up" }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_equal_posts_have_one_effect_and_equal_answers_at_every_step() {
    let raced = Raced::start(program()).await;
    let session = raced.server.member_with("c1", 700).await;
    let secret = raced.server.shop.secret_key.clone();
    for round in 0..6 {
        let before = raced.server.totals().await;
        let one = |replies: Vec<Reply>| {
            assert!(replies.iter().all(|reply| reply.bytes == replies[0].bytes), "round {round}");
            replies[0].ok()
        };
        let order = format!("o{round}");
        let body = hold_body(&json!({ "points": 100 }));
        let held = one(raced.all(round, "/v1/holds", &session, &body).await);
        let to_pay = held["quote"]["to_pay"]["minor"].as_i64().unwrap();
        let body = confirm_body(&order, "c1", to_pay);
        let confirmed = one(raced.all(round, &step(&held, "confirm"), &secret, &body).await);
        assert_eq!(confirmed["state"], "confirmed");
        let body = commit_body(&order, "c1", to_pay);
        let committed = one(raced.all(round, &step(&held, "commit"), &secret, &body).await);
        assert_eq!(committed["state"], "committed");
        let after = raced.server.totals().await;
        assert_eq!(after.transfers, before.transfers + 1, "round {round}");
        assert_eq!(after.members, before.members - 100, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_one_member_gives_another_nothing_of_the_first() {
    let raced = Raced::start(program()).await;
    let one = raced.server.member_with("c1", 700).await;
    let two = raced.server.member_with("c2", 300).await;
    for round in 0..6 {
        let body = hold_body(&json!({ "points": 100 })).to_string();
        let key = format!("k{round}");
        let wire = raced.wire(round);
        let (first, second) = tokio::join!(
            wire.post("/v1/holds", &one, &key, &body),
            wire.post("/v1/holds", &two, &key, &body),
        );
        let (first, second) = (first.ok(), second.ok());
        assert_ne!(first["hold"], second["hold"]);
        assert_eq!((&first["customer"], &second["customer"]), (&json!("c1"), &json!("c2")));
        // Not even a refusal is shared: what the second has no points for, the first has.
        let body = hold_body(&json!({ "points": 301 })).to_string();
        let key = format!("more{round}");
        let refused = wire.post("/v1/holds", &two, &key, &body).await;
        assert_eq!(refused.problem(), (422, "not_enough_points".to_owned()));
        wire.post("/v1/holds", &one, &key, &body).await.ok();
    }
    raced.server.totals().await;
}

/// Holds all the member's points, confirms and commits; the last answer.
async fn spend_all(raced: Arc<Raced>, round: usize, session: String, cart: &str) -> Reply {
    let key = format!("{round}-{cart}");
    let body = hold_body(&json!({ "points": 700 })).to_string();
    let held = raced.wire(round).insist("/v1/holds", &session, &key, &body).await;
    if held.status != 200 {
        return held;
    }
    let (held, customer) = (held.json(), format!("c{round}"));
    let body = confirm_body(&key, &customer, 5790);
    let confirmed = raced.step(round, &step(&held, "confirm"), &key, &body).await;
    if confirmed.status != 200 {
        return confirmed;
    }
    let body = commit_body(&key, &customer, 5790);
    raced.step(round, &step(&held, "commit"), &key, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_points_are_never_spent_in_two_carts() {
    let raced = Raced::start(program()).await;
    for round in 0..rounds() {
        let session = raced.server.member_with(&format!("c{round}"), 700).await;
        let before = raced.server.totals().await;
        let (one, two) = tokio::join!(
            spend_all(Arc::clone(&raced), round, session.clone(), "one"),
            spend_all(Arc::clone(&raced), round, session.clone(), "two"),
        );
        let spent = [&one, &two].into_iter().filter(|reply| reply.status == 200).count();
        // The one hold may have replaced the other just before both were confirmed: then one wins.
        assert_eq!(spent, 1, "round {round}: {:?} {:?}", one.problem(), two.problem());
        let lost = if one.status == 200 { &two } else { &one };
        let (status, code) = lost.problem();
        assert!(
            [(409, "hold_released"), (422, "not_enough_points")].contains(&(status, code.as_str())),
            "round {round}: {status} {code}"
        );
        let after = raced.server.totals().await;
        assert_eq!(before.members - after.members, 700, "round {round}");
    }
}
