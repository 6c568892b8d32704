//! Mail: what one is, and how it goes out, by SMTP.

pub mod page;
pub mod template;

use anyhow::{Context, bail};
use clap::Args;
use habitue_domain::contact::Email;
use lettre::message::dkim::{DkimCanonicalization, DkimSigningAlgorithm};
use lettre::message::dkim::{DkimConfig, DkimSigningKey, dkim_sign};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{Error as SmtpError, PoolConfig};
use lettre::{Address, Message, SmtpTransport, Transport};
use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;
use template::{Rendered, Templates};
use tokio::sync::oneshot;
use url::Url;

/// What the signature covers: RFC 8058 §4 wants both headers of leaving among it. Not the
/// `Content-Type`: lettre writes it as part of the body, after it has signed.
const SIGNED: [&str; 9] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];
/// How many mails are on their way at once.
pub const AT_ONCE: u32 = 8;
/// How long a mail may be on its way at all: less than its lease, or another server sends it as well.
const LONGEST: Duration = Duration::from_secs(270);

/// How mail goes out.
#[derive(Clone, Debug, Default, Args)]
#[group(id = "mail")]
pub struct Settings {
    /// The mail server: `smtp://user:password@host:587` (STARTTLS), `smtps://…:465` (TLS). Without
    /// TLS only on the machine itself. Without it mails wait.
    #[arg(long, env = "HABITUE_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// The certificate of an authority of your own, as PEM, for the mail server.
    #[arg(long, env = "HABITUE_SMTP_CA")]
    pub smtp_ca: Option<PathBuf>,
    /// How long the mail server may take for an answer.
    #[arg(long, env = "HABITUE_SMTP_TIMEOUT_SECONDS", default_value_t = 60)]
    pub smtp_timeout_seconds: u64,
    /// The address mails come from; the shop's name is put before it.
    #[arg(long, env = "HABITUE_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// A mailbox that somebody reads, to leave by writing to it, beside leaving with one click.
    #[arg(long, env = "HABITUE_MAIL_UNSUBSCRIBE")]
    pub mail_unsubscribe: Option<String>,
    /// A folder with mail templates of your own (`habitue mail templates`).
    #[arg(long, env = "HABITUE_MAIL_TEMPLATES")]
    pub mail_templates: Option<PathBuf>,
    /// The DKIM key: an RSA key as PKCS#1 PEM, or an Ed25519 key as base64. Leave it out where your
    /// mail server signs.
    #[arg(long, env = "HABITUE_DKIM_KEY", requires = "dkim_selector")]
    pub dkim_key: Option<PathBuf>,
    /// The DKIM selector: the key's public half stands in the DNS at `<selector>._domainkey.<domain>`.
    #[arg(long, env = "HABITUE_DKIM_SELECTOR")]
    pub dkim_selector: Option<String>,
    /// The DKIM domain; that of `--mail-from` if absent.
    #[arg(long, env = "HABITUE_DKIM_DOMAIN")]
    pub dkim_domain: Option<String>,
}

/// A mail to be sent.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The same at every try, so that a mailbox that got it twice shows it once.
    pub id: String,
    /// To whom.
    pub to: Email,
    /// From whom, as a name.
    pub from: String,
    /// Its texts.
    pub texts: Rendered,
    /// Where one click leaves, for a newsletter.
    pub leave: Option<String>,
}

/// What the mail server said. No text of its own is kept: it may name the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It has taken it.
    Taken,
    /// It will not, and not later either; whether the address is to blame.
    Refused(String, bool),
    /// Not now.
    Later(String),
    /// It could not be asked.
    Down(String),
}

/// Sends mails.
pub struct Mailer {
    transport: SmtpTransport,
    from: Address,
    unsubscribe: Option<Email>,
    dkim: Option<DkimConfig>,
    /// The texts.
    pub templates: Templates,
}

impl Mailer {
    /// The mailer of these settings; `None` where there is no mail server.
    ///
    /// # Errors
    /// A sentence that says which setting is wrong and what to do.
    pub fn new(settings: &Settings) -> anyhow::Result<Option<Self>> {
        let templates = Templates::load(settings.mail_templates.as_deref())?;
        let Some(url) = &settings.smtp_url else { return Ok(None) };
        let Some(from) = &settings.mail_from else {
            bail!("--smtp-url needs --mail-from: the address mails come from")
        };
        let email =
            |text: &String| text.parse::<Email>().map_err(|why| anyhow::anyhow!("{text:?}: {why}"));
        let from = email(from).context("--mail-from")?;
        let unsubscribe = settings.mail_unsubscribe.as_ref().map(email).transpose();
        let dkim = dkim(settings, &from)?;
        Ok(Some(Self {
            transport: transport(url, settings)?,
            from: from.as_str().parse().context("--mail-from")?,
            unsubscribe: unsubscribe.context("--mail-unsubscribe")?,
            dkim,
            templates,
        }))
    }

    /// The mail as it goes out.
    fn message(&self, mail: &Mail) -> anyhow::Result<Message> {
        let domain = self.from.domain();
        let from = Mailbox::new(Some(template::line(&mail.from)), self.from.clone());
        let to = Mailbox::new(None, mail.to.as_str().parse()?);
        let mut builder = Message::builder()
            .from(from)
            .to(to)
            .subject(mail.texts.subject.clone())
            .message_id(Some(format!("<{}@{domain}>", mail.id)));
        if let Some(leave) = &mail.leave {
            let write = self.unsubscribe.as_ref().map(|to| format!(", <mailto:{to}>"));
            let ways = format!("<{leave}>{}", write.unwrap_or_default());
            builder = builder.header(ListUnsubscribe(ways)).header(OneClick);
        } else {
            builder = builder.header(AutoSubmitted);
        }
        let both =
            MultiPart::alternative_plain_html(mail.texts.text.clone(), mail.texts.html.clone());
        let mut message = builder.multipart(both)?;
        if let Some(dkim) = &self.dkim {
            dkim_sign(&mut message, dkim);
        }
        Ok(message)
    }

    /// Hands a mail to the mail server.
    pub async fn send(&self, mail: &Mail) -> Sent {
        let Ok(message) = self.message(mail) else {
            return Sent::Refused("it could not be written".to_owned(), false);
        };
        // lettre's asynchronous transport waits for an answer without end; this one has patience and
        // a thread of its own, which does not keep the process from ending.
        let (transport, (tell, told)) = (self.transport.clone(), oneshot::channel());
        let send = move || drop(tell.send(transport.send(&message)));
        if thread::Builder::new().name("mail".to_owned()).spawn(send).is_err() {
            return Sent::Down("no thread".to_owned());
        }
        match tokio::time::timeout(LONGEST, told).await {
            Ok(Ok(Ok(_))) => Sent::Taken,
            Ok(Ok(Err(error))) => verdict(&error),
            Ok(Err(_)) | Err(_) => Sent::Down("no answer in time".to_owned()),
        }
    }
}

/// What to make of an error, by its code alone.
fn verdict(error: &SmtpError) -> Sent {
    // RFC 4954 §6: these are about our own password.
    const OURS: [u16; 5] = [454, 530, 534, 535, 538];
    // RFC 5321 §4.2.3: no such mailbox, or none that takes mail.
    const THEIRS: [u16; 4] = [550, 551, 552, 553];
    let Some(code) = error.status().map(u16::from) else {
        let said = if is_late(error) {
            "no answer in time"
        } else if error.is_tls() {
            "no safe connection"
        } else if error.is_response() {
            "an answer that is no SMTP"
        } else {
            "no connection"
        };
        return Sent::Down(said.to_owned());
    };
    let said = format!("SMTP {code}");
    match code {
        421 => Sent::Down(said),
        code if OURS.contains(&code) => Sent::Down(said),
        500..=599 => Sent::Refused(said, THEIRS.contains(&code)),
        _ => Sent::Later(said),
    }
}

/// Whether the answer did not come in time; a socket says so in either way.
fn is_late(error: &SmtpError) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock);
        }
        source = error.source();
    }
    false
}

/// Plain only where it does not leave the machine.
fn transport(url: &str, settings: &Settings) -> anyhow::Result<SmtpTransport> {
    const SHAPE: &str = "--smtp-url is an address such as smtp://user:password@mail.example:587 \
                         (STARTTLS) or smtps://user:password@mail.example:465";
    let mut parsed = Url::parse(url).ok().filter(|url| url.host_str().is_some()).context(SHAPE)?;
    let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|host| host.is_loopback());
    let asked = parsed.query().map(str::to_owned);
    match (parsed.scheme(), asked.as_deref()) {
        ("smtps", None) | ("smtp", Some("tls=required")) => {}
        ("smtp", None) if here => {}
        ("smtp", None) => parsed.set_query(Some("tls=required")),
        _ => bail!(SHAPE),
    }
    let mut builder =
        SmtpTransport::from_url(parsed.as_str()).map_err(|_| anyhow::anyhow!(SHAPE))?;
    let is_plain = parsed.scheme() == "smtp" && parsed.query().is_none();
    if let (Some(file), false) = (&settings.smtp_ca, is_plain) {
        let pem = std::fs::read(file).with_context(|| format!("--smtp-ca {}", file.display()))?;
        let root = Certificate::from_pem(&pem).context("--smtp-ca is no certificate as PEM")?;
        let tls = TlsParameters::builder(host).add_root_certificate(root).build_rustls()?;
        let wrapped = parsed.scheme() == "smtps";
        builder = builder.tls(if wrapped { Tls::Wrapper(tls) } else { Tls::Required(tls) });
    }
    let patience = Duration::from_secs(settings.smtp_timeout_seconds.clamp(1, 120));
    let pool = PoolConfig::new().max_size(AT_ONCE).idle_timeout(Duration::from_secs(20));
    Ok(builder.timeout(Some(patience)).pool_config(pool).build())
}

fn dkim(settings: &Settings, from: &Email) -> anyhow::Result<Option<DkimConfig>> {
    let (Some(file), Some(selector)) = (&settings.dkim_key, &settings.dkim_selector) else {
        return Ok(None);
    };
    let key = std::fs::read_to_string(file);
    let key = key.with_context(|| format!("--dkim-key {}", file.display()))?;
    let rsa = key.contains("BEGIN");
    let algorithm = if rsa { DkimSigningAlgorithm::Rsa } else { DkimSigningAlgorithm::Ed25519 };
    let key = DkimSigningKey::new(key.trim(), algorithm).context(
        "--dkim-key is neither an RSA key as PKCS#1 PEM (openssl rsa -traditional) nor an \
         Ed25519 key as base64",
    )?;
    let domain = from.as_str().rsplit('@').next().unwrap_or_default();
    let domain = settings.dkim_domain.as_deref().unwrap_or(domain).to_owned();
    let headers = SIGNED.map(HeaderName::new_from_ascii_str).to_vec();
    let relaxed = lettre::message::dkim::DkimCanonicalizationType::Relaxed;
    let form = DkimCanonicalization { header: relaxed, body: relaxed };
    Ok(Some(DkimConfig::new(selector.clone(), domain, key, headers, form)))
}

macro_rules! header {
    ($(#[$doc:meta])* $name:ident($field:ty) = $header:literal, $value:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        struct $name($field);
        header!(@impl $name, $header, |own: &$name| $value(&own.0), |text: String| $name(text));
    };
    ($(#[$doc:meta])* $name:ident = $header:literal, $value:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        struct $name;
        header!(@impl $name, $header, |_: &$name| $value.to_owned(), |_: String| $name);
    };
    (@impl $name:ident, $header:literal, $value:expr, $read:expr) => {
        impl Header for $name {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($header)
            }

            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok($read(text.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), $value(self))
            }
        }
    };
}
header!(
    /// RFC 2369 §3.2.
    ListUnsubscribe(String) = "List-Unsubscribe", String::clone
);
header!(
    /// RFC 8058 §3.1.
    OneClick = "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
);
header!(
    /// RFC 3834 §5: no answering machine need answer.
    AutoSubmitted = "Auto-Submitted", "auto-generated"
);

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn settings(url: &str) -> Settings {
        Settings {
            smtp_url: Some(url.to_owned()),
            mail_from: Some("news@shop.example".to_owned()),
            smtp_timeout_seconds: 1,
            ..Settings::default()
        }
    }

    fn mail() -> Mail {
        let texts = Rendered {
            subject: "Nouveautés".to_owned(),
            text: "Bonjour".to_owned(),
            html: "<p>Bonjour</p>".to_owned(),
        };
        let to = "ada@example.org".parse().unwrap();
        let leave = Some("https://h.example/n/leave/x".to_owned());
        let from = "Shop\r\nBcc: eve@example.org".to_owned();
        Mail { id: "msg_1".to_owned(), to, from, texts, leave }
    }

    #[rstest]
    #[case("smtp://127.0.0.1:2525")]
    #[case("smtp://localhost")]
    #[case("smtp://[::1]:2525")]
    #[case("smtp://user:p%40ss@mail.example")]
    #[case("smtps://user:pass@mail.example:465")]
    #[tokio::test]
    async fn a_mail_server_is_taken(#[case] url: &str) {
        assert!(Mailer::new(&settings(url)).unwrap().is_some());
    }

    #[rstest]
    #[case("mail.example")]
    #[case("http://mail.example")]
    #[case("smtp://mail.example?tls=opportunistic")]
    #[case("smtp://mail.example?tls=none")]
    fn what_would_send_in_clear_or_nowhere_is_refused(#[case] url: &str) {
        let error = Mailer::new(&settings(url)).err().unwrap();
        assert!(format!("{error:#}").contains("smtps://"), "{error:#}");
    }

    #[tokio::test]
    async fn a_name_with_a_line_break_stays_a_name_and_both_ways_out_are_headers() {
        let with_box = Settings {
            mail_unsubscribe: Some("out@shop.example".to_owned()),
            ..settings("smtp://127.0.0.1:1")
        };
        let mailer = Mailer::new(&with_box).unwrap().unwrap();
        let text = String::from_utf8(mailer.message(&mail()).unwrap().formatted()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
        assert!(head.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{head}");
        let ways = "List-Unsubscribe: <https://h.example/n/leave/x>, <mailto:out@shop.example>";
        assert!(head.replace("\r\n ", " ").contains(ways), "{head}");
        assert!(head.contains("Message-ID: <msg_1@shop.example>"), "{head}");
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_down() {
        let mailer = Mailer::new(&settings("smtp://127.0.0.1:1")).unwrap().unwrap();
        assert!(matches!(mailer.send(&mail()).await, Sent::Down(_)));
    }
}
