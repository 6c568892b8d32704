//! `POST /v1/me/join`.

use crate::action;
use crate::app::App;
use crate::auth::AsShopper;
use crate::body::Json;
use crate::booking::Booking;
use crate::consent;
use crate::error::Error;
use crate::idempotent::{Key, once};
use crate::programs::Programs;
use crate::routes::me;
use axum::extract::State;
use axum::response::Response;
use habitue_api::join::JoinRequest;
use habitue_api::me::Me;
use habitue_api::path;
use habitue_api::problem::Problem;
use habitue_domain::action::ActionKind;
use habitue_domain::refusal::Refusal;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Shopper;
use habitue_store::{Tx, id, member, order};

/// How many days of a customer's earlier orders count when they join (rules §8, Joining).
const CREDIT_DAYS: i64 = 30;

/// Joins the program: the shopper's own act. Joining twice answers the same.
#[utoipa::path(post, path = path::JOIN, tag = "shopper", request_body = JoinRequest,
    security(("session" = [])), params(("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The new member", body = Me),
    (status = 409, description = "terms_changed", body = Problem)))]
pub async fn join(
    State(app): State<App>,
    AsShopper(shopper): AsShopper,
    key: Key,
    body: Json<JoinRequest>,
) -> Result<Response, Error> {
    let (programs, master, now) = (app.programs.clone(), app.master.clone(), app.clock.now());
    let owner = shopper.owner();
    let agreed = body.value.terms_version;
    // The shopper may own gift cards, whose codes stand in the answer.
    let key = key.sealed(true);
    once(&app, owner, key, body.hash, async move |tx: &mut Tx<'_>| -> Result<Me, Error> {
        let shopper = enrol(tx, &programs, shopper.clone(), &agreed, now);
        let shopper = Box::pin(shopper).await?;
        me::load(tx, &programs, &master, &shopper, now).await
    })
    .await
}

async fn enrol(
    tx: &mut Tx<'_>,
    programs: &Programs,
    shopper: Shopper,
    agreed: &str,
    now: Timestamp,
) -> Result<Shopper, Error> {
    let (shop, customer) = (shopper.shop(), shopper.customer().to_owned());
    if let Some(member) = member::of_customer(tx, shop, &customer).await? {
        return Ok(shopper.joined(member));
    }
    let compiled = programs.current(tx, shopper.program()).await?;
    let program = &compiled.program;
    if program.terms.version != agreed {
        return Err(Refusal::TermsChanged.into());
    }
    let new = member::NewMember {
        id: id::member(),
        program: shopper.program(),
        shop,
        customer: &customer,
        joined_at: now,
        terms_version: agreed,
        tier: program.tiers.first().map_or("", |tier| tier.id.as_str()),
    };
    member::add(tx, &new).await?;
    consent::joined(tx, &shopper, program, now).await?;
    member::save_profile(tx, new.id, shopper.given_name(), None, shopper.locale()).await?;
    let joins = (new.program, shop, new.id);
    action::see(tx, programs, joins, ActionKind::Join, now).await?;
    let since = now.plus_days(-CREDIT_DAYS);
    for mut stored in order::of_customer_since(tx, shop, &customer, since).await? {
        let occurred_at = stored.placed_at;
        let program = shopper.program();
        let booking = Booking { programs, shop, program, occurred_at, now };
        booking.book(tx, &mut stored).await?;
    }
    Ok(shopper.joined(new.id))
}
