//! `habitue report`.

use super::{Setting, ShopArg, say, shop};
use crate::clock::Clock;
use crate::measure::{Asked, metrics};
use crate::programs::Programs;
use anyhow::{Context, anyhow};
use clap::Args;
use habitue_api::measure::Metrics;
use habitue_domain::measure::{Cell, Value};
use habitue_domain::money::Currency;
use habitue_domain::time::Date;
use habitue_store::{Tx, shop as shops};
use std::fmt::Write;

/// What the program did in a span, each figure with its formula.
#[derive(Clone, Debug, Args)]
pub struct Report {
    #[command(flatten)]
    shop: ShopArg,
    /// The first day, such as 2026-01-01; 12 months before the last one if left out.
    #[arg(long)]
    from: Option<Date>,
    /// The last day, itself included; today if left out.
    #[arg(long)]
    until: Option<Date>,
    /// Orders in this currency only; the first that the program earns in if left out.
    #[arg(long)]
    currency: Option<Currency>,
    /// As JSON, as `GET /v1/metrics` answers.
    #[arg(long)]
    json: bool,
}

impl Report {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let store = setting.store().await?;
        let shop = shop::find(&store, self.shop.shop.as_deref()).await?;
        let look = async move |tx: &mut Tx<'_>| shops::program_of(tx, shop).await;
        let program = store.read(look).await?.context("the shop has no program")?;
        let asked = Asked { from: self.from, until: self.until, currency: self.currency };
        let (programs, now) = (Programs::default(), Clock::System.now());
        let made = metrics(&store, &programs, (shop, program), asked, now).await;
        let metrics = made.map_err(|error| {
            let problem = error.into_problem();
            match problem.field.as_deref() {
                Some("from") => {
                    anyhow!("--from comes after --until, or more than ten years before")
                }
                Some("currency") => {
                    anyhow!("the program earns in no currency; name one by --currency")
                }
                _ => anyhow!(problem.title),
            }
        })?;
        if self.json {
            say(&format!("{}\n", serde_json::to_string_pretty(&metrics)?))?;
        } else {
            say(&text(&metrics)?)?;
        }
        Ok(())
    }
}

/// A table for people: name, value, formula; then the curve and the grid.
fn text(metrics: &Metrics) -> anyhow::Result<String> {
    let mut text = format!("{} to {}, {}\n\n", metrics.from, metrics.until, metrics.currency);
    for figure in &metrics.report.figures {
        let name = serde_json::to_value(figure.measure)?;
        let name = name.as_str().unwrap_or_default().replace('_', " ");
        let value = match &figure.value {
            Value::Count(count) => count.to_string(),
            Value::Points(points) => format!("{} pts", points.get()),
            Value::Money(money) => money.to_string(),
            Value::Share(share) => match &share.percent {
                Some(percent) => format!("{percent} %"),
                None => "–".to_owned(),
            },
            Value::None => "–".to_owned(),
        };
        writeln!(text, "{name:<24} {value:>18}   {}", figure.formula)?;
    }
    text.push_str("\nbest of the buyers, by revenue\n");
    for point in &metrics.report.pareto {
        let percent = point.revenue.percent.as_deref().unwrap_or("–");
        writeln!(text, "{:>4} %  {percent:>6} % of the revenue", point.best)?;
    }
    text.push_str("\nbuyers by quintile: last order down, number of orders across (5 is best)\n");
    text.push_str("         1        2        3        4        5\n");
    for recency in (1..=5).rev() {
        let cell = |frequency: i64| {
            let here = |it: &&Cell| it.recency == recency && it.frequency == frequency;
            metrics.report.rfm.iter().find(here).map_or(0, |cell| cell.buyers)
        };
        let row: Vec<String> = (1..=5).map(|frequency| format!("{:>8}", cell(frequency))).collect();
        writeln!(text, "{recency} {}", row.join(" "))?;
    }
    Ok(text)
}
