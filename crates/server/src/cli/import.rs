//! `habitue import orders`: a shop's past orders from a CSV file.

mod rows;

use super::{Setting, ShopArg, shop};
use crate::clock::Clock;
use crate::error::Error;
use crate::programs::Programs;
use crate::routes::order::take;
use anyhow::{Context, anyhow, bail};
use clap::Args;
use habitue_api::order::OrderRequest;
use habitue_domain::calendar::Calendar;
use habitue_domain::id::ShopId;
use habitue_domain::money::Currency;
use habitue_domain::order::{OrderLine, OrderState};
use habitue_domain::time::{Date, Timestamp};
use habitue_store::authority::{Admin, Merchant};
use habitue_store::import::{self, ImportRun};
use habitue_store::member::NewMember;
use habitue_store::{Store, Tx, id, member, order};
use indicatif::{ProgressBar, ProgressStyle};
use rows::{Columns, Row, Rows};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Instant;

/// Orders in one transaction: small enough that a running server hardly notices.
const SLICE: usize = 100;

/// Imports orders from a CSV file. Running it again changes nothing.
#[derive(Debug, Args)]
pub struct Orders {
    /// The CSV file, with a header row.
    file: PathBuf,
    #[command(flatten)]
    shop: ShopArg,
    /// Which column says what: `customer=…,placed_on=…,amount=…` and, if there are such columns,
    /// `quantity=…,order=…`. Without an order column the row number is the order's.
    #[arg(long)]
    map: Columns,
    /// The currency of the amounts.
    #[arg(long)]
    currency: Currency,
    /// Who becomes a member: `all`, `none`, or customers with many orders: `orders>=2`.
    #[arg(long, default_value = "none")]
    enrol: Enrol,
    /// Move all dates so that the newest order falls on this day. Kept: a later run does the same.
    #[arg(long)]
    last_order_on: Option<Date>,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    /// Where rows that cannot be read are written; next to the file if absent.
    #[arg(long)]
    rejects: Option<PathBuf>,
    /// The name under which this import is remembered; the file's name if absent.
    #[arg(long)]
    source: Option<String>,
}

/// Who becomes a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrol {
    /// Nobody: they join by their own act.
    None,
    /// Everybody with at least so many orders.
    AtLeast(u64),
}

impl FromStr for Enrol {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::None),
            "all" => Ok(Self::AtLeast(1)),
            _ => text
                .strip_prefix("orders>=")
                .and_then(|count| count.parse().ok())
                .map(Self::AtLeast)
                .ok_or("use all, none or orders>=2"),
        }
    }
}

impl std::fmt::Display for Enrol {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => to.write_str("none"),
            Self::AtLeast(count) => write!(to, "orders>={count}"),
        }
    }
}

/// What one slice or the whole import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Done {
    added: u64,
    unchanged: u64,
    enrolled: u64,
}

impl Orders {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let begun = Instant::now();
        let rows = Rows::read(&self.file, &self.map, self.currency)?;
        let store = setting.store().await?;
        let shop = shop::find(&store, self.shop.shop.as_deref()).await?;
        let merchant = merchant(&store, shop).await?;
        let source = self.source.clone().unwrap_or_else(|| {
            self.file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
        });
        let run = self.settle(&store, &merchant, &source, &rows).await?;
        let members = enrolled(&rows.good, run.enrol);
        self.report_rejects(&rows)?;
        if self.dry_run {
            println!(
                "Would import {} orders of {} customers, {} of them members; {} rows rejected. \
                 Dates move by {} days. Nothing was changed.",
                rows.good.len(),
                rows.customers(),
                members.len(),
                rows.bad.len(),
                run.shift_days
            );
            return Ok(());
        }
        let slices = slices(rows.good, &source, &run, self.currency);
        let work = Work {
            store: store.clone(),
            programs: Programs::default(),
            merchant,
            members: Arc::new(members),
        };
        let done = work.run(slices).await?;
        report(&store, shop, done, rows.bad.len(), begun).await
    }

    /// The first run decides how dates move and who is enrolled; later ones follow it.
    async fn settle(
        &self,
        store: &Store,
        merchant: &Merchant,
        source: &str,
        rows: &Rows,
    ) -> anyhow::Result<Settled> {
        let newest = rows.good.iter().map(|row| row.placed_on).max();
        let newest = newest.context("the file has no row that could be imported")?;
        let shift = self.last_order_on.map_or(0, |day| day.days_since(newest));
        let (look, by) = (source.to_owned(), merchant.clone());
        let find = async move |tx: &mut Tx<'_>| import::find(tx, &by, &look).await;
        if let Some(first) = store.read(find).await? {
            let enrol: Enrol = first.enrol.parse().map_err(|reason: &str| anyhow!(reason))?;
            if self.last_order_on.is_some() && shift != first.shift_days || enrol != self.enrol {
                bail!(
                    "{source} was imported before with dates moved by {} days and --enrol '{}'; \
                     run it again with the same settings, or give it another --source",
                    first.shift_days,
                    first.enrol
                );
            }
            return Ok(Settled { shift_days: first.shift_days, enrol });
        }
        let settled = Settled { shift_days: shift, enrol: self.enrol };
        if !self.dry_run {
            let run = ImportRun { shift_days: shift, enrol: self.enrol.to_string() };
            let (source, by, now) = (source.to_owned(), merchant.clone(), Clock::System.now());
            let save = async move |tx: &mut Tx<'_>| import::save(tx, &by, &source, &run, now).await;
            store.write(save).await?;
        }
        Ok(settled)
    }

    fn report_rejects(&self, rows: &Rows) -> anyhow::Result<()> {
        if rows.bad.is_empty() {
            return Ok(());
        }
        let beside = || self.file.with_extension("rejected.csv");
        let path = self.rejects.clone().unwrap_or_else(beside);
        rows.write_rejects(&path)?;
        for bad in rows.bad.iter().take(10) {
            eprintln!("line {}: {}", bad.line, bad.reason);
        }
        eprintln!("{} rows rejected, all in {}", rows.bad.len(), path.display());
        Ok(())
    }
}

struct Settled {
    shift_days: i64,
    enrol: Enrol,
}

async fn merchant(store: &Store, shop: ShopId) -> anyhow::Result<Merchant> {
    let look = async move |tx: &mut Tx<'_>| Admin::local().merchant(tx, shop).await;
    store.read(look).await?.context("there is no such shop")
}

/// Customers with enough orders to be enrolled.
fn enrolled(rows: &[Row], enrol: Enrol) -> BTreeSet<String> {
    let Enrol::AtLeast(least) = enrol else {
        return BTreeSet::new();
    };
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows {
        *counts.entry(&row.customer).or_default() += 1;
    }
    let enough = counts.into_iter().filter(|(_, count)| *count >= least);
    enough.map(|(customer, _)| customer.to_owned()).collect()
}

/// An order to be taken, its day still without a zone.
#[derive(Clone, Debug)]
struct Given {
    id: String,
    day: Date,
    request: OrderRequest,
}

/// The orders, oldest first, in slices.
fn slices(
    mut rows: Vec<Row>,
    source: &str,
    run: &Settled,
    currency: Currency,
) -> Vec<Arc<Vec<Given>>> {
    rows.sort_by_key(|row| (row.placed_on, row.number));
    let given = |row: Row| {
        let day = row.placed_on.plus_days(run.shift_days).unwrap_or(row.placed_on);
        let id = row.order.unwrap_or_else(|| format!("{source}-{}", row.number));
        let line = OrderLine {
            id: "1".to_owned(),
            product: "imported".to_owned(),
            quantity: row.quantity,
            paid: row.paid,
            ..OrderLine::default()
        };
        let request = OrderRequest {
            version: 1,
            customer: Some(row.customer),
            placed_at: day.midnight_utc(),
            state: OrderState::Paid,
            currency,
            lines: vec![line],
            hold: None,
            channel: None,
        };
        Given { id, day, request }
    };
    let all: Vec<Given> = rows.into_iter().map(given).collect();
    all.chunks(SLICE).map(|slice| Arc::new(slice.to_vec())).collect()
}

#[derive(Clone)]
struct Work {
    store: Store,
    programs: Programs,
    merchant: Merchant,
    members: Arc<BTreeSet<String>>,
}

impl Work {
    async fn run(&self, slices: Vec<Arc<Vec<Given>>>) -> anyhow::Result<Done> {
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        let bar = ProgressBar::new(u64::try_from(total).unwrap_or_default());
        bar.set_style(ProgressStyle::with_template(
            "{elapsed_precise} [{wide_bar}] {pos}/{len} orders",
        )?);
        let mut done = Done::default();
        for slice in slices {
            let count = u64::try_from(slice.len()).unwrap_or_default();
            let work = self.clone();
            let job = async move |tx: &mut Tx<'_>| work.slice(tx, &slice).await;
            let part = self.store.write(job).await.map_err(|error| {
                let problem = error.into_problem();
                anyhow!("{} {}", problem.title, problem.detail.unwrap_or_default())
            })?;
            done.added += part.added;
            done.unchanged += part.unchanged;
            done.enrolled += part.enrolled;
            bar.inc(count);
        }
        bar.finish_and_clear();
        Ok(done)
    }

    async fn slice(&self, tx: &mut Tx<'_>, slice: &[Given]) -> Result<Done, Error> {
        let now = Clock::System.now();
        let compiled = self.programs.current(tx, self.merchant.program()).await?;
        let zone = crate::calendar::Zone::named(&compiled.program.time_zone);
        let mut done = Done::default();
        for given in slice {
            if order::load(tx, self.merchant.shop(), &given.id).await?.is_some() {
                done.unchanged += 1;
                continue;
            }
            let start = zone.as_ref().and_then(|zone| zone.start_of(given.day));
            let placed_at = start.unwrap_or(given.request.placed_at);
            let request = OrderRequest { placed_at, ..given.request.clone() };
            if let Some(customer) = request.customer.as_deref()
                && self.members.contains(customer)
                && self.enrol(tx, &compiled.program, customer, placed_at).await?
            {
                done.enrolled += 1;
            }
            take(tx, &self.programs, &self.merchant, &given.id, &request, now).await?;
            done.added += 1;
        }
        Ok(done)
    }

    /// Enrols a customer with their first order; `false` where they are a member already.
    async fn enrol(
        &self,
        tx: &mut Tx<'_>,
        program: &habitue_domain::program::Program,
        customer: &str,
        joined_at: Timestamp,
    ) -> Result<bool, Error> {
        let shop = self.merchant.shop();
        if member::of_customer(tx, shop, customer).await?.is_some() {
            return Ok(false);
        }
        let new = NewMember {
            id: id::member(),
            program: self.merchant.program(),
            shop,
            customer,
            joined_at,
            terms_version: &program.terms.version,
            tier: program.tiers.first().map_or("", |tier| tier.id.as_str()),
        };
        member::add(tx, &new).await?;
        Ok(true)
    }
}

async fn report(
    store: &Store,
    shop: ShopId,
    done: Done,
    rejected: usize,
    begun: Instant,
) -> anyhow::Result<()> {
    let look = async move |tx: &mut Tx<'_>| -> Result<_, habitue_store::Error> {
        Ok((member::counts(tx, shop).await?, order::counts(tx, shop).await?))
    };
    let ((customers, members), (orders, points)) = store.read(look).await?;
    let Done { added, unchanged, enrolled } = done;
    println!(
        "{added} orders imported, {unchanged} known before, {rejected} rows rejected, \
         {enrolled} members enrolled, in {} ms.\n\
         The shop now has {customers} customers, {members} members, {orders} orders, \
         {points} points issued.",
        begun.elapsed().as_millis()
    );
    Ok(())
}
