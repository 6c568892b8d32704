//! `/v1/members/{id}/tier`: where a member stands, and a tier given by hand.

use crate::app::App;
use crate::auth::AsMerchant;
use crate::body::Json;
use crate::error::Error;
use crate::programs::Programs;
use crate::routes::gift_card::check_author;
use crate::segment::Path;
use crate::tier::{self, Place};
use axum::extract::State;
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_api::tier::{TierReply, TierRequest};
use habitue_domain::id::MemberId;
use habitue_domain::refusal::Refusal;
use habitue_domain::tier::Floor;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Merchant;
use habitue_store::{Tx, member};

/// The most days of a floor: ten years.
const DAYS: i64 = 3_660;

/// Where a member stands, how they keep it, and what happened to it.
#[utoipa::path(get, path = path::MEMBER_TIER, tag = "shop", operation_id = "show_tier",
    security(("secret_key" = [])), params(("id" = String, Path)), responses(
    (status = 200, description = "Where the member stands", body = TierReply),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn show(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
) -> Result<axum::Json<TierReply>, Error> {
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let look = async move |tx: &mut Tx<'_>| -> Result<TierReply, Error> {
        let id = known(tx, &merchant, &id).await?;
        reply(tx, &programs, &merchant, id, now).await
    };
    app.store.read(look).await.map(axum::Json)
}

/// Gives a tier by hand until a date: at once where it is above the one held, and no review takes
/// away what is not above it before. The same again changes nothing but the date.
#[utoipa::path(put, path = path::MEMBER_TIER, tag = "shop", operation_id = "give_tier",
    request_body = TierRequest, security(("secret_key" = [])), params(("id" = String, Path)),
    responses(
    (status = 200, description = "Where the member stands after it", body = TierReply),
    (status = 404, description = "not_found", body = Problem),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn give(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    body: Json<TierRequest>,
) -> Result<axum::Json<TierReply>, Error> {
    let (programs, now, request) = (app.programs.clone(), app.clock.now(), body.value);
    let give = async move |tx: &mut Tx<'_>| -> Result<TierReply, Error> {
        let id = known(tx, &merchant, &id).await?;
        let compiled = programs.current(tx, merchant.program()).await?;
        check_author(&request.author, &request.reason)?;
        compiled.program.tier(&request.tier).ok_or_else(|| Refusal::out_of_bounds("tier"))?;
        if request.until <= now || request.until > now.plus_days(DAYS) {
            return Err(Refusal::out_of_bounds("until").into());
        }
        let floor = Floor { tier: request.tier.clone(), until: request.until };
        let who = member::claimed(tx, id).await?;
        let held = habitue_store::tier::tenure(tx, id).await?.floor;
        if held.as_ref() != Some(&floor) {
            let (program, shop) = (merchant.program(), merchant.shop());
            let place = Place { compiled: &compiled, program, shop, occurred_at: now, now };
            let by = (request.author.trim().to_owned(), request.reason.trim().to_owned());
            tier::give(tx, &place, &who, &floor, by).await?;
        }
        reply(tx, &programs, &merchant, id, now).await
    };
    app.store.write(give).await.map(axum::Json)
}

async fn known(tx: &mut Tx<'_>, merchant: &Merchant, id: &str) -> Result<MemberId, Error> {
    let id: MemberId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    member::customer_at(tx, merchant.shop(), id).await?.ok_or(Code::NotFound)?;
    Ok(id)
}

async fn reply(
    tx: &mut Tx<'_>,
    programs: &Programs,
    merchant: &Merchant,
    id: MemberId,
    now: Timestamp,
) -> Result<TierReply, Error> {
    let compiled = programs.current(tx, merchant.program()).await?;
    let who = member::load(tx, id).await?;
    let (progress, keeping) = tier::standing(tx, &compiled, &who, now).await?;
    let changes = tier::changes(tx, id, true).await?;
    Ok(TierReply { member: id.to_string(), tier: who.tier, progress, keeping, changes })
}
