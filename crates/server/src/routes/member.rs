//! `/v1/members/{id}`: a member as their shop sees them, and what it says of them.

use crate::app::App;
use crate::auth::AsMerchant;
use crate::body::Json;
use crate::error::Error;
use crate::segment::Path;
use axum::extract::State;
use habitue_api::member::{MemberReply, MemberRequest};
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_domain::id::MemberId;
use habitue_domain::lot;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Merchant;
use habitue_store::{Tx, lot as lots, member};

/// A member of the shop's.
#[utoipa::path(get, path = path::MEMBER, tag = "shop", security(("secret_key" = [])),
    params(("id" = String, Path)), responses(
    (status = 200, description = "The member", body = MemberReply),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn show(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
) -> Result<axum::Json<MemberReply>, Error> {
    let id: MemberId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let now = app.clock.now();
    let look = async move |tx: &mut Tx<'_>| load(tx, &merchant, id, now).await;
    app.store.read(look).await.map(axum::Json)
}

/// Notes what the shop says of a member; saying it again changes nothing.
#[utoipa::path(patch, path = path::MEMBER, tag = "shop", request_body = MemberRequest,
    security(("secret_key" = [])), params(("id" = String, Path)), responses(
    (status = 200, description = "The member after it", body = MemberReply),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn save(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    body: Json<MemberRequest>,
) -> Result<axum::Json<MemberReply>, Error> {
    let id: MemberId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let (now, request) = (app.clock.now(), body.value);
    let save = async move |tx: &mut Tx<'_>| -> Result<MemberReply, Error> {
        let here = member::customer_at(tx, merchant.shop(), id).await?;
        here.ok_or(Code::NotFound)?;
        member::set_birthday(tx, id, request.birthday).await?;
        load(tx, &merchant, id, now).await
    };
    app.store.write(save).await.map(axum::Json)
}

async fn load(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    id: MemberId,
    now: Timestamp,
) -> Result<MemberReply, Error> {
    let customer = member::customer_at(tx, merchant.shop(), id).await?;
    let customer = customer.ok_or(Code::NotFound)?;
    let holdings = lots::holdings(tx, id, None, now).await?;
    let who = holdings.member;
    Ok(MemberReply {
        member: id.to_string(),
        customer,
        joined_at: who.joined_at,
        tier: who.tier,
        balance: lot::balance(&holdings.lots, holdings.debt, now),
        birthday: member::birthday(tx, id).await?,
    })
}
