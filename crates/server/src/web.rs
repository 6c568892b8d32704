//! Requests to addresses that merchants name, guarded against being turned inwards (SSRF).
//!
//! A name is looked up once, by us, and the connection goes to that very address: no name can
//! point somewhere else between the check and the connection. Redirects are not followed, and what
//! is answered is not shown to anybody.

use anyhow::Context;
use clap::Args;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use reqwest::{Client, Url, redirect};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where requests may go.
#[derive(Clone, Debug, Args)]
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

/// Sends requests.
#[derive(Clone)]
pub struct Web {
    client: Client,
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
    pub fn with(settings: &Settings, names: Arc<dyn Resolve>) -> anyhow::Result<Self> {
        let guard = Guard { names, private: settings.webhook_private };
        let client = Client::builder()
            .tls_backend_preconfigured(tls()?)
            .dns_resolver(Arc::new(guard))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(PATIENCE)
            .user_agent(concat!("habitue/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("HTTP could not be set up")?;
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
        let request = self.client.post(url).headers(headers).body(body);
        let mut response = request.send().await.map_err(|error| why(&error))?;
        let seconds = |name: &str| {
            let text = response.headers().get(name)?.to_str().ok()?;
            text.trim().parse::<i64>().ok().filter(|seconds| *seconds >= 0)
        };
        // Brevo's name for it: https://developers.brevo.com/docs/limit-headers
        let wait = seconds("retry-after").or_else(|| seconds("x-sib-ratelimit-reset"));
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Ok(Some(part)) = response.chunk().await {
            body.extend_from_slice(&part);
            if body.len() > 64 * 1024 {
                body.truncate(64 * 1024);
                break;
            }
        }
        Ok(Reply { status, wait, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

fn why(error: &reqwest::Error) -> &'static str {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(inner) = source {
        if inner.is::<Inwards>() {
            return "its name leads into a private network";
        }
        source = inner.source();
    }
    if error.is_timeout() { "no answer in time" } else { "no connection" }
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

/// Lets through what leads outwards only: one address that does not, and the name is refused.
struct Guard {
    names: Arc<dyn Resolve>,
    private: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, private) = (self.names.resolve(name), self.private);
        Box::pin(async move {
            let found: Vec<SocketAddr> = found.await?.collect();
            let inwards = found.iter().any(|address| !is_public(address.ip()));
            if found.is_empty() || (inwards && !private) {
                return Err(Inwards.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The machine's own way to look names up.
struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
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
