//! A PostgreSQL of one test's own, which that test may break: the others go on with theirs.

use crate::skipped::skipped;
use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Stopped and removed when dropped.
pub struct Cluster {
    programs: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    server: Option<Child>,
}

impl Cluster {
    /// Makes and starts one from the programs in `HABITUE_TEST_POSTGRES_PROGRAMS`; `None`, said
    /// aloud, where that is not set.
    pub fn start() -> Option<Self> {
        let Some(programs) = std::env::var_os("HABITUE_TEST_POSTGRES_PROGRAMS") else {
            skipped("HABITUE_TEST_POSTGRES_PROGRAMS names no folder with initdb");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        if is_root(folder.path()) {
            let chown = Command::new("chown").arg("postgres").arg(folder.path()).status();
            assert!(chown.unwrap().success());
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut cluster = Self { programs: programs.into(), folder, port, server: None };
        let mut init = cluster.program("initdb");
        init.args(["--auth=trust", "--username=postgres", "--locale=C", "--encoding=UTF8"]);
        init.arg("--pgdata").arg(cluster.data()).stdout(Stdio::null());
        assert!(init.status().unwrap().success());
        cluster.resume();
        Some(cluster)
    }

    /// A database there that the server has yet to make.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/habitue", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program as a user that PostgreSQL accepts; it ends with the test.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new("setpriv");
        if is_root(Path::new("/proc/self")) {
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
        }
        command.args(["--pdeathsig=INT", "--"]).arg(self.programs.join(name));
        command.current_dir(std::env::temp_dir());
        command
    }

    /// Starts it, the first time or again, and waits until it takes connections.
    pub fn resume(&mut self) {
        let log = self.folder.path().join("log");
        let log = File::options().create(true).append(true).open(log).unwrap();
        let mut serve = self.program("postgres");
        serve.arg("-D").arg(self.data()).arg("-k").arg(self.folder.path());
        serve.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        self.server = Some(serve.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        let begun = Instant::now();
        let mut ready = self.program("pg_isready");
        ready.args(["--quiet", "--host=127.0.0.1", "--port", &self.port.to_string()]);
        while !ready.status().unwrap().success() {
            assert!(begun.elapsed() < PATIENCE, "PostgreSQL did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it as a power cut would: without telling anybody, without writing anything back.
    pub fn crash(&mut self) {
        self.stop("immediate");
    }

    fn stop(&mut self, mode: &str) {
        let Some(mut server) = self.server.take() else { return };
        let mut stop = self.program("pg_ctl");
        stop.arg("-D").arg(self.data()).args(["stop", "-m", mode]).stdout(Stdio::null());
        // Whatever this says, what counts is that the server has ended.
        drop(stop.status());
        drop(server.wait());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop("fast");
    }
}

fn is_root(ours: &Path) -> bool {
    std::fs::metadata(ours).is_ok_and(|file| file.uid() == 0)
}
