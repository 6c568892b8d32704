//! `habitue consent`.

use super::{Setting, ShopArg, shop};
use crate::routes::contact::csv;
use anyhow::anyhow;
use clap::{Args, Subcommand};
use habitue_domain::consent::{Matter, Purpose};

/// Exports who has consented to what.
#[derive(Debug, Subcommand)]
pub enum Consent {
    /// Writes everybody whose consent to one purpose counts to standard output, as CSV.
    Export(Export),
}

/// Which ones.
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    shop: ShopArg,
    /// `program`, `newsletter`, `sms` or `postal`.
    #[arg(long)]
    purpose: String,
    /// The topic, with `newsletter`.
    #[arg(long, default_value = "")]
    topic: String,
}

impl Consent {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let Self::Export(asked) = self;
        let purpose = Purpose::from_word(&asked.purpose)
            .ok_or_else(|| anyhow!("--purpose is program, newsletter, sms or postal"))?;
        let matter = Matter { purpose, topic: asked.topic };
        let store = setting.store().await?;
        let shop = shop::find(&store, asked.shop.shop.as_deref()).await?;
        let mut after = Some(String::new());
        let mut first = true;
        while let Some(from) = after.take() {
            let read = csv(&store, shop, &matter, from).await;
            let (text, next) = read.map_err(|error| anyhow!(error.into_problem().title))?;
            let lines = if first { text.as_str() } else { after_head(&text) };
            print!("{lines}");
            (first, after) = (false, next);
        }
        Ok(())
    }
}

/// The lines without the head, which stands once.
fn after_head(text: &str) -> &str {
    text.split_once("\r\n").map_or("", |(_, rest)| rest)
}
