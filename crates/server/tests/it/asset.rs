//! The widget's files: this version's, and those of versions that pages still hold.

use crate::harness::{Answer, Server};
use axum::body::Body;
use axum::http::Request;
use habitue_server::asset::{pinned_path, ship};
use habitue_server::job::{Job, run};
use habitue_server::secret::sha256;
use habitue_store::asset::{self, Asset};
use habitue_store::{Error, Tx};

async fn get(server: &Server, path: &str, takes: &str) -> Answer {
    let request = Request::builder().uri(path).header("accept-encoding", takes);
    server.send(request.body(Body::empty()).unwrap()).await
}

/// What a server of an earlier version left behind.
async fn earlier(server: &Server, path: &str, bytes: &[u8], is_pinned: bool) {
    let body = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    let asset = Asset { path: path.to_owned(), sha256: sha256(bytes), body, is_pinned };
    let now = server.clock.now();
    let job =
        async move |tx: &mut Tx<'_>| -> Result<(), Error> { asset::ship(tx, &asset, now).await };
    server.app.store.write(job).await.unwrap();
}

#[tokio::test]
async fn a_page_opened_before_an_upgrade_still_gets_its_payload() {
    let server = Server::start().await;
    earlier(&server, "a/00000000000000aa/app.js", b"let old", false).await;
    earlier(&server, "a/00000000000000aa/app.js.br", b"packed", false).await;
    let plain = get(&server, "/a/00000000000000aa/app.js", "").await;
    assert_eq!((plain.status, plain.bytes.as_slice()), (200, b"let old".as_slice()));
    assert_eq!(plain.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(plain.headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(plain.headers["access-control-allow-origin"], "*");
    let packed = get(&server, "/a/00000000000000aa/app.js", "gzip, br").await;
    assert_eq!((packed.headers["content-encoding"].as_bytes()), b"br");
    assert_eq!(packed.bytes, b"packed");
    assert_eq!(get(&server, "/a/00000000000000bb/app.js", "").await.status, 404);
}

#[tokio::test]
async fn a_file_whose_bytes_were_changed_is_not_served() {
    let server = Server::start().await;
    earlier(&server, "a/00000000000000aa/app.js", b"let old", false).await;
    let job = async |tx: &mut Tx<'_>| -> Result<u64, Error> {
        tx.execute("UPDATE asset SET body = 'ZXZpbA=='", &[]).await
    };
    server.app.store.write(job).await.unwrap();
    assert_eq!(get(&server, "/a/00000000000000aa/app.js", "").await.status, 404);
}

#[tokio::test]
async fn what_no_server_carries_is_forgotten_after_90_days_and_what_is_pinned_never() {
    let server = Server::start().await;
    earlier(&server, "a/00000000000000aa/app.js", b"let old", false).await;
    earlier(&server, "v0.0.1/habitue.js", b"loader", true).await;
    let prune = async || run(&server.app.store, &server.clock, Job::Prune, "test", true).await;
    server.clock.advance(89 * 24 * 3600);
    prune().await.unwrap();
    assert_eq!(get(&server, "/a/00000000000000aa/app.js", "").await.status, 200);
    server.clock.advance(2 * 24 * 3600);
    prune().await.unwrap();
    assert_eq!(get(&server, "/a/00000000000000aa/app.js", "").await.status, 404);
    assert_eq!(get(&server, "/v0.0.1/habitue.js", "").await.bytes, b"loader");
}

#[tokio::test]
async fn the_loader_of_a_version_stays_what_it_first_was() {
    let server = Server::start().await;
    earlier(&server, &pinned_path(), b"first", true).await;
    ship(&server.app.store, &server.clock).await.unwrap();
    assert_eq!(get(&server, &format!("/{}", pinned_path()), "").await.bytes, b"first");
}
