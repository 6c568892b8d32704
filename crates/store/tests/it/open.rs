//! Opening a database, and what a transaction promises.

use crate::database::Database;
use habitue_store::{Error, OpenError, Store, Tx, Value};

async fn store() -> (Database, Store) {
    let database = Database::new();
    let store = Store::open(&database.url).await.unwrap();
    (database, store)
}

#[tokio::test]
async fn a_database_of_a_newer_schema_is_refused_and_left_alone() {
    let (database, store) = store().await;
    let later = async |tx: &mut Tx<'_>| tx.execute(LATER, &[]).await;
    store.write(later).await.unwrap();
    drop(store);
    let refused = Store::open(&database.url).await.err().unwrap();
    assert!(matches!(refused, OpenError::NewerSchema { found: 9999, .. }), "{refused}");
    assert!(refused.to_string().contains("newer version"));
}

#[tokio::test]
async fn other_addresses_missing_folders_and_silent_servers_are_named() {
    assert!(matches!(Store::open("mysql://x").await.err(), Some(OpenError::Url(_))));
    assert!(matches!(Store::open("sqlite:").await.err(), Some(OpenError::Url(_))));
    let missing = Store::open("sqlite:no/such/folder/habitue.db").await.err().unwrap();
    assert!(matches!(missing, OpenError::File { .. }), "{missing}");
    let silent = Store::open("postgres://me:secret@127.0.0.1:1/habitue").await.err().unwrap();
    assert!(matches!(silent, OpenError::Connect { .. }), "{silent}");
    assert!(!silent.to_string().contains("secret"), "{silent}");
}

const LATER: &str = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
     VALUES (9999, 'later', '2030-01-01T00:00:00Z', '0')";
const ADD: &str = "INSERT INTO program (id, version, created_at) VALUES ($1, $2, $3)";
const COUNT: &str = "SELECT COUNT(*) FROM program";

async fn count(store: &Store) -> i64 {
    let look =
        async |tx: &mut Tx<'_>| -> Result<i64, Error> { tx.row(COUNT, &[]).await?.unwrap().int(0) };
    store.read(look).await.unwrap()
}

fn row(id: &str) -> [Value; 3] {
    [Value::from(id), Value::from(1), Value::from(2)]
}

#[tokio::test]
async fn a_job_that_fails_or_panics_leaves_nothing_and_its_neighbours_stay() {
    let (_database, store) = store().await;
    let mut tasks = Vec::new();
    for n in 0..60 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let job = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
                tx.execute(ADD, &row(&format!("prg_{n}"))).await?;
                assert!(n % 3 != 1, "planted");
                if n % 3 == 2 { Err(Error::Conflict) } else { Ok(()) }
            };
            store.write(job).await
        }));
    }
    let mut kept = 0;
    for (n, task) in tasks.into_iter().enumerate() {
        match (n % 3, task.await.unwrap()) {
            (0, Ok(())) => kept += 1,
            (1, Err(Error::Panicked(why))) => assert_eq!(why, "planted"),
            (2, Err(Error::Conflict)) => {}
            (n, other) => panic!("{n}: {other:?}"),
        }
    }
    assert_eq!((kept, count(&store).await), (20, 20));
}

#[tokio::test]
async fn a_part_is_undone_by_itself() {
    let (_database, store) = store().await;
    let job = async |tx: &mut Tx<'_>| -> Result<(), Error> {
        tx.execute(ADD, &row("prg_outer")).await?;
        tx.begin_part().await?;
        tx.execute(ADD, &row("prg_inner")).await?;
        tx.end_part(false).await?;
        tx.begin_part().await?;
        tx.execute(ADD, &row("prg_other")).await?;
        tx.end_part(true).await?;
        Ok(())
    };
    store.write(job).await.unwrap();
    assert_eq!(count(&store).await, 2);
}

#[tokio::test]
async fn a_read_cannot_write_and_a_statement_needs_all_its_values() {
    let (_database, store) = store().await;
    let write = async |tx: &mut Tx<'_>| tx.execute(ADD, &row("prg_x")).await;
    assert!(matches!(store.read(write).await, Err(Error::Database(_))));
    let short = async |tx: &mut Tx<'_>| tx.execute(ADD, &row("prg_x")[..2]).await;
    assert!(store.write(short).await.is_err());
    assert_eq!(count(&store).await, 0);
}

#[tokio::test]
async fn values_are_bound_by_their_number_not_by_their_place() {
    let (_database, store) = store().await;
    let job = async |tx: &mut Tx<'_>| -> Result<String, Error> {
        let sql = "SELECT CAST($2 AS TEXT) || '-' || CAST($1 AS TEXT) || '-' || $2";
        let row = tx.row(sql, &[Value::from("one"), Value::from("two")]).await?;
        Ok(row.unwrap().text(0)?.to_owned())
    };
    assert_eq!(store.read(job).await.unwrap(), "two-one-two");
}

#[tokio::test]
async fn a_move_to_postgresql_takes_every_table() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("habitue.db").display());
    let store = Store::open(&url).await.unwrap();
    let look = async |tx: &mut Tx<'_>| -> Result<Vec<String>, Error> {
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table'";
        let rows = tx.rows(sql, &[]).await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    };
    let mut there = store.read(look).await.unwrap();
    let mut taken = habitue_store::relocate::TABLES.map(str::to_owned).to_vec();
    there.sort();
    taken.sort();
    assert_eq!(there, taken);
}

#[tokio::test]
async fn on_postgresql_nothing_is_acknowledged_after_a_statement_that_failed() {
    let (database, store) = store().await;
    if database.url.starts_with("sqlite:") {
        // There a failed statement undoes only itself.
        return;
    }
    let job = async |tx: &mut Tx<'_>| -> Result<(), Error> {
        tx.execute(ADD, &row("prg_one")).await?;
        let _ = tx.execute(ADD, &row("prg_one")).await;
        Ok(())
    };
    assert!(matches!(store.write(job).await, Err(Error::Database(_))));
    let undone = async |tx: &mut Tx<'_>| -> Result<(), Error> {
        tx.begin_part().await?;
        let _ = tx.execute(ADD, &row("prg_two")).await;
        let _ = tx.execute(ADD, &row("prg_two")).await;
        tx.end_part(false).await?;
        tx.execute(ADD, &row("prg_three")).await.map(drop)
    };
    store.write(undone).await.unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn on_postgresql_a_caller_who_goes_away_leaves_nothing_behind() {
    let (database, store) = store().await;
    if database.url.starts_with("sqlite:") {
        // There a job never waits, so nobody can go away in its middle.
        return;
    }
    for n in 0..30 {
        let job = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
            tx.execute(ADD, &row(&format!("prg_{n}"))).await?;
            std::future::pending().await
        };
        let patience = std::time::Duration::from_millis(50);
        assert!(tokio::time::timeout(patience, store.write(job)).await.is_err());
    }
    // More than the pool has connections: each was given back whole, or not at all.
    assert_eq!(count(&store).await, 0);
    store.write(async |tx: &mut Tx<'_>| tx.execute(ADD, &row("prg_x")).await).await.unwrap();
    assert_eq!(count(&store).await, 1);
}
