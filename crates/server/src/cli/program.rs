//! `habitue program`.

use super::{FileArg, Setting, ShopArg, shop};
use crate::clock::Clock;
use crate::error::Error;
use crate::programs::compile;
use anyhow::{Context, anyhow, bail};
use clap::Subcommand;
use habitue_domain::program::ProgramDocument;
use habitue_store::Tx;
use habitue_store::authority::Admin;
use std::fmt::Write;
use std::path::Path;

/// Checks and publishes the program file.
#[derive(Debug, Subcommand)]
pub enum Program {
    /// Says what is wrong with a file, or nothing.
    Check(FileArg),
    /// Publishes a file as the next version of a shop's program, in force at once.
    Publish {
        #[command(flatten)]
        shop: ShopArg,
        #[command(flatten)]
        file: FileArg,
    },
}

impl Program {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        match self {
            Self::Check(FileArg { file }) => {
                let document = read(&file)?;
                let (tiers, offers) = (document.tiers.len(), document.promotions.len());
                warn(&document);
                println!("{}: right ({tiers} tiers, {offers} promotions)", file.display());
                Ok(())
            }
            Self::Publish { shop, file } => {
                let document = read(&file.file)?;
                warn(&document);
                let store = setting.store().await?;
                let shop = shop::find(&store, shop.shop.as_deref()).await?;
                let now = Clock::System.now();
                let publish = async move |tx: &mut Tx<'_>| -> Result<Option<i64>, Error> {
                    let Some(merchant) = Admin::local().merchant(tx, shop).await? else {
                        return Ok(None);
                    };
                    let version =
                        habitue_store::program::publish(tx, &merchant, &document, now).await?;
                    Ok(Some(version))
                };
                let published = store.write(publish).await;
                let published = published.map_err(|error| anyhow!(error.into_problem().title))?;
                let version = published.context("there is no such shop")?;
                println!("Version {version} is in force.");
                Ok(())
            }
        }
    }
}

/// Says what is allowed and better thought about twice.
fn warn(document: &ProgramDocument) {
    for warning in document.warnings() {
        eprintln!("warning: {warning}");
    }
}

/// Reads a program file; all mistakes come with their path, and in TOML with their line.
pub fn read(file: &Path) -> anyhow::Result<ProgramDocument> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    if file.extension().is_some_and(|ending| ending == "json") {
        let mut reader = serde_json::Deserializer::from_str(&text);
        let document: ProgramDocument = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| anyhow!("{name}: {}: {}", error.path(), error.inner()))?;
        return checked(document, &name.to_string(), &|_| None);
    }
    let reader = toml::Deserializer::parse(&text)
        .map_err(|error| anyhow!("{name}:{}: {}", line_of(&text, error.span()), error.message()))?;
    let document: ProgramDocument = serde_path_to_error::deserialize(reader).map_err(|error| {
        let (path, inner) = (error.path().to_string(), error.into_inner());
        anyhow!("{name}:{}: {path}: {}", line_of(&text, inner.span()), inner.message())
    })?;
    let lines = |path: &str| line_of_path(&text, path);
    checked(document, &name.to_string(), &lines)
}

fn checked(
    document: ProgramDocument,
    name: &str,
    line: &dyn Fn(&str) -> Option<usize>,
) -> anyhow::Result<ProgramDocument> {
    let Err(mistakes) = compile(&document, 0) else {
        return Ok(document);
    };
    let mut all = String::new();
    for mistake in &mistakes {
        let line = line(&mistake.path).map(|line| format!("{line}:")).unwrap_or_default();
        write!(all, "\n  {name}:{line} {mistake}")?;
    }
    bail!("{} to mend, nothing was changed:{all}", mistakes.len())
}

fn line_of(text: &str, span: Option<std::ops::Range<usize>>) -> usize {
    let start = span.map_or(0, |span| span.start);
    text.get(..start).unwrap_or_default().matches('\n').count().saturating_add(1)
}

/// The line in a TOML file on which the value at `promotions[2].code` stands.
fn line_of_path(text: &str, path: &str) -> Option<usize> {
    let table = toml::de::DeTable::parse(text).ok()?;
    let mut span = table.span();
    let mut value: Option<&toml::de::DeValue<'_>> = None;
    for step in path.split('.') {
        let (key, places) = step.split_once('[').unwrap_or((step, ""));
        let found = match value {
            None => table.get_ref().get(key),
            Some(toml::de::DeValue::Table(inner)) => inner.get(key),
            Some(_) => None,
        };
        let Some(mut found) = found else { break };
        for place in places.split('[').filter(|place| !place.is_empty()) {
            let place: usize = place.trim_end_matches(']').parse().ok()?;
            if let toml::de::DeValue::Array(list) = found.get_ref() {
                found = list.get(place)?;
            }
        }
        span = found.span();
        value = Some(found.get_ref());
    }
    Some(line_of(text, Some(span)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../demo/program.toml");

    fn broken(from: &str, to: &str) -> String {
        assert!(SAMPLE.contains(from), "the sample has no {from}");
        let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
        std::fs::write(file.path(), SAMPLE.replacen(from, to, 1)).unwrap();
        let name = file.path().display().to_string();
        format!("{:#}", read(file.path()).unwrap_err()).replace(&name, "program.toml")
    }

    fn line_with(text: &str) -> usize {
        SAMPLE.lines().position(|line| line.contains(text)).unwrap() + 1
    }

    #[test]
    fn the_demo_program_is_right() {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/program.toml");
        assert!(read(&sample).is_ok());
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_path() {
        let line = line_with("SPRING10\"");
        let said = broken("\"SPRING10\"", "\"SPRING 10\"");
        assert!(said.contains(&format!("program.toml:{line}: promotions[")), "{said}");
        assert!(said.contains(".code: a code has 3 to 40"), "{said}");
    }

    #[test]
    fn an_unknown_field_is_named_with_its_line() {
        let line = line_with("pending_days");
        let said = broken("pending_days", "pendng_days");
        assert!(said.contains(&format!("program.toml:{line}:")), "{said}");
        assert!(said.contains("pendng_days"), "{said}");
    }

    #[test]
    fn a_wrong_type_and_broken_toml_are_named_with_their_line() {
        let line = line_with("pending_days");
        let said = broken("pending_days = 14", "pending_days = \"14\"");
        assert!(said.contains(&format!("program.toml:{line}: points.pending_days:")), "{said}");
        let said = broken("pending_days = 14", "pending_days 14");
        assert!(said.contains(&format!("program.toml:{line}:")), "{said}");
    }
}
