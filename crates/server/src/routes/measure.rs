//! `GET /v1/metrics`.

use crate::app::App;
use crate::auth::AsMerchant;
use crate::error::Error;
use crate::measure::{Asked, metrics};
use crate::routes::code::unreadable;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use habitue_api::measure::Metrics;
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use serde::Deserialize;
use std::str::FromStr;

/// Which days and which currency.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The first day, such as `2026-01-01`; 12 months before the last one if left out.
    from: Option<String>,
    /// The last day, itself included; today if left out.
    until: Option<String>,
    /// Such as `EUR`; the first that the program earns in if left out.
    currency: Option<String>,
}

/// What the program did in a span of at most ten years, each figure with its formula. It looks at every
/// order of the span: ask daily, not with every page.
#[utoipa::path(get, path = path::METRICS, tag = "shop", params(Span),
    operation_id = "show_metrics", security(("secret_key" = [])), responses(
    (status = 200, description = "The figures", body = Metrics),
    (status = 400, description = "invalid_parameter", body = Problem),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn show(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    query: Result<Query<Span>, QueryRejection>,
) -> Result<axum::Json<Metrics>, Error> {
    let span = query.map_err(|error| unreadable(&error))?.0;
    let asked = Asked {
        from: read(span.from.as_deref(), "from is a day such as 2026-01-31")?,
        until: read(span.until.as_deref(), "until is a day such as 2026-01-31")?,
        currency: read(span.currency.as_deref(), "currency is a code such as EUR")?,
    };
    let (of, now) = ((merchant.shop(), merchant.program()), app.clock.now());
    Ok(axum::Json(metrics(&app.store, &app.programs, of, asked, now).await?))
}

fn read<T: FromStr>(text: Option<&str>, wanted: &str) -> Result<Option<T>, Error> {
    let wrong = || Error::from(Problem::new(Code::InvalidParameter).detail(wanted));
    text.map(|text| text.parse().map_err(|_| wrong())).transpose()
}
