//! A shop's tokens: who is signed in there, as its back end says. One place for what makes a token
//! right, for the session that it opens and for the self-test of whoever signs it.

use crate::secret::MasterKey;
use habitue_domain::id::{KeyId, ShopId};
use habitue_domain::time::Timestamp;
use habitue_store::{Error, Store, Tx, shop};
use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

/// The longest a token may live, in seconds.
pub const LIFE_SECONDS: i64 = 300;
/// How far a shop's clock may differ from ours, in seconds.
pub const SKEW_SECONDS: i64 = 30;

/// What a token says.
#[derive(Clone, Debug, Deserialize)]
pub struct Claims {
    /// The shop.
    pub iss: String,
    /// The shop's customer.
    pub sub: String,
    /// Our public address.
    pub aud: String,
    /// Since when, in seconds since 1970.
    pub iat: i64,
    /// Until when.
    pub exp: i64,
    /// A number used once.
    pub jti: String,
    /// For the greeting.
    #[serde(default)]
    pub given_name: Option<String>,
    /// For mails.
    #[serde(default)]
    pub locale: Option<String>,
    /// For mails.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether the customer has answered from there.
    #[serde(default)]
    pub email_verified: Option<bool>,
}

/// What is wrong with a token. Closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// No JWT.
    NotSigned,
    /// No `kid`.
    NoKey,
    /// A `kid` that is no live key of the shop's.
    UnknownKey,
    /// Another secret or algorithm, or claims that cannot be read.
    Signature,
    /// `iss`.
    Issuer,
    /// `aud`.
    Audience,
    /// `sub` or `jti` is empty or too long.
    Nameless,
    /// `jti` is too long.
    LongId,
    /// `exp` is past.
    Expired,
    /// `iat` is to come.
    Future,
    /// `exp - iat`.
    Life,
}

impl Mistake {
    /// The sentence for the shop's developer.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NotSigned => "It is not a signed JWT.",
            Self::NoKey => "Its header does not name a token key (kid).",
            Self::UnknownKey => "Its key (kid) is unknown, revoked or another shop's.",
            Self::Signature => "Its signature or its claims are wrong.",
            Self::Issuer => "Its issuer (iss) is another shop.",
            Self::Audience => "Its audience (aud) is another server.",
            Self::Nameless => "It names no customer (sub) or has no id (jti).",
            Self::LongId => "Its id (jti) is longer than 200 characters.",
            Self::Expired => "It has expired (exp).",
            Self::Future => "It was issued in the future (iat): is the shop's clock right?",
            Self::Life => "It may live at most 300 seconds (exp - iat).",
        }
    }
}

/// For whom a token must be.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    /// The shop.
    pub shop: ShopId,
    /// Our address, without a slash at the end.
    pub public_url: &'a str,
    /// What time it is.
    pub now: Timestamp,
}

/// Checks a token against the key its header names: the algorithm is the key's, never the token's.
///
/// # Errors
/// The first mistake; faults of the database.
pub async fn verify(
    store: &Store,
    master: &MasterKey,
    token: &str,
    reader: &Reader<'_>,
) -> Result<Result<Claims, Mistake>, Error> {
    let secret = match secret_of(store, master, token, reader.shop).await? {
        Ok(secret) => secret,
        Err(mistake) => return Ok(Err(mistake)),
    };
    Ok(signed(token, &secret).and_then(|claims| match mistakes(&claims, reader).first() {
        Some(mistake) => Err(*mistake),
        None => Ok(claims),
    }))
}

/// Every mistake of a token, and what it says where that can be read. A token with a mistake opens
/// nothing: this only tells its maker more than the first one.
///
/// # Errors
/// Faults of the database.
pub async fn inspect(
    store: &Store,
    master: &MasterKey,
    token: &str,
    reader: &Reader<'_>,
) -> Result<(Option<Claims>, Vec<Mistake>), Error> {
    let mut found = Vec::new();
    match secret_of(store, master, token, reader.shop).await? {
        Ok(secret) => found.extend(signed(token, &secret).err()),
        Err(mistake) => found.push(mistake),
    }
    let claims = insecure_decode::<Claims>(token).ok().map(|decoded| decoded.claims);
    found.extend(claims.iter().flat_map(|claims| mistakes(claims, reader)));
    Ok((claims, found))
}

/// The secret of the shop's key that the token's header names.
async fn secret_of(
    store: &Store,
    master: &MasterKey,
    token: &str,
    shop: ShopId,
) -> Result<Result<String, Mistake>, Error> {
    let Ok(header) = jsonwebtoken::decode_header(token) else {
        return Ok(Err(Mistake::NotSigned));
    };
    let Some(key) = header.kid.and_then(|kid| kid.parse::<KeyId>().ok()) else {
        return Ok(Err(Mistake::NoKey));
    };
    let found = store.read(async move |tx: &mut Tx<'_>| shop::token_key(tx, key).await).await?;
    let Some((_, sealed)) = found.filter(|(of, _)| *of == shop) else {
        return Ok(Err(Mistake::UnknownKey));
    };
    let secret = master.unseal(&sealed).ok_or_else(|| {
        Error::Database("a token key cannot be decrypted: another master key".into())
    })?;
    Ok(Ok(secret))
}

fn signed(token: &str, secret: &str) -> Result<Claims, Mistake> {
    let mut validation = Validation::new(Algorithm::HS256);
    // Times and audience are checked below, against our own clock and address.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(secret.as_bytes());
    let decoded = jsonwebtoken::decode::<Claims>(token, &key, &validation);
    decoded.map(|decoded| decoded.claims).map_err(|_| Mistake::Signature)
}

fn mistakes(claims: &Claims, reader: &Reader<'_>) -> Vec<Mistake> {
    let now = reader.now.seconds();
    let life = claims.exp.saturating_sub(claims.iat);
    let is_nameless = claims.sub.is_empty() || claims.sub.len() > 200 || claims.jti.is_empty();
    let checks = [
        (claims.iss != reader.shop.to_string(), Mistake::Issuer),
        (claims.aud.trim_end_matches('/') != reader.public_url, Mistake::Audience),
        (is_nameless, Mistake::Nameless),
        (claims.jti.len() > 200, Mistake::LongId),
        (claims.exp <= now.saturating_sub(SKEW_SECONDS), Mistake::Expired),
        (claims.iat > now.saturating_add(SKEW_SECONDS), Mistake::Future),
        (!(0..=LIFE_SECONDS).contains(&life), Mistake::Life),
    ];
    checks.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, mistake)| mistake).collect()
}
