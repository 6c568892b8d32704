//! Requests to addresses that merchants name, guarded against being turned inwards (SSRF).
//!
//! A name is looked up once, by us, and the connection goes to that very address: no name can
//! point somewhere else between the check and the connection. Redirects are not followed, and what
//! is answered is not shown to anybody.

use axum::body::{Body, to_bytes};
use axum::http::header::{HeaderMap, HeaderValue, USER_AGENT};
use axum::http::{Request, Response};
use clap::Args;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::TokioExecutor;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::Service;
use url::Url;

/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// How much of its answer is read, in bytes.
const ANSWER: usize = 64 * 1024;

/// Where requests may go.
#[derive(Clone, Debug, Args)]
#[group(id = "web")]
pub struct Settings {
    /// The ports that webhooks may go to.
    #[arg(long, env = "HABITUE_WEBHOOK_PORT", value_delimiter = ',', default_value = "443")]
    pub webhook_port: Vec<u16>,
    /// Lets webhooks go to private addresses, any port and without TLS. For trying things out on one
    /// machine; never where strangers may name addresses.
    #[arg(long, env = "HABITUE_WEBHOOK_PRIVATE")]
    pub webhook_private: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { webhook_port: vec![443], webhook_private: false }
    }
}

/// What an address answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// In how many seconds it wants to be asked again.
    pub wait: Option<i64>,
    /// Its body, 64 kB at most; for newsletter services, never shown.
    pub body: String,
}

/// Sends requests. Redirects are not followed and proxies not asked: it knows neither.
#[derive(Clone)]
pub struct Web {
    client: Client<HttpsConnector<HttpConnector<Guard>>, Body>,
    settings: Settings,
}

impl Web {
    /// Looks names up as the machine does.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        Self::with(settings, Arc::new(System))
    }

    /// Looks names up with `names`.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn with(settings: &Settings, names: Arc<dyn Names>) -> anyhow::Result<Self> {
        let guard = Guard { names, private: settings.webhook_private };
        let mut http = HttpConnector::new_with_resolver(guard);
        http.enforce_http(false);
        http.set_connect_timeout(Some(PATIENCE));
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls()?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let mut client = Client::builder(TokioExecutor::new());
        // Each request looks its name up for itself.
        let client = client.pool_max_idle_per_host(0).build(https);
        Ok(Self { client, settings: settings.clone() })
    }

    /// Whether an address may be asked at all, as far as its text tells.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn check(&self, address: &str) -> Result<Url, &'static str> {
        const SHAPE: &str = "an address for webhooks begins with https://, names a host and no \
                             password, and is at most 500 characters long";
        let url = Url::parse(address).map_err(|_| SHAPE)?;
        let private = self.settings.webhook_private;
        let safe = url.scheme() == "https" || (private && url.scheme() == "http");
        let named = !url.username().is_empty() || url.password().is_some();
        if !safe || named || address.len() > 500 {
            return Err(SHAPE);
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if !private && !self.settings.webhook_port.contains(&port) {
            return Err("this port is not one webhooks may go to (--webhook-port)");
        }
        let host = url.host_str().ok_or(SHAPE)?.trim_matches(['[', ']']);
        let literal = host.parse::<IpAddr>();
        if literal.is_ok_and(|ip| !private && !is_public(ip)) {
            return Err("this address lies in a private network");
        }
        Ok(url)
    }

    /// Posts JSON.
    ///
    /// # Errors
    /// In a few words, why nothing was answered.
    pub async fn post(
        &self,
        address: &str,
        headers: HeaderMap,
        body: String,
    ) -> Result<Reply, &'static str> {
        let url = self.check(address)?;
        let mut request = Request::post(url.as_str());
        if let Some(all) = request.headers_mut() {
            all.extend(headers);
            let name = HeaderValue::from_static(concat!("habitue/", env!("CARGO_PKG_VERSION")));
            all.insert(USER_AGENT, name);
        }
        let request = request.body(Body::from(body)).map_err(|_| "it cannot be asked")?;
        let answer = async {
            let response = self.client.request(request).await.map_err(|error| why(&error))?;
            Ok(read(response.map(Body::new)).await)
        };
        tokio::time::timeout(PATIENCE, answer).await.unwrap_or(Err("no answer in time"))
    }
}

async fn read(response: Response<Body>) -> Reply {
    let (head, body) = response.into_parts();
    let seconds = |name: &str| {
        let text = head.headers.get(name)?.to_str().ok()?;
        text.trim().parse::<i64>().ok().filter(|seconds| *seconds >= 0)
    };
    // Brevo's name for it: https://developers.brevo.com/docs/limit-headers
    let wait = seconds("retry-after").or_else(|| seconds("x-sib-ratelimit-reset"));
    // A body that is too long or breaks off changes nothing about the status.
    let body = to_bytes(body, ANSWER).await.unwrap_or_default();
    let body = String::from_utf8_lossy(&body).into_owned();
    Reply { status: head.status.as_u16(), wait, body }
}

fn why(error: &ClientError) -> &'static str {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(inner) = source {
        if inner.is::<Inwards>() {
            return "its name leads into a private network";
        }
        source = inner.source();
    }
    "no connection"
}

fn tls() -> anyhow::Result<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// A name leads to an address that is not everybody's.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name leads into a private network")]
struct Inwards;

/// What a name leads to.
pub type Found = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// A way to look names up.
pub trait Names: Send + Sync {
    /// The addresses of a name.
    fn look_up(&self, name: String) -> Found;
}

/// The machine's own way.
struct System;

impl Names for System {
    fn look_up(&self, name: String) -> Found {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
    }
}

/// Lets through what leads outwards only: one address that does not, and the name is refused.
#[derive(Clone)]
struct Guard {
    names: Arc<dyn Names>,
    private: bool,
}

type Looking = Pin<Box<dyn Future<Output = Result<std::vec::IntoIter<SocketAddr>, Failed>> + Send>>;
type Failed = Box<dyn std::error::Error + Send + Sync>;

impl Service<Name> for Guard {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Failed;
    type Future = Looking;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Looking {
        let (found, private) = (self.names.look_up(name.as_str().to_owned()), self.private);
        Box::pin(async move {
            let found = found.await?;
            let inwards = found.iter().any(|address| !is_public(address.ip()));
            if found.is_empty() || (inwards && !private) {
                return Err(Inwards.into());
            }
            Ok(found.into_iter())
        })
    }
}

/// Whether an address is one of the public internet (IANA's special-purpose registries).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !special
}

/// Global unicast only, and of that nothing that carries an IPv4 address or is set aside.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    let global = (0x2000..=0x3fff).contains(&a);
    let special = match (a, b) {
        // 2001::/23 (Teredo, ORCHID, benchmarks), documentation, 6to4.
        (0x2001, b) => b < 0x0200 || b == 0x0db8,
        (0x2002, _) => true,
        (0x3fff, b) => b < 0x1000,
        _ => false,
    };
    global && !special
}

#[cfg(test)]
mod tests;
