//! What the page's Content-Security-Policy lets a browser do, asked of the standard's own steps.

use super::Seen;
use super::finding::{Code, Findings};
use super::tag::Tag;
use content_security_policy::{
    CheckResult, CspList, Destination, Initiator, ParserMetadata, PolicyDisposition, PolicySource,
    Request,
};
use url::Url;

/// Whether our script, its WebAssembly and its requests get through.
pub fn check(seen: &Seen<'_>, tag: &Tag, findings: &mut Findings) {
    let policies = policies(seen);
    if policies.0.is_empty() {
        findings.right("the page has no Content-Security-Policy to add to");
        return;
    }
    let ask = |url: &Url, is_script: bool, nonce: &str, is_in_page: bool| {
        let request = request(seen, url, is_script, nonce, is_in_page);
        policies.should_request_be_blocked(&request).0 == CheckResult::Allowed
    };
    let mut is_right = true;
    let mut need = |is_allowed: bool, code: Code, what: &str| {
        if !is_allowed {
            is_right = false;
            findings.wrong(code, what);
        }
    };
    // The loader stands in the page; the app is fetched by it, without a nonce.
    let app = tag.src.join("../a/0000000000000000/app.js").unwrap_or_else(|_| tag.src.clone());
    let loads = ask(&tag.src, true, &tag.nonce, true) && ask(&app, true, "", false);
    let what = format!("the page's policy blocks scripts from {}", host(&tag.src));
    need(loads, Code::CspScript, &what);
    let runs = policies.is_wasm_evaluation_allowed().0 == CheckResult::Allowed;
    need(runs, Code::CspWasm, "the page's policy blocks WebAssembly");
    let api = tag.src.join("../v1/session").unwrap_or_else(|_| tag.src.clone());
    let what = format!("the page's policy blocks requests to {}", host(&api));
    need(ask(&api, false, "", false), Code::CspConnect, &what);
    if let Some(token_url) = &tag.token_url {
        let what = format!("the page's policy blocks requests to {token_url}");
        need(ask(token_url, false, "", false), Code::CspToken, &what);
    }
    if is_right {
        findings.right("the page's Content-Security-Policy lets everything of ours through");
    }
}

/// All policies that are enforced, from the headers and from the page.
fn policies(seen: &Seen<'_>) -> CspList {
    let mut all = CspList(Vec::new());
    let headers = seen.answer.headers.get_all("content-security-policy");
    for header in headers.iter().filter_map(|value| value.to_str().ok()) {
        all.append(CspList::parse(header, PolicySource::Header, PolicyDisposition::Enforce));
    }
    for meta in &seen.reading.policies {
        all.append(CspList::parse(meta, PolicySource::Meta, PolicyDisposition::Enforce));
    }
    all
}

fn request(seen: &Seen<'_>, url: &Url, is_script: bool, nonce: &str, is_in_page: bool) -> Request {
    let parser_metadata =
        if is_in_page { ParserMetadata::ParserInserted } else { ParserMetadata::NotParserInserted };
    Request {
        url: url.clone(),
        current_url: url.clone(),
        origin: seen.page.origin(),
        redirect_count: 0,
        destination: if is_script { Destination::Script } else { Destination::None },
        initiator: if is_script { Initiator::None } else { Initiator::Fetch },
        nonce: nonce.to_owned(),
        integrity_metadata: String::new(),
        parser_metadata,
    }
}

fn host(url: &Url) -> String {
    url.origin().ascii_serialization()
}
