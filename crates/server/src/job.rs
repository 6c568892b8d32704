//! Jobs: what has to be done from time to time, by one server at a time.
//!
//! A job works in slices, each one transaction that first renews the job's lease. A server that
//! dies leaves its lease to run out; another one goes on with the next slice.

mod birthday;
mod consent;
mod expire;
mod issued;
mod notify;
mod prune;
mod release;
mod review;
mod seal;

use crate::clock::Clock;
use crate::error::Error;
use habitue_domain::time::Timestamp;
use habitue_store::{Store, Tx, job};
use std::time::{Duration, Instant};

/// For how long a slice may take; after that another server may go on, in seconds.
const LEASE_SECONDS: i64 = 60;
/// How often a server looks for work that is due.
const TICK: Duration = Duration::from_secs(1);

/// Every job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Writes down what the ledger is, in seals.
    Seal,
    /// Tidies up holds that ran out.
    Release,
    /// Forgets what is kept for a while only: answers by idempotency key, ended sessions.
    Prune,
    /// Ends requests for consent that were not confirmed, and forgets contacts.
    Consent,
    /// Counts what was given out in 12 months.
    Issued,
    /// Writes down what has ended of points, credit and gift cards.
    Expire,
    /// Tells members what of their points ends soon.
    Notify,
    /// Gives points for birthdays.
    Birthday,
    /// Reviews tiers: kept, warned, lost.
    Review,
}

/// How a slice ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slice {
    /// So much was done; there may be more.
    More(usize),
    /// So much was done, and nothing is left.
    Last(usize),
    /// It cannot go on; a person must look.
    Stuck(String),
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Seal,
        Self::Release,
        Self::Prune,
        Self::Consent,
        Self::Issued,
        Self::Expire,
        Self::Notify,
        Self::Birthday,
        Self::Review,
    ];

    /// The stable word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Release => "release",
            Self::Prune => "prune",
            Self::Consent => "consent",
            Self::Issued => "issued",
            Self::Expire => "expire",
            Self::Notify => "notify",
            Self::Birthday => "birthday",
            Self::Review => "review",
        }
    }

    /// The job with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.name() == name)
    }

    /// From one run to the next, in seconds.
    const fn every(self) -> i64 {
        match self {
            Self::Seal | Self::Consent => 60,
            Self::Release => 30,
            Self::Expire => 600,
            Self::Prune | Self::Issued | Self::Notify | Self::Birthday | Self::Review => 3600,
        }
    }

    async fn slice(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Slice, Error> {
        match self {
            Self::Seal => seal::slice(tx, now).await,
            Self::Release => release::slice(tx, now).await,
            Self::Prune => prune::slice(tx, now).await,
            Self::Consent => consent::slice(tx, now).await,
            Self::Issued => issued::slice(tx, now).await,
            Self::Expire => expire::slice(tx, now).await,
            Self::Notify => notify::slice(tx, now).await,
            Self::Birthday => birthday::slice(tx, now).await,
            Self::Review => review::slice(tx, now).await,
        }
    }

    /// What it would do now, as a sentence; `None` for a job that has no dry run.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn plan(self, store: &Store, now: Timestamp) -> Result<Option<String>, Error> {
        let look = async move |tx: &mut Tx<'_>| -> Result<Option<String>, Error> {
            Ok(match self {
                Self::Expire => Some(expire::plan(tx, now).await?),
                Self::Notify => Some(notify::plan(tx, now).await?),
                Self::Birthday => Some(birthday::plan(tx, now).await?),
                Self::Review => Some(review::plan(tx, now).await?),
                Self::Seal | Self::Release | Self::Prune | Self::Consent | Self::Issued => None,
            })
        };
        store.read(look).await
    }
}

/// Runs jobs when they are due, until dropped.
pub async fn run_all(store: Store, clock: Clock) {
    let holder = uuid::Uuid::now_v7().simple().to_string();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let due = match due(&store, &clock).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, "the jobs cannot be looked up");
                continue;
            }
        };
        for job in due {
            if let Err(error) = run(&store, &clock, job, &holder, false).await {
                tracing::warn!(job = job.name(), error = ?error, "a job will be tried again");
            }
        }
    }
}

/// The jobs that are due: a read, since most of the time there are none.
async fn due(store: &Store, clock: &Clock) -> Result<Vec<Job>, habitue_store::Error> {
    let now = clock.now();
    let known = store.read(async |tx: &mut Tx<'_>| job::list(tx).await).await?;
    let waits =
        |job: &Job| known.iter().any(|known| known.name == job.name() && known.next_at > now);
    Ok(Job::ALL.into_iter().filter(|job| !waits(job)).collect())
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ran {
    /// It is not due, or another server runs it.
    Not,
    /// It did so much.
    Done(usize),
    /// It cannot go on; a person must look.
    Stuck(String),
}

/// Runs a job to its end if it is due (or `at_once`) and nobody else runs it.
///
/// # Errors
/// Faults of the database; what was done until then stays done.
pub async fn run(
    store: &Store,
    clock: &Clock,
    job: Job,
    holder: &str,
    at_once: bool,
) -> Result<Ran, Error> {
    if !take(store, clock, job, holder, at_once).await? {
        return Ok(Ran::Not);
    }
    let mut done = 0_usize;
    let ran = loop {
        let begun = Instant::now();
        match slice(store, clock, job, holder).await? {
            None => return Ok(Ran::Not),
            Some(Slice::More(more)) => {
                done = done.saturating_add(more);
                // A job has time, a shopper has not: two thirds of the writer stay theirs.
                tokio::time::sleep(begun.elapsed().saturating_mul(2)).await;
            }
            Some(Slice::Last(more)) => break Ran::Done(done.saturating_add(more)),
            Some(Slice::Stuck(why)) => break Ran::Stuck(why),
        }
    };
    let outcome = match &ran {
        Ran::Stuck(why) => {
            metrics::counter!("habitue_jobs_stuck_total", "job" => job.name()).increment(1);
            tracing::error!(job = job.name(), why, "a job is stuck");
            why.clone()
        }
        Ran::Done(_) | Ran::Not => format!("done {done}"),
    };
    let (holder, now) = (holder.to_owned(), clock.now());
    let next_at = now.plus_seconds(job.every());
    let end = async move |tx: &mut Tx<'_>| {
        job::done(tx, job.name(), &holder, next_at, now, &outcome).await
    };
    store.write(end).await?;
    Ok(ran)
}

async fn take(
    store: &Store,
    clock: &Clock,
    job: Job,
    holder: &str,
    at_once: bool,
) -> Result<bool, Error> {
    let (holder, now) = (holder.to_owned(), clock.now());
    let until = now.plus_seconds(LEASE_SECONDS);
    let take = async move |tx: &mut Tx<'_>| -> Result<bool, Error> {
        job::ensure(tx, job.name(), now).await?;
        let due_by = if at_once { Timestamp::MAX } else { now };
        Ok(job::take(tx, job.name(), &holder, (now, until), due_by).await?)
    };
    store.write(take).await
}

/// One slice in one transaction; `None` where the lease was lost.
async fn slice(
    store: &Store,
    clock: &Clock,
    job: Job,
    holder: &str,
) -> Result<Option<Slice>, Error> {
    let (holder, now) = (holder.to_owned(), clock.now());
    let until = now.plus_seconds(LEASE_SECONDS);
    let work = async move |tx: &mut Tx<'_>| -> Result<Option<Slice>, Error> {
        if !job::keep(tx, job.name(), &holder, until).await? {
            return Ok(None);
        }
        job.slice(tx, now).await.map(Some)
    };
    store.write(work).await
}
