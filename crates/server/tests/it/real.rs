//! A real `habitue serve` with a shop, and HTTP to it over TCP.

use crate::database::Database;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

pub const ORIGIN: &str = "https://shop.example";

/// Killed when dropped.
pub struct Real {
    pub keys: Value,
    pub address: String,
    /// What it said until it listened.
    pub said_first: String,
    child: Child,
    said: Option<JoinHandle<String>>,
    complained: Option<JoinHandle<String>>,
    _database: Database,
}

pub struct Told {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }
}

fn command(database: &Database) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_habitue"));
    command.env("HABITUE_MASTER_KEY", MASTER_KEY).env("HABITUE_DATABASE", &database.url);
    command.current_dir(std::env::temp_dir());
    command
}

pub const MASTER_KEY: &str = "canary-master-key-0123456789abcdef";

impl Real {
    /// Starts it with a shop; `log` is its `RUST_LOG`.
    pub fn start(log: &str, arguments: &[&str]) -> Self {
        let database = Database::new();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("program.json");
        let program = serde_json::to_vec(&crate::harness::program()).unwrap();
        std::fs::write(&file, program).unwrap();
        let mut add = command(&database);
        add.args(["shop", "add", "--json", "--name", "S", "--origin", ORIGIN, "--program"]);
        let added = add.arg(&file).output().unwrap();
        let keys = serde_json::from_slice(&added.stdout);
        let keys = keys.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&added.stderr)));
        let mut serve = command(&database);
        serve.args(["serve", "--listen", "127.0.0.1:0", "--public-url", "https://habitue.example"]);
        serve.args(arguments).env("RUST_LOG", log);
        let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (first, address) = until_listening(&mut stdout);
        let said_first = first.clone();
        let mut stderr = child.stderr.take().unwrap();
        let said = std::thread::spawn(move || {
            let mut all = first;
            stdout.read_to_string(&mut all).unwrap();
            all
        });
        let complained = std::thread::spawn(move || {
            let mut all = String::new();
            stderr.read_to_string(&mut all).unwrap();
            all
        });
        let (said, complained) = (Some(said), Some(complained));
        Self { keys, address, said_first, child, said, complained, _database: database }
    }

    pub fn key(&self, name: &str) -> String {
        self.keys[name].as_str().unwrap().to_owned()
    }

    /// Sends bytes as they are and reads until the server closes the connection.
    pub fn bytes(&self, bytes: &[u8]) -> Told {
        tell(&self.address, bytes)
    }

    pub fn call(&self, method: &str, path: &str, bearer: &str, body: &Value, more: &str) -> Told {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer \
             {bearer}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{more}\r\n{body}",
            body.len()
        );
        self.bytes(request.as_bytes())
    }

    /// A token of the shop with these claims among the usual ones.
    pub fn token(&self, more: &Value) -> String {
        use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
        let mut header = Header::new(Algorithm::HS256);
        header.kid = self.keys["token_key"]["id"].as_str().map(str::to_owned);
        let now = habitue_server::clock::Clock::System.now().seconds();
        let mut claims = json!({ "iss": self.keys["shop"], "aud": "https://habitue.example",
            "iat": now, "exp": now + 300, "jti": uuid::Uuid::now_v7().to_string() });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let secret = self.keys["token_key"]["secret"].as_str().unwrap();
        encode(&header, &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
    }

    /// Asks it to stop; whether it ended well, and all it wrote.
    pub fn stop(mut self) -> (bool, String) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success());
        let ended = self.child.wait().unwrap();
        let said = self.said.take().unwrap().join().unwrap();
        (ended.success(), said + &self.complained.take().unwrap().join().unwrap())
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What was said until it listens, and where that is.
fn until_listening(stdout: &mut BufReader<ChildStdout>) -> (String, String) {
    let mut said = String::new();
    loop {
        let mut line = String::new();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "it ended early: {said}");
        said.push_str(&line);
        let value: Value = serde_json::from_str(&line).unwrap_or_default();
        if value["fields"]["message"] == "listening" {
            return (said, value["fields"]["listen"].as_str().unwrap().to_owned());
        }
    }
}

/// Sends bytes to an address and reads to the end.
pub fn tell(address: &str, bytes: &[u8]) -> Told {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // It may answer and close before it has read everything.
    drop(stream.write_all(bytes));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Told { status, head: head.to_lowercase(), body: body.to_owned() }
}
