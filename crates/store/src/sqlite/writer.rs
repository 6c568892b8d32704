//! The writer: drains its queue, shop by shop in turns, into one transaction, a savepoint per job,
//! and answers all jobs after the one sync of their COMMIT. Without load a job has its own
//! transaction at once.

use crate::sqlite::queue::{Nothing, Queue};
use crate::sqlite::{now, run};
use crate::tx::Tx;
use crate::{Error, Failure, lane};
use rusqlite::{Connection, ErrorCode};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// The most jobs one COMMIT carries.
const GROUP_JOBS: usize = 128;
/// The longest a group works before its COMMIT.
const GROUP_TIME: Duration = Duration::from_millis(20);
/// How long a job may wait for its turn before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(10);
/// After so long without a job the log is copied into the file, off everybody's way.
const IDLE: Duration = Duration::from_millis(200);

type Boxed = Box<dyn Job>;

/// The queue in front of the writer thread.
pub struct Writer {
    queue: Arc<Queue<Boxed>>,
    broken: watch::Receiver<bool>,
}

impl Writer {
    /// Starts the thread; it ends when the last [`Writer`] is dropped, or when the disk fails.
    pub fn start(connection: Connection) -> Result<Self, std::io::Error> {
        let queue = Arc::new(Queue::default());
        let (tell, broken) = watch::channel(false);
        let jobs = Arc::clone(&queue);
        std::thread::Builder::new()
            .name("habitue-writer".to_owned())
            .spawn(move || Work { connection, queue: jobs }.run(&tell))?;
        Ok(Self { queue, broken })
    }

    /// Becomes true once the disk cannot be trusted any more.
    pub fn broken(&self) -> watch::Receiver<bool> {
        self.broken.clone()
    }

    /// Queues a job and waits for its answer.
    pub async fn run<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: Failure,
    {
        let (reply, answer) = oneshot::channel();
        let call = Call { job, done: None, asked: Instant::now(), reply };
        self.queue.add(lane::current(), Box::new(call)).map_err(E::from)?;
        answer.await.map_err(|_| E::from(Error::Closed))?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// A job in the queue, whatever it answers.
trait Job: Send {
    /// Runs it once; says whether its effect is to be kept.
    fn run(&mut self, connection: &mut Connection) -> bool;
    /// Answers what the last run said, or the fault that undid it.
    fn answer(self: Box<Self>, fault: Option<Error>);
    /// How long it has been waiting.
    fn waited(&self) -> Duration;
}

struct Call<F, T, E> {
    job: F,
    done: Option<Result<T, E>>,
    asked: Instant,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Call<F, T, E>
where
    F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync,
    T: Send,
    E: Failure,
{
    fn run(&mut self, connection: &mut Connection) -> bool {
        let done = now(&self.job, connection);
        let keep = done.is_ok();
        self.done = Some(done);
        keep
    }

    fn answer(self: Box<Self>, fault: Option<Error>) {
        let done = match (fault, self.done) {
            // Even a refusal was decided on what the lost group had done before it.
            (Some(fault), _) => Err(E::from(fault)),
            (None, Some(done)) => done,
            (None, None) => Err(E::from(Error::Closed)),
        };
        // Nobody may be waiting any more; the effect is on disk all the same.
        let _ = self.reply.send(done);
    }

    fn waited(&self) -> Duration {
        self.asked.elapsed()
    }
}

struct Work {
    connection: Connection,
    queue: Arc<Queue<Boxed>>,
}

impl Drop for Work {
    fn drop(&mut self) {
        // Nobody is there to do it: whoever still waits is told.
        self.queue.close();
        while self.queue.next_now().is_some() {}
    }
}

impl Work {
    /// The writer's life: until nobody can ask any more, or a sync has failed.
    fn run(mut self, broken: &watch::Sender<bool>) {
        let mut wrote = false;
        loop {
            let Some(first) = self.next(&mut wrote) else { return };
            if first.waited() > PATIENCE {
                first.answer(Some(Error::Busy("the writer did not get its turn".to_owned())));
                continue;
            }
            wrote = true;
            if let Err(fault) = self.serve(first) {
                // What the disk said it could not keep must not be built upon (fsyncgate).
                tracing::error!(%fault, "the disk failed; nothing more is written");
                // Whoever watches is told; nobody watching is no reason to go on.
                let _ = broken.send(true);
                return;
            }
        }
    }

    fn next(&self, wrote: &mut bool) -> Option<Boxed> {
        match self.queue.next(wrote.then_some(IDLE)) {
            Err(Nothing::Late) => {
                *wrote = false;
                // What is not copied now is copied by a later COMMIT.
                let copy = "PRAGMA wal_checkpoint(PASSIVE)";
                let _ = self.connection.query_row(copy, [], |_| Ok(()));
                self.next(wrote)
            }
            job => job.ok(),
        }
    }

    /// Runs and answers a group; an error says that the disk cannot be trusted.
    fn serve(&mut self, first: Boxed) -> Result<(), rusqlite::Error> {
        if let Err(fault) = self.begin(&*first) {
            first.answer(Some(fault.into()));
            return Ok(());
        }
        let begun = Instant::now();
        let mut jobs = Vec::new();
        let filled = self.fill(&mut jobs, first, begun);
        metrics::histogram!("habitue_commit_jobs")
            .record(u32::try_from(jobs.len()).unwrap_or(u32::MAX));
        let committed = filled.map(|()| run(&self.connection, "COMMIT"));
        metrics::histogram!("habitue_commit_seconds").record(begun.elapsed());
        match committed {
            Ok(Ok(())) => jobs.into_iter().for_each(|job| job.answer(None)),
            Ok(Err(fault)) => {
                self.roll_back();
                let text = fault.to_string();
                tracing::error!(fault = text, "a commit failed");
                for job in jobs {
                    job.answer(Some(again(&fault)));
                }
                if fault.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
                    return Err(fault);
                }
            }
            // Nothing of the group is on disk: each job gets its own chance and its own answer.
            Err(Lost) => {
                self.roll_back();
                for job in jobs {
                    self.alone(job)?;
                }
            }
        }
        Ok(())
    }

    /// Begins a transaction, waiting for other processes as long as the first job can wait.
    fn begin(&self, first: &dyn Job) -> Result<(), rusqlite::Error> {
        loop {
            match run(&self.connection, "BEGIN IMMEDIATE") {
                Err(error) if is_busy(&error) && first.waited() < PATIENCE => {}
                begun => return begun,
            }
        }
    }

    /// Runs `first` and what queued up meanwhile, each in its savepoint.
    fn fill(&mut self, jobs: &mut Vec<Boxed>, first: Boxed, begun: Instant) -> Result<(), Lost> {
        let mut next = Some(first);
        while let Some(mut job) = next.take() {
            let ran = self.in_savepoint(job.as_mut());
            jobs.push(job);
            // A full disk or a failed write ends the whole transaction, not just the savepoint.
            if ran.is_err() || self.connection.is_autocommit() {
                return Err(Lost);
            }
            if jobs.len() < GROUP_JOBS && begun.elapsed() < GROUP_TIME {
                next = self.queue.next_now();
            }
        }
        Ok(())
    }

    fn in_savepoint(&mut self, job: &mut dyn Job) -> Result<(), rusqlite::Error> {
        run(&self.connection, "SAVEPOINT job")?;
        let keep = job.run(&mut self.connection);
        if self.connection.is_autocommit() {
            return Ok(());
        }
        if !keep {
            run(&self.connection, "ROLLBACK TO job")?;
        }
        run(&self.connection, "RELEASE job")
    }

    /// Runs one job in its own transaction and answers it.
    fn alone(&mut self, mut job: Boxed) -> Result<(), rusqlite::Error> {
        if let Err(fault) = self.begin(&*job) {
            job.answer(Some(fault.into()));
            return Ok(());
        }
        let keep = job.run(&mut self.connection);
        if !keep {
            self.roll_back();
            job.answer(None);
            return Ok(());
        }
        let committed = run(&self.connection, "COMMIT");
        let Err(fault) = committed else {
            job.answer(None);
            return Ok(());
        };
        self.roll_back();
        tracing::error!(%fault, "a commit failed");
        job.answer(Some(again(&fault)));
        let distrust = fault.sqlite_error_code() == Some(ErrorCode::SystemIoFailure);
        if distrust { Err(fault) } else { Ok(()) }
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit() {
            // It fails only where there is nothing to roll back any more.
            let _ = run(&self.connection, "ROLLBACK");
        }
    }
}

/// The group's transaction ended before its COMMIT.
struct Lost;

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// The same fault for each job of a group.
fn again(fault: &rusqlite::Error) -> Error {
    match fault.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::Unavailable(fault.to_string()),
        // What was written but not synced may be there after a restart.
        Some(ErrorCode::SystemIoFailure) => Error::Uncertain(fault.to_string()),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Busy(fault.to_string()),
        _ => Error::Database(fault.to_string()),
    }
}
