//! A server with its shop, its members and their sessions, on a database of its own.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::client::{Client, Request};
use super::seed::{FILE, Seed};
use crate::postgres::Postgres;
use crate::run;

/// How long the server may take until it answers.
const START: Duration = Duration::from_mins(1);

/// The server, ended when dropped.
pub struct Place {
    pub address: SocketAddr,
    /// The shop's secret key.
    pub secret_key: String,
    /// PostgreSQL's process, where that is the database.
    pub database: Option<u32>,
    shop: Value,
    child: Child,
}

/// Where a database is to be: its folder, and its address.
pub struct Site<'a> {
    pub folder: &'a Path,
    pub url: String,
    /// PostgreSQL's own, with the folder of its programs.
    pub postgres: Option<(&'a Postgres, &'a Path)>,
}

impl<'a> Site<'a> {
    /// A file in this folder.
    pub fn file(folder: &'a Path) -> Self {
        let url = format!("sqlite:{}", folder.join(FILE).display());
        Self { folder, url, postgres: None }
    }

    /// Does at once what PostgreSQL would do by itself in the next minutes: until it has seen rows
    /// in a table, it plans as if there were none.
    pub fn settle(&self) -> Result<()> {
        let Some((_, programs)) = self.postgres else { return Ok(()) };
        let vacuum = programs.join("vacuumdb");
        run::show(&mut run::command(vacuum, &["--analyze", "--quiet", "--dbname", &self.url]))
    }
}

impl Place {
    /// Puts a shop with so many members there, and serves, with these arguments besides.
    pub fn prepare(habitue: &Path, site: &Site<'_>, members: u32, more: &[&str]) -> Result<Self> {
        let seed = Seed::of(habitue, members)?;
        seed.put(habitue, site)?;
        let shop = seed.shop;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = File::create(site.folder.join("serve.log"))?;
        let mut serve = on(habitue, &site.url, &["serve", "--listen", &address.to_string()]);
        serve.args(more);
        // One machine plays all shoppers and all of the shop: the limits are not what is measured.
        for limit in ["misses", "shopper", "visitor", "shop"] {
            serve.args([&format!("--limit-{limit}"), "0"]);
        }
        let child = spawn(serve.stdout(log.try_clone()?).stderr(log))?;
        let secret_key = shop["secret_key"].as_str().context("no secret key")?.to_owned();
        let database = site.postgres.map(|(server, _)| server.process_id());
        let mut place = Self { address, secret_key, database, shop, child };
        place.until_answered()?;
        Ok(place)
    }

    /// The shop's public key.
    pub fn public_key(&self) -> Result<&str> {
        self.shop["public_key"].as_str().context("no public key")
    }

    /// The server's, to ask the system about it.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    fn until_answered(&mut self) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < START {
            ensure!(self.child.try_wait()?.is_none(), "the server ended by itself, see serve.log");
            let get = Request { method: "GET", path: "/healthz", bearer: "", key: "", body: "" };
            let answer = Client::connect(self.address).and_then(|mut client| client.send(&get));
            if answer.is_ok_and(|(status, _)| status == 200) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("the server does not answer on {}", self.address)
    }

    /// Opens a session for each of so many members.
    pub fn sessions(&self, count: u32) -> Result<Vec<String>> {
        let mut client = Client::connect(self.address)?;
        let public_key = self.public_key()?;
        let open = |n: u32| {
            let body = json!({ "token": self.token(n)? }).to_string();
            let (method, path, key) = ("POST", "/v1/session", "");
            let request = Request { method, path, bearer: public_key, key, body: &body };
            let reply = client.json(&request)?;
            Ok(reply["session"].as_str().context("no session")?.to_owned())
        };
        (0..count).map(open).collect()
    }

    /// What the shop's back end signs for its customer (RFC 7519, HS256).
    fn token(&self, customer: u32) -> Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let key = &self.shop["token_key"];
        let header = json!({ "alg": "HS256", "typ": "JWT", "kid": key["id"] });
        let claims = json!({ "iss": self.shop["shop"], "sub": name(customer), "iat": now,
            "aud": format!("http://{}", self.address), "exp": now + 300,
            "jti": format!("bench-{customer}-{now}") });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let secret = key["secret"].as_str().context("no token secret")?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
        mac.update(signed.as_bytes());
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
    }
}

/// `habitue` on a database.
pub fn on(habitue: &Path, url: &str, arguments: &[&str]) -> Command {
    let mut command = run::command(habitue, arguments);
    command.env("HABITUE_DATABASE", url).env("HABITUE_MASTER_KEY", "b".repeat(32));
    command.env_remove("HABITUE_LISTEN").env_remove("HABITUE_PUBLIC_URL");
    command
}

impl Drop for Place {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(command: &mut Command) -> Result<Child> {
    let child = command.stdin(Stdio::null()).spawn();
    child.with_context(|| format!("starting {}", run::line(command)))
}

/// The shop's name for its customer.
pub fn name(customer: u32) -> String {
    format!("c{customer}")
}
