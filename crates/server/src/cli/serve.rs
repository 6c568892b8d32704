//! `habitue serve`.

use super::Setting;
use crate::app::App;
use crate::asset;
use crate::clock::Clock;
use crate::job;
use crate::limit;
use anyhow::{Context, bail};
use axum::serve::ListenerExt;
use clap::Args;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Answers requests until it is told to stop.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// The address to listen on.
    #[arg(long, env = "HABITUE_LISTEN", default_value = "127.0.0.1:4610")]
    listen: SocketAddr,
    /// Our own address as shops and browsers see it; tokens must name it. From `--listen` if absent.
    #[arg(long, env = "HABITUE_PUBLIC_URL")]
    public_url: Option<String>,
    #[command(flatten)]
    limits: limit::Settings,
}

impl Serve {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let filter = EnvFilter::try_from_default_env()
            .unwrap_or_else(|_| EnvFilter::new("info,refinery_core=warn"));
        tracing_subscriber::fmt().json().with_env_filter(filter).init();
        let master = setting.master()?;
        let store = setting.store().await?;
        let listener = TcpListener::bind(self.listen).await.with_context(|| {
            format!(
                "cannot listen on {}: is another program using port {}? Choose one with --listen",
                self.listen,
                self.listen.port()
            )
        })?;
        let listen = listener.local_addr()?;
        let public_url = self.public_url.unwrap_or_else(|| format!("http://{listen}"));
        let app = App::new(store.clone(), Clock::System, master, &public_url).limited(&self.limits);
        // From here on a signal ends the server in order, so it is asked for before we say so.
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tracing::info!(%listen, public_url, version = env!("CARGO_PKG_VERSION"), "listening");
        let broken = store.clone();
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = broken.broken() => {}
            }
        };
        let jobs = tokio::spawn(job::run_all(store.clone(), Clock::System));
        let files = tokio::spawn(asset::keep_shipped(store.clone(), Clock::System));
        // Small answers on one HTTP/2 connection must not wait for each other's acknowledgement.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection was gone before it was answered");
            }
        });
        // Requests under way are answered, new ones are not taken.
        axum::serve(listener, app.router()).with_graceful_shutdown(stop).await?;
        jobs.abort();
        files.abort();
        if store.is_broken() {
            bail!(
                "the disk failed while writing; everything acknowledged before is kept. Check the \
                 disk, then start habitue again"
            );
        }
        tracing::info!("stopped");
        Ok(())
    }
}
