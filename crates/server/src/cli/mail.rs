//! `habitue mail`.

use super::{Setting, ShopArg, shop};
use crate::clock::Clock;
use crate::mail::template::{BUILT_IN, Kind, Templates, sample};
use crate::programs::compile;
use crate::routes::newsletter::check;
use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use habitue_api::newsletter::NewsletterRequest;
use habitue_domain::id::MessageId;
use habitue_domain::text::Text;
use habitue_store::authority::Admin;
use habitue_store::{Tx, newsletter, outbox, program};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// Shows mail templates, sends a newsletter mail, lists what could not be sent.
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Writes the built-in templates into a folder, to be changed and given to
    /// `habitue serve --mail-templates`.
    Templates {
        /// The folder; files that are there stay as they are.
        folder: PathBuf,
    },
    /// Writes a mail as it would look, with made-up contents.
    Preview(Preview),
    /// Sends a mail to everybody whose consent to a topic counts. The running server does it.
    Send(Box<Send>),
    /// Lists what could not be delivered: mails, webhooks, newsletter services.
    Failed {
        #[command(flatten)]
        shop: ShopArg,
    },
    /// Tries one of those again.
    Again {
        #[command(flatten)]
        shop: ShopArg,
        /// The message: `msg_…`.
        message: String,
    },
}

/// Which mail, and where to.
#[derive(Debug, Args)]
pub struct Preview {
    /// `confirm`, `open`, `newsletter`, `expiring` or `tier`.
    kind: String,
    /// The language.
    #[arg(long, default_value = "en")]
    locale: String,
    /// A folder with templates of your own.
    #[arg(long, env = "HABITUE_MAIL_TEMPLATES")]
    mail_templates: Option<PathBuf>,
    /// Where to write `<kind>.<locale>.html` and `.txt`.
    #[arg(long, default_value = ".")]
    out: PathBuf,
}

/// What to send.
#[derive(Debug, Args)]
pub struct Send {
    #[command(flatten)]
    shop: ShopArg,
    /// The topic's id.
    #[arg(long)]
    topic: String,
    /// The subject by language: `--subject en=Hello --subject fr=Bonjour`.
    #[arg(long, required = true, value_parser = by_language)]
    subject: Vec<(String, String)>,
    /// A file with the text by language: `--body en=news.en.txt`; an empty line begins a paragraph.
    #[arg(long, required = true, value_parser = by_language)]
    body: Vec<(String, String)>,
}

fn by_language(text: &str) -> Result<(String, String), &'static str> {
    let (locale, value) = text.split_once('=').ok_or("write it as en=…")?;
    Ok((locale.to_owned(), value.to_owned()))
}

impl Mail {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        match self {
            Self::Templates { folder } => write_templates(&folder),
            Self::Preview(preview) => preview.run(),
            Self::Send(send) => send.run(setting).await,
            Self::Failed { shop } => failed(setting, &shop).await,
            Self::Again { shop, message } => again(setting, &shop, &message).await,
        }
    }
}

fn write_templates(folder: &PathBuf) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, text) in BUILT_IN {
        let path = folder.join(name);
        if path.exists() {
            println!("{} is there already", path.display());
            continue;
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

impl Preview {
    fn run(self) -> anyhow::Result<()> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == self.kind);
        let kind = kind.ok_or_else(|| anyhow!("a mail is confirm, open or newsletter"))?;
        let templates = Templates::load(self.mail_templates.as_deref())?;
        let mail = templates.render_in(kind, &[&self.locale], &sample(kind))?;
        for (suffix, text) in [("html", &mail.html), ("txt", &mail.text)] {
            let path = self.out.join(format!("{}.{}.{suffix}", kind.word(), self.locale));
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            println!("{}", path.display());
        }
        println!("Subject: {}", mail.subject);
        Ok(())
    }
}

impl Send {
    async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let store = setting.store().await?;
        let shop = shop::find(&store, self.shop.shop.as_deref()).await?;
        let mut body = BTreeMap::new();
        for (locale, file) in &self.body {
            let text = fs::read_to_string(file);
            body.insert(locale.clone(), text.with_context(|| format!("cannot read {file}"))?);
        }
        let subject = Text(self.subject.into_iter().collect());
        let request = NewsletterRequest { topic: self.topic, subject, body: Text(body) };
        let now = Clock::System.now();
        let save = async move |tx: &mut Tx<'_>| -> Result<_, habitue_store::Error> {
            let Some(merchant) = Admin::local().merchant(tx, shop).await? else { return Ok(None) };
            let version = program::current(tx, merchant.program()).await?;
            let Some(stored) = program::load(tx, merchant.program(), version).await? else {
                return Ok(None);
            };
            let right = compile(&stored.document, version)
                .is_ok_and(|compiled| check(&compiled.program, &request).is_ok());
            if !right {
                return Ok(None);
            }
            let texts = (&request.subject, &request.body);
            newsletter::add(tx, shop, &request.topic, texts, now).await.map(Some)
        };
        let Some(id) = store.write(save).await? else {
            bail!(
                "a newsletter needs a topic of the program, a subject of at most 200 characters \
                 and a text of at most 20000, both in the program's language"
            );
        };
        println!("{id}: it goes out while `habitue serve` runs with --smtp-url");
        Ok(())
    }
}

async fn failed(setting: &Setting, shop: &ShopArg) -> anyhow::Result<()> {
    let store = setting.store().await?;
    let shop = shop::find(&store, shop.shop.as_deref()).await?;
    let mut after = String::new();
    loop {
        let from = after.clone();
        let look = async move |tx: &mut Tx<'_>| outbox::dead(tx, shop, &from).await;
        let page = store.read(look).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id.to_string();
        for dead in &page {
            let (id, at, about, said) = (dead.id, dead.done_at, &dead.about, &dead.said);
            let to = if dead.endpoint.is_empty() { "mail" } else { &dead.endpoint };
            println!("{id}  {at}  {about} to {to}, {} tries: {said}", dead.attempts);
        }
    }
}

async fn again(setting: &Setting, shop: &ShopArg, message: &str) -> anyhow::Result<()> {
    let store = setting.store().await?;
    let shop = shop::find(&store, shop.shop.as_deref()).await?;
    let id: MessageId = message.parse().map_err(|why: &str| anyhow!(why))?;
    let now = Clock::System.now();
    let raise = async move |tx: &mut Tx<'_>| outbox::raise(tx, shop, id, now).await;
    if !store.write(raise).await? {
        bail!("no message {id} of this shop has failed (habitue mail failed)");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Kind, Preview};
    use clap::Args as _;

    #[test]
    fn the_help_names_every_kind_of_mail() {
        let help = Preview::augment_args(clap::Command::new("preview")).render_long_help();
        for kind in Kind::ALL {
            let word = format!("`{}`", kind.word());
            assert!(help.to_string().contains(&word), "{word}");
        }
    }
}
