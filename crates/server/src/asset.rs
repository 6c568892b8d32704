//! The packed widget: the loader, which may change, and payloads named by their content.

mod files;
mod shipped;

use crate::app::App;
use crate::error::{Error, respond};
use crate::secret::sha256;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
pub use files::{Files, pinned_path};
use habitue_api::problem::{Code, Problem};
use habitue_store::{Tx, asset as store};
pub use shipped::{integrity, keep_shipped, pinned_integrity, ship};

const EVERGREEN: &str = "public, max-age=300, stale-while-revalidate=86400, stale-if-error=604800";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The routes of the widget's files.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/habitue.js", get(evergreen))
        .route("/{version}/habitue.js", get(pinned))
        .route("/a/{hash}/{file}", get(payload))
}

async fn evergreen(State(app): State<App>, headers: HeaderMap) -> Response {
    let found = carried(&app.files, files::LOADER, EVERGREEN, &headers);
    found.unwrap_or_else(|| for_everybody(respond(&Problem::new(Code::NotFound))))
}

async fn pinned(
    State(app): State<App>,
    Path(version): Path<String>,
    headers: HeaderMap,
) -> Response {
    kept(&app, format!("{version}/habitue.js"), &headers).await
}

async fn payload(
    State(app): State<App>,
    Path((hash, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let path = format!("a/{hash}/{name}");
    match carried(&app.files, &path, FOR_EVER, &headers) {
        Some(response) => response,
        None => kept(&app, path, &headers).await,
    }
}

/// A file of another version, from the database.
async fn kept(app: &App, path: String, headers: &HeaderMap) -> Response {
    let Some(media) = media(&path) else {
        return for_everybody(respond(&Problem::new(Code::NotFound)));
    };
    let codings = codings(headers);
    let paths: Vec<String> = codings.iter().map(|(_, ending)| format!("{path}{ending}")).collect();
    let look = async move |tx: &mut Tx<'_>| -> Result<_, habitue_store::Error> {
        for (place, path) in paths.iter().enumerate() {
            if let Some(asset) = store::load(tx, path).await? {
                return Ok(Some((place, asset)));
            }
        }
        Ok(None)
    };
    for_everybody(match app.store.read(look).await {
        Ok(Some((place, asset))) => match STANDARD.decode(&asset.body) {
            Ok(bytes) if sha256(&bytes) == asset.sha256 => {
                let coding = codings.get(place).and_then(|(coding, _)| *coding);
                sent(bytes, &asset.sha256, Kind { media, cache: FOR_EVER, coding }, headers)
            }
            _ => {
                tracing::error!(path = asset.path, "an asset does not fit its hash");
                respond(&Problem::new(Code::NotFound))
            }
        },
        Ok(None) => respond(&Problem::new(Code::NotFound)),
        Err(error) => Error::from(error).into_response(),
    })
}

fn media(name: &str) -> Option<&'static str> {
    match name.rsplit('.').next() {
        Some("js") => Some("text/javascript; charset=utf-8"),
        Some("wasm") => Some("application/wasm"),
        Some("json") => Some("application/json"),
        Some("css") => Some("text/css; charset=utf-8"),
        _ => None,
    }
}

type Coding = (Option<&'static str>, &'static str);

/// The compressions that the caller takes, best first, with the ending of such files.
fn codings(headers: &HeaderMap) -> Vec<Coding> {
    let takes = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let takes = |coding: &str| {
        takes.is_some_and(|list| {
            list.split(',').any(|part| part.split(';').next().unwrap_or_default().trim() == coding)
        })
    };
    let known = [("br", ".br"), ("gzip", ".gz")].into_iter().filter(|(coding, _)| takes(coding));
    known.map(|(coding, ending)| (Some(coding), ending)).chain([(None, "")]).collect()
}

/// A file of this version in the best compression the caller takes.
fn carried(
    files: &Files,
    name: &str,
    cache: &'static str,
    headers: &HeaderMap,
) -> Option<Response> {
    let media = media(name)?;
    let (coding, file) = codings(headers)
        .into_iter()
        .find_map(|(coding, ending)| Some((coding, files.find(&format!("{name}{ending}"))?)))?;
    let kind = Kind { media, cache, coding };
    Some(for_everybody(sent(file.bytes.clone(), &file.sha256, kind, headers)))
}

/// How a file is sent.
#[derive(Clone, Copy)]
struct Kind {
    media: &'static str,
    cache: &'static str,
    coding: Option<&'static str>,
}

/// The bytes, or 304 for who has them already.
fn sent(bytes: impl IntoResponse, sha256: &str, kind: Kind, headers: &HeaderMap) -> Response {
    let Kind { media, cache, coding } = kind;
    let tag = format!("\"{}\"", sha256.get(..32).unwrap_or(sha256));
    let mut response = if has(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = bytes.into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        if let Some(coding) = coding {
            let coding = HeaderValue::from_static(coding);
            response.headers_mut().insert(header::CONTENT_ENCODING, coding);
        }
        response
    };
    let sent = response.headers_mut();
    sent.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    sent.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        sent.insert(header::ETAG, tag);
    }
    response
}

/// Whether the caller has these very bytes (RFC 9110 §13.1.2).
fn has(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).into_iter();
    let mut tags = lists.filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','));
    tags.any(|known| known.trim().trim_start_matches("W/") == tag || known.trim() == "*")
}

/// What is nobody's in particular: every page may read it, isolated ones too, and its timing.
fn for_everybody(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        (header::HeaderName::from_static("timing-allow-origin"), "*"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
