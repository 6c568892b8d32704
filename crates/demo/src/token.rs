//! Step 0 of the integration: telling Habitué who is logged in.
//!
//! The browser never tells: our back end does, with a token that lives five minutes. The script
//! tag names the address where the widget fetches it (`data-token-url="/loyalty-token"`); Habitué
//! exchanges it for a session of its own. No cookie of ours ever leaves our origin.

use anyhow::Result;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use uuid::Uuid;

use crate::config::ShopFile;
use crate::customer::Customer;

/// Seconds a token lives; Habitué refuses more than 300.
const LIFETIME: i64 = 300;

/// What a token says (RFC 7519).
#[derive(Serialize)]
struct Claims<'a> {
    /// Who says it: our shop's id.
    iss: &'a str,
    /// Who is logged in: our customer's id, the same as in our orders.
    sub: &'a str,
    /// Who may read it: Habitué's public address.
    aud: &'a str,
    /// Since when, in seconds since 1970.
    iat: i64,
    /// Until when.
    exp: i64,
    /// A number used once: a stolen token opens no second session.
    jti: String,
    /// Optional: for the greeting.
    given_name: &'a str,
    /// Optional: for mails.
    locale: &'a str,
    /// Optional: for mails.
    email: String,
    /// Whether we have seen the customer answer from that address.
    email_verified: bool,
}

/// A signed token for `customer`, valid from `now` (seconds since 1970).
///
/// # Errors
/// If it cannot be signed, which only a broken build can cause.
pub fn mint(
    shop: &ShopFile,
    audience: &str,
    customer: &Customer,
    locale: &str,
    now: i64,
) -> Result<String> {
    let header = Header { kid: Some(shop.token_key.id.clone()), ..Header::new(Algorithm::HS256) };
    let claims = Claims {
        iss: &shop.shop,
        sub: &customer.id,
        aud: audience,
        iat: now,
        exp: now + LIFETIME,
        jti: Uuid::now_v7().to_string(),
        given_name: customer.given_name(),
        locale,
        email: customer.email(),
        email_verified: true,
    };
    let key = EncodingKey::from_secret(shop.token_key.secret.as_bytes());
    Ok(encode(&header, &claims, &key)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TokenKey;
    use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
    use serde_json::Value;

    #[test]
    fn a_token_says_who_is_logged_in_for_five_minutes() {
        let shop = ShopFile {
            shop: "shp_1".to_owned(),
            public_key: "pk_1".to_owned(),
            secret_key: "sk_1".to_owned(),
            token_key: TokenKey { id: "key_1".to_owned(), secret: "c2VjcmV0".to_owned() },
        };
        let customer = Customer {
            id: "0004".to_owned(),
            orders: 1,
            cents: 1,
            cents_last_year: 0,
            cents_last_fortnight: 0,
        };
        let now = jiff::Timestamp::now().as_second();
        let token = mint(&shop, "http://habitue.example", &customer, "fr", now).unwrap();
        assert_eq!(decode_header(&token).unwrap().kid.as_deref(), Some("key_1"));

        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_audience(&["http://habitue.example"]);
        let key = DecodingKey::from_secret(b"c2VjcmV0");
        let claims = decode::<Value>(&token, &key, &rules).unwrap().claims;
        assert_eq!(claims["iss"], "shp_1");
        assert_eq!(claims["sub"], "0004");
        assert_eq!(claims["locale"], "fr");
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);

        let other = mint(&shop, "http://habitue.example", &customer, "fr", now).unwrap();
        assert_ne!(token, other, "each token is used once");
    }
}
