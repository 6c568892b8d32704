//! Keys and tokens: how they are made, found, encrypted and checked.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use ed25519_dalek::{Signer, SigningKey};
use habitue_domain::contact::Email;
use habitue_domain::coupon::CouponCode;
use habitue_domain::id::{ProgramId, ShopId};
use habitue_store::ledger::hex;
use hmac::{Hmac, KeyInit as _, Mac};
use sha2::{Digest, Sha256};

/// The least a master key may have, in bytes.
const MASTER_BYTES: usize = 32;

/// `HABITUE_MASTER_KEY`: everything secret at rest is derived from it or encrypted with it.
#[derive(Clone)]
pub struct MasterKey {
    session: [u8; 32],
    seal: [u8; 32],
    sign: [u8; 32],
    link: [u8; 32],
    email: [u8; 32],
    code: [u8; 32],
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("MasterKey(hidden)")
    }
}

impl MasterKey {
    /// Derives what is needed from the master key.
    ///
    /// # Errors
    /// Where the text is shorter than 32 bytes.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        if text.len() < MASTER_BYTES {
            return Err("HABITUE_MASTER_KEY must have at least 32 characters; \
                        make one with: openssl rand -hex 32");
        }
        let derive = |purpose: &str| mac(text.as_bytes(), &[purpose.as_bytes()]);
        Ok(Self {
            session: derive("habitue session 1"),
            seal: derive("habitue seal 1"),
            sign: derive("habitue sign 1"),
            link: derive("habitue link 1"),
            email: derive("habitue email 1"),
            code: derive("habitue code 1"),
        })
    }

    /// The bearer of the session that a token opens: always the same one.
    pub fn bearer(&self, shop: ShopId, jti: &str) -> String {
        let shop = shop.to_string();
        let code = mac(&self.session, &[shop.as_bytes(), b"\n", jti.as_bytes()]);
        format!("ses_{}", URL_SAFE_NO_PAD.encode(code))
    }

    /// The code that makes a link of a kind about `what` one that nobody can guess.
    pub fn link(&self, kind: &str, what: &str) -> String {
        URL_SAFE_NO_PAD.encode(mac(&self.link, &[kind.as_bytes(), b"\n", what.as_bytes()]))
    }

    /// Whether `code` is [`MasterKey::link`] of the same; compared in constant time.
    pub fn proves(&self, kind: &str, what: &str, code: &str) -> bool {
        let (Ok(code), Ok(mut mac)) =
            (URL_SAFE_NO_PAD.decode(code), Hmac::<Sha256>::new_from_slice(&self.link))
        else {
            return false;
        };
        mac.update(kind.as_bytes());
        mac.update(b"\n");
        mac.update(what.as_bytes());
        mac.verify_slice(&code).is_ok()
    }

    /// By what an e-mail address is found, and kept out after it is forgotten: without the master
    /// key nobody can try addresses against it.
    pub fn email_hash(&self, email: &Email) -> String {
        hex(&mac(&self.email, &[email.key().as_bytes()]))
    }

    /// By what a code of a program is found: without the master key nobody can try codes against it,
    /// and the same code has another hash in another program.
    pub fn code_hash(&self, program: ProgramId, code: &CouponCode) -> String {
        let program = program.to_string();
        hex(&mac(&self.code, &[program.as_bytes(), b"\n", code.as_str().as_bytes()]))
    }

    /// Signs a text with Ed25519: the public key and the signature, as unpadded base64url. The same
    /// text always gets the same signature (RFC 8032).
    pub fn sign(&self, text: &str) -> (String, String) {
        let key = SigningKey::from_bytes(&self.sign);
        let signature = key.sign(text.as_bytes()).to_bytes();
        let public = key.verifying_key().to_bytes();
        (URL_SAFE_NO_PAD.encode(public), URL_SAFE_NO_PAD.encode(signature))
    }

    /// Encrypts a secret for the database.
    ///
    /// # Errors
    /// Where the cipher refuses, which it does not for short texts.
    pub fn seal(&self, secret: &str) -> Result<String, &'static str> {
        let nonce: [u8; 12] = rand::random();
        let cipher = ChaCha20Poly1305::new(Key::from_slice(&self.seal));
        let sealed = cipher
            .encrypt(Nonce::from_slice(&nonce), secret.as_bytes())
            .map_err(|_| "the secret could not be encrypted")?;
        Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Decrypts what [`MasterKey::seal`] made; `None` with another master key.
    pub fn unseal(&self, sealed: &str) -> Option<String> {
        let (nonce, sealed) = sealed.split_once('.')?;
        let nonce = URL_SAFE_NO_PAD.decode(nonce).ok()?;
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        if nonce.len() != 12 {
            return None;
        }
        let cipher = ChaCha20Poly1305::new(Key::from_slice(&self.seal));
        let secret = cipher.decrypt(Nonce::from_slice(&nonce), sealed.as_slice()).ok()?;
        String::from_utf8(secret).ok()
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        // HMAC takes keys of every length.
        return [0; 32];
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// SHA-256 as lower-case hex: how keys and bearers are found without being stored.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A new random key of 256 bits behind a prefix: `sk_…`.
pub fn random(prefix: &str) -> String {
    let bytes: [u8; 32] = rand::random();
    format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_master_key_is_refused() {
        assert!(MasterKey::new("short").is_err());
    }

    #[test]
    fn a_sealed_secret_opens_only_with_its_master_key() {
        let key = MasterKey::new(&"a".repeat(32)).unwrap();
        let other = MasterKey::new(&"b".repeat(32)).unwrap();
        let sealed = key.seal("hs256 secret").unwrap();
        assert!(!sealed.contains("hs256"));
        assert_eq!(key.unseal(&sealed).as_deref(), Some("hs256 secret"));
        assert_eq!(other.unseal(&sealed), None);
        assert_eq!(key.unseal("nonsense"), None);
    }

    #[test]
    fn a_token_always_opens_the_same_session_and_no_two_tokens_share_one() {
        let key = MasterKey::new(&"a".repeat(32)).unwrap();
        let (one, two) = (ShopId::from_u128(1), ShopId::from_u128(2));
        assert_eq!(key.bearer(one, "x"), key.bearer(one, "x"));
        assert_ne!(key.bearer(one, "x"), key.bearer(two, "x"));
        assert_ne!(key.bearer(one, "x"), key.bearer(one, "y"));
    }
}
