//! `kill -9` under load: what was acknowledged stays, what was not is done wholly or not at all.

mod checkout;

use crate::cluster::Cluster;
use crate::database::Database;
use crate::load::Load;
use crate::served::Served;
use rand::RngExt;
use std::time::{Duration, Instant};

/// How many write at once.
const WRITERS: usize = 24;
/// How many requests must be acknowledged between two kills.
const BETWEEN: usize = 25;
/// How long a restart may take; the promise is one second, on a machine that does nothing else.
const RESTART: Duration = Duration::from_secs(5);

/// So many kills: `HABITUE_KILLS`, 50 with `HABITUE_LONG`, or few.
fn kills() -> usize {
    let asked = std::env::var("HABITUE_KILLS").ok().and_then(|kills| kills.parse().ok());
    asked.unwrap_or(if is_long() { 50 } else { 8 })
}

fn is_long() -> bool {
    std::env::var_os("HABITUE_LONG").is_some()
}

/// A moment that nobody has chosen.
async fn any_moment() {
    let micros = rand::rng().random_range(0..30_000);
    tokio::time::sleep(Duration::from_micros(micros)).await;
}

/// Ends the load: every answer is given again, and the ledger holds just what was acknowledged.
async fn settle(served: &Served, load: &mut Load, broken: &str) {
    let counts = load.stop().await;
    load.replay(0).await;
    served.check_file().await;
    let totals = served.totals().await;
    let transfers = i64::try_from(served.members + counts.transfers).unwrap();
    assert_eq!(totals.transfers, transfers, "each acknowledged request is booked once");
    println!("{broken}: {counts}, none lost, none half done");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_or_half_done_when_the_server_is_killed() {
    let database = Database::new();
    let mut served = Served::prepare(&database.url, WRITERS);
    let mut slowest = served.start().await;
    let mut load = Load::start(&served);
    for _ in 0..kills() {
        let before = load.acknowledged();
        load.more(BETWEEN).await;
        any_moment().await;
        served.kill();
        slowest = slowest.max(served.start().await);
        load.replay(before).await;
        served.totals().await;
    }
    settle(&served, &mut load, &format!("{} kills of the server", kills())).await;
    println!("the slowest restart answered after {} ms", slowest.as_millis());
    assert!(slowest < RESTART, "{slowest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_when_postgresql_crashes_and_the_server_heals_by_itself() {
    let Some(mut cluster) = Cluster::start() else { return };
    let mut served = Served::prepare(&cluster.url(), WRITERS);
    served.start().await;
    let mut load = Load::start(&served);
    let crashes = if is_long() { 10 } else { 3 };
    let mut slowest = Duration::ZERO;
    for _ in 0..crashes {
        load.more(BETWEEN).await;
        any_moment().await;
        let before = load.counts();
        cluster.crash();
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(load.counts().put_off > before.put_off, "nobody was told to come back later");
        cluster.resume();
        let back = Instant::now();
        load.more(1).await;
        slowest = slowest.max(back.elapsed());
    }
    settle(&served, &mut load, &format!("{crashes} crashes of PostgreSQL")).await;
    println!("the slowest healing took {} ms", slowest.as_millis());
    assert!(slowest < RESTART, "{slowest:?}");
}
