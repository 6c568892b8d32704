//! `habitue code import`: a partner's codes from a CSV file.

use super::{Of, Scene, ShopArg, add, nothing, said};
use crate::batch::import::{import, read};
use crate::cli::Setting;
use crate::csv::safe;
use crate::routes::batch::find;
use anyhow::{Context, bail};
use clap::Args;
use habitue_api::batch::{CodesReply, Rejected};
use habitue_domain::coupon::CouponCode;
use habitue_domain::id::BatchId;
use habitue_store::{Store, Tx};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

/// Codes of one transaction: small enough that a running server hardly notices.
const SLICE: usize = 200;

/// Imports codes that a partner chose. Running it again with --batch changes nothing.
#[derive(Debug, Args)]
pub struct Import {
    /// The CSV file; the codes stand in its first column, or in the one named.
    file: PathBuf,
    #[command(flatten)]
    shop: ShopArg,
    #[command(flatten)]
    of: Of,
    /// The column, where the file has a header row.
    #[arg(long)]
    column: Option<String>,
    /// Add to this batch (`bat_…`) instead of a new one.
    #[arg(long, conflicts_with = "promotion")]
    batch: Option<BatchId>,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    /// Where codes that are not taken are written; next to the file if absent.
    #[arg(long)]
    rejects: Option<PathBuf>,
}

impl Import {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let texts = self.texts()?;
        let lines = read(texts.iter().map(|(line, text)| (*line, text.as_str())));
        let store = setting.store().await?;
        let scene = Scene::load(setting, &store, &self.shop).await?;
        let id = if let Some(id) = self.batch {
            let known = find(&store, scene.shop, id).await.map_err(|error| said(error, "batch"))?;
            if !known.is_imported {
                bail!("the codes of {id} were made, not imported; leave --batch out");
            }
            Some(id)
        } else {
            let new = scene.new_batch(&self.of, nothing())?;
            if !self.dry_run {
                add(&store, &new).await?;
                eprintln!("Batch {}. Should this stop in the middle: --batch {}", new.id, new.id);
            }
            (!self.dry_run).then_some(new.id)
        };
        let mut done = self.take(&store, &scene, id, lines.good).await?;
        done.rejected.extend(lines.bad);
        done.rejected.sort_by_key(|rejected| rejected.line);
        self.report(&texts, &done)
    }

    /// The cells that hold the codes, each with its line.
    fn texts(&self) -> anyhow::Result<Vec<(u64, String)>> {
        let name = self.file.display();
        let mut builder = csv::ReaderBuilder::new();
        let reader = builder.has_headers(self.column.is_some()).flexible(true);
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {name}"))?;
        let mut reader = reader.from_reader(bytes.as_slice());
        let place = match &self.column {
            None => 0,
            Some(column) => {
                let header = reader.byte_headers()?;
                let found = header.iter().position(|cell| cell == column.as_bytes());
                found.with_context(|| format!("{name} has no column {column:?}"))?
            }
        };
        let mut texts = Vec::new();
        for record in reader.byte_records() {
            let record = record.with_context(|| format!("cannot read {name}"))?;
            let line = record.position().map_or(0, |position| line_at(&bytes, position));
            let cell = record.get(place).unwrap_or_default();
            texts.push((line, String::from_utf8_lossy(cell).into_owned()));
        }
        Ok(texts)
    }

    async fn take(
        &self,
        store: &Store,
        scene: &Scene,
        id: Option<BatchId>,
        codes: Vec<(u64, CouponCode)>,
    ) -> anyhow::Result<CodesReply> {
        let (mut done, dry_run) = (CodesReply::default(), self.dry_run);
        for slice in codes.chunks(SLICE) {
            let (compiled, slice) = (Arc::clone(&scene.compiled), slice.to_vec());
            let into = (scene.program, scene.shop, id);
            let job =
                async move |tx: &mut Tx<'_>| import(tx, &compiled, into, &slice, dry_run).await;
            let part = store.write(job).await.map_err(|error| said(error, "batch"))?;
            done.added = done.added.saturating_add(part.added);
            done.known = done.known.saturating_add(part.known);
            done.rejected.extend(part.rejected);
        }
        Ok(done)
    }

    fn report(&self, texts: &[(u64, String)], done: &CodesReply) -> anyhow::Result<()> {
        for Rejected { line, reason } in done.rejected.iter().take(10) {
            eprintln!("line {line}: {reason}");
        }
        if !done.rejected.is_empty() {
            let beside = || self.file.with_extension("rejected.csv");
            let path = self.rejects.clone().unwrap_or_else(beside);
            let by_line: BTreeMap<u64, &String> =
                texts.iter().map(|(line, text)| (*line, text)).collect();
            let mut text = "line,reason,code\r\n".to_owned();
            for Rejected { line, reason } in &done.rejected {
                let was = by_line.get(line).map_or("", |text| text.as_str());
                write!(text, "{line},{},{}\r\n", safe(reason), safe(was))?;
            }
            let wrong = || format!("cannot write {}", path.display());
            std::fs::write(&path, text).with_context(wrong)?;
            eprintln!("{} rejected, all in {}", done.rejected.len(), path.display());
        }
        let CodesReply { added, known, rejected } = done;
        let rejected = rejected.len();
        if self.dry_run {
            println!(
                "Would import {added} codes, {known} known before, {rejected} rejected. Nothing \
                 was changed."
            );
        } else {
            println!("{added} codes imported, {known} known before, {rejected} rejected.");
        }
        Ok(())
    }
}

/// The line in which a row stands. The reader's own number is that of the end of the row before,
/// where lines end in two bytes or empty ones lie between.
fn line_at(bytes: &[u8], position: &csv::Position) -> u64 {
    let at = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = bytes.get(at..).unwrap_or_default();
    let between = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let breaks = between.filter(|byte| **byte == b'\n').count();
    position.line().saturating_add(u64::try_from(breaks).unwrap_or_default())
}
