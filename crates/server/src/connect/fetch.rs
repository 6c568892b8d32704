//! Fetching with bounds on time, size and place.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long one answer may take, from the name to the last byte.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many redirects on one origin are followed.
const REDIRECTS: usize = 5;

const AGENT: &str = concat!("habitue/", env!("CARGO_PKG_VERSION"), " (connect)");

/// Asks, with patience for ten seconds.
pub struct Fetcher(Client<HttpsConnector<HttpConnector>, Body>);

/// An answer.
pub struct Fetched {
    /// Where it came from in the end.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, whole.
    pub body: Vec<u8>,
}

/// Why there is no answer.
pub enum Trouble {
    /// A redirect to another origin, or one too many.
    Elsewhere(String),
    /// No answer, or too slow, or too large.
    Failed(String),
}

impl Fetcher {
    /// Trusts the authorities that this machine trusts.
    ///
    /// # Errors
    /// Where the machine has no TLS to offer.
    pub fn new() -> Result<Self, String> {
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls()?).https_or_http();
        let connector = connector.enable_http1().build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    /// A `GET` of at most so many bytes, without anybody's cookies.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn get(&self, url: Url, most: usize) -> Result<Fetched, Trouble> {
        self.ask(Method::GET, url, &[], most).await
    }

    /// A request with headers, for at most so many bytes.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn ask(
        &self,
        method: Method,
        url: Url,
        headers: &[(&str, &str)],
        most: usize,
    ) -> Result<Fetched, Trouble> {
        let answer = tokio::time::timeout(PATIENCE, self.follow(method, url, headers, most));
        let late = |_| Trouble::Failed("it does not answer within 10 seconds".to_owned());
        answer.await.map_err(late)?
    }

    async fn follow(
        &self,
        method: Method,
        mut url: Url,
        headers: &[(&str, &str)],
        most: usize,
    ) -> Result<Fetched, Trouble> {
        let origin = url.origin();
        for _ in 0..=REDIRECTS {
            let fetched = self.once(method.clone(), &url, headers, most).await?;
            let Some(to) = leads_to(&fetched) else {
                return Ok(fetched);
            };
            let is_elsewhere = to.origin() != origin;
            url = to;
            if is_elsewhere {
                break;
            }
        }
        Err(Trouble::Elsewhere(url.into()))
    }

    async fn once(
        &self,
        method: Method,
        url: &Url,
        headers: &[(&str, &str)],
        most: usize,
    ) -> Result<Fetched, Trouble> {
        let failed = |why: &dyn std::error::Error| Trouble::Failed(innermost(why));
        // What stands behind `#` is the browser's own affair.
        let mut target = url.clone();
        target.set_fragment(None);
        let mut request = Request::builder().method(method).uri(target.as_str());
        for (name, value) in headers.iter().chain(&[("user-agent", AGENT)]) {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).map_err(|error| failed(&error))?;
        let response = self.0.request(request).await.map_err(|error| failed(&error))?;
        let (parts, body) = response.into_parts();
        let body = to_bytes(Body::new(body), most).await.map_err(|error| {
            let kilobytes = most / 1024;
            Trouble::Failed(format!("{} (at most {kilobytes} kB are read)", innermost(&error)))
        })?;
        let (status, headers) = (parts.status, parts.headers);
        Ok(Fetched { url: url.clone(), status, headers, body: body.into() })
    }
}

/// Where a redirect leads.
fn leads_to(fetched: &Fetched) -> Option<Url> {
    let to = fetched.headers.get(header::LOCATION)?.to_str().ok()?;
    let to = fetched.url.join(to).ok()?;
    fetched.status.is_redirection().then_some(to)
}

/// The innermost cause: "connection refused", not the layers around it.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn tls() -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // One that cannot be read vouches for nobody.
        drop(roots.add(certificate));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
