//! `habitue code`: codes that are issued one by one, in batches or by a partner.

mod import;

use super::{Setting, ShopArg, shop};
use crate::batch::{Progress, fill};
use crate::clock::Clock;
use crate::error::Error;
use crate::programs::{Compiled, Programs};
use crate::routes::batch::{asked_for, csv, find};
use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use habitue_api::batch::BatchRequest;
use habitue_domain::id::{BatchId, ProgramId, ShopId};
use habitue_domain::refusal::Refusal;
use habitue_domain::time::{Date, Timestamp};
use habitue_store::{Store, Tx, batch};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

/// Makes and imports codes that are issued one by one.
#[derive(Debug, Subcommand)]
pub enum Code {
    /// Codes made together.
    #[command(subcommand)]
    Batch(Box<Batch>),
    /// Imports codes that a partner chose, from a CSV file. Running it again with --batch changes
    /// nothing.
    Import(import::Import),
}

/// Codes made together.
#[derive(Debug, Subcommand)]
pub enum Batch {
    /// Makes a batch. Stopped in the middle, it goes on with --batch.
    Create(Create),
    /// Lists the batches.
    List(ShopArg),
    /// Writes the codes of a batch to standard output, as CSV.
    Export(One),
    /// Withdraws all codes of a batch.
    Withdraw(One),
}

/// What batch to make.
#[derive(Debug, Args)]
pub struct Create {
    #[command(flatten)]
    shop: ShopArg,
    #[command(flatten)]
    of: Of,
    /// How many codes, up to 1,000,000.
    #[arg(long, required_unless_present = "batch")]
    count: Option<i64>,
    /// What they begin with.
    #[arg(long)]
    prefix: Option<String>,
    /// Their random characters: 12, or 16 where the shop cannot bind a code to its customer.
    #[arg(long, default_value_t = 12)]
    characters: i64,
    /// Go on with this batch (`bat_…`), as it was asked for.
    #[arg(long, conflicts_with_all = ["count", "promotion"])]
    batch: Option<BatchId>,
}

/// What the codes of a batch are of, and when they count.
#[derive(Clone, Debug, Args)]
struct Of {
    /// The promotion, which has codes = "issued".
    #[arg(long, required_unless_present = "batch")]
    promotion: Option<String>,
    /// How often each code may be used.
    #[arg(long, default_value_t = 1)]
    uses: i64,
    /// First day.
    #[arg(long)]
    from: Option<Date>,
    /// Last day, included.
    #[arg(long)]
    until: Option<Date>,
}

/// Which batch.
#[derive(Debug, Args)]
pub struct One {
    #[command(flatten)]
    shop: ShopArg,
    /// The batch: `bat_…`.
    batch: BatchId,
}

impl Code {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let batch = match self {
            Self::Import(import) => return import.run(setting).await,
            Self::Batch(batch) => *batch,
        };
        let store = setting.store().await?;
        match batch {
            Batch::Create(create) => create.run(setting, &store).await,
            Batch::List(named) => list(&store, &named).await,
            Batch::Export(one) => {
                let shop = shop::find(&store, one.shop.shop.as_deref()).await?;
                find(&store, shop, one.batch).await.map_err(|error| said(error, "batch"))?;
                export(&store, setting, one.batch).await
            }
            Batch::Withdraw(one) => {
                let shop = shop::find(&store, one.shop.shop.as_deref()).await?;
                let (id, now) = (one.batch, Clock::System.now());
                let job = async move |tx: &mut Tx<'_>| batch::withdraw(tx, shop, id, now).await;
                if !store.write(job).await? {
                    bail!("the shop has no batch {id} (habitue code batch list)");
                }
                println!("None of the codes of {id} counts any more; used ones stay used.");
                Ok(())
            }
        }
    }
}

/// A problem as a sentence.
fn said(error: Error, what: &str) -> anyhow::Error {
    let problem = error.into_problem();
    let field = problem.field.unwrap_or_else(|| what.to_owned());
    anyhow!("{field}: {} {}", problem.title, problem.detail.unwrap_or_default())
}

/// A shop with the program in force, whose codes can be made.
struct Scene {
    shop: ShopId,
    program: ProgramId,
    compiled: Arc<Compiled>,
}

impl Scene {
    async fn load(setting: &Setting, store: &Store, named: &ShopArg) -> anyhow::Result<Self> {
        let shop = shop::find(store, named.shop.as_deref()).await?;
        let programs = Programs::keyed(setting.master()?);
        let look = async move |tx: &mut Tx<'_>| -> Result<_, Error> {
            let Some(program) = habitue_store::shop::program_of(tx, shop).await? else {
                return Ok(None);
            };
            Ok(Some((program, programs.current(tx, program).await?)))
        };
        let found = store.read(look).await.map_err(|error| said(error, "program"))?;
        let (program, compiled) = found.context("there is no such shop")?;
        Ok(Self { shop, program, compiled })
    }

    /// The batch that is asked for, or the one to go on with.
    fn new_batch(&self, of: &Of, more: BatchRequest) -> anyhow::Result<batch::Batch> {
        let promotion = of.promotion.clone().unwrap_or_default();
        if self.compiled.program.issued(&promotion).is_none() {
            bail!("the program has no promotion {promotion:?} with codes = \"issued\"");
        }
        let start = |day: Date| self.compiled.start_of(day);
        let from = of.from.map(|day| start(day).context("--from: no such day")).transpose()?;
        let after = of.until.and_then(|day| day.plus_days(1));
        let until = after.map(|day| start(day).context("--until: no such day")).transpose()?;
        let request = BatchRequest { promotion, uses: Some(of.uses), from, until, ..more };
        let now: Timestamp = Clock::System.now();
        asked_for(&request, self.shop, now).map_err(|refusal| match refusal {
            Refusal::OutOfBounds { field } => anyhow!("--{field} lies outside its bounds"),
            other => anyhow!("{}", other.code()),
        })
    }
}

async fn add(store: &Store, new: &batch::Batch) -> anyhow::Result<()> {
    let new = new.clone();
    Ok(store.write(async move |tx: &mut Tx<'_>| batch::add(tx, &new).await).await?)
}

impl Create {
    async fn run(self, setting: &Setting, store: &Store) -> anyhow::Result<()> {
        let (begun, master) = (Instant::now(), setting.master()?);
        let scene = Scene::load(setting, store, &self.shop).await?;
        let id = if let Some(id) = self.batch {
            let known = find(store, scene.shop, id).await.map_err(|error| said(error, "batch"))?;
            if known.is_imported {
                bail!("the codes of {id} are a partner's; go on with habitue code import");
            }
            id
        } else {
            let (count, prefix) = (self.count, self.prefix.clone());
            let characters = Some(self.characters);
            let more = BatchRequest { count, prefix, characters, ..nothing() };
            let new = scene.new_batch(&self.of, more)?;
            add(store, &new).await?;
            eprintln!("Batch {}. Should this stop in the middle: --batch {}", new.id, new.id);
            new.id
        };
        let bar = ProgressBar::new(1);
        bar.set_style(ProgressStyle::with_template(
            "{elapsed_precise} [{wide_bar}] {pos}/{len} codes",
        )?);
        loop {
            let slice = Instant::now();
            let progress = fill(store, &master, id).await.map_err(|error| said(error, "batch"))?;
            let Some(Progress { made, wanted }) = progress else {
                bail!("{id} was withdrawn");
            };
            bar.set_length(u64::try_from(wanted).unwrap_or_default());
            bar.set_position(u64::try_from(made).unwrap_or_default());
            if made >= wanted {
                bar.finish_and_clear();
                println!("{made} codes in {id}, in {} ms.", begun.elapsed().as_millis());
                return Ok(());
            }
            // A running server has shoppers who wait; half of the writer stays theirs.
            tokio::time::sleep(slice.elapsed()).await;
        }
    }
}

/// A request that asks for nothing yet.
const fn nothing() -> BatchRequest {
    BatchRequest {
        promotion: String::new(),
        count: None,
        prefix: None,
        characters: None,
        uses: None,
        from: None,
        until: None,
    }
}

async fn list(store: &Store, named: &ShopArg) -> anyhow::Result<()> {
    const PAGE: i64 = 100;
    let shop = shop::find(store, named.shop.as_deref()).await?;
    let mut after = String::new();
    loop {
        let from = after.clone();
        let look = async move |tx: &mut Tx<'_>| batch::list(tx, shop, &from, PAGE).await;
        let found = store.read(look).await?;
        for batch in &found {
            let state = if batch.withdrawn_at.is_some() { "  withdrawn" } else { "" };
            let kind = if batch.is_imported { "imported" } else { "generated" };
            let batch::Batch { id, promotion, made, wanted, .. } = batch;
            println!("{id}  {promotion}  {kind}  {made} of {wanted}{state}");
        }
        match found.last() {
            Some(last) => after = last.id.to_string(),
            None => return Ok(()),
        }
    }
}

async fn export(store: &Store, setting: &Setting, id: BatchId) -> anyhow::Result<()> {
    let master = setting.master()?;
    let mut out = std::io::stdout().lock();
    let (mut after, mut first) = (Some(0), true);
    while let Some(from) = after.take() {
        let read = csv(store, &master, id, from).await;
        let (text, next) = read.map_err(|error| said(error, "batch"))?;
        // The head stands once.
        let lines = if first { text.as_str() } else { after_head(&text) };
        out.write_all(lines.as_bytes())?;
        (first, after) = (false, next);
    }
    Ok(())
}

fn after_head(text: &str) -> &str {
    text.split_once("\r\n").map_or("", |(_, rest)| rest)
}
