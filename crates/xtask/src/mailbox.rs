//! A mailbox for the demo and the benchmark: what the server sends arrives here, whoever it is for.
//! Real SMTP, on loopback; nothing leaves the machine.
//!
//! It speaks as much of RFC 5321 as it takes to receive, in clear: it never hears anybody but the
//! server that was started beside it.

use std::fs;
use std::io::{BufRead, BufReader, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::project;

/// The most bytes of a mail; ours have a few thousand.
const MOST: usize = 1_000_000;

/// Takes whatever it is given.
pub struct Mailbox {
    /// Where each mail becomes a file that a mail program opens, and where links of ours begin.
    folder: Option<(PathBuf, String)>,
    /// How long it thinks before each answer.
    pause: Duration,
    taken: AtomicUsize,
}

impl Mailbox {
    /// Keeps mails in `folder`, and names links that begin with `url` on the terminal.
    pub fn folder(folder: &Path, url: &str) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let taken = AtomicUsize::new(fs::read_dir(folder)?.count());
        let folder = Some((folder.to_owned(), url.to_owned()));
        Ok(Self { folder, pause: Duration::ZERO, taken })
    }

    /// Keeps nothing, and takes its time.
    pub const fn slow(pause: Duration) -> Self {
        Self { folder: None, pause, taken: AtomicUsize::new(0) }
    }

    /// How many mails it has.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    /// Receives until the process ends; gives the port.
    pub fn open(self) -> Result<u16> {
        Arc::new(self).share()
    }

    /// The same, for whoever wants to look at it meanwhile.
    pub fn share(self: Arc<Self>) -> Result<u16> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mailbox = Arc::clone(&self);
                // A connection that breaks off is the server's to try again.
                thread::spawn(move || mailbox.talk(&stream).ok());
            }
        });
        Ok(port)
    }

    fn talk(&self, stream: &TcpStream) -> Result<()> {
        let mut says = stream;
        let mut lines = BufReader::new(stream);
        says.write_all(b"220 demo\r\n")?;
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            let verb = line.iter().take(4).map(u8::to_ascii_uppercase).collect::<Vec<u8>>();
            let answer = match verb.as_slice() {
                b"EHLO" | b"HELO" | b"MAIL" | b"RCPT" | b"RSET" | b"NOOP" => "250 demo",
                b"DATA" => {
                    says.write_all(b"354 go on\r\n")?;
                    match body(&mut lines)? {
                        Some(mail) => {
                            self.keep(&mail)?;
                            "250 taken"
                        }
                        None => "552 too long",
                    }
                }
                b"QUIT" => return says.write_all(b"221 demo\r\n"),
                _ => "502 no",
            };
            thread::sleep(self.pause);
            says.write_all(answer.as_bytes())?;
            says.write_all(b"\r\n")?;
            line.clear();
        }
        Ok(())
    }

    fn keep(&self, mail: &[u8]) -> Result<()> {
        let number = self.taken.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        let Some((folder, url)) = &self.folder else { return Ok(()) };
        let file = folder.join(format!("{number:04}.eml"));
        // Under its name only once it is whole: somebody may be waiting for it.
        let half = file.with_extension("half");
        fs::write(&half, mail)?;
        fs::rename(half, &file)?;
        let text = String::from_utf8_lossy(mail);
        let to = text.lines().find_map(|line| line.strip_prefix("To: ")).unwrap_or("somebody");
        let link = link_in(&text, url).map(|link| format!("\n  {link}")).unwrap_or_default();
        println!("✉ a mail for {to}: {}{link}", project::shown(&file));
        Ok(())
    }
}

/// What comes until a dot stands alone (RFC 5321 §4.5.2); `None` where it is too long.
fn body(lines: &mut impl BufRead) -> Result<Option<Vec<u8>>> {
    let (mut mail, mut line, mut is_long) = (Vec::new(), Vec::new(), false);
    while lines.read_until(b'\n', &mut line)? > 0 {
        if line == b".\r\n" {
            return Ok((!is_long).then_some(mail));
        }
        is_long |= mail.len().saturating_add(line.len()) > MOST;
        if !is_long {
            mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        line.clear();
    }
    Err(std::io::ErrorKind::UnexpectedEof.into())
}

/// The first address in the text that begins with `url`, as quoted-printable hides it.
fn link_in(mail: &str, url: &str) -> Option<String> {
    let text = mail.replace("=\r\n", "").replace("=3D", "=");
    text.split_whitespace().find(|word| word.starts_with(url)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_lies_in_the_folder_byte_for_byte() {
        let folder = project::at("target/xtask-tests/mails");
        fs::remove_dir_all(&folder).ok();
        let port = Mailbox::folder(&folder, "http://here").unwrap().open().unwrap();
        for number in 1..=2 {
            let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let mut lines = BufReader::new(&stream).lines();
            let mut says = &stream;
            for (line, code) in [
                ("", "220"),
                ("EHLO x\r\n", "250"),
                ("MAIL FROM:<a@x.example>\r\n", "250"),
                ("RCPT TO:<b@x.example>\r\n", "250"),
                ("STARTTLS\r\n", "502"),
                ("DATA\r\n", "354"),
                ("To: b@x.example\r\n\r\n..a dot\r\n.\r\n", "250"),
                ("QUIT\r\n", "221"),
            ] {
                says.write_all(line.as_bytes()).unwrap();
                assert!(lines.next().unwrap().unwrap().starts_with(code), "{line}");
            }
            let mail = fs::read(folder.join(format!("000{number}.eml"))).unwrap();
            assert_eq!(mail, b"To: b@x.example\r\n\r\n.a dot\r\n");
        }
    }

    #[test]
    fn a_link_is_found_over_the_ends_of_lines() {
        let mail = "Press:\r\n\r\nhttp://here/n/confirm/abc=\r\ndef=3Dg\r\n";
        assert_eq!(link_in(mail, "http://here").unwrap(), "http://here/n/confirm/abcdef=g");
        assert_eq!(link_in(mail, "http://there"), None);
    }
}
