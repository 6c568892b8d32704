//! `habitue backup` and `habitue restore`.

use super::Setting;
use clap::Args;
use habitue_store::Store;
use habitue_store::backup::{backup, restore};
use std::path::PathBuf;

/// Copies the database into one file while the server runs.
#[derive(Clone, Debug, Args)]
pub struct Backup {
    /// The new file.
    to: PathBuf,
}

/// Puts a backup in the database's place, after checking it.
#[derive(Clone, Debug, Args)]
pub struct Restore {
    /// The backup.
    from: PathBuf,
    /// Also where a database is there: it is gone then. The server must not run.
    #[arg(long)]
    replace: bool,
}

impl Backup {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let (url, to) = (setting.database.clone(), self.to.clone());
        let bytes = tokio::task::spawn_blocking(move || backup(&url, &to)).await??;
        println!("{} holds {bytes} bytes, checked", self.to.display());
        Ok(())
    }
}

impl Restore {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let (url, replace) = (setting.database.clone(), self.replace);
        tokio::task::spawn_blocking(move || restore(&url, &self.from, replace)).await??;
        // Brings an older schema up to date, so that the next start has nothing to find out.
        drop(Store::open(&setting.database).await?);
        println!("restored; now run `habitue verify`");
        Ok(())
    }
}
