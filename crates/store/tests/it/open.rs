//! Opening a database, and what a transaction promises.

use habitue_store::{Error, OpenError, Store, Tx, Value};

fn store() -> (tempfile::TempDir, Store, String) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("habitue.db").display());
    let store = Store::open(&url).unwrap();
    (folder, store, url)
}

#[test]
fn a_database_of_a_newer_schema_is_refused_and_left_alone() {
    let (_folder, store, url) = store();
    drop(store);
    let path = url.strip_prefix("sqlite:").unwrap();
    let sql = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
               VALUES (9999, 'later', '2030-01-01T00:00:00Z', '0')";
    rusqlite::Connection::open(path).unwrap().execute(sql, []).unwrap();
    let refused = Store::open(&url).err().unwrap();
    assert!(matches!(refused, OpenError::NewerSchema { found: 9999, .. }), "{refused}");
    assert!(refused.to_string().contains("newer version"));
}

#[test]
fn other_addresses_and_missing_folders_are_named() {
    assert!(matches!(Store::open("mysql://x").err(), Some(OpenError::Url(_))));
    assert!(matches!(Store::open("sqlite:").err(), Some(OpenError::Url(_))));
    let missing = Store::open("sqlite:no/such/folder/habitue.db").err().unwrap();
    assert!(matches!(missing, OpenError::File { .. }), "{missing}");
}

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
    let (_folder, store, _) = store();
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
async fn a_nested_failure_undoes_only_its_own_part() {
    let (_folder, store, _) = store();
    let job = async |tx: &mut Tx<'_>| -> Result<(), Error> {
        tx.execute(ADD, &row("prg_outer")).await?;
        let inner = tx.nested(async |tx| -> Result<(), Error> {
            tx.execute(ADD, &row("prg_inner")).await?;
            Err(Error::Conflict)
        });
        assert!(matches!(inner.await?, Err(Error::Conflict)));
        Ok(())
    };
    store.write(job).await.unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn a_read_cannot_write_and_a_statement_needs_all_its_values() {
    let (_folder, store, _) = store();
    let write = async |tx: &mut Tx<'_>| tx.execute(ADD, &row("prg_x")).await;
    assert!(matches!(store.read(write).await, Err(Error::Database(_))));
    let short = async |tx: &mut Tx<'_>| tx.execute(ADD, &row("prg_x")[..2]).await;
    assert!(matches!(store.write(short).await, Err(Error::Database(_))));
    assert_eq!(count(&store).await, 0);
}

#[tokio::test]
async fn values_are_bound_by_their_number_not_by_their_place() {
    let (_folder, store, _) = store();
    let job = async |tx: &mut Tx<'_>| -> Result<String, Error> {
        let sql = "SELECT $2 || '-' || $1 || '-' || $2";
        let row = tx.row(sql, &[Value::from("one"), Value::from("two")]).await?;
        Ok(row.unwrap().text(0)?.to_owned())
    };
    assert_eq!(store.read(job).await.unwrap(), "two-one-two");
}
