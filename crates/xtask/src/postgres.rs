//! A PostgreSQL of our own: a new cluster in a temporary folder, on a private port, gone at the end.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::run;

/// The user that PostgreSQL's own package makes; `initdb` refuses root.
const USER: &str = "postgres";
/// How long a new cluster may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; stopped and removed when dropped.
pub struct Postgres {
    server: Child,
    folder: PathBuf,
    url: String,
}

impl Postgres {
    /// Makes a cluster and starts it; durable as a real one, since that is what is tested.
    pub fn start(programs: &Path) -> Result<Self> {
        let name = format!("habitue-postgres-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder)?;
        if is_root() {
            let mut chown = run::command("chown", &[USER]);
            run::show(chown.arg(&folder))?;
        }
        let data = folder.join("data");
        let mut init = as_user(programs.join("initdb"));
        init.args(["--auth=trust", "--username=postgres", "--locale=C", "--encoding=UTF8"]);
        let made = init.arg("--pgdata").arg(&data).stdout(Stdio::null()).status();
        ensure!(made.context("cannot start initdb")?.success(), "initdb failed");
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = File::create(folder.join("log"))?;
        let mut serve = as_user(programs.join("postgres"));
        serve.arg("-D").arg(&data).arg("-k").arg(&folder).args(["-p", &port.to_string()]);
        serve.args(["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=400"]);
        let server = serve.stdout(log.try_clone()?).stderr(log).spawn();
        let server = server.context("cannot start postgres")?;
        let url = format!("postgres://postgres@127.0.0.1:{port}");
        let mut started = Self { server, folder, url };
        started.wait(programs, port)?;
        Ok(started)
    }

    fn wait(&mut self, programs: &Path, port: u16) -> Result<()> {
        let begun = Instant::now();
        let mut ready = Command::new(programs.join("pg_isready"));
        ready.args(["--quiet", "--host=127.0.0.1", "--port", &port.to_string()]);
        while !run::works(&mut ready) {
            let ended = self.server.try_wait()?;
            if ended.is_some() || begun.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("PostgreSQL did not start:\n{log}");
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// The process whose children do the work.
    pub fn process_id(&self) -> u32 {
        self.server.id()
    }

    /// Where it is: `postgres://postgres@127.0.0.1:54321`, without a database.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast shutdown. Whatever fails here, the folder is a temporary one.
        let pid = self.server.id().to_string();
        drop(run::command("kill", &["-INT", &pid]).status());
        drop(self.server.wait());
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn is_root() -> bool {
    run::answer(&mut run::command("id", &["-u"])).is_some_and(|id| id == "0")
}

/// The program as a user that PostgreSQL accepts, ending with us where the machine can do that.
fn as_user(program: PathBuf) -> Command {
    let has_setpriv = run::works(&mut run::command("setpriv", &["--version"]));
    let mut command = match (has_setpriv, is_root()) {
        (true, root) => {
            let mut command = Command::new("setpriv");
            if root {
                command.args(["--reuid", USER, "--regid", USER, "--init-groups"]);
            }
            command.args(["--pdeathsig", "INT", "--"]).arg(program);
            command
        }
        (false, true) => {
            let mut command = Command::new("runuser");
            command.args(["-u", USER, "--"]).arg(program);
            command
        }
        (false, false) => Command::new(program),
    };
    command.current_dir(std::env::temp_dir());
    command
}
