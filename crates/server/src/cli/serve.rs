//! `habitue serve`.

use super::Setting;
use crate::app::App;
use crate::asset;
use crate::clock::Clock;
use crate::deliver::{self, Post};
use crate::mail::{self, Mailer};
use crate::web::{self, Web};
use crate::{batch, job, limit, listen, log, metric};
use anyhow::{Context, bail};
use clap::Args;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Answers requests until it is told to stop.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// The address to listen on.
    #[arg(long, env = "HABITUE_LISTEN", default_value = "127.0.0.1:4610")]
    listen: SocketAddr,
    /// Our own address as shops and browsers see it; tokens must name it. From `--listen` if absent.
    #[arg(long, env = "HABITUE_PUBLIC_URL")]
    public_url: Option<String>,
    /// The address on which Prometheus may read `/metrics`; none if absent. Keep it private.
    #[arg(long, env = "HABITUE_METRICS_LISTEN")]
    metrics_listen: Option<SocketAddr>,
    #[command(flatten)]
    limits: limit::Settings,
    #[command(flatten)]
    mail: mail::Settings,
    #[command(flatten)]
    web: web::Settings,
}

async fn bind(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        let port = address.port();
        format!(
            "cannot listen on {address}: is another program using port {port}? Choose one with \
             {option}"
        )
    })
}

impl Serve {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let _log = log::start()?;
        let master = setting.master()?;
        let mailer = Mailer::new(&self.mail)?.map(Arc::new);
        let web = Web::new(&self.web)?;
        let store = setting.store().await?;
        if let Some(address) = self.metrics_listen {
            let listener = bind(address, "--metrics-listen").await?;
            let listen = listener.local_addr()?;
            tracing::info!(%listen, "metrics");
            tokio::spawn(metric::serve(listener, metric::start()?));
        }
        let listener = bind(self.listen, "--listen").await?;
        let listen = listener.local_addr()?;
        let public_url = self.public_url.unwrap_or_else(|| format!("http://{listen}"));
        let app = App::new(store.clone(), Clock::System, master, &public_url).limited(&self.limits);
        // From here on a signal ends the server in order, so it is asked for before we say so.
        if mailer.is_none() {
            tracing::warn!("there is no mail server (--smtp-url): mails wait in the outbox");
        }
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
        let codes = batch::run_all(store.clone(), app.master.clone(), Clock::System);
        let codes = tokio::spawn(codes);
        let post = Post { app: app.clone(), mailer, web };
        let messages = tokio::spawn(deliver::run_all(post));
        let files = Arc::clone(&app.files);
        let files = tokio::spawn(asset::keep_shipped(files, store.clone(), Clock::System));
        // Requests under way are answered, new ones are not taken.
        listen::serve(listener, app.router(), stop).await;
        jobs.abort();
        messages.abort();
        codes.abort();
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
