//! What a report is made from, gathered page by page; the same for `/v1/metrics` and `habitue report`.

use crate::error::Error;
use crate::programs::{Compiled, Programs};
use habitue_api::measure::Metrics;
use habitue_domain::calendar::{Calendar, Window};
use habitue_domain::id::{ProgramId, ShopId};
use habitue_domain::ledger::{TransferKind, Unit};
use habitue_domain::measure::{Activity, Buyer, Data, report};
use habitue_domain::money::Currency;
use habitue_domain::points::Points;
use habitue_domain::refusal::Refusal;
use habitue_domain::time::{Date, Timestamp};
use habitue_store::{Store, Tx, measure};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many months a report looks back if nobody says from when.
const MONTHS: i64 = 12;

/// The longest span, in days: ten years.
const MAX_DAYS: i64 = 3660;

/// What is asked for. Days are the program's; both ends are included.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// The first day; 12 months before the last one if unset.
    pub from: Option<Date>,
    /// The last day; today if unset.
    pub until: Option<Date>,
    /// Of which amounts; the first that the program earns in if unset.
    pub currency: Option<Currency>,
}

/// The days of a report, and the instants they are.
struct Days {
    from: Date,
    until: Date,
    span: Window,
}

/// The figures of a shop and its program.
///
/// # Errors
/// `out_of_bounds` for a span that ends before it begins or is too long; faults of the database.
pub async fn metrics(
    store: &Store,
    programs: &Programs,
    (shop, program): (ShopId, ProgramId),
    asked: Asked,
    now: Timestamp,
) -> Result<Metrics, Error> {
    let known = programs.clone();
    let look = async move |tx: &mut Tx<'_>| known.current(tx, program).await;
    let compiled: Arc<Compiled> = store.read(look).await?;
    let days = days(&compiled, asked, now).ok_or_else(|| Refusal::out_of_bounds("from"))?;
    let usual = compiled.program.earn.first().map(|rate| rate.currency);
    let currency = asked.currency.or(usual).ok_or_else(|| Refusal::out_of_bounds("currency"))?;
    let of = (shop, currency);
    // Page by page, each a read of its own: nobody waits for a report.
    let (mut buyers, mut after) = (Vec::<Buyer>::new(), Some(String::new()));
    while let Some(last) = after.take() {
        let span = days.span;
        let look = async move |tx: &mut Tx<'_>| measure::buyers(tx, of, span, &last).await;
        let (page, next) = store.read(look).await?;
        buyers.extend(page);
        after = next;
    }
    let span = days.span;
    let look = async move |tx: &mut Tx<'_>| -> Result<_, Error> {
        let guests = measure::guests(tx, of, span).await?;
        Ok((guests, activity(tx, program, currency, span).await?))
    };
    let (guests, activity) = store.read(look).await?;
    let worth = compiled.program.redeem.iter().find(|rate| rate.currency == currency);
    let data = Data {
        currency,
        days: days.until.days_since(days.from).saturating_add(1),
        buyers,
        guests,
        activity,
        minor_per_point: worth.map(|rate| rate.minor_per_point),
    };
    Ok(Metrics {
        from: days.from.to_string(),
        until: days.until.to_string(),
        currency: currency.to_string(),
        report: report(&data),
    })
}

/// `None` for a span that is none.
fn days(compiled: &Compiled, asked: Asked, now: Timestamp) -> Option<Days> {
    let until = match asked.until {
        Some(day) => day,
        None => compiled.zone().date_of(now)?,
    };
    let after = until.plus_days(1)?;
    let from = match asked.from {
        Some(day) => day,
        None => after.plus_months(MONTHS.saturating_neg())?,
    };
    if !(1..=MAX_DAYS).contains(&after.days_since(from)) {
        return None;
    }
    let span = Window { from: compiled.start_of(from)?, until: compiled.start_of(after)? };
    Some(Days { from, until, span })
}

async fn activity(
    tx: &mut Tx<'_>,
    program: ProgramId,
    currency: Currency,
    span: Window,
) -> Result<Activity, Error> {
    let (enrolled, joined) = measure::members(tx, program, span).await?;
    let points = Unit::Points(program);
    let moved = measure::moved(tx, (program, points), span).await?;
    let ever = Window { from: Timestamp::MIN, until: Timestamp::MAX };
    let ever = measure::moved(tx, (program, points), ever).await?;
    let credit = measure::moved(tx, (program, Unit::Credit(currency)), span).await?;
    Ok(Activity {
        enrolled,
        joined,
        redeeming: measure::redeeming(tx, program, span).await?,
        issued: Points::clamped(issued(&moved)),
        redeemed: Points::clamped(redeemed(&moved)),
        expired: Points::clamped(sum(&moved, &[TransferKind::Expire])),
        credit: redeemed(&credit),
        outstanding: Points::clamped(measure::outstanding(tx, program, points).await?),
        ever_redeemed: Points::clamped(redeemed(&ever)),
        ever_expired: Points::clamped(sum(&ever, &[TransferKind::Expire])),
    })
}

fn sum(moved: &BTreeMap<String, i64>, kinds: &[TransferKind]) -> i64 {
    let of = |kind: &TransferKind| moved.get(kind.word()).copied().unwrap_or_default();
    kinds.iter().map(of).fold(0, i64::saturating_add)
}

fn issued(moved: &BTreeMap<String, i64>) -> i64 {
    use TransferKind::{Earn, Grant, TakeBack, Withdraw};
    sum(moved, &[Earn, Grant]).saturating_sub(sum(moved, &[TakeBack, Withdraw]))
}

fn redeemed(moved: &BTreeMap<String, i64>) -> i64 {
    use TransferKind::{GiveBack, Redeem};
    sum(moved, &[Redeem]).saturating_sub(sum(moved, &[GiveBack]))
}
