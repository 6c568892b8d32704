//! `GET /v1/me/history`.

use crate::app::App;
use crate::auth::AsShopper;
use crate::error::Error;
use crate::history::Telling;
use crate::page::text::Lang;
use crate::tier::changes;
use axum::extract::{Query, State, rejection::QueryRejection};
use axum::http::HeaderMap;
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_api::statement::ExplainedPage;
use habitue_domain::time::Timestamp;
use habitue_store::Tx;
use habitue_store::authority::Shopper;
use habitue_store::history::{self, Whose};
use serde::Deserialize;

/// Which page.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Only rows before this place; `next` of the page before.
    before: Option<i64>,
    /// At most so many rows, 1 to 100; 20 if absent.
    limit: Option<i64>,
    /// The language of the sentences, `en` or `fr`; that of the session, or of the browser, if
    /// absent.
    locale: Option<String>,
}

/// The language asked for, or the session's, or the one the browser likes best.
pub fn language(asked: Option<&str>, shopper: Option<&Shopper>, headers: &HeaderMap) -> Lang {
    let named = asked.and_then(Lang::parse);
    let known = || shopper.and_then(Shopper::locale).and_then(Lang::parse);
    named.or_else(known).unwrap_or_else(|| Lang::accepted(headers))
}

/// What happened to the member's points, credit and gift cards, newest first.
#[utoipa::path(get, path = path::HISTORY, tag = "shopper", params(Page),
    security(("session" = [])), responses(
    (status = 200, description = "One page", body = ExplainedPage),
    (status = 400, description = "invalid_parameter", body = Problem)))]
pub async fn page(
    State(app): State<App>,
    AsShopper(shopper): AsShopper,
    headers: HeaderMap,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<axum::Json<ExplainedPage>, Error> {
    let unreadable = |error: QueryRejection| {
        Error::from(Problem::new(Code::InvalidParameter).detail(error.body_text()))
    };
    let Query(page) = page.map_err(unreadable)?;
    let limit = page.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(Problem::new(Code::InvalidParameter).field("limit").into());
    }
    let Some(member) = shopper.member() else {
        return Ok(axum::Json(ExplainedPage { rows: vec![], next: None, tiers: vec![] }));
    };
    let lang = language(page.locale.as_deref(), Some(&shopper), &headers);
    let (shop, program) = (shopper.shop(), shopper.program());
    let whose = Whose { member, shop, customer: shopper.customer().to_owned() };
    let before = page.before.unwrap_or(i64::MAX);
    let (more, programs) = (limit.saturating_add(1), app.programs.clone());
    let always = (Timestamp::MIN, Timestamp::MAX);
    let is_first = page.before.is_none();
    let look = async move |tx: &mut Tx<'_>| -> Result<_, Error> {
        let tiers = if is_first { changes(tx, member, false).await? } else { Vec::new() };
        let movements = history::page(tx, &whose, before, more, always).await?;
        Ok((movements, tiers, programs.current(tx, program).await?))
    };
    let (mut movements, tiers, compiled) = app.store.read(look).await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = (movements.len() > shown).then(|| {
        movements.truncate(shown);
        movements.last().map(|movement| movement.seq)
    });
    let telling = Telling { lang, compiled: &compiled, reader: None };
    let rows = movements.into_iter().map(|movement| telling.row(movement)).collect();
    Ok(axum::Json(ExplainedPage { rows, next: next.flatten(), tiers }))
}
