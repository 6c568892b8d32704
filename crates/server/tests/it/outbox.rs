//! What stands in the outbox gets there, once, whatever the mail server does meanwhile.

use crate::harness::Server;
use crate::mailbox::{Mailbox, deliver, newsletter, opt_in, post, read, subscribe};
use habitue_server::deliver;
use habitue_server::mail::{Mailer, Settings};
use habitue_store::Tx;
use habitue_store::outbox::{self, Channel, Dead};
use rstest::rstest;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// What could not be delivered.
async fn dead(server: &Server) -> Vec<Dead> {
    let shop = server.shop.shop;
    let look = async move |tx: &mut Tx<'_>| outbox::dead(tx, shop, "").await;
    server.app.store.read(look).await.unwrap()
}

async fn waiting(server: &Server) -> i64 {
    let look = async move |tx: &mut Tx<'_>| outbox::waiting(tx, Channel::Mail).await;
    server.app.store.read(look).await.unwrap().0
}

#[tokio::test]
async fn a_mail_server_that_is_down_slow_or_talks_nonsense_loses_and_doubles_nothing() {
    let Some(mut mailbox) = Mailbox::start() else { return };
    let server = Server::start().await;
    let down = Settings { smtp_url: Some("smtp://127.0.0.1:1".to_owned()), ..mailbox.settings() };
    for n in 0..3 {
        opt_in(&server, &format!("a{n}@example.org"), &["news"]).await.ok();
    }
    for _ in 0..20 {
        // An outage is no try, however long it lasts.
        assert_eq!(deliver(&post(&server, &down)).await, 0);
        server.clock.advance(40);
    }
    let post = post(&server, &mailbox.settings());
    for mode in ["garbage", "rcpt 450", "data 451", "data 421"] {
        mailbox.behave(mode);
        assert_eq!(deliver(&post).await, 0, "{mode}");
        server.clock.advance(2_400);
    }
    assert_eq!(waiting(&server).await, 3);
    mailbox.behave("slow 1");
    assert_eq!(deliver(&post).await, 3);
    let mut ids: Vec<String> =
        mailbox.mails(3).iter().map(|mail| mail["headers"]["message-id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), waiting(&server).await), (3, 0));
    server.clock.advance(24 * 3600);
    assert_eq!(deliver(&post).await, 0);
    mailbox.mails(3);
}

/// A mail server that takes a connection, says so much, and then nothing more.
fn silent_after(words: &'static str) -> Settings {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for mut stream in listener.incoming().flatten() {
            stream.write_all(words.as_bytes()).unwrap();
            open.push(stream);
        }
    });
    Settings {
        smtp_url: Some(format!("smtp://127.0.0.1:{port}")),
        mail_from: Some("club@shop.example".to_owned()),
        smtp_timeout_seconds: 1,
        ..Settings::default()
    }
}

#[rstest]
#[case("")]
#[case("220 hello\r\n")]
#[tokio::test]
async fn a_mail_server_that_goes_silent_is_given_up(#[case] words: &'static str) {
    let server = Server::start().await;
    opt_in(&server, "ada@example.org", &["news"]).await.ok();
    let begun = Instant::now();
    assert_eq!(deliver(&post(&server, &silent_after(words))).await, 0);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(waiting(&server).await, 1);
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_tried_once_and_then_left_alone() {
    let Some(mut mailbox) = Mailbox::start() else { return };
    let server = Server::start().await;
    let post = post(&server, &mailbox.settings());
    mailbox.behave("rcpt 550");
    opt_in(&server, "ada@example.org", &["news"]).await.ok();
    assert_eq!(deliver(&post).await, 1);
    let dead = dead(&server).await;
    assert_eq!((dead.len(), dead[0].said.as_str()), (1, "SMTP 550"));
    mailbox.behave("take");
    server.clock.advance(3600);
    opt_in(&server, "ada@example.org", &["news"]).await.ok();
    deliver(&post).await;
    mailbox.mails(0);
    server.clock.advance(31 * 24 * 3600);
    opt_in(&server, "ada@example.org", &["news"]).await.ok();
    deliver(&post).await;
    mailbox.mails(1);
}

#[tokio::test]
async fn our_own_wrong_password_is_nobodys_address() {
    let Some(mut mailbox) = Mailbox::start() else { return };
    let server = Server::start().await;
    let post = post(&server, &mailbox.settings());
    mailbox.behave("rcpt 535");
    opt_in(&server, "ada@example.org", &["news"]).await.ok();
    assert_eq!(deliver(&post).await, 0);
    assert!(dead(&server).await.is_empty());
    mailbox.behave("take");
    server.clock.advance(60);
    assert_eq!(deliver(&post).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_servers_send_each_mail_once() {
    let Some(mailbox) = Mailbox::start() else { return };
    let server = Server::start().await;
    for n in 0..24 {
        let email = format!("a{n}@example.org").parse().unwrap();
        let (shop, master) = (server.shop.shop, server.app.master.clone());
        let now = server.clock.now();
        let add = async move |tx: &mut Tx<'_>| -> Result<(), habitue_server::error::Error> {
            use habitue_domain::consent::{Act, Matter};
            use habitue_server::consent::{How, invite, record, with_email};
            let contact = with_email(tx, &master, shop, (&email, "en"), now).await?;
            let deed = (&Matter::topic("news"), Act::Give);
            record(tx, (shop, contact.id), deed, &How::by("widget"), now).await?;
            invite(tx, &contact, None, now).await
        };
        server.app.store.write(add).await.unwrap();
    }
    let post = post(&server, &mailbox.settings());
    let mut servers = tokio::task::JoinSet::new();
    for n in 0..4 {
        let post = post.clone();
        servers.spawn(async move {
            deliver::run(&post, Channel::Mail, &format!("server-{n}")).await.unwrap()
        });
    }
    let sent: usize = servers.join_all().await.into_iter().sum();
    assert_eq!(sent, 24);
    mailbox.mails(24);
}

fn openssl(arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("openssl").args(arguments).output();
    let output = output.ok().filter(|output| output.status.success());
    if output.is_none() {
        println!("SKIPPED: there is no openssl");
    }
    output.map(|output| output.stdout)
}

#[tokio::test]
async fn the_signature_covers_both_headers_of_leaving_and_others_find_it_right() {
    use base64::Engine;
    let Some(mailbox) = Mailbox::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("dkim.pem");
    let file = key.to_str().unwrap();
    if openssl(&["genrsa", "-traditional", "-out", file, "2048"]).is_none() {
        return;
    }
    let public = openssl(&["rsa", "-in", file, "-pubout", "-outform", "DER"]).unwrap();
    let public = base64::engine::general_purpose::STANDARD.encode(public);
    let settings = Settings {
        dkim_key: Some(key),
        dkim_selector: Some("s1".to_owned()),
        ..mailbox.settings()
    };
    let server = Server::start().await;
    let post = post(&server, &settings);
    subscribe(&server, &mailbox, &post, "ada@example.org", 1).await;
    newsletter(&server).await;
    deliver(&post).await;
    let mail = mailbox.mails(2).pop().unwrap();
    let signature = mail["headers"]["dkim-signature"].as_str().unwrap().to_lowercase();
    let covered = signature.split("h=").nth(1).unwrap().split(';').next().unwrap();
    let covered: Vec<&str> = covered.split(':').map(str::trim).collect();
    for header in ["list-unsubscribe", "list-unsubscribe-post", "from", "subject"] {
        assert!(covered.contains(&header), "{covered:?}");
    }
    let raw = mail["raw"].as_str().unwrap();
    let bytes =
        |text: &str| -> Vec<u8> { text.chars().map(|c| u8::try_from(c).unwrap()).collect() };
    assert!(read("dkim", &public, &bytes(raw)));
    let forged = raw.replace("One-Click", "Two-Click");
    assert!(!read("dkim", &public, &bytes(&forged)));
}

/// A certificate for `localhost` that nobody has signed but itself, and its key.
fn certificate(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let make = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
                -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE";
    let mut make: Vec<&str> = make.split_whitespace().collect();
    make.extend(["-keyout", key.to_str().unwrap(), "-out", cert.to_str().unwrap()]);
    openssl(&make).map(|_| (cert, key))
}

#[rstest]
#[case("smtp", "")]
#[case("smtps", "wrapped")]
#[tokio::test]
async fn mail_goes_through_tls_or_not_at_all(#[case] scheme: &str, #[case] how: &str) {
    let folder = tempfile::tempdir().unwrap();
    let Some((cert, key)) = certificate(folder.path()) else { return };
    let mut tls = vec![cert.to_str().unwrap(), key.to_str().unwrap()];
    tls.extend(Some(how).filter(|how| !how.is_empty()));
    let Some(mailbox) = Mailbox::start_with(&tls) else { return };
    let asked = if scheme == "smtp" { "?tls=required" } else { "" };
    let url = format!("{scheme}://localhost:{}{asked}", mailbox.port);
    let strangers = Settings { smtp_url: Some(url), ..mailbox.settings() };
    let server = Server::start().await;
    opt_in(&server, "ada@example.org", &["news"]).await.ok();
    // Whoever has signed its certificate is nobody we know.
    assert_eq!(deliver(&post(&server, &strangers)).await, 0);
    mailbox.mails(0);
    server.clock.advance(60);
    // In clear it is not spoken to, nor does it listen.
    let clear = format!("smtp://127.0.0.1:{}", mailbox.port);
    let clear = Settings { smtp_url: Some(clear), smtp_timeout_seconds: 1, ..mailbox.settings() };
    assert_eq!(deliver(&post(&server, &clear)).await, 0);
    mailbox.mails(0);
    server.clock.advance(2_400);
    let ours = Settings { smtp_ca: Some(cert.clone()), ..strangers };
    assert!(Mailer::new(&ours).unwrap().is_some());
    assert_eq!(deliver(&post(&server, &ours)).await, 1);
    assert_eq!(mailbox.mails(1)[0]["tls"], true);
}
