//! Batches of codes: made in slices that a busy checkout hardly notices, imported line by line.

pub mod import;

use crate::clock::Clock;
use crate::code::{Kept, id_of, random};
use crate::error::Error;
use crate::issue::kept;
use crate::secret::MasterKey;
use habitue_domain::code::{Prefix, Size};
use habitue_domain::id::{BatchId, ProgramId};
use habitue_domain::promotion::Validity;
use habitue_store::batch::{self, Batch, Code};
use habitue_store::{Store, Tx, job, shop};
use std::time::{Duration, Instant};

/// The most codes of a batch.
pub const MOST: i64 = 1_000_000;
/// The most uses of one code of a batch.
pub const MOST_USES: i64 = 1_000;
/// Codes of one transaction.
const SLICE: i64 = 200;
/// How often a slice is made of other random codes where one of them existed, or where somebody
/// else filled the batch meanwhile.
const TRIES: usize = 8;
/// How often a server looks for batches to fill.
const TICK: Duration = Duration::from_secs(1);
/// For how long a slice may take; after that another server may go on, in seconds.
const LEASE_SECONDS: i64 = 60;
/// The job's name among the leases.
const JOB: &str = "codes";

/// What a merchant asks for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// How many codes.
    pub count: i64,
    /// What they begin with.
    pub prefix: Option<String>,
    /// How many random characters they have: 12 or 16.
    pub characters: i64,
    /// How often each may be used.
    pub uses: i64,
    /// When they count.
    pub validity: Validity,
}

impl Wanted {
    /// The field that is out of bounds, if one is.
    pub fn wrong(&self) -> Option<&'static str> {
        let size = Size::of(self.characters);
        // No more than half of the codes there are: guessing must stay hopeless.
        let room = size.map_or(0, Size::room);
        let count = u128::try_from(self.count).unwrap_or_default();
        let prefix = self.prefix.as_deref().map(str::parse::<Prefix>);
        match () {
            () if size.is_none() => Some("characters"),
            () if !(1..=MOST).contains(&self.count) || count > room => Some("count"),
            () if !(1..=MOST_USES).contains(&self.uses) => Some("uses"),
            () if prefix.is_some_and(|prefix| prefix.is_err()) => Some("prefix"),
            () if self.validity.is_empty() => Some("until"),
            () => None,
        }
    }
}

/// How far a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Codes there are.
    pub made: i64,
    /// Codes there are to be.
    pub wanted: i64,
}

impl Progress {
    /// Whether nothing is left to do.
    pub const fn is_done(self) -> bool {
        self.made >= self.wanted
    }
}

/// Makes the next codes of a batch, in one transaction; `None` where there is no such batch, or it
/// was withdrawn. Killed in the middle, or run twice at a time, a batch ends with as many codes as
/// it is to have.
///
/// # Errors
/// Faults of the database.
pub async fn fill(
    store: &Store,
    master: &MasterKey,
    id: BatchId,
) -> Result<Option<Progress>, Error> {
    for _ in 0..TRIES {
        let look = async move |tx: &mut Tx<'_>| target(tx, id).await;
        let Some((batch, program)) = store.read(look).await? else {
            return Ok(None);
        };
        let left = batch.wanted.saturating_sub(batch.made).clamp(0, SLICE);
        let progress = Progress { made: batch.made.saturating_add(left), wanted: batch.wanted };
        if left == 0 {
            return Ok(Some(progress));
        }
        // Made outside the transaction, which may run again and must not wait for ciphers.
        let codes = make(master, program, &batch, left)?;
        let job = async move |tx: &mut Tx<'_>| put(tx, &batch, &codes).await;
        match store.write(job).await {
            Err(Error::Store(habitue_store::Error::Conflict)) => {}
            Err(error) => return Err(error),
            Ok(()) => return Ok(Some(progress)),
        }
    }
    Err(habitue_store::Error::Conflict.into())
}

async fn target(tx: &mut Tx<'_>, id: BatchId) -> Result<Option<(Batch, ProgramId)>, Error> {
    let batch = batch::load(tx, id).await?;
    let Some(batch) = batch.filter(|batch| batch.withdrawn_at.is_none()) else {
        return Ok(None);
    };
    let program = shop::program_of(tx, batch.shop).await?;
    Ok(program.map(|program| (batch, program)))
}

/// So many new random codes.
///
/// # Errors
/// Where the cipher refuses, which it does not for codes.
pub fn make(
    master: &MasterKey,
    program: ProgramId,
    batch: &Batch,
    count: i64,
) -> Result<Vec<Code>, Error> {
    let prefix: Option<Prefix> = batch.prefix.as_deref().and_then(|prefix| prefix.parse().ok());
    let size = Size::of(batch.characters).unwrap_or_default();
    let one = |_| {
        let code = random(prefix.as_ref(), size);
        let Kept { hash, last_four, sealed } = kept(master, program, &code)?;
        Ok(Code { id: id_of(&hash), last_four, sealed: sealed.unwrap_or_default() })
    };
    (0..count).map(one).collect()
}

/// Puts codes at the next places of a batch.
///
/// # Errors
/// `Conflict` where one of them exists, or the batch is not as it was loaded.
pub async fn put(tx: &mut Tx<'_>, batch: &Batch, codes: &[Code]) -> Result<(), Error> {
    let mut place = batch.made;
    for code in codes {
        place = place.saturating_add(1);
        batch::put(tx, batch.id, place, code).await?;
    }
    Ok(batch::grow(tx, batch.id, batch.made, place).await?)
}

/// Fills batches that were asked for over the API, one server at a time, until dropped.
pub async fn run_all(store: Store, master: MasterKey, clock: Clock) {
    let holder = uuid::Uuid::now_v7().simple().to_string();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = run(&store, &master, &clock, &holder).await {
            tracing::warn!(error = ?error, "a batch of codes will be gone on with");
        }
    }
}

/// Fills the batches there are; most of the time there are none, which is a read.
///
/// # Errors
/// Faults of the database; what was made until then is kept.
pub async fn run(
    store: &Store,
    master: &MasterKey,
    clock: &Clock,
    holder: &str,
) -> Result<(), Error> {
    let next = async |tx: &mut Tx<'_>| batch::unfinished(tx).await;
    while let Some(id) = store.read(next).await? {
        if !lease(store, clock, holder).await? {
            return Ok(());
        }
        let begun = Instant::now();
        fill(store, master, id).await?;
        // A batch has time, a shopper has not: two thirds of the writer stay theirs.
        tokio::time::sleep(begun.elapsed().saturating_mul(2)).await;
    }
    Ok(())
}

/// Takes the lease, or keeps it.
async fn lease(store: &Store, clock: &Clock, holder: &str) -> Result<bool, Error> {
    let (holder, now) = (holder.to_owned(), clock.now());
    let until = now.plus_seconds(LEASE_SECONDS);
    let take = async move |tx: &mut Tx<'_>| -> Result<bool, Error> {
        if job::keep(tx, JOB, &holder, until).await? {
            return Ok(true);
        }
        job::ensure(tx, JOB, now).await?;
        let due_by = habitue_domain::time::Timestamp::MAX;
        Ok(job::take(tx, JOB, &holder, (now, until), due_by).await?)
    };
    store.write(take).await
}
