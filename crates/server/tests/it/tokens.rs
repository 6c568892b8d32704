//! Tokens of the shop: which open a session, and that a replayed one never opens a second.

use crate::harness::{Answer, Server, URL};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use habitue_domain::id::KeyId;
use habitue_server::shop::{NewShop, make_key};
use habitue_store::Tx;
use habitue_store::authority::Admin;
use habitue_store::shop::{KeyKind, add_key, revoke_key};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

fn signed(algorithm: Algorithm, kid: &str, secret: &str, claims: &Value) -> String {
    let mut header = Header::new(algorithm);
    header.kid = Some(kid.to_owned());
    encode(&header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A header of our making, with the right HMAC-SHA256 below it: only the header is wrong.
fn headed(shop: &NewShop, header: &Value, claims: &Value) -> String {
    let text = format!("{}.{}", part(header), part(claims));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(shop.token_secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn with(claims: &Value, field: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[field] = value;
    claims
}

fn without(claims: &Value, field: &str) -> Value {
    let mut claims = claims.clone();
    claims.as_object_mut().unwrap().remove(field);
    claims
}

/// A token key of the shop, and whether it was revoked again.
async fn token_key(server: &Server, revoked: bool) -> (KeyId, String) {
    let (shop, now) = (server.shop.shop, server.clock.now());
    let made = make_key(KeyKind::Token, &server.app.master).unwrap();
    let (id, new) = (made.new.id, made.new);
    let job = async move |tx: &mut Tx<'_>| -> Result<(), habitue_store::Error> {
        add_key(tx, &Admin::local(), shop, &new, now).await?;
        if revoked {
            revoke_key(tx, &Admin::local(), shop, id, now).await?;
        }
        Ok(())
    };
    server.app.store.write(job).await.unwrap();
    (id, made.shown)
}

/// Claims that must open nothing, each wrong in one place.
fn wrong_claims(server: &Server, other: &NewShop) -> Vec<(&'static str, Value)> {
    let good = server.claims("c1");
    let now = server.clock.now().seconds();
    let mut wrong = vec![
        ("expired", with(&with(&good, "iat", json!(now - 300)), "exp", json!(now - 31))),
        ("long expired", with(&with(&good, "iat", json!(0)), "exp", json!(300))),
        ("not yet issued", with(&with(&good, "iat", json!(now + 31)), "exp", json!(now + 300))),
        ("too long lived", with(&good, "exp", json!(now + 301))),
        ("living for ever", with(&good, "exp", json!(i64::MAX))),
        ("ending before it begins", with(&good, "exp", json!(now - 1))),
        ("another shop's issuer", with(&good, "iss", json!(other.shop))),
        ("another audience", with(&good, "aud", json!("https://elsewhere.example"))),
        ("a longer audience", with(&good, "aud", json!(format!("{URL}.evil.example")))),
        ("a list of audiences", with(&good, "aud", json!([URL]))),
        ("an empty customer", with(&good, "sub", json!(""))),
        ("a customer too long", with(&good, "sub", json!("c".repeat(201)))),
        ("a number as customer", with(&good, "sub", json!(1))),
        ("an empty id", with(&good, "jti", json!(""))),
        ("an id too long", with(&good, "jti", json!("j".repeat(201)))),
        ("an end as text", with(&good, "exp", json!((now + 300).to_string()))),
        ("an end in fractions", with(&good, "exp", json!(1.5))),
    ];
    let missing = ["iss", "sub", "aud", "iat", "exp", "jti"];
    wrong.extend(missing.map(|field| ("a claim missing", without(&good, field))));
    wrong
}

/// Whole tokens that must open nothing though their claims are right.
async fn wrong_tokens(server: &Server, other: &NewShop) -> Vec<(&'static str, String)> {
    let (shop, good) = (&server.shop, server.claims("c1"));
    let (kid, secret) = (shop.token_key_id.to_string(), &shop.token_secret);
    let token = server.sign(&good);
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let (revoked, revoked_secret) = token_key(server, true).await;
    let edited = part(&with(&good, "sub", json!("c2")));
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[31] ^= 1;
    let flipped = URL_SAFE_NO_PAD.encode(flipped);
    let none = |alg: &str| part(&json!({ "typ": "JWT", "alg": alg, "kid": kid }));
    let head = |alg: &str| headed(shop, &json!({ "typ": "JWT", "alg": alg, "kid": kid }), &good);
    let other_kid = other.token_key_id.to_string();
    let mut wrong = vec![
        ("unsigned", format!("{header}.{payload}.")),
        ("unsigned, without the dot", format!("{header}.{payload}")),
        ("HS384", signed(Algorithm::HS384, &kid, secret, &good)),
        ("HS512", signed(Algorithm::HS512, &kid, secret, &good)),
        ("no kid", headed(shop, &json!({ "alg": "HS256" }), &good)),
        (
            "a kid nobody has",
            signed(Algorithm::HS256, &KeyId::from_u128(1).to_string(), secret, &good),
        ),
        ("another shop's kid", signed(Algorithm::HS256, &other_kid, secret, &good)),
        ("another shop's key", signed(Algorithm::HS256, &other_kid, &other.token_secret, &good)),
        ("another shop's secret", signed(Algorithm::HS256, &kid, &other.token_secret, &good)),
        ("the secret key", signed(Algorithm::HS256, &kid, &shop.secret_key, &good)),
        ("an empty secret", signed(Algorithm::HS256, &kid, "", &good)),
        ("a revoked kid", signed(Algorithm::HS256, &revoked.to_string(), &revoked_secret, &good)),
        ("a kid that is SQL", signed(Algorithm::HS256, "' OR 1=1 --", secret, &good)),
        ("an edited payload", format!("{header}.{edited}.{signature}")),
        ("a flipped bit", format!("{header}.{payload}.{flipped}")),
        ("a part too many", format!("{token}.{signature}")),
        ("padding", format!("{token}=")),
        (
            "a key in the header",
            headed(
                shop,
                &json!({ "alg": "HS256", "jwk": { "kty": "oct",
            "k": URL_SAFE_NO_PAD.encode("mine") } }),
                &good,
            ),
        ),
        ("words", "nonsense".to_owned()),
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
    ];
    // The algorithm is the key's; a header cannot choose another one, nor none.
    wrong.extend(
        ["none", "None", "NONE", "nOnE", "", "HS256 "]
            .map(|alg| ("alg none", format!("{}.{payload}.", none(alg)))),
    );
    let others = ["HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA", "none"];
    wrong.extend(others.map(|alg| ("another alg over the right MAC", head(alg))));
    let cuts = [1, 2, 10, signature.len(), signature.len() + 2, token.len() - 5];
    wrong.extend(cuts.map(|less| ("truncated", token[..token.len() - less].to_owned())));
    wrong
}

#[tokio::test]
async fn of_all_wrong_tokens_none_opens_a_session() {
    let server = Server::start().await;
    let other = server.second_shop().await;
    let mut wrong = wrong_tokens(&server, &other).await;
    for (why, claims) in wrong_claims(&server, &other) {
        wrong.push((why, server.sign(&claims)));
    }
    let mut theirs = server.claims("c1");
    theirs["iss"] = json!(other.shop);
    let kid = other.token_key_id.to_string();
    wrong.push((
        "a whole token of another shop",
        signed(Algorithm::HS256, &kid, &other.token_secret, &theirs),
    ));
    for (n, (why, token)) in (0..).zip(&wrong) {
        let answer = server.exchange_from(n, token).await;
        assert_eq!(answer.problem(), (401, "token_invalid"), "{why}: {token}");
    }
    println!("{} tokens, 0 accepted", wrong.len());
}

#[tokio::test]
async fn two_keys_of_a_shop_are_good_at_once_so_that_they_can_be_changed() {
    let server = Server::start().await;
    let (kid, secret) = token_key(&server, false).await;
    let claims = server.claims("c1");
    server.exchange(&signed(Algorithm::HS256, &kid.to_string(), &secret, &claims)).await.ok();
    server.exchange(&server.sign(&server.claims("c1"))).await.ok();
}

/// Bearer and end of the session that an exchange opened.
fn session(answer: Answer) -> (Value, Value) {
    let body = answer.ok();
    (body["session"].clone(), body["expires_at"].clone())
}

#[tokio::test]
async fn a_token_replayed_before_its_end_is_the_same_session_and_never_a_second() {
    let server = Server::start().await;
    let token = server.sign(&server.claims("c1"));
    let first = session(server.exchange(&token).await);
    for _ in 0..10 {
        server.clock.advance(29);
        assert_eq!(session(server.exchange(&token).await), first);
    }
    // Another body under the same id is the same session for the same customer, none for another.
    let again = with(&server.claims("c1"), "jti", server_jti(&token));
    assert_eq!(session(server.exchange(&server.sign(&again)).await), first);
    let other = with(&server.claims("c2"), "jti", server_jti(&token));
    let answer = server.exchange(&server.sign(&other)).await;
    assert_eq!(answer.problem(), (401, "session_ended"));
}

/// The id of a token.
fn server_jti(token: &str) -> Value {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&payload).unwrap()["jti"].clone()
}

/// What ends a token for good. A frozen member belongs here as soon as there is one.
#[derive(Clone, Copy, Debug)]
enum End {
    Logout,
    Expiry,
    RevokedKey,
}

#[tokio::test]
async fn a_token_replayed_after_its_end_opens_nothing() {
    for end in [End::Logout, End::Expiry, End::RevokedKey] {
        let server = Server::start().await;
        let (kid, secret) = token_key(&server, false).await;
        let token = signed(Algorithm::HS256, &kid.to_string(), &secret, &server.claims("c1"));
        let (bearer, _) = session(server.exchange(&token).await);
        let code = match end {
            End::Logout => {
                let bearer = bearer.as_str().unwrap();
                assert_eq!(server.raw("DELETE", "/v1/session", bearer, "").await.status, 204);
                "session_ended"
            }
            End::Expiry => {
                // 300 seconds of life and 30 of grace for the shop's clock.
                server.clock.advance(330);
                "token_invalid"
            }
            End::RevokedKey => {
                let (shop, now) = (server.shop.shop, server.clock.now());
                let job = async move |tx: &mut Tx<'_>| {
                    revoke_key(tx, &Admin::local(), shop, kid, now).await
                };
                assert!(server.app.store.write(job).await.unwrap());
                "token_invalid"
            }
        };
        for _ in 0..3 {
            let answer = server.exchange(&token).await;
            assert_eq!(answer.problem(), (401, code), "{end:?}");
        }
    }
}
