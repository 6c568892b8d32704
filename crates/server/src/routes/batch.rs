//! `/v1/coupons/batches`: codes made, or imported, together.

use crate::app::App;
use crate::auth::AsMerchant;
use crate::batch::import::{import, read};
use crate::batch::{self as batches, Wanted};
use crate::body::Json;
use crate::code::unseal;
use crate::csv::safe;
use crate::error::Error;
use crate::idempotent::{Key, once};
use crate::routes::code::{check_promotion, unreadable};
use crate::secret::MasterKey;
use crate::segment::Path;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use habitue_api::batch::{Batch, BatchRequest, Batches, CodesReply, CodesRequest};
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_domain::id::{BatchId, ShopId};
use habitue_domain::promotion::Validity;
use habitue_domain::refusal::Refusal;
use habitue_domain::time::Timestamp;
use habitue_store::{Store, Tx, batch, id};
use serde::Deserialize;

/// How many batches stand on a page.
const PAGE: usize = 100;
/// How many codes come out of the database at a time, and how many stand in a CSV file at most.
const CODES: usize = 1_000;
const LINES: usize = 10_000;
/// The most codes of one request.
const MOST_SENT: usize = 1_000;
/// A batch of so many is made at once, in the transaction that answers.
const AT_ONCE: i64 = 100;

/// Makes a batch. Up to 100 codes are there with the answer, the rest follows within seconds,
/// whatever happens to the server meanwhile.
#[utoipa::path(post, path = path::BATCHES, tag = "shop", request_body = BatchRequest,
    operation_id = "make_batch", security(("secret_key" = [])),
    params(("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The batch", body = Batch),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn add(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    key: Key,
    body: Json<BatchRequest>,
) -> Result<Response, Error> {
    let (request, now) = (body.value, app.clock.now());
    let (programs, master, owner) = (app.programs.clone(), app.master.clone(), merchant.owner());
    let job = async move |tx: &mut Tx<'_>| -> Result<Batch, Error> {
        let mut new = asked_for(&request, merchant.shop(), now)?;
        let compiled = programs.current(tx, merchant.program()).await?;
        check_promotion(&compiled.program, &new.promotion)?;
        batch::add(tx, &new).await?;
        if !new.is_imported && new.wanted <= AT_ONCE {
            let codes = batches::make(&master, merchant.program(), &new, new.wanted)?;
            batches::put(tx, &new, &codes).await?;
            new.made = new.wanted;
        }
        Ok(told(new))
    };
    once(&app, owner, key.sealed(true), body.hash, job).await
}

/// The batch that is asked for, still without codes.
///
/// # Errors
/// The field that is out of bounds.
pub fn asked_for(
    request: &BatchRequest,
    shop: ShopId,
    now: Timestamp,
) -> Result<batch::Batch, Refusal> {
    let wanted = Wanted {
        count: request.count.unwrap_or(1),
        prefix: request.prefix.clone(),
        characters: request.characters.unwrap_or(12),
        uses: request.uses.unwrap_or(1),
        validity: Validity { from: request.from, until: request.until },
    };
    if let Some(field) = wanted.wrong() {
        return Err(Refusal::out_of_bounds(field));
    }
    Ok(batch::Batch {
        id: id::batch(),
        shop,
        promotion: request.promotion.clone(),
        is_imported: request.count.is_none(),
        prefix: wanted.prefix,
        characters: wanted.characters,
        wanted: request.count.unwrap_or_default(),
        made: 0,
        uses: wanted.uses,
        validity: wanted.validity,
        made_at: now,
        withdrawn_at: None,
    })
}

fn told(batch: batch::Batch) -> Batch {
    Batch {
        id: batch.id.to_string(),
        promotion: batch.promotion,
        imported: batch.is_imported,
        count: batch.wanted,
        made: batch.made,
        prefix: batch.prefix,
        uses: batch.uses,
        from: batch.validity.from,
        until: batch.validity.until,
        made_at: batch.made_at,
        withdrawn_at: batch.withdrawn_at,
    }
}

/// From where on.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// Only what comes after this; `next`, or `habitue-next`, of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    after: String,
}

/// The shop's batches.
#[utoipa::path(get, path = path::BATCHES, tag = "shop", params(From),
    operation_id = "list_batches", security(("secret_key" = [])),
    responses((status = 200, description = "At most 100", body = Batches)))]
pub async fn list(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    query: Result<Query<From>, QueryRejection>,
) -> Result<axum::Json<Batches>, Error> {
    let From { after } = query.map_err(|error| unreadable(&error))?.0;
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let look = async move |tx: &mut Tx<'_>| batch::list(tx, merchant.shop(), &after, limit).await;
    let found = app.store.read(look).await?;
    let next = found.last().filter(|_| found.len() == PAGE).map(|last| last.id.to_string());
    Ok(axum::Json(Batches { batches: found.into_iter().map(told).collect(), next }))
}

fn parse(id: &str) -> Result<BatchId, Error> {
    id.parse().map_err(|_| Code::NotFound.into())
}

/// A shop's batch.
///
/// # Errors
/// `not_found` where it has no such one; faults of the database.
pub async fn find(store: &Store, shop: ShopId, id: BatchId) -> Result<batch::Batch, Error> {
    let look = async move |tx: &mut Tx<'_>| batch::load(tx, id).await;
    let found = store.read(look).await?.filter(|batch| batch.shop == shop);
    Ok(found.ok_or(Code::NotFound)?)
}

/// One batch, and how far it is.
#[utoipa::path(get, path = path::BATCH, tag = "shop", operation_id = "show_batch",
    security(("secret_key" = [])), params(("id" = String, Path)), responses(
    (status = 200, description = "The batch", body = Batch),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn show(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
) -> Result<axum::Json<Batch>, Error> {
    let found = find(&app.store, merchant.shop(), parse(&id)?).await?;
    Ok(axum::Json(told(found)))
}

/// Withdraws all codes of a batch; twice changes nothing. What orders have used stays used.
#[utoipa::path(delete, path = path::BATCH, tag = "shop", operation_id = "withdraw_batch",
    security(("secret_key" = [])), params(("id" = String, Path)), responses(
    (status = 204, description = "None of them counts any more"),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn withdraw(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let (id, now) = (parse(&id)?, app.clock.now());
    let job = async move |tx: &mut Tx<'_>| batch::withdraw(tx, merchant.shop(), id, now).await;
    if app.store.write(job).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Code::NotFound.into())
    }
}

/// Takes codes that a partner chose into a batch of imported ones. Those that cannot be taken are
/// named with their place; sent again, nothing changes.
#[utoipa::path(post, path = path::BATCH_CODES, tag = "shop", request_body = CodesRequest,
    operation_id = "import_codes", security(("secret_key" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "What became of them", body = CodesReply),
    (status = 404, description = "not_found", body = Problem),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn add_codes(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    key: Key,
    body: Json<CodesRequest>,
) -> Result<Response, Error> {
    let (id, request) = (parse(&id)?, body.value);
    let (programs, owner) = (app.programs.clone(), merchant.owner());
    let job = async move |tx: &mut Tx<'_>| -> Result<CodesReply, Error> {
        if request.codes.len() > MOST_SENT {
            return Err(Refusal::out_of_bounds("codes").into());
        }
        let lines = read((1..).zip(request.codes.iter().map(String::as_str)));
        let compiled = programs.current(tx, merchant.program()).await?;
        let into = (merchant.program(), merchant.shop(), Some(id));
        let mut reply = import(tx, &compiled, into, &lines.good, false).await?;
        reply.rejected.extend(lines.bad);
        reply.rejected.sort_by_key(|rejected| rejected.line);
        Ok(reply)
    };
    once(&app, owner, key.sealed(true), body.hash, job).await
}

/// A batch's codes, at most 10,000 lines; where there are more, `habitue-next` says what `after` is
/// next. No cell can be taken for a formula.
#[utoipa::path(get, path = path::BATCH_CSV, tag = "shop", params(("id" = String, Path), From),
    operation_id = "export_batch", security(("secret_key" = [])), responses(
    (status = 200, description = "The lines", body = String, content_type = "text/csv"),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn export(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    query: Result<Query<From>, QueryRejection>,
) -> Result<Response, Error> {
    let From { after } = query.map_err(|error| unreadable(&error))?.0;
    let after = if after.is_empty() { Ok(0) } else { after.parse() };
    let after = after.map_err(|_| {
        let problem = Problem::new(Code::InvalidParameter).field("after");
        Error::from(problem.detail("after is what habitue-next said."))
    })?;
    let found = find(&app.store, merchant.shop(), parse(&id)?).await?;
    let (text, next) = csv(&app.store, &app.master, found.id, after).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"codes.csv\""),
    ];
    let mut response = (headers, text).into_response();
    if let Some(next) = next {
        let name = HeaderName::from_static("habitue-next");
        response.headers_mut().insert(name, HeaderValue::from(next));
    }
    Ok(response)
}

/// The lines of a batch after a place, with a head, and the place to go on after.
///
/// # Errors
/// Faults of the database.
pub async fn csv(
    store: &Store,
    master: &MasterKey,
    id: BatchId,
    mut after: i64,
) -> Result<(String, Option<i64>), Error> {
    let mut text = "code,uses,withdrawn\r\n".to_owned();
    let (mut lines, limit) = (0_usize, i64::try_from(CODES).unwrap_or(i64::MAX));
    loop {
        let look = async move |tx: &mut Tx<'_>| batch::export(tx, id, after, limit).await;
        let found = store.read(look).await?;
        for one in &found {
            // Sealed with another master key, only its end is left to tell.
            let code = unseal(master, &one.sealed);
            let code = code.map_or_else(|| format!("…{}", one.last_four), |code| code.to_string());
            let withdrawn = if one.is_withdrawn { "yes" } else { "" };
            text.push_str(&[code.as_str(), &one.used.to_string(), withdrawn].map(safe).join(","));
            text.push_str("\r\n");
        }
        lines = lines.saturating_add(found.len());
        let Some(last) = found.last().filter(|_| found.len() == CODES) else {
            return Ok((text, None));
        };
        after = last.place;
        if lines >= LINES {
            return Ok((text, Some(after)));
        }
    }
}
