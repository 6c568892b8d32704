//! `POST /v1/members/{id}/actions`: what a member did that earns points.

use crate::action::{Deed, earn};
use crate::app::App;
use crate::auth::AsMerchant;
use crate::body::Json;
use crate::error::Error;
use crate::idempotent::{Key, once};
use crate::programs::Programs;
use crate::segment::Path;
use axum::extract::State;
use axum::response::Response;
use habitue_api::action::{ActionReply, ActionRequest};
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_domain::action::{ActionKind, MAX_EVENT};
use habitue_domain::id::MemberId;
use habitue_domain::lot;
use habitue_domain::refusal::Refusal;
use habitue_domain::time::Timestamp;
use habitue_store::action::Event;
use habitue_store::authority::Merchant;
use habitue_store::{Tx, lot as lots, member};

/// Takes an event that the program gives points for, as often as its cap allows. The event's id is
/// remembered for ever: the same one again, or one beyond the cap told once more, earns nothing.
#[utoipa::path(post, path = path::MEMBER_ACTIONS, tag = "shop", request_body = ActionRequest,
    security(("secret_key" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "What became of it", body = ActionReply),
    (status = 404, description = "not_found", body = Problem),
    (status = 409, description = "event_differs", body = Problem),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn add(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    key: Key,
    body: Json<ActionRequest>,
) -> Result<Response, Error> {
    let id: MemberId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let (owner, request) = (merchant.owner(), body.value);
    let add = async move |tx: &mut Tx<'_>| -> Result<ActionReply, Error> {
        let here = member::customer_at(tx, merchant.shop(), id).await?;
        here.ok_or(Code::NotFound)?;
        take(tx, (&programs, &merchant), id, &request, now).await
    };
    once(&app, owner, key, body.hash, add).await
}

/// What is told, within its bounds.
fn check(request: &ActionRequest) -> Result<(), Refusal> {
    let seen = ActionKind::ALL.iter().filter(|kind| !kind.is_told());
    if seen.into_iter().any(|kind| kind.word() == request.action) {
        return Err(Refusal::out_of_bounds("action"));
    }
    let event = request.event.trim();
    if event.is_empty() || event.len() != request.event.len() || event.len() > MAX_EVENT {
        return Err(Refusal::out_of_bounds("event"));
    }
    Ok(())
}

async fn take(
    tx: &mut Tx<'_>,
    (programs, merchant): (&Programs, &Merchant),
    id: MemberId,
    request: &ActionRequest,
    now: Timestamp,
) -> Result<ActionReply, Error> {
    check(request)?;
    let occurred_at = request.occurred_at.unwrap_or(now);
    let who = member::load(tx, id).await?;
    if occurred_at > now || occurred_at < who.joined_at {
        return Err(Refusal::out_of_bounds("occurred_at").into());
    }
    let (action, event) = (request.action.as_str(), request.event.as_str());
    let event = Event { shop: merchant.shop(), action, id: event };
    let deed = Deed { program: merchant.program(), event, member: id, occurred_at };
    let (outcome, points) = earn(tx, programs, &deed, now).await?;
    let holdings = lots::holdings(tx, id, None, now).await?;
    let balance = lot::balance(&holdings.lots, holdings.debt, now);
    Ok(ActionReply { member: id.to_string(), outcome, points, balance })
}
