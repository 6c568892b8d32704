//! `/v1/me/claims`, `/v1/members/{id}/claims`, `/v1/claims`: claiming rewards, and settling claims.

use crate::app::App;
use crate::auth::{AsMerchant, AsShopper, check_fresh};
use crate::body::Json;
use crate::claim::{Claiming, shown, withdraw};
use crate::error::Error;
use crate::idempotent::{Key, once};
use crate::programs::Programs;
use crate::routes::code::unreadable;
use crate::routes::gift_card::check_author;
use crate::secret::MasterKey;
use crate::segment::Path;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use habitue_api::claim::{Claim, ClaimRequest, Claims, SettleRequest, Settlement};
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_domain::id::{ClaimId, MemberId};
use habitue_domain::refusal::Refusal;
use habitue_domain::time::Timestamp;
use habitue_store::authority::{Merchant, Subject};
use habitue_store::claim::{self, Stored};
use habitue_store::{Tx, member};
use serde::Deserialize;

/// How many claims stand on a page.
const PAGE: usize = 50;

/// Claims a reward for the shopper's points. What it grants stands in the answer, a code too.
#[utoipa::path(post, path = path::ME_CLAIMS, tag = "shopper", request_body = ClaimRequest,
    operation_id = "claim_reward", security(("session" = [])),
    params(("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The claim", body = Claim),
    (status = 401, description = "fresh_token_required", body = Problem),
    (status = 409, description = "not_a_member", body = Problem),
    (status = 422, description = "A reason, such as not_enough_points", body = Problem)))]
pub async fn make(
    State(app): State<App>,
    AsShopper(shopper): AsShopper,
    key: Key,
    body: Json<ClaimRequest>,
) -> Result<Response, Error> {
    let now = app.clock.now();
    check_fresh(&shopper, now)?;
    let (owner, subject, reward) = (shopper.owner(), shopper.subject(), body.value.reward);
    let (programs, master) = (app.programs.clone(), app.master.clone());
    let job = async move |tx: &mut Tx<'_>| -> Result<Claim, Error> {
        claimed(tx, (&programs, &master), (&subject, &reward), now).await
    };
    once(&app, owner, key.sealed(true), body.hash, job).await
}

/// Claims a reward for a member, on their wish.
#[utoipa::path(post, path = path::MEMBER_CLAIMS, tag = "shop", request_body = ClaimRequest,
    operation_id = "claim_for_member", security(("secret_key" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The claim", body = Claim),
    (status = 404, description = "not_found", body = Problem),
    (status = 422, description = "A reason, such as not_enough_points", body = Problem)))]
pub async fn make_for(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    key: Key,
    body: Json<ClaimRequest>,
) -> Result<Response, Error> {
    let id: MemberId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let (now, owner, reward) = (app.clock.now(), merchant.owner(), body.value.reward);
    let (programs, master) = (app.programs.clone(), app.master.clone());
    let job = async move |tx: &mut Tx<'_>| -> Result<Claim, Error> {
        let customer = member::customer_at(tx, merchant.shop(), id).await?;
        let customer = customer.ok_or(Code::NotFound)?;
        let subject = merchant.subject(tx, Some(&customer)).await?;
        claimed(tx, (&programs, &master), (&subject, &reward), now).await
    };
    once(&app, owner, key.sealed(true), body.hash, job).await
}

async fn claimed(
    tx: &mut Tx<'_>,
    (programs, master): (&Programs, &MasterKey),
    (subject, reward): (&Subject, &str),
    now: Timestamp,
) -> Result<Claim, Error> {
    let member = subject.member.ok_or(Refusal::NotAMember)?;
    let compiled = programs.current(tx, subject.program).await?;
    let claiming = Claiming { compiled: &compiled, master, subject, member, now };
    let stored = claiming.claim(tx, reward).await?;
    Ok(shown(&stored, Some(master)))
}

/// Which page.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Only claims beyond this one; `next` of the page before.
    after: Option<String>,
}

fn page(stored: &[Stored], master: Option<&MasterKey>) -> Claims {
    let next = stored.last().filter(|_| stored.len() == PAGE).map(|last| last.id.to_string());
    Claims { claims: stored.iter().map(|claim| shown(claim, master)).collect(), next }
}

/// What the shopper has claimed, newest first, with the codes.
#[utoipa::path(get, path = path::ME_CLAIMS, tag = "shopper", params(Page),
    operation_id = "list_own_claims", security(("session" = [])), responses(
    (status = 200, description = "At most 50", body = Claims)))]
pub async fn list_own(
    State(app): State<App>,
    AsShopper(shopper): AsShopper,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<axum::Json<Claims>, Error> {
    let Page { after } = query.map_err(|error| unreadable(&error))?.0;
    let Some(member) = shopper.member() else {
        return Ok(axum::Json(page(&[], None)));
    };
    // What stands behind every identifier.
    let before = after.unwrap_or_else(|| "clm_~".to_owned());
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let look = async move |tx: &mut Tx<'_>| claim::of_member(tx, member, &before, limit).await;
    let mut stored = app.store.read(look).await?;
    let full = stored.len() == PAGE;
    let next = stored.last().filter(|_| full).map(|last| last.id.to_string());
    // The codes of another shop of the program are none of this one's pages.
    for claim in stored.iter_mut().filter(|claim| claim.shop != shopper.shop()) {
        claim.granted.sealed = None;
    }
    Ok(axum::Json(Claims { next, ..page(&stored, Some(&app.master)) }))
}

/// What the shop has to fulfil, oldest first.
#[utoipa::path(get, path = path::CLAIMS, tag = "shop", params(Page),
    operation_id = "list_open_claims", security(("secret_key" = [])), responses(
    (status = 200, description = "At most 50", body = Claims)))]
pub async fn list_open(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<axum::Json<Claims>, Error> {
    let Page { after } = query.map_err(|error| unreadable(&error))?.0;
    let after = after.unwrap_or_default();
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let look = async move |tx: &mut Tx<'_>| claim::open(tx, merchant.shop(), &after, limit).await;
    Ok(axum::Json(page(&app.store.read(look).await?, None)))
}

/// Says that a claim is fulfilled, or withdraws it: what it granted counts no more, and its points
/// and its place in the stock go back. The same again changes nothing.
#[utoipa::path(put, path = path::CLAIM, tag = "shop", request_body = SettleRequest,
    operation_id = "settle_claim", security(("secret_key" = [])), params(("id" = String, Path)),
    responses(
    (status = 200, description = "The claim", body = Claim),
    (status = 404, description = "not_found", body = Problem),
    (status = 409, description = "claim_settled", body = Problem),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn settle(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    body: Json<SettleRequest>,
) -> Result<axum::Json<Claim>, Error> {
    let id: ClaimId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let (request, now) = (body.value, app.clock.now());
    let job = async move |tx: &mut Tx<'_>| -> Result<Claim, Error> {
        check_author(&request.author, &request.reason)?;
        let stored = claim::load(tx, merchant.shop(), id).await?.ok_or(Code::NotFound)?;
        let stored = settled(tx, &merchant, stored, &request, now).await?;
        Ok(shown(&stored, None))
    };
    app.store.write(job).await.map(axum::Json)
}

async fn settled(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    stored: Stored,
    request: &SettleRequest,
    now: Timestamp,
) -> Result<Stored, Error> {
    let to = match request.state {
        Settlement::Fulfilled => "fulfilled",
        Settlement::Withdrawn => "withdrawn",
    };
    if stored.state == to {
        return Ok(stored);
    }
    if stored.state == "withdrawn" {
        return Err(Refusal::ClaimSettled.into());
    }
    let by = (request.author.trim(), request.reason.trim());
    if request.state == Settlement::Withdrawn {
        withdraw(tx, merchant, &stored, by, now).await?;
    }
    claim::settle(tx, stored.id, (&stored.state, to), Some(by), now).await?;
    Ok(Stored { state: to.to_owned(), settled_at: Some(now), ..stored })
}
