//! The shop's token address, and a token from there.

use super::fetch::{Fetched, Fetcher, Trouble};
use super::finding::{Code, Findings};
use super::tag::Tag;
use super::{Seen, SelfTest};
use crate::token::{Claims, Mistake, Reader, SKEW_SECONDS, inspect};
use axum::http::Method;
use axum::http::header::{CACHE_CONTROL, DATE};
use habitue_domain::id::ShopId;
use habitue_store::Error;
use serde_json::Value;
use url::Url;

/// The most bytes of an answer with a token.
const BYTES: usize = 64 * 1024;

/// Asks for a token as the loader does, and reads the one that comes or was given.
pub async fn check(
    seen: &Seen<'_>,
    tag: &Tag,
    shop: Option<ShopId>,
    fetcher: &Fetcher,
    findings: &mut Findings,
) -> Result<(), Error> {
    let test = seen.test;
    let given = match &tag.token_url {
        None => {
            findings.skip(
                "the tag has no data-token-url: nobody is signed in unless the page \
                           calls Habitue.identify",
            );
            None
        }
        Some(url) if url.origin() != seen.page.origin() => {
            let what = format!("data-token-url leads to another origin, {url}");
            findings.wrong(Code::TokenUrlElsewhere, &what);
            None
        }
        Some(url) => asked(test, url, fetcher, findings).await,
    };
    let is_fresh = given.is_some();
    let Some(token) = given.or_else(|| test.token.clone()) else {
        findings.skip("no token was looked at: sign in, and give one with --token");
        return Ok(());
    };
    let Some(shop) = shop else {
        findings.skip("the token is looked at once the shop is known: right the key, or --shop");
        return Ok(());
    };
    let public_url = test.public_url.as_str().trim_end_matches('/');
    let reader = Reader { shop, public_url, now: test.clock.now() };
    let (claims, mistakes) = inspect(&test.store, &test.master, token.trim(), &reader).await?;
    for mistake in &mistakes {
        let (code, what) = told(*mistake, claims.as_ref(), &reader, is_fresh);
        findings.wrong(code, &what);
    }
    if mistakes.is_empty() {
        findings.right("the token is right: key, issuer, audience, clock, life");
    }
    Ok(())
}

/// What the token address answers to somebody without a cookie.
async fn asked(
    test: &SelfTest,
    url: &Url,
    fetcher: &Fetcher,
    findings: &mut Findings,
) -> Option<String> {
    let accept = [("accept", "application/json")];
    match fetcher.ask(Method::GET, url.clone(), &accept, BYTES).await {
        Err(Trouble::Failed(why)) => {
            findings.wrong(Code::TokenUrlUnreachable, &format!("{url}: {why}"));
            None
        }
        Err(Trouble::Elsewhere(to)) => {
            findings.wrong(Code::TokenUrlStatus, &format!("{url} leads to {to}"));
            None
        }
        Ok(answer) => {
            clock(test, &answer, findings);
            read(url, &answer, findings)
        }
    }
}

fn read(url: &Url, answer: &Fetched, findings: &mut Findings) -> Option<String> {
    if !answer.status.is_success() {
        findings.wrong(Code::TokenUrlStatus, &format!("{url} answers {}", answer.status));
        return None;
    }
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let token = match body.as_ref().and_then(|body| body.get("token")) {
        Some(Value::Null) => None,
        Some(Value::String(token)) => Some(token.clone()),
        _ => {
            let what = format!("{url} answers no JSON object with a token");
            findings.wrong(Code::TokenUrlShape, &what);
            return None;
        }
    };
    let cache = answer.headers.get(CACHE_CONTROL).and_then(|value| value.to_str().ok());
    let cache = cache.unwrap_or_default().to_ascii_lowercase();
    let kept = ["public", "s-maxage", "max-age"].iter().any(|word| cache.contains(word));
    if kept && !cache.contains("no-store") && !cache.contains("max-age=0") {
        let what = format!("{url} answers with Cache-Control: {cache}");
        findings.wrong(Code::TokenUrlCached, &what);
    } else {
        let who = if token.is_some() { "a token" } else { "nobody is signed in" };
        findings.right(&format!("{} answers: {who}", url.path()));
    }
    token
}

/// The shop's clock by the answer's `Date`: it is noticed before anybody signs in.
fn clock(test: &SelfTest, answer: &Fetched, findings: &mut Findings) {
    let date = answer.headers.get(DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let Some(date) = date else { return };
    let off = date.timestamp().as_second().saturating_sub(test.clock.now().seconds());
    if off.saturating_abs() > SKEW_SECONDS {
        let way = if off > 0 { "ahead of" } else { "behind" };
        let seconds = off.saturating_abs();
        let what = format!("the shop's clock is {seconds} s {way} ours, by its answer's Date");
        findings.wrong(Code::ClockOff, &what);
    }
}

/// The mistake with the figures that show it.
fn told(
    mistake: Mistake,
    claims: Option<&Claims>,
    reader: &Reader<'_>,
    is_fresh: bool,
) -> (Code, String) {
    let now = reader.now.seconds();
    let plain = |code| (code, format!("the token: {}", lower(mistake.sentence())));
    let Some(claims) = claims else {
        return plain(code(mistake));
    };
    match mistake {
        Mistake::Issuer => {
            let what = format!("the token's iss is {:?}, the shop is {}", claims.iss, reader.shop);
            (Code::TokenIssuer, what)
        }
        Mistake::Audience => {
            let (aud, url) = (&claims.aud, reader.public_url);
            (Code::TokenAudience, format!("the token's aud is {aud:?}, our address is {url}"))
        }
        Mistake::Future => {
            let ahead = claims.iat.saturating_sub(now);
            (Code::ClockOff, format!("the token was issued {ahead} s in the future (iat)"))
        }
        // One that was just made cannot have run out, unless its maker's clock is behind.
        Mistake::Expired => {
            let behind = now.saturating_sub(claims.exp);
            let code = if is_fresh { Code::ClockOff } else { Code::TokenExpired };
            (code, format!("the token ran out {behind} s ago (exp)"))
        }
        Mistake::Life => {
            let life = claims.exp.saturating_sub(claims.iat);
            (Code::TokenLife, format!("the token lives {life} s (exp - iat)"))
        }
        _ => plain(code(mistake)),
    }
}

const fn code(mistake: Mistake) -> Code {
    match mistake {
        Mistake::NotSigned | Mistake::NoKey => Code::TokenNotSigned,
        Mistake::UnknownKey => Code::TokenKey,
        Mistake::Signature => Code::TokenSignature,
        Mistake::Issuer => Code::TokenIssuer,
        Mistake::Audience => Code::TokenAudience,
        Mistake::Nameless | Mistake::LongId => Code::TokenSubject,
        Mistake::Expired => Code::TokenExpired,
        Mistake::Future => Code::ClockOff,
        Mistake::Life => Code::TokenLife,
    }
}

/// In the middle of a sentence: `its key (kid) is unknown`.
fn lower(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
