//! `GET /v1/me/statement` and, for the shop, `GET /v1/members/{id}/statement`; both as CSV too.

use super::history::language;
use crate::app::App;
use crate::auth::{AsMerchant, AsShopper};
use crate::error::Error;
use crate::history::{Telling, all, instrument};
use crate::page::text::Lang;
use crate::programs::Compiled;
use crate::segment::Path;
use crate::statement::csv;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_api::statement::{Statement, StatementSum};
use habitue_domain::id::MemberId;
use habitue_domain::time::{Date, Timestamp};
use habitue_store::authority::Merchant;
use habitue_store::history::{Whose, sums};
use habitue_store::{Tx, member};
use serde::Deserialize;
use std::sync::Arc;

/// How many rows a statement has at most.
const ROWS: usize = 10_000;

/// Which days, and in which language.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The first day, in the shop's zone; from the beginning if absent.
    #[param(value_type = Option<String>)]
    from: Option<Date>,
    /// The last day; until now if absent.
    #[param(value_type = Option<String>)]
    until: Option<Date>,
    /// The language of the sentences, `en` or `fr`; that of the session, or of the browser, if
    /// absent.
    locale: Option<String>,
}

type Asked = Result<Query<Period>, QueryRejection>;

/// A statement, and what it takes to write it as a file.
struct Made {
    lang: Lang,
    statement: Statement,
    compiled: Arc<Compiled>,
}

/// What the member had, what moved and why, and what they have.
#[utoipa::path(get, path = path::STATEMENT, tag = "shopper", params(Period),
    security(("session" = [])), responses(
    (status = 200, description = "The statement", body = Statement),
    (status = 400, description = "invalid_parameter; also where there are more than 10,000 rows",
        body = Problem)))]
pub async fn own(
    State(app): State<App>,
    shopper: AsShopper,
    headers: HeaderMap,
    period: Asked,
) -> Result<axum::Json<Statement>, Error> {
    Ok(axum::Json(of_shopper(&app, shopper, &headers, period).await?.statement))
}

/// The same as CSV. No cell can be taken for a formula.
#[utoipa::path(get, path = path::STATEMENT_CSV, tag = "shopper", params(Period),
    security(("session" = [])),
    responses((status = 200, description = "The lines", body = String, content_type = "text/csv")))]
pub async fn own_csv(
    State(app): State<App>,
    shopper: AsShopper,
    headers: HeaderMap,
    period: Asked,
) -> Result<Response, Error> {
    Ok(file(&of_shopper(&app, shopper, &headers, period).await?))
}

/// A member's statement. Orders of other shops of the program are not named.
#[utoipa::path(get, path = path::MEMBER_STATEMENT, tag = "shop",
    params(("id" = String, Path), Period), security(("secret_key" = [])), responses(
    (status = 200, description = "The statement", body = Statement),
    (status = 400, description = "invalid_parameter; also where there are more than 10,000 rows",
        body = Problem),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn of_member(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    headers: HeaderMap,
    period: Asked,
) -> Result<axum::Json<Statement>, Error> {
    Ok(axum::Json(of_shop(&app, (merchant, &id), &headers, period).await?.statement))
}

/// The same as CSV. No cell can be taken for a formula.
#[utoipa::path(get, path = path::MEMBER_STATEMENT_CSV, tag = "shop",
    params(("id" = String, Path), Period), security(("secret_key" = [])),
    responses((status = 200, description = "The lines", body = String, content_type = "text/csv"),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn of_member_csv(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    headers: HeaderMap,
    period: Asked,
) -> Result<Response, Error> {
    Ok(file(&of_shop(&app, (merchant, &id), &headers, period).await?))
}

fn read(period: Asked) -> Result<Period, Error> {
    let unreadable = |error: QueryRejection| {
        Error::from(Problem::new(Code::InvalidParameter).detail(error.body_text()))
    };
    Ok(period.map_err(unreadable)?.0)
}

async fn of_shopper(
    app: &App,
    AsShopper(shopper): AsShopper,
    headers: &HeaderMap,
    period: Asked,
) -> Result<Made, Error> {
    let period = read(period)?;
    let lang = language(period.locale.as_deref(), Some(&shopper), headers);
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let look = async move |tx: &mut Tx<'_>| -> Result<Made, Error> {
        let compiled = programs.current(tx, shopper.program()).await?;
        let statement = match shopper.member() {
            Some(member) => {
                let telling = Telling { lang, compiled: &compiled, reader: None };
                let (shop, customer) = (shopper.shop(), shopper.customer().to_owned());
                make(tx, &telling, &Whose { member, shop, customer }, &period, now).await?
            }
            None => empty(&period, now),
        };
        Ok(Made { lang, statement, compiled })
    };
    app.store.read(look).await
}

async fn of_shop(
    app: &App,
    (merchant, id): (Merchant, &str),
    headers: &HeaderMap,
    period: Asked,
) -> Result<Made, Error> {
    let member: MemberId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let period = read(period)?;
    let lang = language(period.locale.as_deref(), None, headers);
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let look = async move |tx: &mut Tx<'_>| -> Result<Made, Error> {
        let shop = merchant.shop();
        let customer = member::customer_at(tx, shop, member).await?.ok_or(Code::NotFound)?;
        let compiled = programs.current(tx, merchant.program()).await?;
        let telling = Telling { lang, compiled: &compiled, reader: Some(shop) };
        let whose = Whose { member, shop, customer };
        let statement = make(tx, &telling, &whose, &period, now).await?;
        Ok(Made { lang, statement, compiled })
    };
    app.store.read(look).await
}

const fn empty(period: &Period, made_at: Timestamp) -> Statement {
    let (from, until) = (period.from, period.until);
    Statement { from, until, made_at, sums: Vec::new(), rows: Vec::new() }
}

async fn make(
    tx: &mut Tx<'_>,
    telling: &Telling<'_>,
    whose: &Whose,
    period: &Period,
    now: Timestamp,
) -> Result<Statement, Error> {
    let bad = |field: &str| Problem::new(Code::InvalidParameter).field(field);
    let start = |day: Date| telling.compiled.start_of(day);
    let from = match period.from {
        Some(day) => start(day).ok_or_else(|| bad("from"))?,
        None => Timestamp::MIN,
    };
    // The last day is a whole one, with 23 hours or 25.
    let until = match period.until {
        Some(day) => day.plus_days(1).and_then(start).ok_or_else(|| bad("until"))?,
        None => Timestamp::MAX,
    };
    if until < from {
        return Err(bad("until").into());
    }
    let (most, span) = ("A statement has at most 10,000 rows; ask for fewer days.", (from, until));
    let found = all(tx, whose, span, ROWS).await?;
    let movements = found.ok_or_else(|| bad("from").detail(most))?;
    let sum = |(unit, opening, closing)| {
        let (instrument, currency) = instrument(unit);
        StatementSum { instrument, currency, opening, closing }
    };
    Ok(Statement {
        sums: sums(tx, whose, span).await?.into_iter().map(sum).collect(),
        rows: movements.into_iter().map(|movement| telling.row(movement)).collect(),
        ..empty(period, now)
    })
}

fn file(Made { lang, statement, compiled }: &Made) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"statement.csv\""),
    ];
    (headers, csv(*lang, compiled, statement)).into_response()
}
