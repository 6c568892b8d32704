//! The packed widget: the loader, which may change, and payloads named by their content.

use crate::app::App;
use crate::error::respond;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use habitue_api::problem::{Code, Problem};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/widget.rs"));
}

const LOADER: &str = "public, max-age=300, stale-while-revalidate=86400, stale-if-error=604800";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The routes of the widget's files.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/habitue.js", get(async |headers| file("v1/habitue.js", LOADER, &headers)))
        .route("/a/{hash}/{file}", get(payload))
}

async fn payload(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    file(&format!("a/{hash}/{name}"), FOR_EVER, &headers)
}

fn find(name: &str) -> Option<&'static [u8]> {
    embedded::FILES.iter().find(|(path, _)| *path == name).map(|(_, bytes)| *bytes)
}

/// Whether the widget was packed before this binary was built.
pub fn is_packed() -> bool {
    find("v1/habitue.js").is_some()
}

/// A file in the best compression the caller takes.
fn file(name: &str, cache: &'static str, headers: &HeaderMap) -> Response {
    let media = match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        _ => return respond(&Problem::new(Code::NotFound)),
    };
    let takes = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let takes = |coding: &str| {
        takes.is_some_and(|list| {
            list.split(',').any(|part| part.split(';').next().unwrap_or_default().trim() == coding)
        })
    };
    let best = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(coding, _)| takes(coding))
        .find_map(|(coding, ending)| Some((Some(coding), find(&format!("{name}.{ending}"))?)));
    let Some((coding, bytes)) = best.or_else(|| Some((None, find(name)?))) else {
        return respond(&Problem::new(Code::NotFound));
    };
    let mut response = bytes.into_response();
    let sent = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media),
        (header::CACHE_CONTROL, cache),
        (header::VARY, "Accept-Encoding"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        sent.insert(name, HeaderValue::from_static(value));
    }
    sent.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    sent.insert("timing-allow-origin", HeaderValue::from_static("*"));
    if let Some(coding) = coding {
        sent.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}
