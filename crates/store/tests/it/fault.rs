//! Faults below the rules: a full disk, a panic or a lost transaction in the middle of a group, a
//! lock that somebody else holds.

use crate::database::Database;
use crate::skipped::skipped;
use habitue_domain::id::ShopId;
use habitue_store::{Error, Store, Tx, Value, lane};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Jobs in a group, and the one in its middle that meets the fault.
const JOBS: usize = 20;
const MIDDLE: usize = 10;

const ADD: &str = "INSERT INTO program (id, version, created_at) VALUES ($1, $2, $3)";
const ALL: &str = "SELECT id FROM program WHERE id LIKE 'prg_job_%' ORDER BY id";
const LIMIT: &str = "PRAGMA max_page_count = 1";
const NO_LIMIT: &str = "PRAGMA max_page_count = 1000000000";

/// What the job in the middle does after its first row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Panic,
    FullDisk,
    LostTransaction,
}

/// A store on SQLite; `None`, said aloud, where the run is about PostgreSQL.
async fn sqlite() -> Option<(Database, Store)> {
    let database = Database::new();
    if !database.url.starts_with("sqlite:") {
        skipped("this fault is one of SQLite");
        return None;
    }
    let store = Store::open(&database.url).await.unwrap();
    Some((database, store))
}

/// Who was written for, in order.
type Order = Arc<Mutex<Vec<&'static str>>>;

/// Writes a row for somebody, and notes when.
async fn noted(store: Store, order: Order, name: &'static str) {
    let id = format!("prg_{name}_{}", uuid::Uuid::now_v7().simple());
    let job = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
        tx.execute(ADD, &[Value::from(&id), Value::from(1), Value::from(2)]).await?;
        order.lock().unwrap().push(name);
        Ok(())
    };
    store.write(job).await.unwrap();
}

#[tokio::test]
async fn a_shop_that_floods_the_writer_does_not_keep_another_waiting() {
    const FLOOD: usize = 500;
    let Some((_database, store)) = sqlite().await else { return };
    let order = Order::default();
    let nap = async |_: &mut Tx<'_>| -> Result<(), Error> {
        std::thread::sleep(Duration::from_millis(300));
        Ok(())
    };
    let busy = store.clone();
    let busy = tokio::spawn(async move { busy.write(nap).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (large, small) = (ShopId::from_u128(1), ShopId::from_u128(2));
    let flood = tokio::task::LocalSet::new();
    for _ in 0..FLOOD {
        flood.spawn_local(lane::of(large, noted(store.clone(), Arc::clone(&order), "large")));
    }
    let late = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        lane::of(small, noted(store.clone(), Arc::clone(&order), "small")).await;
    };
    flood.run_until(late).await;
    flood.await;
    busy.await.unwrap().unwrap();
    let order = order.lock().unwrap();
    let place = order.iter().position(|name| *name == "small").unwrap();
    assert!(place <= 2, "the small shop's write came after {place} of the large one's");
}

async fn add(tx: &mut Tx<'_>, id: &str) -> Result<(), Error> {
    tx.execute(ADD, &[Value::from(id), Value::from(1), Value::from(2)]).await.map(drop)
}

/// Writes until there is no room. No file can be made smaller than it is, so the limit stands at
/// today's size; it is lifted again for those who come after.
async fn fill(tx: &mut Tx<'_>) -> Result<(), Error> {
    tx.rows(LIMIT, &[]).await?;
    let mut filled = Ok(());
    for n in 0..10_000 {
        filled = add(tx, &format!("prg_filler_{n}_{}", "x".repeat(4000))).await;
        if filled.is_err() {
            break;
        }
    }
    tx.rows(NO_LIMIT, &[]).await?;
    filled
}

async fn job(tx: &mut Tx<'_>, n: usize, fault: Fault) -> Result<usize, Error> {
    add(tx, &format!("prg_job_{n:02}_a")).await?;
    if n == MIDDLE {
        match fault {
            Fault::Panic => panic!("planted"),
            Fault::FullDisk => fill(tx).await?,
            Fault::LostTransaction => {
                tx.execute("ROLLBACK", &[]).await?;
                return Err(Error::Database("planted".to_owned()));
            }
        }
    }
    add(tx, &format!("prg_job_{n:02}_b")).await?;
    Ok(n)
}

/// Queues the jobs while the writer is busy, so that they are one group; their answers in order.
async fn group(store: &Store, fault: Fault) -> Vec<Result<usize, Error>> {
    let busy = store.clone();
    let busy = tokio::spawn(async move {
        let nap = async |_: &mut Tx<'_>| -> Result<(), Error> {
            std::thread::sleep(Duration::from_millis(300));
            Ok(())
        };
        busy.write(nap).await
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut jobs = Vec::new();
    for n in 0..JOBS {
        let store = store.clone();
        jobs.push(tokio::spawn(async move {
            store.write(async move |tx: &mut Tx<'_>| job(tx, n, fault).await).await
        }));
    }
    busy.await.unwrap().unwrap();
    let mut answers = Vec::new();
    for job in jobs {
        answers.push(job.await.unwrap());
    }
    answers
}

async fn ids(store: &Store) -> Vec<String> {
    let look = async |tx: &mut Tx<'_>| -> Result<Vec<String>, Error> {
        tx.rows(ALL, &[]).await?.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    };
    store.read(look).await.unwrap()
}

/// All but the one in the middle are there, wholly, and were told so.
async fn the_others_stay(database: &Database, store: Store, answers: &[Result<usize, Error>]) {
    for (n, answer) in answers.iter().enumerate().filter(|(n, _)| *n != MIDDLE) {
        assert_eq!(answer.as_ref().ok(), Some(&n), "{answer:?}");
    }
    let rows = |n| [format!("prg_job_{n:02}_a"), format!("prg_job_{n:02}_b")];
    let expected: Vec<String> = (0..JOBS).filter(|n| *n != MIDDLE).flat_map(rows).collect();
    assert_eq!(ids(&store).await, expected);
    drop(store);
    let again = Store::open(&database.url).await.unwrap();
    assert_eq!(ids(&again).await, expected);
}

#[tokio::test]
async fn a_panic_in_the_middle_of_a_group_undoes_only_its_own_job() {
    let database = Database::new();
    let store = Store::open(&database.url).await.unwrap();
    let answers = group(&store, Fault::Panic).await;
    assert!(matches!(&answers[MIDDLE], Err(Error::Panicked(why)) if why == "planted"));
    the_others_stay(&database, store, &answers).await;
}

#[tokio::test]
async fn a_full_disk_in_the_middle_of_a_group_undoes_only_its_own_job() {
    let Some((database, store)) = sqlite().await else { return };
    let answers = group(&store, Fault::FullDisk).await;
    assert!(matches!(&answers[MIDDLE], Err(Error::Unavailable(_))), "{:?}", answers[MIDDLE]);
    the_others_stay(&database, store, &answers).await;
}

#[tokio::test]
async fn a_transaction_lost_in_the_middle_of_a_group_costs_the_others_nothing() {
    let Some((database, store)) = sqlite().await else { return };
    let answers = group(&store, Fault::LostTransaction).await;
    assert!(matches!(&answers[MIDDLE], Err(Error::Database(why)) if why == "planted"));
    the_others_stay(&database, store, &answers).await;
}

#[tokio::test]
async fn writes_wait_for_a_lock_that_another_process_holds_for_six_seconds() {
    let Some((database, store)) = sqlite().await else { return };
    let path = database.url.trim_start_matches("sqlite:").to_owned();
    let other = rusqlite::Connection::open(path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let mut writes = Vec::new();
    for n in 0..JOBS {
        let store = store.clone();
        writes.push(tokio::spawn(async move {
            let write = async move |tx: &mut Tx<'_>| add(tx, &format!("prg_job_{n:02}")).await;
            store.write(write).await
        }));
    }
    tokio::time::sleep(Duration::from_secs(6)).await;
    // Reading goes on meanwhile.
    assert!(ids(&store).await.is_empty());
    other.execute_batch("COMMIT").unwrap();
    for write in writes {
        write.await.unwrap().unwrap();
    }
    assert_eq!(ids(&store).await.len(), JOBS);
    println!("written after {:.1} s", begun.elapsed().as_secs_f64());
}
