//! A server with its shop, its members and their sessions, on a fresh database.

use std::fmt::Write;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
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
use crate::project;
use crate::run;

const PROGRAM: &str = "crates/xtask/src/bench/program.toml";
/// How long the server may take until it answers.
const START: Duration = Duration::from_mins(1);

/// The server, ended when dropped.
pub struct Place {
    pub address: SocketAddr,
    /// The shop's secret key.
    pub secret_key: String,
    shop: Value,
    child: Child,
}

impl Place {
    /// Adds a shop, imports one large order for each of its members, and serves.
    pub fn prepare(habitue: &Path, folder: &Path, url: &str, members: u32) -> Result<Self> {
        let habitue = |arguments: &[&str]| {
            let mut command = run::command(habitue, arguments);
            command.env("HABITUE_DATABASE", url).env("HABITUE_MASTER_KEY", "b".repeat(32));
            command.env_remove("HABITUE_LISTEN").env_remove("HABITUE_PUBLIC_URL");
            command
        };
        let add = ["shop", "add", "--name", "Bench", "--origin", "https://bench.example"];
        let mut add = habitue(&add);
        let shop: Value =
            serde_json::from_str(&run::output(add.args(["--json", "--program", PROGRAM]))?)?;
        run::step(&format!("{members} members"), || {
            let orders = orders(folder, members)?;
            let mut import = habitue(&["import", "orders"]);
            import.arg(&orders).args(["--currency", "EUR", "--enrol", "all"]);
            import.args(["--map", "customer=who,placed_on=day,amount=paid"]);
            run::show(&mut import)
        })?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = File::create(folder.join("serve.log"))?;
        let mut serve = habitue(&["serve", "--listen", &address.to_string()]);
        // One machine plays all shoppers and all of the shop: the limits are not what is measured.
        for limit in ["misses", "shopper", "visitor", "shop"] {
            serve.args([&format!("--limit-{limit}"), "0"]);
        }
        let child = spawn(serve.stdout(log.try_clone()?).stderr(log))?;
        let secret_key = shop["secret_key"].as_str().context("no secret key")?.to_owned();
        let mut place = Self { address, secret_key, shop, child };
        place.until_answered()?;
        Ok(place)
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
        let public_key = self.shop["public_key"].as_str().context("no public key")?;
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
            "jti": format!("bench-{customer}") });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let secret = key["secret"].as_str().context("no token secret")?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
        mac.update(signed.as_bytes());
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
    }
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

/// One order of 10,000 euros for each: points enough for many redemptions.
fn orders(folder: &Path, members: u32) -> Result<PathBuf> {
    let mut text = "who,day,paid\n".to_owned();
    for member in 0..members {
        writeln!(text, "{},2025-01-01,10000.00", name(member))?;
    }
    let path = folder.join("orders.csv");
    fs::write(&path, text).with_context(|| format!("writing {}", project::shown(&path)))?;
    Ok(path)
}
