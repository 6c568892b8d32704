//! `GET /v1/issued`, and the same as a gauge.

use crate::app::App;
use crate::auth::AsMerchant;
use crate::error::Error;
use axum::extract::State;
use habitue_api::history::Instrument;
use habitue_api::issued::{Issued, IssuedAmount};
use habitue_api::path;
use habitue_domain::credit::{WARNING_DAYS, WARNING_MINOR};
use habitue_domain::id::ProgramId;
use habitue_domain::ledger::Unit;
use habitue_domain::time::Timestamp;
use habitue_store::{Tx, credit};
use std::time::Duration;

/// How much credit and how many gift cards the program gave out in 12 months, before anything was
/// taken back.
#[utoipa::path(get, path = path::ISSUED, tag = "shop", security(("secret_key" = [])),
    responses((status = 200, description = "By instrument and currency", body = Issued)))]
pub async fn show(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
) -> Result<axum::Json<Issued>, Error> {
    let (program, now) = (merchant.program(), app.clock.now());
    let look = async move |tx: &mut Tx<'_>| issued(tx, program, now).await;
    Ok(axum::Json(app.store.read(look).await?))
}

/// What a program gave out; counted for Prometheus too.
///
/// # Errors
/// Faults of the database.
pub async fn issued(
    tx: &mut Tx<'_>,
    program: ProgramId,
    now: Timestamp,
) -> Result<Issued, habitue_store::Error> {
    let since = now.plus_days(WARNING_DAYS.saturating_neg());
    let (mut issued, mut euros) = (Vec::new(), 0_i64);
    for (unit, amount) in credit::issued_since(tx, program, since).await? {
        let instrument = match unit {
            Unit::Gift(_) => Instrument::GiftCard,
            Unit::Credit(_) | Unit::Points(_) => Instrument::Credit,
        };
        if amount.currency().code() == "EUR" {
            euros = euros.saturating_add(amount.minor());
        }
        let labels = [("program", program.to_string()), ("unit", unit.to_string())];
        metrics::gauge!("habitue_issued_minor", &labels).set(told(amount.minor()));
        issued.push(IssuedAmount { instrument, amount });
    }
    Ok(Issued { since, issued, is_near_limit: euros >= WARNING_MINOR })
}

/// What a gauge is told. It takes whole numbers of up to 32 bits, or a time in seconds: as that, more
/// than 42 million euros pass whole.
fn told(minor: i64) -> Duration {
    Duration::from_secs(u64::try_from(minor).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn a_gauge_is_told_more_than_42_million_euros() {
        assert_eq!(told(4_294_967_296).as_secs(), 4_294_967_296);
        assert_eq!(told(-1).as_secs(), 0);
    }
}
