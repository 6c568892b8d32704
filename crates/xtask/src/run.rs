//! Starting other programs, so that one always sees which, how long, and why it failed.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::project;

/// npm's own programs are batch files on Windows.
pub const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// How often a long quiet step says that it is still alive.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// A program to be started in the root of the workspace.
pub fn command(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(project::root());
    // What cargo told *this* crate must not reach a build of another one.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs with everything shown; an error names the command.
pub fn show(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", line(command)))?;
    succeeded(status, command)
}

/// Runs silently and gives what was printed on standard output.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("cannot start {}", line(command)))?;
    succeeded(output.status, command)?;
    String::from_utf8(output.stdout).context("output is not UTF-8")
}

/// Whether the command starts and succeeds; prints nothing.
pub fn works(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// What a program answers on standard output, if it starts and succeeds.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs with everything shown and kept: the runners print for people, we add up their last lines.
pub fn tee(command: &mut Command) -> Result<(bool, String)> {
    if io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
    }
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", line(command)))?;
    let kept = Arc::new(Mutex::new(String::new()));
    let mut readers = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        readers.push(copy(stdout, io::stdout(), Arc::clone(&kept)));
    }
    if let Some(stderr) = child.stderr.take() {
        readers.push(copy(stderr, io::stderr(), Arc::clone(&kept)));
    }
    for reader in readers {
        // A reader that died has nothing more to add; the exit status still tells the truth.
        drop(reader.join());
    }
    let status = child.wait()?;
    let text = kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok((status.success(), text))
}

/// Copies line by line to the terminal and into `kept`.
fn copy(
    from: impl Read + Send + 'static,
    mut to: impl Write + Send + 'static,
    kept: Arc<Mutex<String>>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            // A closed terminal must not stop the run.
            drop(to.write_all(&line).and_then(|()| to.flush()));
            let text = String::from_utf8_lossy(&line);
            kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            line.clear();
        }
    })
}

/// Runs a long, chatty step into a log file and says every half minute where it is; the error of
/// a failure carries the end of the log.
pub fn logged(command: &mut Command, name: &str, log: &Path) -> Result<()> {
    if let Some(parent) = log.parent() {
        fs::create_dir_all(parent)?;
    }
    let file = File::create(log).with_context(|| format!("writing {}", project::shown(log)))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot start {}", line(command)))?;
    let started = Instant::now();
    let mut spoken = started;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if spoken.elapsed() >= HEARTBEAT {
            spoken = Instant::now();
            let last = tail(log, 1).unwrap_or_default();
            println!("  … {name}: {}, {}", seconds(started.elapsed()), last.trim());
        }
        thread::sleep(Duration::from_millis(100));
    };
    if !status.success() {
        let end = tail(log, 15).unwrap_or_default();
        bail!("{} failed ({status}), {} ends with:\n{end}\n", line(command), project::shown(log));
    }
    Ok(())
}

/// The last lines of a file that may be long.
fn tail(path: &Path, lines: usize) -> Result<String> {
    const END: u64 = 8192;
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().collect();
    Ok(all[all.len().saturating_sub(lines)..].join("\n"))
}

fn succeeded(status: ExitStatus, command: &Command) -> Result<()> {
    if !status.success() {
        bail!("{} failed ({status})", line(command));
    }
    Ok(())
}

/// The command as one would type it.
pub fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    let words: Vec<_> = std::iter::once(name).chain(arguments).collect();
    format!("`{}`", words.join(" "))
}

/// A duration as people read it: `3.2 s`, `4 min 05 s`.
pub fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    if whole < 60 {
        return format!("{whole}.{} s", time.subsec_millis() / 100);
    }
    format!("{} min {:02} s", whole / 60, whole % 60)
}

/// Announces a step, runs it, and says how long it took.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("▶ {name}");
    let started = Instant::now();
    let outcome = work();
    let mark = if outcome.is_ok() { "✔" } else { "✘" };
    println!("{mark} {name} ({})", seconds(started.elapsed()));
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_like_a_clock() {
        assert_eq!(seconds(Duration::from_millis(3_260)), "3.2 s");
        assert_eq!(seconds(Duration::from_secs(245)), "4 min 05 s");
    }

    #[test]
    fn a_command_reads_as_typed_without_its_folder() {
        let command = command("/somewhere/bin/trunk", &["build", "--release"]);
        assert_eq!(line(&command), "`trunk build --release`");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = show(&mut command("habitue-no-such-program", &[])).unwrap_err();
        assert!(error.to_string().contains("habitue-no-such-program"));
    }
}
