//! `habitue job`.

use super::Setting;
use crate::clock::Clock;
use crate::job::{self as jobs, Ran};
use anyhow::{Context, bail};
use clap::Subcommand;
use habitue_store::Tx;
use habitue_store::job;

/// Lists the jobs, and runs one at once.
#[derive(Clone, Debug, Subcommand)]
pub enum Job {
    /// Lists the jobs: when each ran, what it said, when it is due.
    List,
    /// Runs a job now, unless a server is at it.
    Run {
        /// Which one.
        name: String,
        /// Says what it would do, and does nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

impl Job {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let store = setting.store().await?;
        match self {
            Self::List => {
                let known = store.read(async |tx: &mut Tx<'_>| job::list(tx).await).await?;
                for job in jobs::Job::ALL {
                    let Some(known) = known.iter().find(|known| known.name == job.name()) else {
                        println!("{:8} never ran", job.name());
                        continue;
                    };
                    let ran = known.ran_at.map_or("never".to_owned(), |at| at.to_string());
                    let said = known.outcome.as_deref().unwrap_or_default();
                    println!("{:8} ran {ran}: {said}; due {}", known.name, known.next_at);
                }
                let ours = |name: &str| jobs::Job::ALL.iter().any(|job| job.name() == name);
                for other in known.iter().filter(|known| !ours(&known.name)) {
                    let ran = other.ran_at.map_or("never".to_owned(), |at| at.to_string());
                    let said = other.outcome.as_deref().unwrap_or_default();
                    println!("{:8} ran {ran}: {said}; runs when something is due", other.name);
                }
            }
            Self::Run { name, dry_run } => {
                let Some(job) = jobs::Job::named(&name) else {
                    let names: Vec<&str> = jobs::Job::ALL.map(jobs::Job::name).into();
                    bail!("there is no job {name:?}; there are {}", names.join(", "));
                };
                if dry_run {
                    let plan = job.plan(&store, Clock::System.now()).await;
                    let plan = plan.map_err(|error| anyhow::anyhow!(error.into_problem().title))?;
                    println!(
                        "{}",
                        plan.context("this job has no dry run: expire, notify and review do")?
                    );
                    return Ok(());
                }
                let holder = uuid::Uuid::now_v7().simple().to_string();
                let ran = jobs::run(&store, &Clock::System, job, &holder, true).await;
                match ran.map_err(|error| anyhow::anyhow!(error.into_problem().title))? {
                    Ran::Not => bail!("a server is at it; try again in a minute"),
                    Ran::Done(done) => println!("done: {done}"),
                    Ran::Stuck(why) => bail!("{why}"),
                }
            }
        }
        Ok(())
    }
}
