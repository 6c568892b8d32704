//! `GET /v1/me/history`.

use crate::app::App;
use crate::auth::AsShopper;
use crate::error::Error;
use crate::programs::Programs;
use crate::tier::changes;
use axum::extract::{Query, State, rejection::QueryRejection};
use habitue_api::history::{HistoryPage, HistoryRow, Instrument};
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_domain::id::ProgramId;
use habitue_domain::ledger::Unit;
use habitue_domain::points::Points;
use habitue_domain::text::Text;
use habitue_store::Tx;
use habitue_store::history::{self, Movement, Whose};
use serde::Deserialize;

/// Which page.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Only rows before this place; `next` of the page before.
    before: Option<i64>,
    /// At most so many rows, 1 to 100; 20 if absent.
    limit: Option<i64>,
}

/// What happened to the member's points, credit and gift cards, newest first.
#[utoipa::path(get, path = path::HISTORY, tag = "shopper", params(Page),
    security(("session" = [])), responses(
    (status = 200, description = "One page", body = HistoryPage),
    (status = 400, description = "invalid_parameter", body = Problem)))]
pub async fn page(
    State(app): State<App>,
    AsShopper(shopper): AsShopper,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<axum::Json<HistoryPage>, Error> {
    let unreadable = |error: QueryRejection| {
        Error::from(Problem::new(Code::InvalidParameter).detail(error.body_text()))
    };
    let Query(page) = page.map_err(unreadable)?;
    let limit = page.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(Problem::new(Code::InvalidParameter).field("limit").into());
    }
    let Some(member) = shopper.member() else {
        return Ok(axum::Json(HistoryPage { rows: vec![], next: None, tiers: vec![] }));
    };
    let (shop, customer) = (shopper.shop(), shopper.customer().to_owned());
    let whose = Whose { member, shop, customer };
    let before = page.before.unwrap_or(i64::MAX);
    let more = limit.saturating_add(1);
    let is_first = page.before.is_none();
    let (programs, program) = (app.programs.clone(), shopper.program());
    let look = async move |tx: &mut Tx<'_>| -> Result<_, Error> {
        let mut movements = Vec::new();
        for movement in history::page(tx, &whose, before, more).await? {
            let action = name(tx, (&programs, program), &movement).await?;
            movements.push((movement, action));
        }
        let tiers = if is_first { changes(tx, member, false).await? } else { Vec::new() };
        Ok((movements, tiers))
    };
    let (mut movements, tiers) = app.store.read(look).await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = (movements.len() > shown).then(|| {
        movements.truncate(shown);
        movements.last().map(|(movement, _)| movement.seq)
    });
    let rows = movements.into_iter().map(row).collect();
    Ok(axum::Json(HistoryPage { rows, next: next.flatten(), tiers }))
}

/// What the program calls the action that earned, if one did.
async fn name(
    tx: &mut Tx<'_>,
    (programs, program): (&Programs, ProgramId),
    movement: &Movement,
) -> Result<Option<Text>, Error> {
    let Some(id) = &movement.explanation.action else { return Ok(None) };
    let compiled = programs.version(tx, program, movement.program_version).await?;
    Ok(compiled.program.action(id).map(|action| action.name.clone()))
}

fn row((movement, action): (Movement, Option<Text>)) -> HistoryRow {
    let explanation = movement.explanation;
    let paid = explanation.paid_minor.zip(explanation.currency);
    let (instrument, currency) = match movement.unit {
        Unit::Points(_) => (Instrument::Points, None),
        Unit::Credit(currency) => (Instrument::Credit, Some(currency)),
        Unit::Gift(currency) => (Instrument::GiftCard, Some(currency)),
    };
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
        action,
        active_from: explanation.active_from,
        tier: explanation.tier,
    }
}
