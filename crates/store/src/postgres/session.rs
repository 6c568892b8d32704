//! [`Session`]: the statements of one transaction, on their way in as few trips as they need.
//!
//! A trip there and back takes longer than most statements. So what nobody waits for (BEGIN, and
//! changes whose answer says nothing) queues up, and goes out in front of the next statement that
//! somebody does wait for; and those that are asked for side by side go out one behind the other.
//! However they go, they arrive in the order in which they were asked for.

use crate::Error;
use crate::postgres::statement::{Answer, Wanted, ask, read};
use crate::tx::{Row, Value};
use deadpool_postgres::Object;
use futures_util::future::{MaybeDone, maybe_done};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use tokio::sync::Mutex;

const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const BEGIN_PART: &str = "SAVEPOINT part";
const KEEP_PART: &str = "RELEASE SAVEPOINT part";
const UNDO_PART: &str = "ROLLBACK TO SAVEPOINT part";

/// A statement that nobody waits for.
struct Later {
    sql: &'static str,
    values: Vec<Value>,
    wanted: Wanted,
    /// Where it changes no row, somebody was quicker.
    must_change: bool,
}

impl Later {
    const fn word(sql: &'static str) -> Self {
        Self { sql, values: Vec::new(), wanted: Wanted::Nothing, must_change: false }
    }
}

/// The statements of one transaction.
pub struct Session<'a> {
    client: &'a Object,
    /// Whoever holds it sends; the others wait for their turn.
    queue: Mutex<Vec<Later>>,
    /// How many wait for an answer.
    under_way: AtomicUsize,
    /// Something was sent.
    is_begun: AtomicBool,
    /// A statement failed: PostgreSQL would undo all of it, whatever COMMIT answers.
    is_lost: AtomicBool,
}

impl<'a> Session<'a> {
    fn new(client: &'a Object, queue: Vec<Later>) -> Self {
        let (is_begun, is_lost) = (AtomicBool::new(false), AtomicBool::new(false));
        let (queue, under_way) = (Mutex::new(queue), AtomicUsize::new(0));
        Self { client, queue, under_way, is_begun, is_lost }
    }

    /// A transaction that writes.
    pub fn write(client: &'a Object) -> Self {
        Self::new(client, vec![Later::word(BEGIN_WRITE)])
    }

    /// A snapshot.
    pub fn snapshot(client: &'a Object) -> Self {
        Self::new(client, vec![Later::word(BEGIN_READ)])
    }

    /// No transaction: each statement for itself.
    pub fn bare(client: &'a Object) -> Self {
        Self::new(client, Vec::new())
    }

    /// Whether the server has anything of it to end.
    pub fn is_begun(&self) -> bool {
        self.is_begun.load(Ordering::Relaxed)
    }

    /// Whether it can only be rolled back, even where its job says otherwise.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// Runs a statement that changes rows; answers how many.
    pub async fn execute(&self, sql: &'static str, values: &[Value]) -> Result<u64, Error> {
        match self.run(Some((sql, values, Wanted::Count))).await? {
            Some(Answer::Count(rows)) => Ok(rows),
            Some(Answer::Nothing | Answer::Rows(_)) | None => Ok(0),
        }
    }

    /// Runs a statement that answers rows.
    pub async fn rows(&self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, Error> {
        match self.run(Some((sql, values, Wanted::Rows))).await? {
            Some(Answer::Rows(rows)) => rows.iter().map(read).collect(),
            Some(Answer::Nothing | Answer::Count(_)) | None => Ok(Vec::new()),
        }
    }

    /// Queues a statement whose answer nobody waits for.
    pub async fn later(&self, sql: &'static str, values: &[Value], must_change: bool) {
        let (values, wanted) = (values.to_vec(), Wanted::Count);
        self.queue.lock().await.push(Later { sql, values, wanted, must_change });
    }

    /// Sends what is queued and waits until all of it was done.
    pub async fn flush(&self) -> Result<(), Error> {
        self.run(None).await.map(drop)
    }

    /// Begins a part that can be undone by itself.
    pub async fn begin_part(&self) -> Result<(), Error> {
        // A change before the part that finds itself too late must not be undone with the part.
        if self.queue.lock().await.iter().any(|later| later.must_change) {
            self.flush().await?;
        }
        self.queue.lock().await.push(Later::word(BEGIN_PART));
        Ok(())
    }

    /// Keeps the part that was begun, or undoes it.
    pub async fn end_part(&self, keep: bool) -> Result<(), Error> {
        let mut queue = self.queue.lock().await;
        if !keep {
            if let Some(begin) = queue.iter().rposition(|later| later.sql == BEGIN_PART) {
                // Nothing of the part was sent.
                queue.truncate(begin);
                return Ok(());
            }
            queue.clear();
            queue.push(Later::word(UNDO_PART));
        }
        queue.push(Later::word(KEEP_PART));
        drop(queue);
        // After a fault not even a statement can be prepared until the part is undone.
        if !keep && self.is_lost.swap(false, Ordering::Relaxed) {
            return self.flush().await;
        }
        Ok(())
    }

    /// Sends what is queued and then `last`, and waits for all the answers.
    async fn run(&self, last: Option<Last<'_>>) -> Result<Option<Answer>, Error> {
        // It is large, and every statement of a job would carry it along.
        let done = Box::pin(self.trip(last)).await;
        if done.is_err() {
            self.is_lost.store(true, Ordering::Relaxed);
        }
        done
    }

    async fn trip(&self, last: Option<Last<'_>>) -> Result<Option<Answer>, Error> {
        let mut queue = self.queue.lock().await;
        let before = std::mem::take(&mut *queue);
        let queued = before.iter().map(|later| (later.sql, &*later.values, later.wanted));
        let asked: Vec<Last<'_>> = queued.chain(last).collect();
        // All are prepared before any is sent, or one that is known would overtake a new one.
        let mut statements = Vec::with_capacity(asked.len());
        for (sql, _, wanted) in &asked {
            statements.push(match wanted {
                Wanted::Nothing => None,
                Wanted::Count | Wanted::Rows => Some(self.client.prepare_cached(sql).await?),
            });
        }
        // What goes out while something else is under way costs nobody a trip of its own.
        if self.under_way.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::trace!(target: "habitue::trip", statements = statements.len());
        }
        self.is_begun.store(true, Ordering::Relaxed);
        let sent = asked.iter().zip(&statements);
        let sent = sent.map(|((sql, values, wanted), statement)| {
            let statement = statement.as_ref();
            maybe_done(Box::pin(ask(self.client, (sql, statement), values, *wanted)))
        });
        let mut sent: Vec<_> = sent.collect();
        send(&mut sent).await;
        drop(queue);
        let mut answers = Vec::with_capacity(sent.len());
        for one in &mut sent {
            (&mut *one).await;
            // There is one, since it was awaited.
            answers.extend(Pin::new(one).take_output().transpose()?);
        }
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        let is_late = |(later, answer): (&Later, &Answer)| {
            later.must_change && matches!(answer, Answer::Count(0))
        };
        if before.iter().zip(&answers).any(is_late) {
            return Err(Error::Conflict);
        }
        Ok(last.and_then(|_| answers.pop()))
    }
}

/// A statement that somebody waits for.
type Last<'a> = (&'static str, &'a [Value], Wanted);

/// Sends them all, in their order: a request is on its way once it was polled.
async fn send(all: &mut [MaybeDone<impl Future + Unpin>]) {
    poll_fn(|context| {
        for one in &mut *all {
            let _ = Pin::new(one).poll(context);
        }
        Poll::Ready(())
    })
    .await;
}
