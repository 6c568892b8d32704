//! `PUT /v1/orders/{id}` and its returns: orders as state.

use crate::app::App;
use crate::auth::AsMerchant;
use crate::body::Json;
use crate::booking::{Booking, kept};
use crate::error::Error;
use crate::programs::Programs;
use crate::redemption::settle;
use crate::segment::Path;
use axum::extract::State;
use habitue_api::order::{CardUse, OrderReply, OrderRequest, ReturnRequest};
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_domain::cart::MAX_NAME;
use habitue_domain::id::ShopId;
use habitue_domain::ledger::Unit;
use habitue_domain::order::{Order, OrderState, check_lines};
use habitue_domain::points::Points;
use habitue_domain::refusal::Refusal;
use habitue_domain::returns::{self, ReturnedLine};
use habitue_domain::time::Timestamp;
use habitue_store::authority::Merchant;
use habitue_store::{Tx, gift_card, hold, lot, member, order};
use std::collections::BTreeMap;

/// Takes an order as it stands now; the ledger gets the difference. Sending it again, or an older
/// version, changes nothing.
#[utoipa::path(put, path = path::ORDER, tag = "shop", request_body = OrderRequest,
    security(("secret_key" = [])), params(("id" = String, Path)), responses(
    (status = 200, description = "What it did to the member's points", body = OrderReply),
    (status = 409, description = "order_differs", body = Problem),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn save(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    body: Json<OrderRequest>,
) -> Result<axum::Json<OrderReply>, Error> {
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let request = body.value;
    let job = async move |tx: &mut Tx<'_>| -> Result<OrderReply, Error> {
        let stored = take(tx, &programs, &merchant, &id, &request, now).await?;
        reply(tx, &merchant, &stored).await
    };
    app.store.write(job).await.map(axum::Json)
}

/// Takes an order's state into the ledger, inside a transaction.
///
/// # Errors
/// Refusals of the rules, faults of the database.
pub async fn take(
    tx: &mut Tx<'_>,
    programs: &Programs,
    merchant: &Merchant,
    id: &str,
    request: &OrderRequest,
    now: Timestamp,
) -> Result<order::Stored, Error> {
    check_name("id", id)?;
    check_lines(&request.lines)?;
    let (state, currency) = (request.state, request.currency);
    let given = Order { state, currency, lines: request.lines.clone() };
    let mut stored = match order::load(tx, merchant.shop(), id).await? {
        Some(known) if known.version > request.version => return Ok(known),
        Some(known) if differs(&known, request, &given) => return Err(Refusal::OrderDiffers.into()),
        Some(known) if known.version == request.version => return Ok(known),
        Some(known) => {
            let channel = request.channel.clone().or(known.channel);
            order::Stored { version: request.version, order: given, channel, ..known }
        }
        None => order::Stored {
            id: id.to_owned(),
            version: request.version,
            customer: request.customer.clone(),
            member: None,
            placed_at: request.placed_at,
            order: given,
            basis: None,
            earned: Points::ZERO,
            kept: None,
            credit_basis: None,
            credit_earned: 0,
            shortfall: BTreeMap::new(),
            revision: 0,
            kept_paid: None,
            channel: request.channel.clone(),
        },
    };
    if let Some(channel) = &request.channel {
        check_name("channel", channel)?;
    }
    if let Some(customer) = &request.customer {
        check_name("customer", customer)?;
        member::know(tx, merchant.shop(), customer).await?;
    }
    if let Some(hold) = request.hold.as_deref().filter(|_| state == OrderState::Paid) {
        settle(tx, (programs, merchant), &mut stored, hold, now).await?;
    }
    let occurred_at = request.placed_at;
    let (shop, program) = (merchant.shop(), merchant.program());
    let booking = Booking { programs, shop, program, occurred_at, now };
    booking.book(tx, &mut stored).await?;
    Ok(stored)
}

/// Whether what never changes did change, or the same version says something else.
fn differs(known: &order::Stored, request: &OrderRequest, given: &Order) -> bool {
    known.order.currency != request.currency
        || known.customer != request.customer
        || (known.version == request.version && known.order != *given)
}

fn check_name(field: &str, name: &str) -> Result<(), Refusal> {
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(Refusal::out_of_bounds(field));
    }
    Ok(())
}

async fn reply(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    stored: &order::Stored,
) -> Result<OrderReply, Error> {
    let (shop, currency) = (merchant.shop(), stored.order.currency);
    let held = hold::of_order(tx, shop, &stored.id).await?;
    let redeemed = match &held {
        Some(held) => redeemed(tx, shop, stored, held).await?,
        None => Redeemed::default(),
    };
    let kept = kept(tx, shop, stored).await?;
    let money = |minor: i64| (minor != 0).then(|| currency.clamped(minor));
    Ok(OrderReply {
        order: stored.id.clone(),
        version: stored.version,
        state: stored.order.state,
        paid: currency.clamped(returns::kept_paid(&stored.order, &kept)),
        earned: stored.earned,
        redeemed: redeemed.points,
        credit_earned: money(stored.credit_earned),
        credit_used: money(redeemed.credit),
        gift_cards: redeemed.cards,
        shortfall: stored.shortfall.clone(),
        channel: stored.channel.clone(),
    })
}

/// What stays redeemed on an order.
#[derive(Default)]
struct Redeemed {
    points: Points,
    credit: i64,
    cards: Vec<CardUse>,
}

async fn redeemed(
    tx: &mut Tx<'_>,
    shop: ShopId,
    stored: &order::Stored,
    held: &hold::Stored,
) -> Result<Redeemed, Error> {
    let mut all = Redeemed::default();
    let back = lot::given_back(tx, shop, &stored.id).await?;
    for part in lot::reserved(tx, held.id).await? {
        let given = back.get(&part.lot).copied().unwrap_or_default();
        let rest = part.amount.less(Points::clamped(given));
        match part.unit {
            Unit::Points(_) => {
                all.points = Points::clamped(all.points.get().saturating_add(rest.get()));
            }
            _ => all.credit = all.credit.saturating_add(rest.get()),
        }
    }
    if held.quote.paid.is_some() {
        let back = gift_card::given_back(tx, shop, &stored.id).await?;
        for part in gift_card::reserved(tx, held.id).await? {
            let given = back.get(&part.card).copied().unwrap_or_default();
            let amount = part.currency.clamped(part.minor.saturating_sub(given));
            all.cards.push(CardUse { gift_card: part.card.to_string(), amount });
        }
    }
    Ok(all)
}

/// What is known of an order.
#[utoipa::path(get, path = path::ORDER, tag = "shop", security(("secret_key" = [])),
    params(("id" = String, Path)), responses(
    (status = 200, description = "The order", body = OrderReply),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn show(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
) -> Result<axum::Json<OrderReply>, Error> {
    let look = async move |tx: &mut Tx<'_>| -> Result<OrderReply, Error> {
        let stored = order::load(tx, merchant.shop(), &id).await?.ok_or(Code::NotFound)?;
        reply(tx, &merchant, &stored).await
    };
    app.store.read(look).await.map(axum::Json)
}

/// Records units that came back. The same return again changes nothing.
#[utoipa::path(put, path = path::ORDER_RETURN, tag = "shop", request_body = ReturnRequest,
    security(("secret_key" = [])), params(("id" = String, Path), ("return_id" = String, Path)),
    responses((status = 200, description = "The order after it", body = OrderReply),
    (status = 404, description = "not_found", body = Problem),
    (status = 409, description = "return_differs", body = Problem),
    (status = 422, description = "return_exceeds_order", body = Problem)))]
pub async fn add_return(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path((id, return_id)): Path<(String, String)>,
    body: Json<ReturnRequest>,
) -> Result<axum::Json<OrderReply>, Error> {
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let request = body.value;
    let job = async move |tx: &mut Tx<'_>| -> Result<OrderReply, Error> {
        let shop = merchant.shop();
        check_name("return_id", &return_id)?;
        let mut stored = order::load(tx, shop, &id).await?.ok_or(Code::NotFound)?;
        let known = order::returns(tx, shop, &id).await?;
        if let Some((_, lines)) = known.iter().find(|(known, _)| *known == return_id) {
            let same = request.lines.as_ref().is_none_or(|given| given == lines);
            return if same {
                reply(tx, &merchant, &stored).await
            } else {
                Err(Refusal::ReturnDiffers.into())
            };
        }
        let mut all: Vec<_> = known.into_iter().map(|(_, lines)| lines).collect();
        let lines = match &request.lines {
            Some(lines) => lines.clone(),
            None => rest(&stored.order, &all)?,
        };
        all.push(lines.clone());
        returns::returned(&stored.order, &all)?;
        order::add_return(tx, shop, &id, &return_id, request.returned_at, &lines).await?;
        let occurred_at = request.returned_at;
        let program = merchant.program();
        let booking = Booking { programs: &programs, shop, program, occurred_at, now };
        booking.book(tx, &mut stored).await?;
        reply(tx, &merchant, &stored).await
    };
    app.store.write(job).await.map(axum::Json)
}

/// Everything that has not come back yet.
fn rest(order: &Order, known: &[Vec<ReturnedLine>]) -> Result<Vec<ReturnedLine>, Refusal> {
    let before = returns::returned(order, known)?;
    let rest = returns::everything(&order.lines).into_iter().filter_map(|line| {
        let back = before.get(&line.line).copied().unwrap_or_default();
        let quantity = line.quantity.saturating_sub(back);
        (quantity > 0).then_some(ReturnedLine { quantity, ..line })
    });
    Ok(rest.collect())
}
