//! `/v1/session`: a shop's token becomes a session, or ends it.

use crate::app::App;
use crate::auth::{AsShopper, AsVisitor};
use crate::body::Json;
use crate::error::Error;
use crate::limit::Guesser;
use crate::routes::me;
use crate::secret::sha256;
use crate::token::{self, Claims, Mistake, Reader};
use axum::extract::State;
use axum::http::StatusCode;
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_api::session::{SessionReply, SessionRequest};
use habitue_domain::time::Timestamp;
use habitue_store::authority::{Visitor, shopper};
use habitue_store::session::{self, NewSession};
use habitue_store::{Tx, member};

/// How long a session lives, in seconds.
const SESSION_SECONDS: i64 = 15 * 60;

/// Exchanges the shop's token for a session of 15 minutes; the same token, the same session.
#[utoipa::path(post, path = path::SESSION, tag = "shopper", request_body = SessionRequest,
    security(("public_key" = [])), responses(
    (status = 200, description = "The session", body = SessionReply),
    (status = 401, description = "token_invalid, session_ended", body = Problem)))]
pub async fn open(
    State(app): State<App>,
    AsVisitor(visitor): AsVisitor,
    guesser: Guesser,
    body: Json<SessionRequest>,
) -> Result<axum::Json<SessionReply>, Error> {
    let now = app.clock.now();
    let guess = guesser.guess(1)?;
    let verified = verify(&app, &visitor, &body.value.token, now).await;
    guess.settle(usize::from(matches!(verified, Err(Error::Problem(_)))));
    let claims = verified?;
    let bearer = app.master.bearer(visitor.shop(), &claims.jti);
    let bearer_hash = sha256(bearer.as_bytes());
    let new = NewSession {
        shop: visitor.shop(),
        jti: claims.jti.clone(),
        bearer_hash: bearer_hash.clone(),
        customer: claims.sub.clone(),
        given_name: claims.given_name.clone(),
        locale: claims.locale.clone(),
        issued_at: Timestamp::MIN.max(from_seconds(claims.iat)),
        expires_at: now.plus_seconds(SESSION_SECONDS),
    };
    let (programs, master) = (app.programs.clone(), app.master.clone());
    let (expires_at, me) = app
        .store
        .write(async move |tx: &mut Tx<'_>| -> Result<_, Error> {
            let opened = session::open(tx, &new).await?;
            let expires_at = opened.filter(|end| *end > now).ok_or(Code::SessionEnded)?;
            member::know(tx, new.shop, &new.customer).await?;
            let shopper = shopper(tx, &new.bearer_hash, now).await?.ok_or(Code::SessionEnded)?;
            if let Some(member) = shopper.member() {
                let email = claims.email.as_deref().filter(|_| claims.email_verified == Some(true));
                let (name, locale) = (new.given_name.as_deref(), new.locale.as_deref());
                member::save_profile(tx, member, name, email, locale).await?;
            }
            Ok((expires_at, me::load(tx, &programs, &master, &shopper, now).await?))
        })
        .await?;
    Ok(axum::Json(SessionReply { session: bearer, expires_at, me }))
}

fn from_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_micros(0).unwrap_or(Timestamp::MIN).plus_seconds(seconds)
}

/// What the token says, where it is right.
async fn verify(
    app: &App,
    visitor: &Visitor,
    token: &str,
    now: Timestamp,
) -> Result<Claims, Error> {
    let reader = Reader { shop: visitor.shop(), public_url: &app.public_url, now };
    let verified = token::verify(&app.store, &app.master, token, &reader).await?;
    let invalid =
        |mistake: Mistake| Problem::new(Code::TokenInvalid).detail(mistake.sentence()).into();
    verified.map_err(invalid)
}

/// Ends all sessions of the shopper.
#[utoipa::path(delete, path = path::SESSION, tag = "shopper", security(("session" = [])),
    responses((status = 204, description = "Ended"),
    (status = 401, description = "session_ended", body = Problem)))]
pub async fn end(
    State(app): State<App>,
    AsShopper(shopper): AsShopper,
) -> Result<StatusCode, Error> {
    let now = app.clock.now();
    app.store.write(async move |tx: &mut Tx<'_>| session::end(tx, &shopper, now).await).await?;
    Ok(StatusCode::NO_CONTENT)
}
