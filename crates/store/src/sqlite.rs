//! SQLite: one writer thread with group commit, several readers on their own snapshots.

mod queue;
mod statement;
mod writer;

use crate::tx::Tx;
use crate::{Error, Failure, OpenError, migrations};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

pub use statement::{execute, rows, schema};
use writer::Writer;

/// How many snapshots may be read at once.
const READERS: usize = 4;
/// How long a statement waits for another process's lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// Pages in the write-ahead log after which a COMMIT copies them itself: 16 MiB. Usually the idle
/// writer has done it before.
const LOG_PAGES: i64 = 4096;
/// How much of the file the writer and each reader keep in memory, in KiB (negative, as SQLite has
/// it): the inner pages of the indexes of a million members.
const WRITER_CACHE: i64 = -32 * 1024;
const READER_CACHE: i64 = -8 * 1024;
/// What the log shrinks to after it was copied, in bytes.
const LOG_BYTES: i64 = 16 * 1024 * 1024;

pub struct Sqlite {
    path: String,
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
    places: Semaphore,
}

impl Sqlite {
    /// Opens the file, brings the schema up to date and starts the writer.
    pub fn open(path: &str) -> Result<Self, OpenError> {
        if rusqlite::version_number() < 3_051_003 {
            return Err(OpenError::TooOld(rusqlite::version().to_owned()));
        }
        let file = |reason: String| OpenError::File { path: path.to_owned(), reason };
        let mut connection = Connection::open(path).map_err(|error| file(error.to_string()))?;
        prepare(&connection).map_err(|error| file(error.to_string()))?;
        migrations::check(path, schema(&connection, path)?)?;
        migrations::runner().run(&mut connection).map_err(|reason| OpenError::Migration {
            path: path.to_owned(),
            reason: reason.to_string(),
        })?;
        Ok(Self {
            path: path.to_owned(),
            writer: Writer::start(connection).map_err(|error| file(error.to_string()))?,
            readers: Mutex::new(Vec::new()),
            places: Semaphore::new(READERS),
        })
    }

    /// Becomes true once the disk cannot be trusted any more.
    pub fn broken(&self) -> watch::Receiver<bool> {
        self.writer.broken()
    }

    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: Failure,
    {
        self.writer.run(job).await
    }

    pub async fn read<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: Failure,
    {
        let _place = self.places.acquire().await.map_err(|_| E::from(Error::Closed))?;
        let idle = self.idle();
        let path = self.path.clone();
        let done = tokio::task::spawn_blocking(move || snapshot(idle, &path, &job)).await;
        let (connection, answer) =
            done.map_err(|error| E::from(Error::Panicked(error.to_string())))?;
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).extend(connection);
        answer
    }

    /// As [`Sqlite::read`], on the caller's own thread: going to another one and back costs more
    /// than looking up a few rows.
    pub async fn glance<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E>,
        E: Failure,
    {
        let _place = self.places.acquire().await.map_err(|_| E::from(Error::Closed))?;
        let (connection, answer) = snapshot(self.idle(), &self.path, &job);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).extend(connection);
        answer
    }

    fn idle(&self) -> Option<Connection> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// Runs a job on a snapshot; gives the connection back for the next one.
fn snapshot<T, E, F>(
    idle: Option<Connection>,
    path: &str,
    job: &F,
) -> (Option<Connection>, Result<T, E>)
where
    F: AsyncFn(&mut Tx<'_>) -> Result<T, E>,
    E: From<Error>,
{
    let mut connection = match idle.map_or_else(|| reader(path), Ok) {
        Ok(connection) => connection,
        Err(error) => return (None, Err(E::from(error.into()))),
    };
    let begun = run(&connection, "BEGIN").map_err(|error| E::from(error.into()));
    let answer = begun.and_then(|()| now(job, &mut connection));
    // A snapshot has nothing to keep; ending it cannot lose anything.
    let _ = run(&connection, "ROLLBACK");
    (Some(connection), answer)
}

fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(LOCK_PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    connection.pragma_update(None, "cache_size", WRITER_CACHE)?;
    keep_statements(connection)
}

/// Runs a statement that begins or ends something; prepared once, as all the others.
pub fn run(connection: &Connection, sql: &str) -> Result<(), rusqlite::Error> {
    connection.prepare_cached(sql)?.raw_execute().map(drop)
}

/// A connection that can only read.
pub fn reader(path: &str) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(LOCK_PATIENCE)?;
    connection.pragma_update(None, "cache_size", READER_CACHE)?;
    keep_statements(&connection)?;
    Ok(connection)
}

/// Every statement is prepared once. Without the planner's stability guarantee SQLite would prepare
/// those that a partial index might serve again after each bind, which took most of their time.
fn keep_statements(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(())
}

/// Runs the closure to its end: on SQLite its future is ready at the first poll.
fn now<T, E, F>(job: &F, connection: &mut Connection) -> Result<T, E>
where
    F: AsyncFn(&mut Tx<'_>) -> Result<T, E>,
    E: From<Error>,
{
    let run = AssertUnwindSafe(|| {
        let connection = Mutex::new(connection);
        let mut tx = Tx::Sqlite(&connection);
        let mut future = std::pin::pin!(job(&mut tx));
        future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    });
    match std::panic::catch_unwind(run) {
        Ok(Poll::Ready(done)) => done,
        Ok(Poll::Pending) => {
            Err(E::from(Error::Panicked("it awaited something besides its Tx".to_owned())))
        }
        Err(panic) => Err(E::from(Error::panicked(&*panic))),
    }
}
