//! `GET /v1/me`.

use crate::app::App;
use crate::auth::AsShopper;
use crate::error::Error;
use crate::facts;
use crate::issued;
use crate::programs::Programs;
use crate::secret::MasterKey;
use crate::tier;
use axum::extract::State;
use habitue_api::me::{CreditBalance, Me, Member};
use habitue_api::path;
use habitue_api::problem::Problem;
use habitue_domain::lot::{balance, expiring, next_end};
use habitue_domain::points::Points;
use habitue_domain::quote::PublicFacts;
use habitue_domain::time::Timestamp;
use habitue_store::Tx;
use habitue_store::authority::Shopper;
use habitue_store::credit::Holding;

/// What the shopper has.
#[utoipa::path(get, path = path::ME, tag = "shopper", security(("session" = [])), responses(
    (status = 200, description = "The shopper", body = Me),
    (status = 401, description = "session_ended", body = Problem)))]
pub async fn show(
    State(app): State<App>,
    AsShopper(shopper): AsShopper,
) -> Result<axum::Json<Me>, Error> {
    let (programs, master, now) = (app.programs.clone(), app.master.clone(), app.clock.now());
    let look = async move |tx: &mut Tx<'_>| load(tx, &programs, &master, &shopper, now).await;
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
    master: &MasterKey,
    shopper: &Shopper,
    now: Timestamp,
) -> Result<Me, Error> {
    let subject = shopper.subject();
    let [mut one, mut two, mut three] = tx.forks();
    let (compiled, mut own, cards) = tokio::try_join!(
        programs.current(&mut one, subject.program),
        facts::own(&mut two, &subject, None, now),
        facts::own_cards(&mut three, master, &subject, now)
    )?;
    let program = &compiled.program;
    let (mut member, mut own_codes) = (None, Vec::new());
    if let (Some(who), Some(own_facts)) = (&own.member, &mut own.facts) {
        let [mut one, mut other, mut third] = tx.forks();
        let ((progress, keeping), orders, codes) = tokio::try_join!(
            tier::standing(&mut one, &compiled, who, now),
            facts::orders(&mut other, program, Some(who.id)),
            issued::own(&mut third, &compiled, &subject, now)
        )?;
        own_codes = codes;
        own_facts.orders = orders;
        let balance = balance(&own.lots, own_facts.debt, now);
        member = Some(Member {
            id: who.id.to_string(),
            given_name: shopper.given_name().map(str::to_owned),
            joined_at: who.joined_at,
            worth: program.worth(balance.available),
            balance,
            credit: own.credit.iter().map(|holding| credit(holding, now)).collect(),
            tier: who.tier.clone(),
            progress,
            keeping,
            expiring: expiring(&own.lots, now),
        });
    }
    let public = facts::public(&compiled, own.facts, now);
    let mut facts = PublicFacts { gift_cards: cards, ..public };
    facts.promotions.append(&mut own_codes);
    Ok(Me { member, facts, now })
}

/// What a member has of one currency's credit.
pub fn credit(holding: &Holding, now: Timestamp) -> CreditBalance {
    let money = |amount: Points| holding.currency.clamped(amount.get());
    let sum = balance(&holding.lots, holding.debt, now);
    let end = next_end(&holding.lots, now);
    CreditBalance {
        available: money(sum.available),
        pending: money(sum.pending),
        held: money(sum.held),
        debt: money(sum.debt),
        ripens_at: sum.ripens_at,
        ending: end.map(|(amount, _)| money(amount)),
        ends_at: end.map(|(_, at)| at),
    }
}
