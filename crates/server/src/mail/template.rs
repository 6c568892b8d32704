//! The texts of mails: built in for English and French, each of them the merchant's to replace.
//!
//! What is filled in is data, never a template; in HTML it is escaped. A template with a mistake is
//! named when the server starts, not when a mail is due.

use anyhow::{Context, bail};
use minijinja::{Environment, UndefinedBehavior, Value, context};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The most characters of a line that is filled in.
const LINE: usize = 200;

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Asks an address to say yes itself.
    Confirm,
    /// Opens the page of one's own.
    Open,
    /// A mail to a topic.
    Newsletter,
    /// Tells of points that end soon.
    Expiring,
    /// Tells of a tier that will be lost.
    Tier,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Confirm, Self::Open, Self::Newsletter, Self::Expiring, Self::Tier];

    /// The stable word: how its files begin.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Open => "open",
            Self::Newsletter => "newsletter",
            Self::Expiring => "expiring",
            Self::Tier => "tier",
        }
    }
}

macro_rules! built_in {
    ($($name:literal)+) => {
        /// The files there are without a merchant's own.
        pub const BUILT_IN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../templates/mail/", $name)))),+];
    };
}
built_in!(
    "layout.html"
    "confirm.en.txt" "confirm.en.html" "confirm.fr.txt" "confirm.fr.html"
    "open.en.txt" "open.en.html" "open.fr.txt" "open.fr.html"
    "newsletter.en.txt" "newsletter.en.html" "newsletter.fr.txt" "newsletter.fr.html"
    "expiring.en.txt" "expiring.en.html" "expiring.fr.txt" "expiring.fr.html"
    "tier.en.txt" "tier.en.html" "tier.fr.txt" "tier.fr.html"
);

/// A mail's texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// For whoever reads plain text.
    pub text: String,
    /// For everybody else.
    pub html: String,
}

/// All templates.
#[derive(Debug)]
pub struct Templates {
    env: Environment<'static>,
    names: Vec<String>,
}

impl Templates {
    /// The built-in ones, with those of a folder in their place.
    ///
    /// # Errors
    /// The file and line of a mistake; a file that stands for nothing; a text without its twin.
    pub fn load(folder: Option<&Path>) -> anyhow::Result<Self> {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let mut files: BTreeMap<String, String> = BUILT_IN.iter().map(owned).collect();
        if let Some(folder) = folder {
            let found = fs::read_dir(folder).with_context(|| {
                format!("cannot read the mail templates in {}", folder.display())
            })?;
            for entry in found {
                let path = entry?.path();
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                check_name(name)?;
                let text = fs::read_to_string(&path);
                let text = text.with_context(|| format!("cannot read {}", path.display()))?;
                files.insert(name.to_owned(), text);
            }
        }
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, text) in &files {
            env.add_template_owned(name.clone(), text.clone())?;
        }
        let templates = Self { env, names: files.into_keys().collect() };
        templates.try_all()?;
        Ok(templates)
    }

    /// Renders each once, so that no mail is the first to meet a mistake.
    fn try_all(&self) -> anyhow::Result<()> {
        for kind in Kind::ALL {
            for locale in self.locales(kind) {
                self.render(kind, &locale, &sample(kind))
                    .with_context(|| format!("the mail template {}.{locale}", kind.word()))?;
            }
        }
        Ok(())
    }

    /// The languages a kind is written in.
    pub fn locales(&self, kind: Kind) -> Vec<String> {
        let locale = |name: &String| {
            let (kind_of, rest) = name.split_once('.')?;
            let locale = rest.strip_suffix(".txt")?;
            (kind_of == kind.word()).then(|| locale.to_owned())
        };
        self.names.iter().filter_map(locale).collect()
    }

    /// The first of these languages that a kind is written in; English where none is.
    fn best(&self, kind: Kind, wanted: &[&str]) -> String {
        let known = self.locales(kind);
        let language = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
        let wanted = wanted.iter().flat_map(|tag| [(*tag).to_owned(), language(tag)]);
        wanted.into_iter().find(|tag| known.contains(tag)).unwrap_or_else(|| "en".to_owned())
    }

    /// A mail in the first of these languages it is written in.
    ///
    /// # Errors
    /// What a merchant's template asks for and is not there.
    pub fn render_in(
        &self,
        kind: Kind,
        wanted: &[&str],
        values: &Value,
    ) -> Result<Rendered, minijinja::Error> {
        self.render(kind, &self.best(kind, wanted), values)
    }

    fn render(
        &self,
        kind: Kind,
        locale: &str,
        values: &Value,
    ) -> Result<Rendered, minijinja::Error> {
        let name = |suffix: &str| format!("{}.{locale}.{suffix}", kind.word());
        let text = self.env.get_template(&name("txt"))?.render(values)?;
        // The first line of the text is the subject.
        let (subject, text) = text.split_once('\n').unwrap_or((&text, ""));
        let subject = line(subject);
        let page = context! { locale, subject => subject.clone(), ..values.clone() };
        let html = self.env.get_template(&name("html"))?.render(page)?;
        Ok(Rendered { subject, text: text.to_owned(), html })
    }
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let parts: Vec<&str> = name.split('.').collect();
    let right = match parts.as_slice() {
        ["layout", "html"] => true,
        [kind, locale, "txt" | "html"] => {
            Kind::ALL.iter().any(|known| known.word() == *kind)
                && !locale.is_empty()
                && locale.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        }
        _ => false,
    };
    if right {
        return Ok(());
    }
    bail!(
        "{name:?} is no mail template: they are called layout.html, and confirm, open, \
         newsletter, expiring or tier with a language, as confirm.de.txt and confirm.de.html"
    )
}

/// One line of what somebody else wrote: nothing that ends a header, nothing that turns it around.
pub fn line(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain = |c: char| if c.is_control() || turns(c) { ' ' } else { c };
    let text: String = text.chars().take(LINE).map(plain).collect();
    text.trim().to_owned()
}

/// What a preview shows.
pub fn sample(kind: Kind) -> Value {
    let common = context! {
        shop => "Sillon Records",
        program => "Sillon Regulars",
        privacy_url => "https://shop.example/privacy",
        link => "https://loyalty.example/n/confirm/example",
    };
    match kind {
        Kind::Confirm => context! { topics => vec!["New records", "Sales"], days => 7, ..common },
        Kind::Open => context! { minutes => 15, ..common },
        Kind::Expiring => context! {
            points => "340 points", day => "28 February 2027", count => 340, date => "2027-02-28",
            ..common
        },
        Kind::Tier => context! {
            tier => "Regular", lower => "Listener", missing => "120 points",
            day => "28 February 2027", count => 120, date => "2027-02-28",
            ..common
        },
        Kind::Newsletter => context! {
            topic => "New records",
            subject => "Three records for a long evening",
            paragraphs => vec![
                "The new one by Glass Meridian came in this morning.",
                "And because somebody asks each week: yes, we still have the red vinyl.",
            ],
            leave => "https://loyalty.example/n/leave/example",
            ..common
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn every_built_in_mail_is_whole_in_both_languages_and_loads_nothing() {
        let templates = Templates::load(None).unwrap();
        for kind in Kind::ALL {
            assert_eq!(templates.locales(kind), ["en", "fr"]);
            for locale in ["en", "fr-CA", "de"] {
                let mail = templates.render_in(kind, &[locale], &sample(kind)).unwrap();
                assert!(!mail.subject.is_empty() && mail.text.contains("https://loyalty"));
                for loads in ["<img", "src=", "url(", "@import", "<link", "<script", "<iframe"] {
                    assert!(!mail.html.contains(loads), "{loads} in {}", mail.html);
                }
            }
        }
    }

    #[test]
    fn what_is_filled_in_is_text_and_never_markup_template_or_header() {
        let templates = Templates::load(None).unwrap();
        let evil = line("<b>x</b>\r\nBcc: eve@example.org {{ 7*7 }} {% raw %}\u{202e}");
        let values = context! { subject => evil.clone(), paragraphs => vec![evil.clone()],
        topic => evil.clone(), shop => evil, leave => "https://loyalty.example/x" };
        let mail = templates.render_in(Kind::Newsletter, &["en"], &values).unwrap();
        assert!(!mail.subject.contains(['\r', '\n', '\u{202e}']));
        assert!(!mail.html.contains("<b>x") && mail.html.contains("&lt;b&gt;x"));
        assert!(mail.html.contains("{{ 7*7 }}") && mail.text.contains("{{ 7*7 }}"));
    }

    #[test]
    fn a_merchants_file_takes_the_place_of_ours_and_adds_a_language() {
        let folder = write(&[
            ("open.en.txt", "Hello from {{ shop }}\n{{ link }}"),
            ("open.de.txt", "Hallo\n{{ link }}"),
            ("open.de.html", "<p>{{ link }}</p>"),
        ]);
        let templates = Templates::load(Some(folder.path())).unwrap();
        let mail = templates.render_in(Kind::Open, &["de-AT"], &sample(Kind::Open)).unwrap();
        assert_eq!(mail.subject, "Hallo");
        let mail = templates.render_in(Kind::Open, &["en"], &sample(Kind::Open)).unwrap();
        assert_eq!(mail.subject, "Hello from Sillon Records");
    }

    #[test]
    fn a_mistake_in_a_template_is_named_before_the_server_starts() {
        for (name, text, says) in [
            ("open.en.txt", "{{ link", "open.en.txt"),
            ("open.en.txt", "{{ lnik }}", "open.en"),
            ("open.de.txt", "x", "open.de"),
            ("hello.en.txt", "x", "confirm.de.txt"),
        ] {
            let folder = write(&[(name, text)]);
            let error = format!("{:#}", Templates::load(Some(folder.path())).unwrap_err());
            assert!(error.contains(says), "{error}");
        }
    }
}
