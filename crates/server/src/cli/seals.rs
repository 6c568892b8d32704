//! `habitue seals`: the seals outside the database, where nobody can rewrite them together.

use super::Setting;
use crate::secret::MasterKey;
use crate::verify::programs;
use anyhow::{Context, bail};
use clap::Subcommand;
use habitue_domain::id::ProgramId;
use habitue_domain::time::Timestamp;
use habitue_store::seal::{self, Seal};
use habitue_store::{Store, Tx};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Exports the seals of the ledger, signed, and holds the database against an export.
#[derive(Clone, Debug, Subcommand)]
pub enum Seals {
    /// Prints every seal as a line of JSON, signed with Ed25519.
    Export,
    /// Checks that the database still has the seals of an export.
    Check {
        /// What `habitue seals export` printed.
        file: PathBuf,
    },
}

/// A seal outside the database. The signature is over `program/number/hash`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    program: ProgramId,
    number: i64,
    hash: String,
    entries: i64,
    sealed_at: Timestamp,
    public_key: String,
    signature: String,
}

impl Signed {
    fn new(master: &MasterKey, program: ProgramId, seal: Seal) -> Self {
        let Seal { number, hash, entries, sealed_at, .. } = seal;
        let (public_key, signature) = master.sign(&format!("{program}/{number}/{hash}"));
        Self { program, number, hash, entries, sealed_at, public_key, signature }
    }
}

impl Seals {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let (store, master) = (setting.store().await?, setting.master()?);
        match self {
            Self::Export => {
                for program in programs(&store).await? {
                    let mut after = 0;
                    loop {
                        let page = page(&store, program, after).await?;
                        let Some(last) = page.last() else { break };
                        after = last.number;
                        for seal in page {
                            let signed = Signed::new(&master, program, seal);
                            println!("{}", serde_json::to_string(&signed)?);
                        }
                    }
                }
                Ok(())
            }
            Self::Check { file } => check(&store, &master, &file).await,
        }
    }
}

async fn page(store: &Store, program: ProgramId, after: i64) -> anyhow::Result<Vec<Seal>> {
    let look = async move |tx: &mut Tx<'_>| seal::page(tx, program, after).await;
    Ok(store.read(look).await?)
}

async fn check(store: &Store, master: &MasterKey, file: &Path) -> anyhow::Result<()> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut checked = 0_u64;
    for (number, line) in text.lines().enumerate() {
        let at = format!("{}, line {}", file.display(), number.saturating_add(1));
        let told: Signed = serde_json::from_str(line).with_context(|| format!("{at}: no seal"))?;
        let said = format!("{}/{}/{}", told.program, told.number, told.hash);
        if master.sign(&said) != (told.public_key.clone(), told.signature.clone()) {
            bail!("{at}: the signature is not one of this master key");
        }
        let kept = page(store, told.program, told.number.saturating_sub(1)).await?;
        let kept = kept.first().filter(|kept| kept.number == told.number);
        if kept.map(|kept| &kept.hash) != Some(&told.hash) {
            bail!(
                "{at}: the database has no such seal {} of {}. Somebody rewrote the ledger after \
                 it was exported, or this is another database",
                told.number,
                told.program
            );
        }
        checked = checked.saturating_add(1);
    }
    println!("{checked} seals are as they were exported");
    Ok(())
}
