//! As much HTTP/1.1 as the load needs: one connection that is kept, one request at a time.
//!
//! The load shares the machine with the server, so what it costs is taken from the server's figures.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// How long an answer may take before the run is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection.
pub struct Client {
    stream: BufReader<TcpStream>,
    line: String,
}

/// One request.
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub bearer: &'a str,
    pub key: &'a str,
    pub body: &'a str,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), line: String::new() })
    }

    /// Sends a request and reads its answer: status and body.
    pub fn send(&mut self, request: &Request<'_>) -> Result<(u16, Vec<u8>)> {
        let Request { method, path, bearer, key, body } = request;
        let text = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {bearer}\r\n\
             content-type: application/json\r\nidempotency-key: {key}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.get_mut().write_all(text.as_bytes())?;
        let status = self.next_line()?.get(9..12).and_then(|status| status.parse().ok());
        let status = status.context("the answer is no HTTP")?;
        let mut length = 0;
        loop {
            let line = self.next_line()?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, body))
    }

    /// As [`Client::send`], for what must be answered with 200.
    pub fn ok(&mut self, request: &Request<'_>) -> Result<Vec<u8>> {
        let (status, body) = self.send(request)?;
        let Request { method, path, .. } = request;
        let said = String::from_utf8_lossy(&body);
        ensure!(status == 200, "{method} {path} was answered {status}: {said}");
        Ok(body)
    }

    /// As [`Client::ok`], read as JSON.
    pub fn json(&mut self, request: &Request<'_>) -> Result<Value> {
        Ok(serde_json::from_slice(&self.ok(request)?)?)
    }

    fn next_line(&mut self) -> Result<&str> {
        self.line.clear();
        ensure!(self.stream.read_line(&mut self.line)? > 0, "the server closed the connection");
        Ok(self.line.trim_end())
    }
}
