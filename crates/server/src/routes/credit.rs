//! `POST /v1/members/{id}/credit`: a member's store credit, put right by the shop.

use crate::app::App;
use crate::auth::AsMerchant;
use crate::body::Json;
use crate::booking::into_lot;
use crate::error::Error;
use crate::idempotent::{Key, once};
use crate::routes::gift_card::check_author;
use crate::routes::me::credit as shown;
use crate::segment::Path;
use axum::extract::State;
use axum::response::Response;
use habitue_api::credit::{CreditReply, CreditRequest};
use habitue_api::gift_card::AdjustRequest;
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_domain::id::MemberId;
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::lot;
use habitue_domain::points::Points;
use habitue_domain::refusal::Refusal;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Merchant;
use habitue_store::ledger::{Explanation, NewTransfer};
use habitue_store::{Tx, credit, ledger, lot as lots, member, program};

/// Gives credit, which first repays what is owed, or takes away at most what there is. Credit given
/// may be spent at once, and never ends.
#[utoipa::path(post, path = path::MEMBER_CREDIT, tag = "shop", request_body = AdjustRequest,
    security(("secret_key" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The member's credit after it", body = CreditReply),
    (status = 404, description = "not_found", body = Problem),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn adjust(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    key: Key,
    body: Json<CreditRequest>,
) -> Result<Response, Error> {
    let id: MemberId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let now = app.clock.now();
    let (owner, request) = (merchant.owner(), body.value);
    let adjust = async move |tx: &mut Tx<'_>| -> Result<CreditReply, Error> {
        check_author(&request.author, &request.reason)?;
        if request.amount.minor() == 0 {
            return Err(Refusal::out_of_bounds("amount").into());
        }
        let here = member::customer_at(tx, merchant.shop(), id).await?;
        here.ok_or(Code::NotFound)?;
        member::claimed(tx, id).await?;
        put_right(tx, &merchant, id, &request, now).await?;
        let all = credit::holdings(tx, (id, merchant.shop()), None, now).await?;
        let credit = all.iter().map(|holding| shown(holding, now)).collect();
        Ok(CreditReply { member: id.to_string(), credit })
    };
    once(&app, owner, key, body.hash, adjust).await
}

async fn put_right(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    member: MemberId,
    request: &CreditRequest,
    now: Timestamp,
) -> Result<(), Error> {
    let (minor, currency) = (request.amount.minor(), request.amount.currency());
    let (unit, amount) = (Unit::Credit(currency), Points::clamped(minor.saturating_abs()));
    let all = credit::holdings(tx, (member, merchant.shop()), None, now).await?;
    let own = all.into_iter().find(|holding| holding.currency == currency);
    let open = own.map(|holding| holding.lots).unwrap_or_default();
    let taken = if minor < 0 {
        lot::take(&open, amount, now).map_err(|_| Refusal::out_of_bounds("amount"))?
    } else {
        Vec::new()
    };
    let new = NewTransfer {
        program: merchant.program(),
        shop: merchant.shop(),
        holder: Holder::Member(member),
        unit,
        kind: if minor > 0 { TransferKind::Grant } else { TransferKind::Withdraw },
        amount,
        order: None,
        program_version: program::current(tx, merchant.program()).await?,
        explanation: Explanation::default(),
        occurred_at: now,
        recorded_at: now,
    };
    let booked = ledger::book(tx, &new).await?;
    let (author, reason) = (request.author.trim(), request.reason.trim());
    ledger::note(tx, booked.transfer, author, reason).await?;
    if minor > 0 {
        return into_lot(tx, (member, unit), (booked, amount), now, None).await;
    }
    for (lot, part) in taken {
        lots::change(tx, booked.transfer, lot, part.get().saturating_neg()).await?;
    }
    Ok(())
}
