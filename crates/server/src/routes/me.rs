//! `GET /v1/me`.

use crate::app::App;
use crate::auth::AsShopper;
use crate::error::Error;
use crate::facts;
use crate::programs::Programs;
use axum::extract::State;
use habitue_api::me::{Me, Member};
use habitue_api::path;
use habitue_api::problem::Problem;
use habitue_domain::lot::balance;
use habitue_domain::tier;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Shopper;
use habitue_store::{Tx, ledger};

/// What the shopper has.
#[utoipa::path(get, path = path::ME, tag = "shopper", security(("session" = [])), responses(
    (status = 200, description = "The shopper", body = Me),
    (status = 401, description = "session_ended", body = Problem)))]
pub async fn show(
    State(app): State<App>,
    AsShopper(shopper): AsShopper,
) -> Result<axum::Json<Me>, Error> {
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let look = async move |tx: &mut Tx<'_>| load(tx, &programs, &shopper, now).await;
    // Lots and debts come in one statement, and agree; the tier may be a moment younger.
    app.store.peek(look).await.map(axum::Json)
}

/// What a shopper has, inside a transaction.
///
/// # Errors
/// Faults of the database.
pub async fn load(
    tx: &mut Tx<'_>,
    programs: &Programs,
    shopper: &Shopper,
    now: Timestamp,
) -> Result<Me, Error> {
    let subject = shopper.subject();
    let [mut one, mut other] = tx.forks();
    let (compiled, mut own) = tokio::try_join!(
        programs.current(&mut one, subject.program),
        facts::own(&mut other, &subject, None, now)
    )?;
    let program = &compiled.program;
    let mut member = None;
    if let (Some(who), Some(own_facts)) = (&own.member, &mut own.facts) {
        let [mut one, mut other] = tx.forks();
        let (earned, orders) = tokio::try_join!(
            async { Ok(ledger::earned_since(&mut one, who.id, compiled.tier_window(now)).await?) },
            facts::orders(&mut other, program, Some(who.id))
        )?;
        own_facts.orders = orders;
        let balance = balance(&own.lots, own_facts.debt, now);
        member = Some(Member {
            id: who.id.to_string(),
            given_name: shopper.given_name().map(str::to_owned),
            joined_at: who.joined_at,
            worth: program.worth(balance.available),
            balance,
            tier: who.tier.clone(),
            progress: tier::progress(&program.tiers, &who.tier, earned),
        });
    }
    Ok(Me { member, facts: facts::public(&compiled, own.facts, now), now })
}
