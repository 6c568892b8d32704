//! Programs as the rules read them, compiled once per version.

use crate::calendar::Zone;
use crate::error::Error;
use crate::secret::MasterKey;
use habitue_domain::action::Period;
use habitue_domain::calendar::{Calendar, Window};
use habitue_domain::id::ProgramId;
use habitue_domain::program::{Program, ProgramDocument};
use habitue_domain::promotion::Promotion;
use habitue_domain::tier::{Review, TierWindow};
use habitue_domain::time::{Date, Timestamp};
use habitue_domain::validate::Mistake;
use habitue_store::{Tx, program};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

type Kept = BTreeMap<(ProgramId, i64), Arc<Compiled>>;

/// Compiled versions. They never change, so they are kept.
#[derive(Clone, Default)]
pub struct Programs {
    kept: Arc<RwLock<Kept>>,
    master: Option<MasterKey>,
}

/// A version with its calendar.
#[derive(Debug)]
pub struct Compiled {
    /// What the rules read.
    pub program: Program,
    /// The key its issued codes are found by; without one there are none, as in an import.
    pub master: Option<MasterKey>,
    zone: Zone,
}

impl Compiled {
    /// The time in which it counts for a tier what happened, at `instant`.
    pub fn tier_window(&self, instant: Timestamp) -> Window {
        let rule = &self.program.tier_rule;
        rule.counts_at(instant, self.zone.months_before(instant, rule.months), &self.zone)
    }

    /// The times of which the better one counts at a review of `at`, or of one that began to count
    /// at `from`.
    pub fn review_windows(&self, at: Timestamp, from: Option<Timestamp>) -> Vec<Window> {
        let rule = &self.program.tier_rule;
        let rolling = from.unwrap_or_else(|| self.zone.months_before(at, rule.months));
        rule.reviewed_at(at, rolling, &self.zone)
    }

    /// Since when what is reached counts in a review of `at` that found too little.
    pub fn review_from(&self, at: Timestamp) -> Timestamp {
        self.zone.months_before(at, self.program.tier_rule.months)
    }

    /// The first review after `after` of a tier entered at `since`.
    pub fn next_review(&self, since: Timestamp, after: Timestamp) -> Option<Timestamp> {
        Review::next(since, after, &self.zone)
    }

    /// When a member falls who was warned at `warned`.
    pub fn falls_at(&self, review: Review, warned: Timestamp) -> Option<Timestamp> {
        review.falls_at(warned, &self.zone)
    }

    /// Until when what counts at `now` counts, the oldest of it being of `oldest`.
    pub fn counts_until(&self, now: Timestamp, oldest: Option<Timestamp>) -> Option<Timestamp> {
        let rule = &self.program.tier_rule;
        match rule.window {
            TierWindow::Lifetime => None,
            TierWindow::CalendarYear => Some(self.tier_window(now).until),
            TierWindow::Rolling => Some(self.zone.months_after(oldest?, rule.months)),
        }
    }

    /// The program's time zone.
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// When a day of the program's zone begins.
    pub fn start_of(&self, day: Date) -> Option<Timestamp> {
        self.zone.start_of(day)
    }

    /// The day that clocks in the program's zone show at `instant`.
    pub fn day_of(&self, instant: Timestamp) -> Option<Date> {
        self.zone.date_of(instant)
    }

    /// The period that holds an instant, in the program's zone.
    pub fn period(&self, period: Period, instant: Timestamp) -> Window {
        period.window(instant, &self.zone)
    }

    /// When points end that were earned, or for which an order counted, at `from`.
    pub fn end_of(&self, from: Timestamp) -> Option<Timestamp> {
        self.program.expiry.end(from, &self.zone)
    }

    /// The last whole day before `end` in the shop's zone.
    pub fn last_day(&self, end: Timestamp) -> Option<Date> {
        self.zone.date_of(end)?.plus_days(-1)
    }

    /// Puts the hours around `now` in the place of those of the week (rules §1.3).
    pub fn expand(&self, promotions: &mut [Promotion], now: Timestamp) {
        for promotion in promotions {
            promotion.expand(&self.zone, now);
        }
    }
}

impl Programs {
    /// Programs whose issued codes can be found and made.
    pub fn keyed(master: MasterKey) -> Self {
        Self { master: Some(master), ..Self::default() }
    }

    fn kept(&self, id: ProgramId, version: i64) -> Option<Arc<Compiled>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).get(&(id, version)).map(Arc::clone)
    }

    /// One version of a program.
    ///
    /// # Errors
    /// A fault where the version is missing or cannot be read: publishing had checked it.
    pub async fn version(
        &self,
        tx: &mut Tx<'_>,
        id: ProgramId,
        version: i64,
    ) -> Result<Arc<Compiled>, Error> {
        if let Some(compiled) = self.kept(id, version) {
            return Ok(compiled);
        }
        let fault = |reason: String| habitue_store::Error::Inconsistent {
            table: "program_version",
            column: "document",
            reason,
        };
        let stored = program::load(tx, id, version).await?;
        let stored = stored.ok_or_else(|| fault(format!("{id} has no version {version}")))?;
        let compiled = compile(&stored.document, version);
        let compiled = compiled.map_err(|mistakes| fault(format!("{mistakes:?}")))?;
        let compiled = Arc::new(Compiled { master: self.master.clone(), ..compiled });
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.insert((id, version), Arc::clone(&compiled));
        Ok(compiled)
    }

    /// The version in force now.
    ///
    /// # Errors
    /// As [`Programs::version`].
    pub async fn current(&self, tx: &mut Tx<'_>, id: ProgramId) -> Result<Arc<Compiled>, Error> {
        let version = program::current(tx, id).await?;
        self.version(tx, id, version).await
    }
}

/// Compiles a document in its own time zone.
///
/// # Errors
/// All its mistakes.
pub fn compile(document: &ProgramDocument, version: i64) -> Result<Compiled, Vec<Mistake>> {
    let zone = Zone::named(&document.time_zone).ok_or_else(|| {
        let reason = "not a time zone such as Europe/Paris".to_owned();
        vec![Mistake { path: "time_zone".to_owned(), reason }]
    })?;
    let program = document.compile(version, &zone)?;
    Ok(Compiled { program, master: None, zone })
}
