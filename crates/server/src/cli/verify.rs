//! `habitue verify`.

use super::Setting;
use crate::clock::Clock;
use crate::verify::{seal_all, verify};
use anyhow::bail;
use clap::Args;
use std::time::Instant;

/// Checks every entry, sum and seal of the ledger; seals what is new when all is well.
#[derive(Clone, Debug, Args)]
pub struct Verify {
    /// Only look: seal nothing.
    #[arg(long)]
    no_seal: bool,
}

impl Verify {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let store = setting.store().await?;
        let started = Instant::now();
        let mut report = verify(&store).await?;
        let mut sealed = 0;
        if report.findings.is_empty() && !self.no_seal {
            let (accounts, broken) = seal_all(&store, Clock::System.now()).await?;
            sealed = accounts;
            report.findings.extend(broken);
        }
        for finding in &report.findings {
            println!("{finding}");
        }
        println!(
            "{} entries of {} accounts, {} transfers, {} seals checked in {:.1?}; \
             {sealed} accounts sealed",
            report.entries,
            report.accounts,
            report.transfers,
            report.seals,
            started.elapsed()
        );
        if !report.findings.is_empty() {
            bail!(
                "{} rows do not say what they must. Nothing was changed. Restore the last backup \
                 that is clean (habitue restore), or find out who wrote to the database",
                report.findings.len()
            );
        }
        println!("clean");
        Ok(())
    }
}
