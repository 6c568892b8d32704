//! `kill -9` while newsletters go out: every mail arrives, and what comes twice was on its way when
//! the server died and carries the same `Message-ID`.

use crate::database::Database;
use crate::mailbox::Mailbox;
use crate::served::Served;
use habitue_domain::consent::{Act, Matter};
use habitue_domain::id::ShopId;
use habitue_domain::time::Timestamp;
use habitue_server::clock::Clock;
use habitue_server::consent::{How, record, with_email};
use habitue_server::error::Error;
use habitue_server::secret::MasterKey;
use habitue_store::authority::Admin;
use habitue_store::outbox::{self, Channel};
use habitue_store::{Store, Tx, job, shop};
use rand::RngExt;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How many mails are to arrive.
const MAILS: usize = 160;
/// How many a server has on its way at once: so many may come twice for each kill.
const AT_ONCE: usize = 8;
/// The lease of a message, and of the work on all of them, in seconds.
const LEASE: i64 = 301;
/// How long the rest may take.
const PATIENCE: Duration = Duration::from_mins(1);

fn kills() -> usize {
    if std::env::var_os("HABITUE_LONG").is_some() { 25 } else { 5 }
}

fn now() -> Timestamp {
    Clock::default().now()
}

async fn the_shop(store: &Store) -> ShopId {
    let look = async |tx: &mut Tx<'_>| shop::list(tx, &Admin::local(), "").await;
    store.read(look).await.unwrap()[0].0
}

/// So many addresses that have asked for the news and confirmed it.
async fn subscribe(store: &Store, count: usize) {
    let shop = the_shop(store).await;
    let master = MasterKey::new(&"k".repeat(32)).unwrap();
    let confirm = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
        for number in 0..count {
            let email = format!("a{number}@example.org").parse().unwrap();
            let contact = with_email(tx, &master, shop, (&email, "en"), now()).await?;
            for act in [Act::Give, Act::Confirm] {
                let deed = (&Matter::topic("news"), act);
                record(tx, (shop, contact.id), deed, &How::by("widget"), now()).await?;
            }
        }
        Ok(())
    };
    store.write(confirm).await.unwrap();
}

/// What five minutes do: the leases that the dead server held are over.
async fn leases_run_out(store: &Store) {
    let job = Channel::Mail.word();
    let pass = async move |tx: &mut Tx<'_>| -> Result<(), habitue_store::Error> {
        let now = now();
        let later = now.plus_seconds(LEASE);
        if job::take(tx, job, "the clock", (later, later), later).await? {
            job::done(tx, job, "the clock", now, now, "its server was killed").await?;
        }
        for message in outbox::due(tx, Channel::Mail, later, 1_000).await? {
            outbox::again(tx, message.id, now, "", false).await?;
        }
        Ok(())
    };
    store.write(pass).await.unwrap();
}

/// Whether the newsletter is in the outbox and nothing waits there.
async fn is_over(store: &Store) -> bool {
    let look = async |tx: &mut Tx<'_>| -> Result<bool, habitue_store::Error> {
        let unqueued = habitue_store::newsletter::unqueued(tx).await?.is_some();
        Ok(!unqueued && outbox::waiting(tx, Channel::Mail).await?.0 == 0)
    };
    store.read(look).await.unwrap()
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "not so in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_is_lost_and_only_what_was_on_its_way_comes_twice_when_the_sender_is_killed() {
    let Some(mut mailbox) = Mailbox::start() else { return };
    let database = Database::new();
    let mut served = Served::prepare(&database.url, 1);
    let store = Store::open(&database.url).await.unwrap();
    subscribe(&store, MAILS).await;
    // Slow enough for a kill to find mails on their way.
    mailbox.behave("slow 0.03");
    let url = format!("HABITUE_SMTP_URL=smtp://127.0.0.1:{}", mailbox.port);
    let wrapper = ["env", url.as_str(), "HABITUE_MAIL_FROM=club@shop.example"];
    served.start_under(&wrapper).await;
    let body = json!({ "topic": "news", "subject": { "en": "Hello" }, "body": { "en": "One." } });
    let (key, body) = (served.secret_key.clone(), body.to_string());
    assert_eq!(served.wire.post("/v1/newsletters", &key, "n1", &body).await.status, 200);

    let mut killed = 0;
    while killed < kills() && !is_over(&store).await {
        let before = mailbox.so_far().len();
        until("a mail goes out", async || mailbox.so_far().len() > before || is_over(&store).await)
            .await;
        let micros = rand::rng().random_range(0..60_000);
        tokio::time::sleep(Duration::from_micros(micros)).await;
        served.kill();
        killed += 1;
        leases_run_out(&store).await;
        served.start_under(&wrapper).await;
    }
    until("the outbox is empty", async || is_over(&store).await).await;

    let mut ids = BTreeMap::<String, Vec<String>>::new();
    let mails = mailbox.so_far();
    for mail in &mails {
        let id = mail["headers"]["message-id"].as_str().unwrap().to_owned();
        ids.entry(mail["to"][0].as_str().unwrap().to_owned()).or_default().push(id);
    }
    assert_eq!(ids.len(), MAILS, "a mail was lost");
    for (to, ids) in &ids {
        assert!(ids.iter().all(|id| *id == ids[0]), "{to} got two different mails: {ids:?}");
    }
    let twice = mails.len() - MAILS;
    println!("{killed} kills, {MAILS} mails, none lost, {twice} came twice with the same id");
    assert!(killed >= 3, "the mails were gone before the server was killed");
    assert!(twice <= killed * AT_ONCE, "{twice} came twice");
}
