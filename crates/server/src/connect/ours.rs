//! Our own public address, as the shop's shoppers reach it.

use super::SelfTest;
use super::fetch::{Fetched, Fetcher, Trouble};
use super::finding::{Code, Findings};
use axum::http::Method;
use habitue_api::path;
use habitue_api::problem::{Code as ProblemCode, Problem};
use url::Url;

/// The most bytes of an answer of ours that is looked at.
const BYTES: usize = 1024 * 1024;

fn at(test: &SelfTest, path: &str) -> Option<Url> {
    format!("{}{path}", test.public_url.as_str().trim_end_matches('/')).parse().ok()
}

/// Whether habitue answers at our public address, with its loader.
pub async fn answers(test: &SelfTest, fetcher: &Fetcher, findings: &mut Findings) -> bool {
    let (Some(health), Some(loader)) = (at(test, path::HEALTH), at(test, "/v1/habitue.js")) else {
        return false;
    };
    let shown = health.to_string();
    match fetcher.get(health, BYTES).await {
        Err(Trouble::Failed(why)) => {
            findings.wrong(Code::ServerUnreachable, &format!("{shown}: {why}"));
            return false;
        }
        Err(Trouble::Elsewhere(to)) => {
            findings.wrong(Code::ServerOther, &format!("{shown} leads to {to}"));
            return false;
        }
        Ok(answer) if !answer.status.is_success() || answer.body != b"ok\n" => {
            let what = format!("{shown} answers {} and not as habitue does", answer.status);
            findings.wrong(Code::ServerOther, &what);
            return false;
        }
        Ok(_) => {}
    }
    let shown = loader.to_string();
    let is_script = |answer: &Fetched| {
        let media = answer.headers.get("content-type").and_then(|media| media.to_str().ok());
        answer.status.is_success() && media.is_some_and(|media| media.contains("javascript"))
    };
    match fetcher.get(loader, BYTES).await {
        Ok(answer) if is_script(&answer) => {
            findings.right(&format!("habitue answers at {}, with its loader", test.public_url));
        }
        Ok(answer) => {
            let what = format!("{shown} answers {} and no script", answer.status);
            findings.wrong(Code::LoaderMissing, &what);
        }
        Err(Trouble::Failed(why) | Trouble::Elsewhere(why)) => {
            findings.wrong(Code::LoaderMissing, &format!("{shown}: {why}"));
        }
    }
    true
}

/// Whether pages of the shop's origin may ask, through whatever stands between; with the tag's key,
/// also whether they may read the answer.
pub async fn across(
    test: &SelfTest,
    fetcher: &Fetcher,
    page: &Url,
    key: Option<&str>,
    findings: &mut Findings,
) {
    let (Some(session), Some(program)) = (at(test, path::SESSION), at(test, path::PROGRAM)) else {
        return;
    };
    let origin = page.origin().ascii_serialization();
    let mut is_read = false;
    if let Some(key) = key {
        let bearer = format!("Bearer {key}");
        let headers = [("origin", origin.as_str()), ("authorization", &bearer)];
        let answer = fetcher.ask(Method::GET, program, &headers, BYTES).await;
        if answer.as_ref().is_ok_and(is_unknown) {
            let what = format!("the habitue at {} does not know the tag's key", test.public_url);
            findings.wrong(Code::DatabaseOther, &what);
            return;
        }
        is_read = answer.is_ok_and(|answer| lets(&answer, &origin));
    }
    let headers = [
        ("origin", origin.as_str()),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", &HEADERS.join(",")),
    ];
    let preflight = fetcher.ask(Method::OPTIONS, session, &headers, BYTES).await;
    if !preflight.is_ok_and(|answer| lets(&answer, &origin) && takes(&answer)) {
        let what = format!("a preflight from {origin} is not allowed through");
        findings.wrong(Code::Cors, &what);
    } else if key.is_none() {
        findings.right(&format!("pages of {origin} may ask (CORS)"));
    } else if is_read {
        findings.right(&format!("pages of {origin} may ask and read the answer (CORS)"));
    } else {
        let what = format!("pages of {origin} may not read what our public address answers");
        findings.wrong(Code::Cors, &what);
    }
}

/// Whether habitue says that it has no such key: its data are others.
fn is_unknown(answer: &Fetched) -> bool {
    let problem = serde_json::from_slice::<Problem>(&answer.body).ok();
    problem.is_some_and(|problem| problem.code == ProblemCode::KeyUnknown.code())
}

/// What the widget sends along.
const HEADERS: [&str; 3] = ["authorization", "content-type", "idempotency-key"];

fn lets(answer: &Fetched, origin: &str) -> bool {
    let allowed = answer.headers.get("access-control-allow-origin");
    let is_named = allowed.is_some_and(|allowed| allowed.as_bytes() == origin.as_bytes());
    answer.status.is_success() && is_named
}

fn takes(answer: &Fetched) -> bool {
    let lists = answer.headers.get_all("access-control-allow-headers").into_iter();
    let lists: Vec<&str> = lists.filter_map(|list| list.to_str().ok()).collect();
    let names = || lists.iter().flat_map(|list| list.split(','));
    HEADERS.iter().all(|name| names().any(|it| it.trim().eq_ignore_ascii_case(name)))
}
