//! `POST /v1/me/notice`: the member was shown which of their points end soon, and that their tier is
//! in danger.

use crate::app::App;
use crate::auth::AsShopper;
use crate::error::Error;
use crate::expiry;
use crate::idempotent::{Key, once};
use crate::programs::Programs;
use crate::routes::me;
use crate::secret::MasterKey;
use crate::tier;
use axum::extract::State;
use axum::response::Response;
use habitue_api::me::Me;
use habitue_api::path;
use habitue_api::problem::Problem;
use habitue_domain::time::Timestamp;
use habitue_store::Tx;
use habitue_store::authority::Shopper;

/// Notes that the member has seen `expiring` and `keeping.warning` of `GET /v1/me`: the 45 days
/// before an end, and the grace before a fall, begin with it. Reading alone is no notice, since not everything that reads shows it.
#[utoipa::path(post, path = path::NOTICE, tag = "shopper", security(("session" = [])),
    params(("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The shopper, told", body = Me),
    (status = 401, description = "session_ended", body = Problem)))]
pub async fn give(
    State(app): State<App>,
    AsShopper(shopper): AsShopper,
    key: Key,
) -> Result<Response, Error> {
    let (programs, master, now) = (app.programs.clone(), app.master.clone(), app.clock.now());
    let owner = shopper.owner();
    // The answer tells the codes of the member's own coupons and cards.
    once(&app, owner, key.sealed(true), String::new(), async move |tx: &mut Tx<'_>| {
        tell(tx, &programs, &master, &shopper, now).await
    })
    .await
}

async fn tell(
    tx: &mut Tx<'_>,
    programs: &Programs,
    master: &MasterKey,
    shopper: &Shopper,
    now: Timestamp,
) -> Result<Me, Error> {
    if let Some(member) = shopper.member() {
        expiry::tell(tx, member, "panel", now).await?;
        let compiled = programs.current(tx, shopper.program()).await?;
        tier::tell(tx, &compiled, member, ("panel", now)).await?;
    }
    me::load(tx, programs, master, shopper, now).await
}
