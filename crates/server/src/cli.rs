//! The command line of `habitue`.

mod backup;
mod code;
mod connect;
mod consent;
mod explain;
mod import;
mod job;
mod keys;
mod mail;
mod program;
mod quote;
mod relocate;
mod report;
mod seals;
mod serve;
mod shop;
mod tag;
mod verify;
mod webhook;

use anyhow::{Context, anyhow};
use clap::{Args, Parser, Subcommand};
use habitue_store::Store;
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::secret::MasterKey;

/// Loyalty for any online shop: one script tag, one binary.
#[derive(Debug, Parser)]
#[command(name = "habitue", version, arg_required_else_help = true)]
pub struct Cli {
    /// Where the data are kept.
    #[arg(long, global = true, env = "HABITUE_DATABASE", default_value = "sqlite:habitue.db")]
    database: String,
    /// A secret of at least 32 characters; everything secret at rest hangs on it. Keep it.
    #[arg(long, global = true, env = "HABITUE_MASTER_KEY", hide_env_values = true)]
    master_key: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers requests until it is told to stop.
    Serve(Box<serve::Serve>),
    /// Connects a shop step by step, then tests the connection and names what is missing.
    Connect(Box<connect::Connect>),
    /// Prints the script tag of a shop.
    Tag(tag::Tag),
    /// Adds and lists shops.
    #[command(subcommand)]
    Shop(shop::Shop),
    /// Makes, lists and revokes keys of a shop.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Checks and publishes the program file.
    #[command(subcommand)]
    Program(program::Program),
    /// Makes and imports codes that are issued one by one.
    #[command(subcommand)]
    Code(code::Code),
    /// Imports what happened before.
    #[command(subcommand)]
    Import(Import),
    /// Says what the program did in a span, each figure with its formula.
    Report(report::Report),
    /// Checks every entry, sum and seal of the ledger; seals what is new when all is well.
    Verify(verify::Verify),
    /// Exports the seals of the ledger, signed, and holds the database against an export.
    #[command(subcommand)]
    Seals(seals::Seals),
    /// Copies the database into one file while the server runs.
    Backup(backup::Backup),
    /// Puts a backup in the database's place, after checking it.
    Restore(backup::Restore),
    /// Moves a SQLite database into an empty PostgreSQL database.
    Move(relocate::Move),
    /// Exports who has consented to what.
    #[command(subcommand)]
    Consent(consent::Consent),
    /// Shows mail templates, sends a newsletter mail, lists what could not be sent.
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Tells other systems of consents: your own by signed webhooks, or Brevo.
    #[command(subcommand)]
    Webhook(webhook::Webhook),
    /// Lists the jobs, and runs one at once.
    #[command(subcommand)]
    Job(job::Job),
    /// Derives a member's balance: order by order, lot by lot, and all that moved.
    Explain(explain::Explain),
    /// Prices cases that come on standard input, a line each.
    Quote(quote::Quote),
    /// Prints the OpenAPI document.
    Openapi,
}

#[derive(Debug, Subcommand)]
enum Import {
    /// Imports orders from a CSV file.
    Orders(Box<import::Orders>),
}

/// Which shop a command is about.
#[derive(Clone, Debug, Args)]
struct ShopArg {
    /// The shop: `shp_…`. May be left out where there is only one.
    #[arg(long)]
    shop: Option<String>,
}

/// A program file to read.
#[derive(Clone, Debug, Args)]
struct FileArg {
    /// The program, as TOML or (ending in .json) JSON.
    file: PathBuf,
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to do.
    pub async fn run(self) -> anyhow::Result<()> {
        let setting = Setting { database: self.database, master_key: self.master_key };
        match self.command {
            Command::Serve(serve) => serve.run(&setting).await,
            Command::Connect(connect) => connect.run(&setting).await,
            Command::Tag(tag) => tag.run(&setting).await,
            Command::Shop(shop) => shop.run(&setting).await,
            Command::Keys(keys) => keys.run(&setting).await,
            Command::Program(program) => program.run(&setting).await,
            Command::Code(code) => code.run(&setting).await,
            Command::Import(Import::Orders(orders)) => orders.run(&setting).await,
            Command::Report(report) => report.run(&setting).await,
            Command::Verify(verify) => verify.run(&setting).await,
            Command::Seals(seals) => seals.run(&setting).await,
            Command::Backup(backup) => backup.run(&setting).await,
            Command::Restore(restore) => restore.run(&setting).await,
            Command::Move(relocate) => relocate.run(&setting).await,
            Command::Consent(consent) => consent.run(&setting).await,
            Command::Mail(mail) => mail.run(&setting).await,
            Command::Webhook(webhook) => webhook.run(&setting).await,
            Command::Job(job) => job.run(&setting).await,
            Command::Explain(explain) => explain.run(&setting).await,
            Command::Quote(quote) => quote.run(),
            Command::Openapi => {
                print!("{}", crate::openapi::document());
                Ok(())
            }
        }
    }
}

/// Writes to standard output. A reader that has seen enough, such as `head`, is no mistake.
fn say(text: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// What all commands share.
struct Setting {
    database: String,
    master_key: Option<String>,
}

impl Setting {
    async fn store(&self) -> anyhow::Result<Store> {
        Ok(Store::open(&self.database).await?)
    }

    fn master(&self) -> anyhow::Result<MasterKey> {
        let text = self.master_key.as_deref().context(
            "HABITUE_MASTER_KEY is not set. Make one with `openssl rand -hex 32`, keep it, \
             and set it for every command",
        )?;
        MasterKey::new(text).map_err(|reason| anyhow!(reason))
    }
}
