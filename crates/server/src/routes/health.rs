//! `/healthz` and `/readyz`.

use crate::app::App;
use crate::error::Error;
use axum::extract::State;
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_store::{Tx, shop};

/// The process runs.
#[utoipa::path(get, path = path::HEALTH, tag = "operations", security(()),
    responses((status = 200, description = "The process runs")))]
pub async fn health() -> &'static str {
    "ok\n"
}

/// The database answers and the widget is on board.
#[utoipa::path(get, path = path::READY, tag = "operations", security(()), responses(
    (status = 200, description = "Requests will be answered"),
    (status = 503, description = "Not yet, or not any more", body = Problem)))]
pub async fn ready(State(app): State<App>) -> Result<&'static str, Error> {
    let look = async |tx: &mut Tx<'_>| shop::is_any_origin(tx, "").await;
    app.store.read(look).await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        Error::from(Problem::new(Code::Unavailable).detail("The database does not answer."))
    })?;
    if !app.files.is_packed() {
        return Err(Problem::new(Code::Unavailable).detail("The widget is not packed.").into());
    }
    Ok("ready\n")
}
