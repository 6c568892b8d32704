//! `POST /v1/members/{id}/points`: a member's points, put right by the shop.

use crate::app::App;
use crate::auth::AsMerchant;
use crate::body::Json;
use crate::booking::into_lot;
use crate::error::Error;
use crate::idempotent::{Key, once};
use crate::programs::{Compiled, Programs};
use crate::routes::gift_card::check_author;
use crate::segment::Path;
use axum::extract::State;
use axum::response::Response;
use habitue_api::path;
use habitue_api::points::{PointsReply, PointsRequest};
use habitue_api::problem::{Code, Problem};
use habitue_domain::id::MemberId;
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::lot;
use habitue_domain::points::Points;
use habitue_domain::refusal::Refusal;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Merchant;
use habitue_store::ledger::{Explanation, NewTransfer};
use habitue_store::{Tx, ledger, lot as lots, member};

/// Gives points, which first repay what is owed, or takes away at most what there is. Points given
/// may be spent at once, and end by the program's rule as if they had been earned now.
#[utoipa::path(post, path = path::MEMBER_POINTS, tag = "shop", request_body = PointsRequest,
    security(("secret_key" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The member's points after it", body = PointsReply),
    (status = 404, description = "not_found", body = Problem),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn adjust(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    key: Key,
    body: Json<PointsRequest>,
) -> Result<Response, Error> {
    let id: MemberId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let (owner, request) = (merchant.owner(), body.value);
    let adjust = async move |tx: &mut Tx<'_>| -> Result<PointsReply, Error> {
        let here = member::customer_at(tx, merchant.shop(), id).await?;
        here.ok_or(Code::NotFound)?;
        put_right(tx, (&programs, &merchant), id, &request, now).await?;
        let holdings = lots::holdings(tx, id, None, now).await?;
        let balance = lot::balance(&holdings.lots, holdings.debt, now);
        Ok(PointsReply { member: id.to_string(), balance })
    };
    once(&app, owner, key, body.hash, adjust).await
}

/// What is asked for, within its bounds.
fn check(request: &PointsRequest, compiled: &Compiled) -> Result<Points, Refusal> {
    check_author(&request.author, &request.reason)?;
    let points = Points::clamped(request.points.get().saturating_abs());
    if !points.is_positive() || points > compiled.program.adjust_limit {
        return Err(Refusal::out_of_bounds("points"));
    }
    Ok(points)
}

async fn put_right(
    tx: &mut Tx<'_>,
    (programs, merchant): (&Programs, &Merchant),
    member: MemberId,
    request: &PointsRequest,
    now: Timestamp,
) -> Result<(), Error> {
    let compiled = programs.current(tx, merchant.program()).await?;
    let (amount, gives) = (check(request, &compiled)?, request.points.is_positive());
    member::claimed(tx, member).await?;
    let open = lots::holdings(tx, member, None, now).await?.lots;
    let taken = if gives {
        Vec::new()
    } else {
        lot::take(&open, amount, now).map_err(|_| Refusal::out_of_bounds("points"))?
    };
    let unit = Unit::Points(merchant.program());
    let new = NewTransfer {
        program: merchant.program(),
        shop: merchant.shop(),
        holder: Holder::Member(member),
        unit,
        kind: if gives { TransferKind::Grant } else { TransferKind::Withdraw },
        amount,
        order: None,
        program_version: compiled.program.version,
        explanation: Explanation::default(),
        occurred_at: now,
        recorded_at: now,
    };
    let booked = ledger::book(tx, &new).await?;
    let (author, reason) = (request.author.trim(), request.reason.trim());
    ledger::note(tx, booked.transfer, author, reason).await?;
    if gives {
        let ends = compiled.end_of(now).map(|end| (end, None));
        return into_lot(tx, (member, unit), (booked, amount), now, ends).await;
    }
    for (lot, part) in taken {
        lots::change(tx, booked.transfer, lot, part.get().saturating_neg()).await?;
    }
    Ok(())
}
