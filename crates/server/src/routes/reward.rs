//! `GET /v1/me/rewards`.

use crate::app::App;
use crate::auth::AsShopper;
use crate::claim::Claiming;
use crate::error::Error;
use axum::extract::State;
use habitue_api::path;
use habitue_api::problem::Problem;
use habitue_api::reward::{RewardOffer, Rewards};
use habitue_domain::refusal::Reason;
use habitue_domain::reward::{Reward, Standing};
use habitue_domain::time::Timestamp;
use habitue_store::Tx;

/// What points can be claimed for: whether now, and if not why, and what is missing.
#[utoipa::path(get, path = path::ME_REWARDS, tag = "shopper", operation_id = "list_rewards",
    security(("session" = [])), responses(
    (status = 200, description = "All that is offered", body = Rewards),
    (status = 401, description = "session_ended", body = Problem)))]
pub async fn list(
    State(app): State<App>,
    AsShopper(shopper): AsShopper,
) -> Result<axum::Json<Rewards>, Error> {
    let (programs, master, now) = (app.programs.clone(), app.master.clone(), app.clock.now());
    let look = async move |tx: &mut Tx<'_>| -> Result<Rewards, Error> {
        let compiled = programs.current(tx, shopper.program()).await?;
        let offered = &compiled.program.rewards;
        let subject = shopper.subject();
        let Some(member) = subject.member else {
            let refused = Some(Reason::LoginRequired);
            let offer = |reward| RewardOffer { refused, ..offer(reward, None, now) };
            return Ok(Rewards { rewards: open(offered, now).map(offer).collect() });
        };
        let (compiled, master, subject) = (&*compiled, &master, &subject);
        let claiming = Claiming { compiled, master, subject, member, now };
        let seen = claiming.look(tx).await?;
        let mut rewards = Vec::new();
        for reward in open(offered, now) {
            let standing = claiming.standing(tx, reward, &seen).await?;
            rewards.push(offer(reward, Some(&standing), now));
        }
        Ok(Rewards { rewards })
    };
    app.store.read(look).await.map(axum::Json)
}

fn open(all: &[Reward], now: Timestamp) -> impl Iterator<Item = &Reward> {
    all.iter().filter(move |reward| reward.days.until.is_none_or(|until| now < until))
}

fn offer(reward: &Reward, standing: Option<&Standing<'_>>, now: Timestamp) -> RewardOffer {
    let refused = standing.and_then(|standing| reward.claimable(standing, now).err());
    let (refused, missing) = refused.unzip();
    RewardOffer {
        id: reward.id.clone(),
        name: reward.name.clone(),
        text: reward.text.clone(),
        kind: reward.kind,
        points: reward.points,
        left: standing.and_then(|standing| reward.left(standing)),
        from: reward.days.from,
        until: reward.days.until,
        refused,
        missing: missing.flatten(),
    }
}
