//! `habitue move`.

use super::Setting;
use clap::Args;
use habitue_store::relocate::relocate;
use std::time::Instant;

/// Moves a SQLite database into an empty PostgreSQL database. The server must not run.
#[derive(Clone, Debug, Args)]
pub struct Move {
    /// The new database: `postgres://user@host/habitue`. Made where it is not there yet.
    #[arg(long)]
    to: String,
}

impl Move {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let started = Instant::now();
        let moved = relocate(&setting.database, &self.to).await?;
        for (table, rows) in moved.iter().filter(|(_, rows)| *rows > 0) {
            println!("{rows:>10}  {table}");
        }
        println!(
            "moved in {:.1?}. Now set HABITUE_DATABASE to the new address, run `habitue verify`, \
             and keep the old file until you are sure",
            started.elapsed()
        );
        Ok(())
    }
}
