//! A real `habitue serve` with a shop and its members; it may be killed and started again.

use crate::harness::program;
use crate::wire::Wire;
use habitue_domain::program::ProgramDocument;
use habitue_store::ledger::{self, Totals};
use habitue_store::{Store, Tx};
use reqwest::Method;
use serde_json::Value;
use std::fmt::Write;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a start may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The process, killed when dropped, and what its clients know.
pub struct Served {
    pub wire: Wire,
    pub secret_key: String,
    pub public_key: String,
    pub members: usize,
    url: String,
    listen: String,
    folder: tempfile::TempDir,
    child: Option<Child>,
}

impl Served {
    /// Adds a shop to the database at `url` and enrols members `c0`, `c1`, … with points to spend.
    pub fn prepare(url: &str, members: usize) -> Self {
        Self::prepare_with(url, members, &program())
    }

    /// With a program of the test's own.
    pub fn prepare_with(url: &str, members: usize, program: &ProgramDocument) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut served = Self {
            wire: Wire::http1(&format!("http://{free}")),
            secret_key: String::new(),
            public_key: String::new(),
            members,
            url: url.to_owned(),
            listen: free.to_string(),
            folder,
            child: None,
        };
        let document = serde_json::to_string(program).unwrap();
        fs::write(served.path("program.json"), document).unwrap();
        let add = ["shop", "add", "--name", "S", "--origin", "https://s.example", "--json"];
        let answer = served.habitue(&[add.as_slice(), &["--program", "program.json"]].concat());
        let shop: Value = serde_json::from_str(answer.trim()).unwrap();
        shop["secret_key"].as_str().unwrap().clone_into(&mut served.secret_key);
        shop["public_key"].as_str().unwrap().clone_into(&mut served.public_key);
        let mut orders = "who,day,paid\n".to_owned();
        for member in 0..members {
            writeln!(orders, "c{member},2020-01-01,100000.00").unwrap();
        }
        fs::write(served.path("orders.csv"), orders).unwrap();
        let import = ["import", "orders", "orders.csv", "--currency", "EUR", "--enrol", "all"];
        let map = ["--map", "customer=who,placed_on=day,amount=paid"];
        served.habitue(&[import.as_slice(), &map].concat());
        served
    }

    /// The database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `habitue verify`: every entry, sum and seal, or the test ends.
    pub fn verify(&self) {
        let said = self.habitue(&["verify"]);
        assert!(said.contains("clean"), "{said}");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file in the folder the process runs in, to put a disk or a log there.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env("HABITUE_MASTER_KEY", "k".repeat(32));
        command.env("HABITUE_DATABASE", &self.url).env_remove("HABITUE_LISTEN");
        command
    }

    fn habitue(&self, arguments: &[&str]) -> String {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_habitue")));
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts the server and waits for an answer from its database; how long that took.
    pub async fn start(&mut self) -> Duration {
        self.start_under(&[]).await
    }

    /// As [`Served::start`], run by another program with its arguments.
    pub async fn start_under(&mut self, wrapper: &[&str]) -> Duration {
        let habitue = env!("CARGO_BIN_EXE_habitue");
        let line = [wrapper, &[habitue, "serve", "--listen", &self.listen]].concat();
        let mut command = self.command(Path::new(line[0]));
        let log = File::options().create(true).append(true).open(self.path("log")).unwrap();
        command.args(&line[1..]).stdout(log.try_clone().unwrap()).stderr(log);
        // A group of their own: whoever ends the wrapper must end what it runs as well.
        let command = if wrapper.is_empty() { &mut command } else { command.process_group(0) };
        let begun = Instant::now();
        self.child = Some(command.stdin(Stdio::null()).spawn().unwrap());
        while !self.answers().await {
            let child = self.child.as_mut().unwrap();
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "{ended:?}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        begun.elapsed()
    }

    /// Whether the server says that there is no such order: it has asked its database.
    pub async fn answers(&self) -> bool {
        let get = (&Method::GET, "/v1/orders/none");
        let reply = self.wire.send(get, &self.secret_key, "", "").await;
        reply.is_ok_and(|reply| reply.status == 404)
    }

    /// `kill -9`: it cannot tidy anything up.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Waits until the process has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                self.child = None;
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it goes on:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What the process has said, its last lines.
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// Sums over the whole database, which must agree with each other at every instant.
    pub async fn totals(&self) -> Totals {
        let store = Store::open(&self.url).await.unwrap();
        let totals = store.read(async |tx: &mut Tx<'_>| ledger::totals(tx).await).await.unwrap();
        assert_eq!(totals.sum, 0);
        assert_eq!(totals.members, totals.balances);
        assert_eq!(totals.members, totals.lots - totals.debts);
        totals
    }

    /// Looks at every page of the file, where it is one.
    pub async fn check_file(&self) {
        Store::open(&self.url).await.unwrap().check_file().await.unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let group = format!("-{}", child.id());
            // It may have ended by itself, and only what had a wrapper is a group.
            drop(Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status());
            drop(child.kill());
            drop(child.wait());
        }
    }
}
