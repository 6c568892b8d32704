//! SQLite: one writer thread with group commit, several readers.
//!
//! The writer drains its queue into one transaction, a savepoint per job, and answers all jobs
//! after the one sync of their COMMIT. Without load a job has its own transaction at once.

use crate::{Error, OpenError, Tx};
use rusqlite::{Connection, OpenFlags};
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, oneshot};

/// The most jobs one COMMIT carries.
const GROUP_JOBS: usize = 128;
/// The longest a group works before its COMMIT.
const GROUP_TIME: Duration = Duration::from_millis(20);
/// How many snapshots may be read at once.
const READERS: usize = 4;

mod migrations {
    refinery::embed_migrations!("migrations");
}

pub struct Sqlite {
    path: String,
    jobs: mpsc::Sender<Box<dyn Job>>,
    readers: Mutex<Vec<Connection>>,
    places: Semaphore,
}

impl Sqlite {
    pub fn open(path: &str) -> Result<Self, OpenError> {
        if rusqlite::version_number() < 3_051_003 {
            return Err(OpenError::TooOld(rusqlite::version().to_owned()));
        }
        let file = |reason: rusqlite::Error| OpenError::File {
            path: path.to_owned(),
            reason: reason.to_string(),
        };
        let mut connection = Connection::open(path).map_err(file)?;
        prepare(&connection).map_err(file)?;
        migrate(&mut connection, path)?;
        let (jobs, queue) = mpsc::channel();
        std::thread::Builder::new()
            .name("habitue-writer".to_owned())
            .spawn(move || work(&mut connection, &queue))
            .map_err(|reason| OpenError::File {
                path: path.to_owned(),
                reason: reason.to_string(),
            })?;
        Ok(Self {
            path: path.to_owned(),
            jobs,
            readers: Mutex::new(Vec::new()),
            places: Semaphore::new(READERS),
        })
    }

    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let call = Call { job, done: None, reply };
        self.jobs.send(Box::new(call)).map_err(|_| E::from(Error::Closed))?;
        answer.await.map_err(|_| E::from(Error::Closed))?
    }

    pub async fn read<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let _place = self.places.acquire().await.map_err(|_| E::from(Error::Closed))?;
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let path = self.path.clone();
        let run = move || {
            let mut connection = match idle {
                Some(connection) => connection,
                None => reader(&path).map_err(|error| (None, E::from(error.into())))?,
            };
            let begun = connection.execute_batch("BEGIN").map_err(Error::from);
            let answer = begun.map_err(E::from).and_then(|()| now(&job, &mut connection));
            // A snapshot has nothing to keep; ending it cannot lose anything.
            let _ = connection.execute_batch("ROLLBACK");
            match answer {
                Ok(value) => Ok((connection, value)),
                Err(error) => Err((Some(connection), error)),
            }
        };
        let done = tokio::task::spawn_blocking(run).await;
        let done = done.map_err(|error| E::from(Error::Panicked(error.to_string())))?;
        let (connection, answer) = match done {
            Ok((connection, value)) => (Some(connection), Ok(value)),
            Err((connection, error)) => (connection, Err(error)),
        };
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.extend(connection);
        answer
    }
}

fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(())
}

fn reader(path: &str) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Brings the schema up to date, or refuses a database that a newer version has written.
fn migrate(connection: &mut Connection, path: &str) -> Result<(), OpenError> {
    let runner = migrations::migrations::runner();
    let known = runner.get_migrations().iter().map(refinery::Migration::version).max();
    let known = known.map_or(0, i64::from);
    let failed = |reason: String| OpenError::Migration { path: path.to_owned(), reason };
    let history = "SELECT name FROM sqlite_master WHERE name = 'refinery_schema_history'";
    let has_history = connection
        .prepare(history)
        .and_then(|mut statement| statement.exists([]))
        .map_err(|reason| failed(reason.to_string()))?;
    if has_history {
        let latest = "SELECT MAX(version) FROM refinery_schema_history";
        let found: Option<i64> = connection
            .query_row(latest, [], |row| row.get(0))
            .map_err(|reason| failed(reason.to_string()))?;
        let found = found.unwrap_or_default();
        if found > known {
            return Err(OpenError::NewerSchema { path: path.to_owned(), found, known });
        }
    }
    runner.run(connection).map(drop).map_err(|reason| failed(reason.to_string()))
}

/// A job in the queue, whatever it answers.
trait Job: Send {
    /// Runs it once; says whether its effect is to be kept.
    fn run(&mut self, connection: &mut Connection) -> bool;
    /// Answers what the last run said, or the fault that undid it.
    fn answer(self: Box<Self>, fault: Option<Error>);
}

struct Call<F, T, E> {
    job: F,
    done: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Call<F, T, E>
where
    F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, connection: &mut Connection) -> bool {
        let done = now(&self.job, connection);
        let keep = done.is_ok();
        self.done = Some(done);
        keep
    }

    fn answer(self: Box<Self>, fault: Option<Error>) {
        let done = match (fault, self.done) {
            // The rules' own refusal stands whatever became of the group.
            (_, Some(Err(error))) => Err(error),
            (Some(fault), _) => Err(E::from(fault)),
            (None, Some(done)) => done,
            (None, None) => Err(E::from(Error::Closed)),
        };
        // Nobody may be waiting any more; the effect is on disk all the same.
        let _ = self.reply.send(done);
    }
}

/// Runs the closure to its end: on SQLite its future is ready at the first poll.
fn now<T, E, F>(job: &F, connection: &mut Connection) -> Result<T, E>
where
    F: AsyncFn(&mut Tx<'_>) -> Result<T, E>,
    E: From<Error>,
{
    let run = AssertUnwindSafe(|| {
        let mut tx = Tx::Sqlite(connection);
        let mut future = std::pin::pin!(job(&mut tx));
        future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    });
    match std::panic::catch_unwind(run) {
        Ok(Poll::Ready(done)) => done,
        Ok(Poll::Pending) => {
            Err(E::from(Error::Panicked("it awaited something besides its Tx".to_owned())))
        }
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            Err(E::from(Error::Panicked(text.unwrap_or_else(|| "without a message".to_owned()))))
        }
    }
}

/// The writer's life: until the last [`Sqlite`] is dropped.
fn work(connection: &mut Connection, queue: &mpsc::Receiver<Box<dyn Job>>) {
    while let Ok(first) = queue.recv() {
        let (jobs, committed) = run_group(connection, first, queue);
        match committed {
            Ok(()) => jobs.into_iter().for_each(|job| job.answer(None)),
            // Nothing of the group is on disk: each job gets its own chance and its own answer.
            Err(_) if jobs.len() > 1 => {
                for job in jobs {
                    run_alone(connection, job);
                }
            }
            Err(fault) => jobs.into_iter().for_each(|job| {
                tracing::error!(%fault, "a write failed");
                job.answer(Some(Error::Database(fault.to_string())));
            }),
        }
    }
}

type Group = (Vec<Box<dyn Job>>, Result<(), rusqlite::Error>);

/// Runs `first` and what queued up meanwhile in one transaction.
fn run_group(
    connection: &mut Connection,
    first: Box<dyn Job>,
    queue: &mpsc::Receiver<Box<dyn Job>>,
) -> Group {
    let mut jobs = Vec::new();
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        return (vec![first], Err(error));
    }
    let begun = Instant::now();
    let mut next = Some(first);
    while let Some(mut job) = next.take() {
        let ran = run_in_savepoint(connection, job.as_mut());
        jobs.push(job);
        // A full disk or a failed write ends the whole transaction, not just the savepoint.
        if connection.is_autocommit() {
            let ended = rusqlite::Error::ExecuteReturnedResults;
            return (jobs, Err(ran.err().unwrap_or(ended)));
        }
        if let Err(error) = ran {
            let _ = connection.execute_batch("ROLLBACK");
            return (jobs, Err(error));
        }
        if jobs.len() < GROUP_JOBS && begun.elapsed() < GROUP_TIME {
            next = queue.try_recv().ok();
        }
    }
    let committed = connection.execute_batch("COMMIT");
    if committed.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    (jobs, committed)
}

fn run_in_savepoint(connection: &mut Connection, job: &mut dyn Job) -> Result<(), rusqlite::Error> {
    connection.execute_batch("SAVEPOINT job")?;
    if !job.run(connection) && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK TO job")?;
    }
    if connection.is_autocommit() { Ok(()) } else { connection.execute_batch("RELEASE job") }
}

/// Runs one job in its own transaction and answers it.
fn run_alone(connection: &mut Connection, mut job: Box<dyn Job>) {
    let run = |connection: &mut Connection, job: &mut dyn Job| {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let keep = job.run(connection);
        if connection.is_autocommit() {
            return Err(rusqlite::Error::ExecuteReturnedResults);
        }
        connection.execute_batch(if keep { "COMMIT" } else { "ROLLBACK" })
    };
    let fault = run(connection, job.as_mut()).err();
    if fault.is_some() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    if let Some(fault) = &fault {
        tracing::error!(%fault, "a write failed");
    }
    job.answer(fault.map(|fault| Error::Database(fault.to_string())));
}
