//! Requests over real connections: what a shop's back end or a browser sends.

use axum::http::{HeaderMap, header};
use reqwest::{Client, Method};
use serde_json::Value;
use std::time::Duration;

/// A server at an address, and a client that keeps its connections.
#[derive(Clone)]
pub struct Wire {
    pub base: String,
    pub client: Client,
}

/// An answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// Status and code of a problem.
    pub fn problem(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }
}

impl Wire {
    /// As many HTTP/1.1 connections as there are requests under way.
    pub fn http1(base: &str) -> Self {
        let client = Client::builder().http1_only().timeout(Duration::from_secs(30));
        Self { base: base.to_owned(), client: client.build().unwrap() }
    }

    /// All requests on one HTTP/2 connection, without asking first whether the server speaks it.
    pub fn http2(base: &str) -> Self {
        let client = Client::builder().http2_prior_knowledge().timeout(Duration::from_secs(30));
        Self { base: base.to_owned(), client: client.build().unwrap() }
    }

    /// One request, as it is; an error means that nobody knows whether it was done.
    pub async fn send(
        &self,
        (method, path): (&Method, &str),
        bearer: &str,
        key: &str,
        body: &str,
    ) -> Result<Reply, reqwest::Error> {
        let request = self
            .client
            .request(method.clone(), format!("{}{path}", self.base))
            .header(header::AUTHORIZATION, format!("Bearer {bearer}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key)
            .body(body.to_owned());
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Reply { status, headers, bytes: response.bytes().await?.to_vec() })
    }

    /// A POST that comes back, with the same key, for as long as the server says "later".
    pub async fn insist(&self, path: &str, bearer: &str, key: &str, body: &str) -> Reply {
        loop {
            let reply = self.post(path, bearer, key, body).await;
            if reply.status != 503 {
                return reply;
            }
            assert!(reply.headers.contains_key(header::RETRY_AFTER), "{reply:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A POST that is answered.
    pub async fn post(&self, path: &str, bearer: &str, key: &str, body: &str) -> Reply {
        self.send((&Method::POST, path), bearer, key, body).await.unwrap()
    }
}
