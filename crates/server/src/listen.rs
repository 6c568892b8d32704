//! Connections, HTTP/1.1 and HTTP/2: bounded heads, no patience with slow ones, and an orderly end.
//!
//! `axum::serve` sets no timer, so that a head sent byte by byte would hold its connection for
//! ever, and takes heads of 400 kB.

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use std::pin::pin;
use std::time::Duration;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// The largest head of a request: its line and all its headers.
const HEAD_BYTES: usize = 32 * 1024;
/// How many headers it may have.
const HEADERS: usize = 100;
/// How many requests one HTTP/2 connection may have under way.
const STREAMS: u32 = 128;
/// How long a head may take, and a connection lie idle.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// How long requests under way may take once we are told to stop.
const GRACE: Duration = Duration::from_secs(30);

/// Serves until `stop`, then answers what is under way and takes nothing new.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS);
    http.http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(Some(HEAD_PATIENCE));
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Mostly too many open files: one that closes makes room.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Answers are whole; waiting for more to send with them only delays them.
        drop(stream.set_nodelay(true));
        let router = router.clone();
        let service = service_fn(move |request: Request<hyper::body::Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection.into_owned());
        // What goes wrong on one connection is its caller's affair.
        tokio::spawn(async move { drop(connection.await) });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}
