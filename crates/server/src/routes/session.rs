//! `/v1/session`: a shop's token becomes a session, or ends it.

use crate::app::App;
use crate::auth::{AsShopper, AsVisitor};
use crate::body::Json;
use crate::error::Error;
use crate::limit::Guesser;
use crate::routes::me;
use crate::secret::sha256;
use axum::extract::State;
use axum::http::StatusCode;
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_api::session::{SessionReply, SessionRequest};
use habitue_domain::id::KeyId;
use habitue_domain::time::Timestamp;
use habitue_store::authority::{Visitor, shopper};
use habitue_store::session::{self, NewSession};
use habitue_store::{Tx, member, shop};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

/// The longest a token may live, in seconds.
const TOKEN_SECONDS: i64 = 300;
/// How far a shop's clock may differ from ours, in seconds.
const SKEW_SECONDS: i64 = 30;
/// How long a session lives, in seconds.
const SESSION_SECONDS: i64 = 15 * 60;

#[derive(Clone, Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    iat: i64,
    exp: i64,
    jti: String,
    #[serde(default)]
    given_name: Option<String>,
    #[serde(default)]
    locale: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    email_verified: Option<bool>,
}

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
    let verified = verify(&app, &visitor, body.value.token, now).await;
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
    let programs = app.programs.clone();
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
            Ok((expires_at, me::load(tx, &programs, &shopper, now).await?))
        })
        .await?;
    Ok(axum::Json(SessionReply { session: bearer, expires_at, me }))
}

fn from_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_micros(0).unwrap_or(Timestamp::MIN).plus_seconds(seconds)
}

/// Checks a token against the key its header names: the algorithm is the key's, never the token's.
async fn verify(
    app: &App,
    visitor: &Visitor,
    token: String,
    now: Timestamp,
) -> Result<Claims, Error> {
    let invalid = |why: &str| Error::from(Problem::new(Code::TokenInvalid).detail(why));
    let header = jsonwebtoken::decode_header(&token);
    let header = header.map_err(|_| invalid("It is not a signed JWT."))?;
    let key: KeyId = header
        .kid
        .and_then(|kid| kid.parse().ok())
        .ok_or_else(|| invalid("Its header does not name a token key (kid)."))?;
    let found = app.store.read(async move |tx: &mut Tx<'_>| shop::token_key(tx, key).await).await?;
    let (shop, sealed) = found
        .filter(|(shop, _)| *shop == visitor.shop())
        .ok_or_else(|| invalid("Its key (kid) is unknown, revoked or another shop's."))?;
    let secret = app.master.unseal(&sealed).ok_or_else(|| {
        habitue_store::Error::Database("a token key cannot be decrypted: another master key".into())
    })?;
    let mut validation = Validation::new(Algorithm::HS256);
    // Times and audience are checked below, against our own clock and address.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(secret.as_bytes());
    let claims = jsonwebtoken::decode::<Claims>(&token, &key, &validation);
    let claims = claims.map_err(|_| invalid("Its signature or its claims are wrong."))?.claims;
    check_claims(&claims, &shop.to_string(), &app.public_url, now).map_err(invalid)?;
    Ok(claims)
}

fn check_claims(
    claims: &Claims,
    shop: &str,
    public_url: &str,
    now: Timestamp,
) -> Result<(), &'static str> {
    let now = now.seconds();
    if claims.iss != shop {
        return Err("Its issuer (iss) is another shop.");
    }
    if claims.aud.trim_end_matches('/') != public_url {
        return Err("Its audience (aud) is another server.");
    }
    if claims.sub.is_empty() || claims.sub.len() > 200 || claims.jti.is_empty() {
        return Err("It names no customer (sub) or has no id (jti).");
    }
    if claims.jti.len() > 200 {
        return Err("Its id (jti) is longer than 200 characters.");
    }
    if claims.exp <= now.saturating_sub(SKEW_SECONDS) {
        return Err("It has expired (exp).");
    }
    if claims.iat > now.saturating_add(SKEW_SECONDS) {
        return Err("It was issued in the future (iat): is the shop's clock right?");
    }
    let life = claims.exp.saturating_sub(claims.iat);
    if !(0..=TOKEN_SECONDS).contains(&life) {
        return Err("It may live at most 300 seconds (exp - iat).");
    }
    Ok(())
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
