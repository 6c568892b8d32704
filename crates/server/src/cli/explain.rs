//! `habitue explain`.

use super::{Setting, ShopArg, say, shop};
use crate::explain::{Derivation, OrderShare, derive};
use crate::page::text::Lang;
use anyhow::{Context, anyhow, bail};
use clap::Args;
use habitue_domain::id::MemberId;
use habitue_domain::ledger::TransferKind;
use habitue_store::{Tx, member, shop as shops};
use std::fmt::{self, Write};

/// Derives a member's balance: order by order, lot by lot, and all that moved.
#[derive(Debug, Args)]
pub struct Explain {
    /// The member, `mem_…`, or the shop's id of the customer.
    member: String,
    #[command(flatten)]
    shop: ShopArg,
    /// The language of the sentences: `en` or `fr`.
    #[arg(long, default_value = "en")]
    locale: String,
    /// Print one JSON object instead of sentences.
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        Lang::parse(&self.locale).context("--locale is en or fr")?;
        let store = setting.store().await?;
        let shop = shop::find(&store, self.shop.shop.as_deref()).await?;
        let (named, locale) = (self.member.clone(), self.locale.clone());
        let look = async move |tx: &mut Tx<'_>| -> Result<_, crate::error::Error> {
            let known = match named.parse::<MemberId>() {
                Ok(member) => member::customer_at(tx, shop, member).await?.map(|_| member),
                Err(_) => member::of_customer(tx, shop, &named).await?,
            };
            let program = shops::program_of(tx, shop).await?;
            let Some((member, program)) = known.zip(program) else { return Ok(None) };
            derive(tx, (program, &locale), member).await.map(Some)
        };
        let derived = store.read(look).await;
        let derived = derived.map_err(|error| anyhow!(error.into_problem().title))?;
        let derived = derived.with_context(|| format!("the shop has no member {}", self.member))?;
        if self.json {
            say(&format!("{}\n", serde_json::to_string_pretty(&derived)?))?;
        } else {
            say(&told(&derived)?)?;
        }
        match derived.differences.len() {
            0 => Ok(()),
            many => bail!("{many} figures do not agree; `habitue verify` checks the whole ledger"),
        }
    }
}

/// All of it for people.
fn told(derived: &Derivation) -> Result<String, fmt::Error> {
    let mut text = String::new();
    let to = &mut text;
    writeln!(to, "{}, tier {}", derived.member, derived.tier)?;
    for order in &derived.orders {
        tell_order(to, order)?;
    }
    writeln!(to, "\nLots")?;
    for lot in &derived.lots {
        let order = lot.order.as_deref().unwrap_or("no order");
        let (opened, moved, left) = (lot.opened, lot.moved, lot.remaining);
        let told = lot.notice_at.map_or("not told yet".to_owned(), |at| format!("told {at}"));
        let ends = lot.expires_at.map(|end| format!(", ends {end} ({told})")).unwrap_or_default();
        let (unit, ripe) = (&lot.unit, lot.active_from);
        writeln!(to, "  {order}: {opened} {moved:+} = {left} {unit}, ripe {ripe}{ends}")?;
    }
    writeln!(to, "\nMovements")?;
    for row in &derived.rows {
        let points = row.row.points.get();
        let moved = row.row.amount.map_or_else(|| format!("{points:+}"), |money| money.to_string());
        writeln!(to, "  {}  {moved}  {}", row.row.occurred_at, row.text)?;
    }
    writeln!(to, "\nBalance")?;
    for sum in &derived.sums {
        let (derived, balance, lots, debt) = (sum.derived, sum.balance, sum.lots, sum.debt);
        writeln!(
            to,
            "  {}: {derived} derived, {balance} in the ledger = {lots} - {debt}",
            sum.unit
        )?;
    }
    for difference in &derived.differences {
        writeln!(to, "DIFFERENT  {difference}")?;
    }
    if derived.differences.is_empty() {
        writeln!(to, "every figure agrees")?;
    }
    Ok(text)
}

fn tell_order(to: &mut String, order: &OrderShare) -> fmt::Result {
    let placed = order.placed_at;
    writeln!(to, "\nOrder {}, {:?}, placed {placed}", order.order, order.state)?;
    for line in &order.lines {
        let (kept, of, minor) = (line.kept, line.quantity, line.counted_minor);
        let (id, product, counts) = (&line.line, &line.product, order.currency.clamped(minor));
        let each = line.per_piece;
        let own = line.multiplier.map(|times| format!(" x {times} and {each} a piece"));
        let own = own.unwrap_or_default();
        writeln!(to, "  {id} {product}: {kept} of {of} kept, {counts} counts{own}")?;
    }
    if let (Some(rule), Some(rate), Some(times)) = (order.rule, order.rate, order.multiplier) {
        let cap = order.cap.map_or_else(String::new, |cap| format!(", at most {cap}"));
        let derived = order.derived;
        writeln!(to, "  version {rule}: x {rate} x {times}, rounded down{cap} = {derived} points")?;
    }
    let sum = |kind| order.sum(kind);
    writeln!(
        to,
        "  ledger: earned {}, taken back {}, redeemed {}, given back {}, ended {}",
        sum(TransferKind::Earn),
        sum(TransferKind::TakeBack),
        sum(TransferKind::Redeem),
        sum(TransferKind::GiveBack),
        sum(TransferKind::Expire)
    )
}
