//! The packed widget: the loader, which may change, and payloads named by their content.

use crate::app::App;
use crate::clock::Clock;
use crate::error::{Error, respond};
use crate::secret::sha256;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use habitue_api::problem::{Code, Problem};
use habitue_domain::time::Timestamp;
use habitue_store::asset::{self as store, Asset};
use habitue_store::{Store, Tx};
use std::time::Duration;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/widget.rs"));
}

const LOADER: &str = "public, max-age=300, stale-while-revalidate=86400, stale-if-error=604800";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// How often a running server says that it still carries its files.
const SHIP_EVERY: Duration = Duration::from_hours(24);

/// The routes of the widget's files.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/habitue.js", get(async |headers| file("v1/habitue.js", LOADER, &headers)))
        .route("/{version}/habitue.js", get(pinned))
        .route("/a/{hash}/{file}", get(payload))
}

/// Where this version's loader stays for ever: `v1.4.2/habitue.js`.
pub fn pinned_path() -> String {
    format!("v{}/habitue.js", env!("CARGO_PKG_VERSION"))
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
    if find(&path).is_some() {
        return file(&path, FOR_EVER, &headers);
    }
    kept(&app, path, &headers).await
}

/// A file of another version, from the database.
async fn kept(app: &App, path: String, headers: &HeaderMap) -> Response {
    let Some(media) = media(&path) else {
        return respond(&Problem::new(Code::NotFound));
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
    match app.store.read(look).await {
        Ok(Some((place, asset))) => match STANDARD.decode(&asset.body) {
            Ok(bytes) if sha256(&bytes) == asset.sha256 => {
                let coding = codings.get(place).and_then(|(coding, _)| *coding);
                sent(bytes, media, FOR_EVER, coding)
            }
            _ => {
                tracing::error!(path = asset.path, "an asset does not fit its hash");
                respond(&Problem::new(Code::NotFound))
            }
        },
        Ok(None) => respond(&Problem::new(Code::NotFound)),
        Err(error) => Error::from(error).into_response(),
    }
}

/// Keeps this server's files in the database, now and every day, until dropped.
pub async fn keep_shipped(store: Store, clock: Clock) {
    let mut day = tokio::time::interval(SHIP_EVERY);
    loop {
        day.tick().await;
        if let Err(error) = ship(&store, &clock).await {
            tracing::warn!(%error, "the widget's files could not be noted; tried again tomorrow");
        }
    }
}

/// Notes that this server carries its files: the payload, and the loader under its version.
///
/// # Errors
/// Faults of the database.
pub async fn ship(store: &Store, clock: &Clock) -> Result<(), habitue_store::Error> {
    let now = clock.now();
    let (loaders, payload): (Vec<_>, Vec<_>) =
        embedded::FILES.iter().partition(|(path, _)| path.starts_with("v1/habitue.js"));
    for (path, bytes) in loaders {
        let path = path.replacen("v1/habitue.js", &pinned_path(), 1);
        save(store, path, bytes, true, now).await?;
    }
    // The first build of a version is the one that a page may name for ever, with its payload.
    let look = async |tx: &mut Tx<'_>| store::load(tx, &pinned_path()).await;
    let first = store.read(look).await?.map(|asset| asset.sha256);
    let is_first = first.is_some() && first == find("v1/habitue.js").map(sha256);
    for (path, bytes) in payload.into_iter().filter(|(path, _)| path.starts_with("a/")) {
        save(store, (*path).to_owned(), bytes, is_first, now).await?;
    }
    Ok(())
}

async fn save(
    store: &Store,
    path: String,
    bytes: &[u8],
    is_pinned: bool,
    now: Timestamp,
) -> Result<(), habitue_store::Error> {
    let asset = Asset { path, sha256: sha256(bytes), body: STANDARD.encode(bytes), is_pinned };
    store.write(async move |tx: &mut Tx<'_>| store::ship(tx, &asset, now).await).await
}

fn find(name: &str) -> Option<&'static [u8]> {
    embedded::FILES.iter().find(|(path, _)| *path == name).map(|(_, bytes)| *bytes)
}

/// Whether the widget was packed before this binary was built.
pub fn is_packed() -> bool {
    find("v1/habitue.js").is_some()
}

fn media(name: &str) -> Option<&'static str> {
    match name.rsplit('.').next() {
        Some("js") => Some("text/javascript; charset=utf-8"),
        Some("wasm") => Some("application/wasm"),
        Some("json") => Some("application/json"),
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
fn file(name: &str, cache: &'static str, headers: &HeaderMap) -> Response {
    let found = codings(headers)
        .into_iter()
        .find_map(|(coding, ending)| Some((coding, find(&format!("{name}{ending}"))?)));
    match (media(name), found) {
        (Some(media), Some((coding, bytes))) => sent(bytes, media, cache, coding),
        _ => respond(&Problem::new(Code::NotFound)),
    }
}

fn sent<B: IntoResponse>(
    bytes: B,
    media: &'static str,
    cache: &'static str,
    coding: Option<&'static str>,
) -> Response {
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
