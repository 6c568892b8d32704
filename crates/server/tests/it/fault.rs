//! A disk that is full, a disk that cannot sync: nothing acknowledged is lost, and the caller is
//! told to come back. PostgreSQL's crashes are in `kill.rs`. What needs root or a tool that is not
//! there is skipped, and says so.

use crate::load::Load;
use crate::mailbox::Mailbox;
use crate::served::Served;
use crate::skipped::skipped;
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many write at once.
const WRITERS: usize = 16;

fn works(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether this run is about SQLite; the other one need not do the same again.
fn on_sqlite() -> bool {
    let sqlite = std::env::var_os("HABITUE_TEST_POSTGRES").is_none();
    if !sqlite {
        skipped("this fault is one of SQLite");
    }
    sqlite
}

/// A small disk in memory, unmounted when dropped.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().display().to_string();
        let options = format!("size={size}");
        if works("mount", &["-t", "tmpfs", "-o", &options, "tmpfs", &place]) {
            return Some(Self { folder });
        }
        skipped("a small disk cannot be mounted here (that needs root)");
        None
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        works("umount", &[&self.folder.path().display().to_string()]);
    }
}

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_mins(1), "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_writes_are_put_off_reads_go_on_and_room_heals_it() {
    if !on_sqlite() {
        return;
    }
    let Some(disk) = Disk::mount("24m") else { return };
    let mut served = Served::prepare(&url(&disk.path("habitue.db")), WRITERS);
    served.start().await;
    let mut load = Load::start(&served);
    load.more(50).await;
    // `fs::write` fails half way, which is what it is for: not a page is left.
    assert!(fs::write(disk.path("filler"), vec![0; 24 * 1024 * 1024]).is_err());
    until("somebody is put off", || load.counts().put_off > 0).await;
    let stands = load.acknowledged();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(served.answers().await, "reads go on");
    let meanwhile = load.acknowledged() - stands;
    fs::remove_file(disk.path("filler")).unwrap();
    let begun = Instant::now();
    load.more(50).await;
    let healed = begun.elapsed();
    let counts = load.stop().await;
    load.replay(0).await;
    served.check_file().await;
    let transfers = i64::try_from(WRITERS + counts.transfers).unwrap();
    assert_eq!(served.totals().await.transfers, transfers);
    println!("{counts}, {meanwhile} while it was full; 50 more {} ms after", healed.as_millis());
    assert!(healed < Duration::from_secs(10), "{healed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_sync_the_server_ends_and_has_acknowledged_nothing_that_is_lost() {
    if !on_sqlite() {
        return;
    }
    let inject = "inject=fdatasync,fsync:error=EIO:when=120+";
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync"];
    if !works(strace[0], &[&strace[1..], &["-e", inject, "true"]].concat()) {
        skipped("strace is not there or may not trace");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut served = Served::prepare(&url(&folder.path().join("habitue.db")), WRITERS);
    served.start_under(&[strace.as_slice(), &["-e", inject, "--"]].concat()).await;
    let mut load = Load::start(&served);
    let status = served.ended().await;
    assert!(!status.success());
    assert!(served.log().contains("the disk failed while writing"), "{}", served.log());
    let before = load.acknowledged();
    assert!(before > 0, "it failed before anything was acknowledged");
    served.start().await;
    load.replay(0).await;
    served.totals().await;
    load.more(50).await;
    let counts = load.stop().await;
    load.replay(0).await;
    served.check_file().await;
    let transfers = i64::try_from(WRITERS + counts.transfers).unwrap();
    assert_eq!(served.totals().await.transfers, transfers);
    println!("{before} acknowledged before the sync failed, all there after the restart; {counts}");
}

/// Asks for the news at an address; the status.
async fn ask(served: &Served, email: &str) -> u16 {
    let body = json!({ "program_version": 1, "locale": "en", "email": email,
        "give": [{ "purpose": "newsletter", "topic": "news" }] })
    .to_string();
    let post = (&Method::POST, "/v1/consents");
    served.wire.send(post, &served.public_key, "", &body).await.map_or(0, |reply| reply.status)
}

/// Starts the server with this mail server, and without limits.
async fn start_with(served: &mut Served, smtp: &str) {
    let url = format!("HABITUE_SMTP_URL={smtp}");
    let more = ["HABITUE_MAIL_FROM=club@shop.example", "HABITUE_LIMIT_MISSES=0"];
    let never = ["HABITUE_LIMIT_VISITOR=0", "HABITUE_SMTP_TIMEOUT_SECONDS=20"];
    served.start_under(&[["env", &url].as_slice(), &more, &never].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_on_a_full_disk_is_put_off_and_the_rest_is_mailed_once() {
    if !on_sqlite() {
        return;
    }
    let (Some(disk), Some(mailbox)) = (Disk::mount("24m"), Mailbox::start()) else { return };
    let mut served = Served::prepare(&url(&disk.path("habitue.db")), 1);
    start_with(&mut served, &format!("smtp://127.0.0.1:{}", mailbox.port)).await;
    let (mut taken, mut put_off, mut left) = (BTreeSet::new(), 0, None);
    for n in 0..5_000 {
        if n == 20 {
            assert!(fs::write(disk.path("filler"), vec![0; 24 * 1024 * 1024]).is_err());
        }
        if put_off == 5 && left.is_none() {
            fs::remove_file(disk.path("filler")).unwrap();
            left = Some(n + 20);
        }
        if left == Some(n) {
            break;
        }
        let email = format!("a{n}@example.org");
        match ask(&served, &email).await {
            200 => drop(taken.insert(email)),
            status => {
                assert_eq!(status, 503);
                put_off += 1;
            }
        }
    }
    assert!(put_off >= 5, "the disk never was full");
    let begun = Instant::now();
    let all = |mailbox: &Mailbox| -> Vec<String> {
        let mails = mailbox.so_far();
        mails.iter().map(|mail| mail["to"][0].as_str().unwrap().to_owned()).collect()
    };
    until("every mail is there", || all(&mailbox).len() >= taken.len()).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut sent = all(&mailbox);
    sent.sort();
    assert_eq!(sent, taken.iter().cloned().collect::<Vec<_>>());
    println!("{} mailed once, {put_off} put off; {:?} until the last", sent.len(), begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_mail_server_is_slow_nobody_who_asks_waits_for_it() {
    let Some(mut mailbox) = Mailbox::start() else { return };
    let database = crate::database::Database::new();
    let mut served = Served::prepare(&database.url, 1);
    start_with(&mut served, "smtp://127.0.0.1:1").await;
    let quiet = times(&served, "quiet").await;
    served.kill();
    mailbox.behave("slow 3");
    start_with(&mut served, &format!("smtp://127.0.0.1:{}", mailbox.port)).await;
    let slow = times(&served, "slow").await;
    let ratio = slow.as_secs_f64() / quiet.as_secs_f64();
    println!(
        "p99 of 200: {quiet:?} without a mail server, {slow:?} with a slow one, {ratio:.2} times"
    );
    assert!(slow < Duration::from_secs(1) && ratio < 10.0, "{quiet:?} {slow:?}");
}

/// The 99th of a hundred: how long asking takes.
async fn times(served: &Served, name: &str) -> Duration {
    let mut times = Vec::new();
    for n in 0..200 {
        let begun = Instant::now();
        assert_eq!(ask(served, &format!("{name}{n}@example.org")).await, 200);
        times.push(begun.elapsed());
    }
    times.sort();
    times[198]
}
