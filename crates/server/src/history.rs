//! Movements with all that explains them, in figures and in sentences (rules §5.6).

pub mod text;

use crate::error::Error;
use crate::page::text::Lang;
use crate::programs::Compiled;
use habitue_api::history::{HistoryRow, Instrument};
use habitue_api::statement::{ExplainedRow, RowLine, RowLot};
use habitue_domain::id::ShopId;
use habitue_domain::ledger::{TransferKind, Unit};
use habitue_domain::points::Points;
use habitue_domain::text::Text;
use habitue_domain::time::Timestamp;
use habitue_store::Tx;
use habitue_store::history::{self, Movement, Part, Whose};
use std::collections::BTreeMap;

/// How a movement is told.
pub struct Telling<'a> {
    /// In which language.
    pub lang: Lang,
    /// The program, for the days of its zone.
    pub compiled: &'a Compiled,
    /// The shop that reads it, which is told of no order of another; `None` for the member.
    pub reader: Option<ShopId>,
}

/// How many movements are read at once.
const PAGE: i64 = 100;

/// All movements from one instant to before another, oldest first; `None` where there are more
/// than `most`.
///
/// # Errors
/// Faults of the database.
pub async fn all(
    tx: &mut Tx<'_>,
    whose: &Whose,
    span: (Timestamp, Timestamp),
    most: usize,
) -> Result<Option<Vec<Movement>>, Error> {
    let (mut found, mut before) = (Vec::new(), i64::MAX);
    loop {
        let page = history::page(tx, whose, before, PAGE, span).await?;
        let Some(last) = page.last() else { break };
        before = last.seq;
        found.extend(page);
        if found.len() > most {
            return Ok(None);
        }
    }
    found.sort_by_key(|movement| (movement.occurred_at, movement.seq));
    Ok(Some(found))
}

/// What a unit is to somebody who reads of it.
pub const fn instrument(unit: Unit) -> (Instrument, Option<habitue_domain::money::Currency>) {
    match unit {
        Unit::Points(_) => (Instrument::Points, None),
        Unit::Credit(currency) => (Instrument::Credit, Some(currency)),
        Unit::Gift(currency) => (Instrument::GiftCard, Some(currency)),
    }
}

impl Telling<'_> {
    /// The movement as it is told.
    pub fn row(&self, movement: Movement) -> ExplainedRow {
        let is_ours = |shop: ShopId| self.reader.is_none_or(|reader| reader == shop);
        let ours = is_ours(movement.shop);
        let lot = |part: &Part| RowLot {
            amount: part.amount,
            order: part.order.clone().filter(|_| is_ours(part.shop)),
            earned_at: part.earned_at,
            ends_at: part.ends_at,
        };
        let (repaid, owed) = debt(&movement);
        let action = movement.explanation.action.as_deref();
        // One that the program has no more is told by the name it had in the file.
        let action = action.map(|id| match self.compiled.program.action(id) {
            Some(action) => action.name.clone(),
            None => Text(BTreeMap::from([(Lang::En.tag().to_owned(), id.to_owned())])),
        });
        let mut row = ExplainedRow {
            rule: movement.program_version,
            lines: if ours { lines(&movement) } else { Vec::new() },
            lots: movement.parts.iter().map(lot).collect(),
            repaid,
            owed,
            reason: movement.adjustment.as_ref().map(|(_, reason)| reason.clone()),
            text: String::new(),
            row: plain(movement),
        };
        row.row.action = action;
        if !ours {
            (row.row.order, row.row.paid, row.reason) = (None, None, None);
        }
        row.text = text::of(self, &row);
        row
    }
}

fn plain(movement: Movement) -> HistoryRow {
    let explanation = movement.explanation;
    let paid = explanation.paid_minor.zip(explanation.currency);
    let (instrument, currency) = instrument(movement.unit);
    let points = if currency.is_none() { movement.amount } else { 0 };
    HistoryRow {
        seq: movement.seq,
        kind: movement.kind,
        instrument,
        points: Points::clamped(points),
        amount: currency.map(|currency| currency.clamped(movement.amount)),
        occurred_at: movement.occurred_at,
        order: movement.order,
        paid: paid.and_then(|(minor, currency)| currency.amount(minor)),
        multiplier: explanation.multiplier,
        active_from: explanation.active_from,
        action: None,
        reward: explanation.reward,
        tier: explanation.tier,
    }
}

/// The lines that came back, or, of what was earned or redeemed, all of them.
fn lines(movement: &Movement) -> Vec<RowLine> {
    let product = |id: &str| movement.lines.iter().find(|line| line.id == id);
    if matches!(movement.kind, TransferKind::TakeBack | TransferKind::GiveBack) {
        let back = movement.returned.iter().map(|back| RowLine {
            line: back.line.clone(),
            product: product(&back.line).map(|line| line.product.clone()),
            quantity: back.quantity,
        });
        return back.collect();
    }
    let whole = movement.lines.iter().map(|line| RowLine {
        line: line.id.clone(),
        product: Some(line.product.clone()),
        quantity: line.quantity,
    });
    whole.collect()
}

/// What of a movement no lot shows: the part that repaid a debt, and the part that became one.
fn debt(movement: &Movement) -> (Option<i64>, Option<i64>) {
    if matches!(movement.unit, Unit::Gift(_)) {
        return (None, None);
    }
    let in_lots = movement.parts.iter().map(|part| part.amount).fold(0, i64::saturating_add);
    let rest = movement.amount.saturating_sub(in_lots);
    ((rest > 0).then_some(rest), (rest < 0).then_some(rest.saturating_neg()))
}
