//! The program's card and its versions.

use crate::app::App;
use crate::auth::{AsAnybody, AsMerchant, Caller};
use crate::body::Json;
use crate::case::invalid;
use crate::error::Error;
use crate::idempotent::{Key, once};
use crate::programs::compile;
use axum::extract::{Query, State, rejection::QueryRejection};
use axum::response::Response;
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_api::program::{ProgramCard, ProgramVersion, ProgramVersions};
use habitue_domain::earn::rate_card;
use habitue_domain::id::ProgramId;
use habitue_domain::program::{Program, ProgramDocument};
use habitue_store::{Tx, program};
use serde::Deserialize;

/// The program as anybody may see it.
#[utoipa::path(get, path = path::PROGRAM, tag = "shopper",
    security(("public_key" = []), ("session" = []), ("secret_key" = [])), responses(
    (status = 200, description = "The card", body = ProgramCard),
    (status = 401, description = "key_missing, key_unknown", body = Problem)))]
pub async fn card(
    State(app): State<App>,
    AsAnybody(caller): AsAnybody,
) -> Result<axum::Json<ProgramCard>, Error> {
    let id = match &caller {
        Caller::Visitor(visitor) => visitor.program(),
        Caller::Shopper(shopper) => shopper.program(),
        Caller::Merchant(merchant) => merchant.program(),
        Caller::Nobody | Caller::Unknown(_) => return Err(Code::KeyMissing.into()),
    };
    let programs = app.programs.clone();
    let look = async move |tx: &mut Tx<'_>| programs.current(tx, id).await;
    let compiled = app.store.read(look).await?;
    Ok(axum::Json(card_of(id, &compiled.program)))
}

fn card_of(id: ProgramId, program: &Program) -> ProgramCard {
    ProgramCard {
        id: id.to_string(),
        version: program.version,
        name: program.name.clone(),
        locale: program.locale.clone(),
        terms: program.terms.clone(),
        pending_days: program.pending_days,
        tier_months: program.tier_rule.months,
        tier_metric: program.tier_rule.metric,
        tier_window: program.tier_rule.window,
        tier_currency: program.tier_rule.currency,
        tiers: program.tiers.clone(),
        rates: rate_card(program, program.tiers.first().map(|tier| tier.id.as_str())),
        consent: program.consent.is_some(),
        actions: program.actions.clone(),
    }
}

/// Which page of versions.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Only versions before this one; `next` of the page before.
    before: Option<i64>,
}

/// The program's versions, newest first.
#[utoipa::path(get, path = path::PROGRAMS, tag = "shop", params(Page),
    security(("secret_key" = [])),
    responses((status = 200, description = "At most 20", body = ProgramVersions)))]
pub async fn versions(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<axum::Json<ProgramVersions>, Error> {
    let unreadable = |error: QueryRejection| {
        Error::from(Problem::new(Code::InvalidParameter).detail(error.body_text()))
    };
    let before = page.map_err(unreadable)?.before.unwrap_or(i64::MAX);
    let look = async move |tx: &mut Tx<'_>| program::list(tx, &merchant, before).await;
    let versions: Vec<ProgramVersion> =
        app.store.read(look).await?.into_iter().map(version).collect();
    let next = versions.last().map(|last| last.version).filter(|last| *last > 1);
    Ok(axum::Json(ProgramVersions { versions, next }))
}

fn version(stored: program::Version) -> ProgramVersion {
    ProgramVersion {
        version: stored.version,
        published_at: stored.published_at,
        document: stored.document,
        warnings: Vec::new(),
    }
}

/// Publishes a document as the next version, in force at once. Versions never change.
#[utoipa::path(post, path = path::PROGRAMS, tag = "shop", request_body = ProgramDocument,
    security(("secret_key" = [])), params(("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The new version", body = ProgramVersion),
    (status = 422, description = "invalid_program", body = Problem)))]
pub async fn publish(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    key: Key,
    body: Json<ProgramDocument>,
) -> Result<Response, Error> {
    let (document, now) = (body.value, app.clock.now());
    let owner = merchant.owner();
    let job = async move |tx: &mut Tx<'_>| -> Result<ProgramVersion, Error> {
        compile(&document, 0).map_err(|mistakes| invalid(&mistakes))?;
        let version = program::publish(tx, &merchant, &document, now).await?;
        let warnings = document.warnings().iter().map(ToString::to_string).collect();
        Ok(ProgramVersion { version, published_at: now, document: document.clone(), warnings })
    };
    once(&app, owner, key, body.hash, job).await
}
