//! Running both servers until one is told to stop, and leaving nothing behind.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::setup::{self, MAILS, SHOP};
use super::{Options, Programs};
use crate::mailbox::Mailbox;
use crate::run;

/// How long a server may take until it answers.
const START: Duration = Duration::from_mins(1);
/// How long it may take to finish what it is doing before it is ended.
const GRACE: Duration = Duration::from_secs(10);

/// A started program that ends with this value, whatever the reason.
struct Server {
    name: &'static str,
    child: Child,
}

impl Server {
    fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let child = command.spawn().with_context(|| format!("starting {}", run::line(command)))?;
        Ok(Self { name, child })
    }

    /// An error when it has ended by itself: a demo with one server is none.
    fn alive(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{} ended by itself ({status}), see above", self.name),
            None => Ok(()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        ask_to_stop(&mut self.child);
        let asked = Instant::now();
        while asked.elapsed() < GRACE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        eprintln!("{} does not stop when asked: ended", self.name);
        // Nothing is left to do for a process that cannot even be killed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// SIGTERM lets a server finish its requests.
#[cfg(unix)]
fn ask_to_stop(child: &mut Child) {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    // Never after it has been waited for: its number could be somebody else's by then.
    if let (Ok(None), Ok(id)) = (child.try_wait(), i32::try_from(child.id())) {
        // It can only have ended meanwhile.
        kill(Pid::from_raw(id), Signal::SIGTERM).ok();
    }
}

/// There is no gentle way elsewhere.
#[cfg(not(unix))]
fn ask_to_stop(child: &mut Child) {
    drop(child.kill());
}

/// Starts both, says where to click, and waits for Ctrl-C, SIGTERM, or the end of either.
pub fn serve(options: &Options, programs: &Programs, master_key: &str) -> Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || asked.store(true, Ordering::SeqCst))?;

    let mailbox = Mailbox::folder(&options.file(MAILS), &options.api_url())?.open()?;
    let mut api = run::step("API", || {
        let mut command = setup::habitue(options, programs, master_key);
        command.args(["serve", "--listen", &format!("127.0.0.1:{}", options.port_api)]);
        command.args(["--public-url", &options.api_url()]);
        command.args(["--smtp-url", &format!("smtp://127.0.0.1:{mailbox}")]);
        command.args(["--mail-from", "club@sillon.example.org"]);
        let server = Server::start("the API", &mut command)?;
        until_answered(server, options.port_api, "/readyz", &stop)
    })?;
    let mut storefront = run::step("shop", || {
        let mut command = run::command(&programs.shop, &["--listen"]);
        command.arg(format!("127.0.0.1:{}", options.port_shop));
        command.args(["--habitue-url", &options.api_url(), "--shop-file"]);
        command.arg(options.file(SHOP));
        let server = Server::start("the shop", &mut command)?;
        until_answered(server, options.port_shop, "/", &stop)
    })?;

    announce(options);
    while !stop.load(Ordering::SeqCst) {
        let both = api.alive().and_then(|()| storefront.alive());
        thread::sleep(Duration::from_millis(100));
        // Ctrl-C in a terminal reaches them too, and they may be quicker than we are.
        if !stop.load(Ordering::SeqCst) {
            both?;
        }
    }
    println!("\nstopping both; the data stay in {}", options.dir.display());
    Ok(())
}

/// Waits until the server answers `200` there; it may end or be stopped meanwhile.
fn until_answered(mut server: Server, port: u16, path: &str, stop: &AtomicBool) -> Result<Server> {
    let started = Instant::now();
    while started.elapsed() < START {
        server.alive()?;
        if stop.load(Ordering::SeqCst) {
            bail!("stopped");
        }
        if status(port, path) == Some(200) {
            return Ok(server);
        }
        thread::sleep(Duration::from_millis(50));
    }
    bail!("{} does not answer on http://127.0.0.1:{port}{path}", server.name)
}

/// The status of one GET; nothing else is asked of HTTP here.
fn status(port: u16, path: &str) -> Option<u16> {
    let patience = Duration::from_secs(5);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, patience).ok()?;
    stream.set_read_timeout(Some(patience)).ok()?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).ok()?;
    status_of(&head)
}

/// `HTTP/1.1 200` → 200.
fn status_of(head: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(head).ok()?;
    text.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()
}

/// The customer whom the shop marks as recommended: close below the highest tier.
const RECOMMENDED: &str = "0529";

fn announce(options: &Options) {
    let lines = [
        "The demo shop is open.".to_owned(),
        String::new(),
        format!("Open    {}/", options.shop_url()),
        format!("Log in  at {}/login: customer {RECOMMENDED} has most to see", options.shop_url()),
        format!("API     {}", options.api_url()),
        format!("Mails   {}, none leaves this machine", options.dir.join(MAILS).display()),
        format!("Data    {} (--reset starts afresh)", options.dir.display()),
        "Stop    Ctrl-C".to_owned(),
    ];
    println!("\n{}", boxed(&lines));
    if !options.no_browser {
        open(&options.shop_url());
    }
}

/// A frame, so that the address is found among the lines of the servers.
fn boxed(lines: &[String]) -> String {
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let rule = "─".repeat(width + 4);
    let middle = lines.iter().map(|line| format!("│  {line:<width$}  │"));
    let all = [format!("┌{rule}┐")].into_iter().chain(middle).chain([format!("└{rule}┘")]);
    all.collect::<Vec<_>>().join("\n")
}

/// Opens the reader's browser where there is one; the address stands in the frame anyway.
fn open(url: &str) {
    let (program, arguments) = if cfg!(target_os = "macos") {
        ("open", vec![url])
    } else if cfg!(windows) {
        ("cmd", vec!["/C", "start", url])
    } else {
        ("xdg-open", vec![url])
    };
    let screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if screen || cfg!(any(target_os = "macos", windows)) {
        let mut command = run::command(program, &arguments);
        // Some of these return at once, some when the browser is closed.
        thread::spawn(move || run::works(&mut command));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_an_answer_is_read() {
        assert_eq!(status_of(b"HTTP/1.1 200"), Some(200));
        assert_eq!(status_of(b"HTTP/1.1 503"), Some(503));
        assert_eq!(status_of(b"SSH-2.0-abcd"), None);
    }

    #[test]
    fn the_frame_is_as_wide_as_its_longest_line() {
        let text = boxed(&["a".to_owned(), "é€é".to_owned()]);
        assert_eq!(text, "┌───────┐\n│  a    │\n│  é€é  │\n└───────┘");
    }

    #[cfg(unix)]
    #[test]
    fn a_server_is_gone_when_its_value_is() {
        let server = Server::start("sleep", &mut run::command("sleep", &["600"])).unwrap();
        let id = i32::try_from(server.child.id()).unwrap();
        drop(server);
        let pid = nix::unistd::Pid::from_raw(id);
        assert_eq!(nix::sys::signal::kill(pid, None), Err(nix::errno::Errno::ESRCH));
    }
}
