//! `/v1/coupons`: codes issued to one member each.

use crate::app::App;
use crate::auth::AsMerchant;
use crate::body::Json;
use crate::error::Error;
use crate::idempotent::{Key, once};
use crate::issue::{Wanted, issue};
use crate::segment::Path;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use habitue_api::code::{Coupon, CouponRequest, CouponState, Coupons};
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_domain::code::{Prefix, last_four};
use habitue_domain::id::CodeId;
use habitue_domain::program::Program;
use habitue_domain::promotion::Validity;
use habitue_domain::refusal::Refusal;
use habitue_store::code::{self, Listed};
use habitue_store::{Tx, member};
use serde::Deserialize;

/// How many codes stand on a page.
const PAGE: usize = 100;

/// Issues a code to a member, single use. The answer holds it once; its owner sees it in
/// `GET /v1/me`, and for everybody else there is no such code.
#[utoipa::path(post, path = path::COUPONS, tag = "shop", request_body = CouponRequest,
    operation_id = "issue_coupon", security(("secret_key" = [])),
    params(("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The code", body = Coupon),
    (status = 409, description = "not_a_member", body = Problem),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn add(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    key: Key,
    body: Json<CouponRequest>,
) -> Result<Response, Error> {
    let (request, now) = (body.value, app.clock.now());
    let (programs, master, owner) = (app.programs.clone(), app.master.clone(), merchant.owner());
    let job = async move |tx: &mut Tx<'_>| -> Result<Coupon, Error> {
        let prefix: Option<Prefix> = match request.prefix.as_deref().map(str::parse) {
            Some(Err(_)) => return Err(Refusal::out_of_bounds("prefix").into()),
            Some(Ok(prefix)) => Some(prefix),
            None => None,
        };
        let validity = Validity { from: request.from, until: request.until };
        if validity.is_empty() {
            return Err(Refusal::out_of_bounds("until").into());
        }
        let compiled = programs.current(tx, merchant.program()).await?;
        check_promotion(&compiled.program, &request.promotion)?;
        let subject = merchant.subject(tx, Some(&request.customer)).await?;
        let member = subject.member.ok_or(Refusal::NotAMember)?;
        let wanted = Wanted {
            program: merchant.program(),
            shop: merchant.shop(),
            promotion: &request.promotion,
            member,
            prefix: prefix.as_ref(),
            order: None,
            validity,
        };
        let issued = issue(tx, &master, &wanted, now).await?;
        let (id, code) = issued.ok_or(habitue_store::Error::Conflict)?;
        Ok(Coupon {
            id: id.to_string(),
            promotion: request.promotion.clone(),
            last_four: last_four(&code),
            code: Some(code.to_string()),
            order: None,
            from: request.from,
            until: request.until,
            state: CouponState::Open,
        })
    };
    once(&app, owner, key.sealed(true), body.hash, job).await
}

/// Codes are issued only of promotions that say so.
///
/// # Errors
/// `invalid_body` naming the field.
pub fn check_promotion(program: &Program, promotion: &str) -> Result<(), Error> {
    if program.issued(promotion).is_some() {
        return Ok(());
    }
    let problem = Problem::new(Code::InvalidBody).field("promotion");
    Err(problem.detail("The program has no promotion of this id with codes = \"issued\".").into())
}

/// Whose codes.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Whose {
    /// The shop's customer.
    customer: String,
    /// Only codes after this one; `next` of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    after: String,
}

/// The codes of a customer, without what they say.
#[utoipa::path(get, path = path::COUPONS, tag = "shop", params(Whose),
    operation_id = "list_coupons", security(("secret_key" = [])),
    responses((status = 200, description = "At most 100", body = Coupons)))]
pub async fn list(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    query: Result<Query<Whose>, QueryRejection>,
) -> Result<axum::Json<Coupons>, Error> {
    let Whose { customer, after } = query.map_err(|error| unreadable(&error))?.0;
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let look = async move |tx: &mut Tx<'_>| -> Result<Vec<Listed>, Error> {
        let shop = merchant.shop();
        match member::of_customer(tx, shop, &customer).await? {
            Some(member) => Ok(code::list(tx, (shop, member), &after, limit).await?),
            None => Ok(Vec::new()),
        }
    };
    let listed = app.store.read(look).await?;
    let next = listed.last().filter(|_| listed.len() == PAGE).map(|last| last.id.to_string());
    Ok(axum::Json(Coupons { coupons: listed.into_iter().map(told).collect(), next }))
}

/// An address whose query cannot be read.
pub fn unreadable(error: &QueryRejection) -> Error {
    Problem::new(Code::InvalidParameter).detail(error.body_text()).into()
}

fn told(listed: Listed) -> Coupon {
    Coupon {
        id: listed.id.to_string(),
        promotion: listed.promotion,
        code: None,
        last_four: listed.last_four,
        order: listed.order,
        from: listed.validity.from,
        until: listed.validity.until,
        state: match (listed.is_used, listed.is_withdrawn) {
            (true, _) => CouponState::Used,
            (false, true) => CouponState::Withdrawn,
            (false, false) => CouponState::Open,
        },
    }
}

/// Withdraws a code that this shop issued, to a member or in a batch; twice changes nothing. What
/// an order has used of it stays used.
#[utoipa::path(delete, path = path::COUPON, tag = "shop", operation_id = "withdraw_coupon",
    security(("secret_key" = [])), params(("id" = String, Path)), responses(
    (status = 204, description = "It counts no more"),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn withdraw(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let (id, now) = (id.parse::<CodeId>().map_err(|_| Code::NotFound)?, app.clock.now());
    let job = async move |tx: &mut Tx<'_>| code::withdraw(tx, merchant.shop(), id, now).await;
    if app.store.write(job).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Code::NotFound.into())
    }
}
