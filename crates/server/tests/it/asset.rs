//! The widget's files: this version's, and those of versions that pages still hold.

use crate::database::Database;
use crate::harness::{Answer, Server, URL};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use habitue_server::app::App;
use habitue_server::asset::{Files, integrity, ship};
use habitue_server::clock::Clock;
use habitue_server::job::{Job, run};
use habitue_server::secret::{MasterKey, sha256};
use habitue_store::asset::{self, Asset};
use habitue_store::{Error, Store, Tx};
use sha2::{Digest, Sha384};
use tower::ServiceExt;

async fn send(app: &App, request: Request<Body>) -> Answer {
    let response = app.clone().router().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    let value = serde_json::from_slice(&bytes).unwrap_or_default();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body: value, bytes }
}

async fn get(app: &App, path: &str, takes: &str) -> Answer {
    let request = Request::builder().uri(path).header("accept-encoding", takes);
    send(app, request.body(Body::empty()).unwrap()).await
}

/// What a server of an earlier version left behind.
async fn earlier(server: &Server, path: &str, bytes: &[u8], is_pinned: bool) {
    let body = STANDARD.encode(bytes);
    let asset = Asset { path: path.to_owned(), sha256: sha256(bytes), body, is_pinned };
    let now = server.clock.now();
    let job =
        async move |tx: &mut Tx<'_>| -> Result<(), Error> { asset::ship(tx, &asset, now).await };
    server.app.store.write(job).await.unwrap();
}

/// A build of a version, as `cargo xtask pack` lays it out, with `mark` in every byte that counts.
fn build(version: &str, mark: &str) -> Files {
    let hash = &sha256(mark.as_bytes())[..16];
    let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
    let payload = |name: &str| file(&format!("a/{hash}/{name}"), &format!("{name} {mark}"));
    let files = [
        file("v1/habitue.js", &format!("loader {mark} a/{hash}/")),
        file("v1/habitue.js.br", &format!("loader in brotli {mark}")),
        file("v1/habitue.js.gz", &format!("loader in gzip {mark}")),
        payload("app.js"),
        payload("app.js.br"),
        payload("app.wasm"),
        payload("en.json"),
    ];
    Files::of(version, files.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())))
}

/// Where a build's payload is.
fn payload_of(mark: &str, name: &str) -> String {
    format!("/a/{}/{name}", &sha256(mark.as_bytes())[..16])
}

/// The same server with this build, started.
async fn carrying(app: &App, files: Files) -> App {
    let app = app.clone().carrying(files);
    ship(&app.files, &app.store, &app.clock).await.unwrap();
    app
}

#[tokio::test]
async fn a_page_opened_before_an_upgrade_still_gets_its_payload() {
    let server = Server::start().await;
    earlier(&server, "a/00000000000000aa/app.js", b"let old", false).await;
    earlier(&server, "a/00000000000000aa/app.js.br", b"packed", false).await;
    let plain = get(&server.app, "/a/00000000000000aa/app.js", "").await;
    assert_eq!((plain.status, plain.bytes.as_slice()), (200, b"let old".as_slice()));
    assert_eq!(plain.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(plain.headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(plain.headers["access-control-allow-origin"], "*");
    let packed = get(&server.app, "/a/00000000000000aa/app.js", "gzip, br").await;
    assert_eq!((packed.headers["content-encoding"].as_bytes()), b"br");
    assert_eq!(packed.bytes, b"packed");
    let missing = get(&server.app, "/a/00000000000000bb/app.js", "").await;
    assert_eq!(missing.problem(), (404, "not_found"));
    // A page of another origin may see that it is missing, instead of guessing.
    assert_eq!(missing.headers["access-control-allow-origin"], "*");
    assert_eq!(missing.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn a_file_whose_bytes_were_changed_is_not_served() {
    let server = Server::start().await;
    earlier(&server, "a/00000000000000aa/app.js", b"let old", false).await;
    let job = async |tx: &mut Tx<'_>| -> Result<u64, Error> {
        tx.execute("UPDATE asset SET body = 'ZXZpbA=='", &[]).await
    };
    server.app.store.write(job).await.unwrap();
    assert_eq!(get(&server.app, "/a/00000000000000aa/app.js", "").await.status, 404);
}

#[tokio::test]
async fn what_no_server_carries_is_forgotten_after_90_days_and_what_is_pinned_never() {
    let server = Server::start().await;
    earlier(&server, "a/00000000000000aa/app.js", b"let old", false).await;
    earlier(&server, "v0.0.1/habitue.js", b"loader", true).await;
    let prune = async || run(&server.app.store, &server.clock, Job::Prune, "test", true).await;
    server.clock.advance(89 * 24 * 3600);
    prune().await.unwrap();
    assert_eq!(get(&server.app, "/a/00000000000000aa/app.js", "").await.status, 200);
    server.clock.advance(2 * 24 * 3600);
    prune().await.unwrap();
    assert_eq!(get(&server.app, "/a/00000000000000aa/app.js", "").await.status, 404);
    assert_eq!(get(&server.app, "/v0.0.1/habitue.js", "").await.bytes, b"loader");
}

#[tokio::test]
async fn the_evergreen_loader_may_be_a_little_old_and_the_pinned_one_never_changes() {
    let server = Server::start().await;
    let app = carrying(&server.app, build("9.1.0", "one")).await;
    let evergreen = get(&app, "/v1/habitue.js", "gzip, deflate, br").await;
    assert_eq!(evergreen.bytes, b"loader in brotli one");
    let cache = "public, max-age=300, stale-while-revalidate=86400, stale-if-error=604800";
    assert_eq!(evergreen.headers["cache-control"], cache);
    let pinned = get(&app, "/v9.1.0/habitue.js", "gzip").await;
    assert_eq!(pinned.bytes, b"loader in gzip one");
    assert_eq!(pinned.headers["cache-control"], "public, max-age=31536000, immutable");
    for answer in [&evergreen, &pinned] {
        for (name, value) in [
            ("content-type", "text/javascript; charset=utf-8"),
            ("access-control-allow-origin", "*"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("timing-allow-origin", "*"),
            ("x-content-type-options", "nosniff"),
            ("vary", "Accept-Encoding"),
        ] {
            assert_eq!(answer.headers[name], value, "{name}");
        }
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    let known = integrity(&app.store, "v9.1.0/habitue.js".to_owned()).await.unwrap();
    let plain = get(&app, "/v9.1.0/habitue.js", "").await.bytes;
    assert_eq!(known.unwrap(), format!("sha384-{}", STANDARD.encode(Sha384::digest(plain))));
    let none = integrity(&app.store, "v9.9.9/habitue.js".to_owned()).await.unwrap();
    assert_eq!(none, None);
}

#[tokio::test]
async fn who_has_the_bytes_already_is_told_so_and_sent_nothing() {
    let server = Server::start().await;
    let app = carrying(&server.app, build("9.1.0", "one")).await;
    let pinned = "/v9.1.0/habitue.js".to_owned();
    for path in ["/v1/habitue.js".to_owned(), payload_of("one", "app.js"), pinned] {
        let mut tags = Vec::new();
        for takes in ["", "br"] {
            let first = get(&app, &path, takes).await;
            let tag = first.headers["etag"].to_str().unwrap().to_owned();
            for asked in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()]
            {
                let request = Request::builder().uri(&path).header("accept-encoding", takes);
                let request = request.header("if-none-match", asked).body(Body::empty());
                let again = send(&app, request.unwrap()).await;
                assert_eq!((again.status, again.bytes.len()), (304, 0), "{path}");
                for name in ["etag", "cache-control", "vary", "access-control-allow-origin"] {
                    assert_eq!(again.headers[name], first.headers[name]);
                }
            }
            tags.push(tag);
        }
        assert_ne!(tags[0], tags[1], "each form of {path} has a tag of its own");
    }
}

#[tokio::test]
async fn the_first_build_of_a_version_stays_in_all_its_forms() {
    let server = Server::start().await;
    let one = carrying(&server.app, build("9.1.0", "one")).await;
    // Somebody builds the same version again, with other bytes.
    let two = carrying(&server.app, build("9.1.0", "two")).await;
    for app in [&one, &two] {
        for (takes, bytes) in
            [("", "loader one"), ("br", "loader in brotli one"), ("gzip", "loader in gzip one")]
        {
            let pinned = get(app, "/v9.1.0/habitue.js", takes).await;
            assert!(String::from_utf8(pinned.bytes).unwrap().starts_with(bytes), "{takes}");
        }
    }
    // What the pinned loader names is kept for ever; the payload of the other build is not.
    server.clock.advance(200 * 24 * 3600);
    run(&server.app.store, &server.clock, Job::Prune, "test", true).await.unwrap();
    let third = carrying(&server.app, build("9.2.0", "three")).await;
    assert_eq!(get(&third, &payload_of("one", "app.wasm"), "").await.bytes, b"app.wasm one");
    assert_eq!(get(&third, &payload_of("two", "app.wasm"), "").await.status, 404);
}

#[tokio::test]
async fn two_servers_of_different_versions_on_one_database_serve_both() {
    let database = Database::new();
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    let (clock, master) = (Clock::standing_at(now), MasterKey::new(&"m".repeat(32)).unwrap());
    let store = Store::open(&database.url).await.unwrap();
    // As another process has it, where the engine takes several.
    let other = match &database.url {
        url if url.starts_with("postgres") => Store::open(url).await.unwrap(),
        _ => store.clone(),
    };
    let server = |store| App::new(store, clock.clone(), master.clone(), URL);
    let old = carrying(&server(store), build("9.1.0", "one")).await;
    let new = carrying(&server(other), build("9.2.0", "two")).await;
    // A page holds the old loader; the next request may reach either server.
    for app in [&old, &new] {
        for (version, mark) in [("9.1.0", "one"), ("9.2.0", "two")] {
            let pinned = get(app, &format!("/v{version}/habitue.js"), "").await;
            let loader = String::from_utf8(pinned.bytes).unwrap();
            assert!(loader.starts_with(&format!("loader {mark}")), "{loader}");
            for name in ["app.js", "app.wasm", "en.json"] {
                let payload = get(app, &payload_of(mark, name), "").await;
                assert_eq!(payload.status, 200);
                assert_eq!(payload.bytes, format!("{name} {mark}").into_bytes());
                assert_eq!(payload.headers["cache-control"], "public, max-age=31536000, immutable");
            }
        }
    }
    // The evergreen one is each server's own: it names a payload that both have.
    assert!(get(&old, "/v1/habitue.js", "").await.bytes.starts_with(b"loader one"));
    assert!(get(&new, "/v1/habitue.js", "").await.bytes.starts_with(b"loader two"));
    for app in [&old, &new] {
        assert_eq!(get(app, "/readyz", "").await.status, 200);
    }
}
