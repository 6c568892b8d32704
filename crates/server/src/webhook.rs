//! Signing as Standard Webhooks 1.0.0 has it (standardwebhooks.com, `spec/standard-webhooks.md`).

use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What stands before a secret.
const PREFIX: &str = "whsec_";

/// A new secret of 32 bytes.
pub fn secret() -> String {
    let bytes: [u8; 32] = rand::random();
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The signature of a message: over its id, the instant it is sent and the body, byte for byte.
/// `None` where the secret is none.
pub fn sign(secret: &str, id: &str, seconds: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    // The id holds no dot, so no two messages are signed alike.
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// The headers of a message. `None` where the secret is none.
pub fn headers(secret: &str, id: &str, seconds: i64, body: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", sign(secret, id, seconds, body)?),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?);
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_own_example_is_signed_as_it_says() {
        // From the reference libraries' tests (github.com/standard-webhooks/standard-webhooks).
        let signed = sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signed.as_deref(), Some(expected));
    }

    #[test]
    fn a_secret_of_another_shape_signs_nothing() {
        for secret in ["", "whsec", "sk_x", "whsec_***"] {
            assert_eq!(sign(secret, "msg_1", 0, "{}"), None);
        }
        let (one, two) = (secret(), secret());
        assert_ne!(one, two);
        assert!(sign(&one, "msg_1", 0, "{}").is_some());
    }
}
