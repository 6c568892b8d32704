//! Writers that never give up: each request is sent until it is answered, always with its own key,
//! and written down before it counts as acknowledged.

use crate::harness::{cart, eur};
use crate::served::Served;
use crate::wire::{Reply, Wire};
use axum::http::header;
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::{self, Display, Formatter};
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long writers may stand still before the test gives up.
const PATIENCE: Duration = Duration::from_mins(1);
/// How many acknowledged requests are replayed at once.
const REPLAYS: usize = 16;

/// A request with the answer that acknowledged it.
#[derive(Clone, Debug)]
struct Acknowledged {
    method: Method,
    path: String,
    key: String,
    body: String,
    answer: Vec<u8>,
}

/// The writers and what they wrote down.
pub struct Load {
    desk: Arc<Desk>,
    writers: JoinSet<()>,
}

struct Desk {
    wire: Wire,
    secret_key: String,
    journal: Mutex<(File, Vec<Acknowledged>)>,
    put_off: AtomicUsize,
    unanswered: AtomicUsize,
    stop: AtomicBool,
}

impl Display for Counts {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let Self { acknowledged, put_off, unanswered, .. } = self;
        write!(to, "{acknowledged} acknowledged, {put_off} put off, {unanswered} unanswered")
    }
}

/// What became of the requests.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// Answered with 200.
    pub acknowledged: usize,
    /// Answered with 503 and `Retry-After`.
    pub put_off: usize,
    /// Not answered: the connection broke or could not be made.
    pub unanswered: usize,
    /// Transfers that the acknowledged requests have booked.
    pub transfers: usize,
}

impl Load {
    /// One writer for every member.
    pub fn start(served: &Served) -> Self {
        let journal = File::create(served.folder().join("journal")).unwrap();
        let desk = Arc::new(Desk {
            wire: served.wire.clone(),
            secret_key: served.secret_key.clone(),
            journal: Mutex::new((journal, Vec::new())),
            put_off: AtomicUsize::new(0),
            unanswered: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        });
        let mut writers = JoinSet::new();
        for writer in 0..served.members {
            writers.spawn(Arc::clone(&desk).write(writer));
        }
        Self { desk, writers }
    }

    pub fn counts(&self) -> Counts {
        let acknowledged = self.desk.journal.lock().unwrap().1.clone();
        let books = |one: &&Acknowledged| one.method == Method::PUT || one.path.ends_with("commit");
        Counts {
            acknowledged: acknowledged.len(),
            put_off: self.desk.put_off.load(Ordering::SeqCst),
            unanswered: self.desk.unanswered.load(Ordering::SeqCst),
            transfers: acknowledged.iter().filter(books).count(),
        }
    }

    /// Waits until `more` requests have been acknowledged from now on.
    pub async fn more(&mut self, more: usize) {
        let (begun, enough) = (Instant::now(), self.acknowledged() + more);
        while self.acknowledged() < enough {
            if let Some(Err(panicked)) = self.writers.try_join_next() {
                std::panic::resume_unwind(panicked.into_panic());
            }
            assert!(begun.elapsed() < PATIENCE, "nothing is acknowledged any more");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub fn acknowledged(&self) -> usize {
        self.desk.journal.lock().unwrap().1.len()
    }

    /// Waits until every request under way has been answered. The server must be there.
    pub async fn stop(&mut self) -> Counts {
        self.desk.stop.store(true, Ordering::SeqCst);
        while let Some(ended) = self.writers.join_next().await {
            ended.unwrap();
        }
        self.counts()
    }

    /// Sends what was acknowledged from the `from`th on again: the answers must be the same ones.
    pub async fn replay(&self, from: usize) {
        let all = self.desk.journal.lock().unwrap().1[from..].to_vec();
        for some in all.chunks(REPLAYS) {
            let mut replays = JoinSet::new();
            for one in some.iter().cloned() {
                let desk = Arc::clone(&self.desk);
                replays.spawn(async move { desk.replay(one).await });
            }
            replays.join_all().await;
        }
    }
}

impl Desk {
    /// Orders that earn, and redemptions in three steps, until the load is stopped.
    async fn write(self: Arc<Self>, writer: usize) {
        let customer = format!("c{writer}");
        let mut n = 0;
        while !self.stop.load(Ordering::SeqCst) {
            n += 1;
            let (key, order) = (format!("{writer}-{n}"), format!("spent-{writer}-{n}"));
            let paid = json!({ "version": 1, "customer": customer, "state": "paid",
                "placed_at": "2026-01-01T12:00:00Z", "currency": "EUR",
                "lines": [{ "id": "1", "product": "p", "quantity": 1, "paid": 2000 }] });
            self.insist(Method::PUT, format!("/v1/orders/{key}"), &key, &paid).await;
            let goods = cart(&[(2, 3000)]);
            let body = json!({ "customer": customer, "cart": goods, "asked": { "points": 100 } });
            let reply = self.insist(Method::POST, "/v1/holds".to_owned(), &key, &body).await;
            let hold = reply["hold"].as_str().unwrap();
            let body = json!({ "order": order, "customer": customer, "cart": goods,
                "to_pay": eur(6390) });
            self.insist(Method::POST, format!("/v1/holds/{hold}/confirm"), &key, &body).await;
            let body = json!({ "order": order, "customer": customer, "amount": eur(6390) });
            self.insist(Method::POST, format!("/v1/holds/{hold}/commit"), &key, &body).await;
        }
    }

    /// Sends a request until it is acknowledged; anything but that, "later" and silence is wrong.
    async fn insist(&self, method: Method, path: String, key: &str, body: &Value) -> Value {
        let body = body.to_string();
        loop {
            match self.wire.send((&method, &path), &self.secret_key, key, &body).await {
                Ok(reply) if reply.status == 503 => {
                    assert!(reply.headers.contains_key(header::RETRY_AFTER), "{reply:?}");
                    self.put_off.fetch_add(1, Ordering::SeqCst);
                }
                Ok(reply) => {
                    let value = reply.ok();
                    self.write_down(method, path, key, body, reply);
                    return value;
                }
                Err(_) => {
                    self.unanswered.fetch_add(1, Ordering::SeqCst);
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn write_down(&self, method: Method, path: String, key: &str, body: String, reply: Reply) {
        let (key, answer) = (key.to_owned(), reply.bytes);
        let mut journal = self.journal.lock().unwrap();
        writeln!(journal.0, "{method} {path} {key}").unwrap();
        journal.1.push(Acknowledged { method, path, key, body, answer });
    }

    async fn replay(&self, one: Acknowledged) {
        let sent = (&one.method, one.path.as_str());
        let reply = self.wire.send(sent, &self.secret_key, &one.key, &one.body).await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&reply.bytes), text(&one.answer), "{} {}", one.method, one.path);
    }
}
