//! A real mail server beside a test (aiosmtpd, from `cargo xtask tools`), and what it was given.

use crate::harness::{Answer, Server};
use axum::body::Body;
use axum::http::{Request, header};
use habitue_server::deliver::{self, Post};
use habitue_server::mail::{Mailer, Settings};
use habitue_server::web::{self, Web};
use habitue_store::outbox::Channel;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python");

/// The Python with others' libraries; `None`, said aloud, where it is not installed.
pub fn python() -> Option<PathBuf> {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/mailbox/bin/python");
    let python = PathBuf::from(python);
    if !python.is_file() {
        println!("SKIPPED: there is no mail server for the tests (cargo xtask tools)");
        return None;
    }
    Some(python)
}

/// Whether others find right what we signed.
pub fn read(kind: &str, key: &str, data: &[u8]) -> bool {
    let mut command = Command::new(python().unwrap());
    command.arg(format!("{SCRIPTS}/read.py")).args([kind, key]).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(data).unwrap();
    child.wait().unwrap().success()
}

/// Killed when dropped.
pub struct Mailbox {
    child: Child,
    says: ChildStdin,
    mails: Arc<Mutex<Vec<Value>>>,
    pub port: u64,
}

impl Mailbox {
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// With a certificate and its key.
    pub fn start_with(tls: &[&str]) -> Option<Self> {
        let mut command = Command::new(python()?);
        command.arg(format!("{SCRIPTS}/mailbox.py")).args(tls);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&mails);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        let says = child.stdin.take().unwrap();
        Some(Self { child, says, mails, port: first["port"].as_u64().unwrap() })
    }

    /// How it behaves from now on.
    pub fn behave(&mut self, mode: &str) {
        writeln!(self.says, "{mode}").unwrap();
        self.says.flush().unwrap();
        // It reads on a thread of its own.
        std::thread::sleep(Duration::from_millis(150));
    }

    /// What it has taken, once it is so many.
    pub fn mails(&self, expected: usize) -> Vec<Value> {
        let begun = Instant::now();
        loop {
            let mails = self.mails.lock().unwrap().clone();
            if mails.len() >= expected || begun.elapsed() > Duration::from_secs(5) {
                assert_eq!(mails.len(), expected, "{mails:#?}");
                return mails;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it has taken by now.
    pub fn so_far(&self) -> Vec<Value> {
        self.mails.lock().unwrap().clone()
    }

    pub fn settings(&self) -> Settings {
        Settings {
            smtp_url: Some(format!("smtp://127.0.0.1:{}", self.port)),
            mail_from: Some("club@shop.example".to_owned()),
            smtp_timeout_seconds: 5,
            ..Settings::default()
        }
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Everything it takes to send; webhooks may go to loopback.
pub fn post(server: &Server, settings: &Settings) -> Post {
    let mailer = Mailer::new(settings).unwrap().map(Arc::new);
    let web = web::Settings { webhook_private: true, ..web::Settings::default() };
    Post { app: server.app.clone(), mailer, web: Web::new(&web).unwrap() }
}

/// Sends what is due now.
pub async fn deliver(post: &Post) -> usize {
    deliver::run(post, Channel::Mail, "test").await.unwrap()
}

/// Asks for topics with the public key.
pub async fn opt_in(server: &Server, email: &str, topics: &[&str]) -> Answer {
    let give: Vec<Value> =
        topics.iter().map(|topic| json!({ "purpose": "newsletter", "topic": topic })).collect();
    let body = json!({ "program_version": 1, "locale": "fr", "email": email, "give": give });
    server.call("POST", "/v1/consents", &server.shop.public_key, body).await
}

/// The path of our address in a mail's text, the first that begins so.
pub fn path_in(mail: &Value, begins: &str) -> String {
    let text = mail["text"].as_str().unwrap();
    let at = format!("{}{begins}", crate::harness::URL);
    let link = text.split_whitespace().find(|word| word.starts_with(&at));
    link.unwrap_or_else(|| panic!("{text}")).trim_start_matches(crate::harness::URL).to_owned()
}

pub async fn page(server: &Server, path: &str) -> Answer {
    server.send(Request::get(path).body(Body::empty()).unwrap()).await
}

pub async fn press(server: &Server, path: &str, form: &str) -> Answer {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap();
    server.send(request).await
}

/// Asks for topics, and confirms them.
pub async fn subscribe(server: &Server, mailbox: &Mailbox, post: &Post, email: &str, nth: usize) {
    opt_in(server, email, &["news"]).await.ok();
    deliver(post).await;
    let mail = mailbox.mails(nth).pop().unwrap();
    let answer = press(server, &path_in(&mail, "/n/confirm/"), "topic=news").await;
    assert_eq!(answer.status, 200);
}

/// Whose consent to the news counts.
pub async fn subscribers(server: &Server) -> Vec<Value> {
    let path = "/v1/contacts?purpose=newsletter&topic=news";
    let answer = server.shop("GET", path, Value::Null).await.ok();
    answer["contacts"].as_array().unwrap().clone()
}

/// Sends a newsletter mail to the news.
pub async fn newsletter(server: &Server) {
    let body = json!({ "topic": "news", "subject": { "en": "Hello", "fr": "Bonjour" },
        "body": { "en": "One.\n\nTwo.", "fr": "Un.\n\nDeux." } });
    server.shop("POST", "/v1/newsletters", body).await.ok();
}
