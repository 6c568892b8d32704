//! The only room that knows a database.
//!
//! [`Store::write`] runs one closure as one transaction, [`Store::read`] one closure on a snapshot.
//! Inside, the modules named after the concepts load facts and save verdicts; every SQL text is a
//! constant that is to run on SQLite and PostgreSQL alike (docs/adr/0002-one-sql-text.md).

pub mod action;
pub mod asset;
pub mod authority;
pub mod backup;
pub mod batch;
pub mod card;
pub mod chain;
pub mod claim;
pub mod code;
pub mod consent;
pub mod contact;
pub mod coupon;
pub mod credit;
pub mod endpoint;
mod error;
pub mod expiry;
pub mod explain;
pub mod gift_card;
pub mod history;
pub mod hold;
pub mod id;
pub mod idempotency;
pub mod import;
pub mod job;
pub mod lane;
pub mod ledger;
pub mod link;
pub mod lot;
pub mod measure;
pub mod member;
mod migrations;
pub mod newsletter;
pub mod order;
pub mod outbox;
mod postgres;
pub mod program;
pub mod relocate;
pub mod seal;
pub mod session;
pub mod shop;
mod sqlite;
pub mod tier;
mod tx;
pub mod verify;

pub use error::{Error, Failure, OpenError};
pub use tx::{Row, Tx, Value};

use std::sync::Arc;

/// The database behind Habitué. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Engine>,
}

enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Store {
    /// Opens (and where needed creates or upgrades) the database at `url`: `sqlite:habitue.db` or
    /// `postgres://user@host/habitue`.
    ///
    /// # Errors
    /// What is wrong, with what to do: another kind of address, a folder that is not there, a
    /// server that does not answer, a database written by a newer version.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let engine = match url.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => {
                Engine::Sqlite(sqlite::Sqlite::open(path)?)
            }
            Some(("postgres" | "postgresql", _)) => {
                Engine::Postgres(postgres::Postgres::open(url).await?)
            }
            _ => return Err(OpenError::Url(url.to_owned())),
        };
        Ok(Self { engine: Arc::new(engine) })
    }

    /// Waits until the disk cannot be trusted any more: nothing is written from then on, and the
    /// process should end, so that whoever supervises it starts it anew.
    pub async fn broken(&self) {
        match &*self.engine {
            Engine::Sqlite(sqlite) => {
                let mut broken = sqlite.broken();
                if broken.wait_for(|broken| *broken).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
            Engine::Postgres(_) => std::future::pending().await,
        }
    }

    /// Whether [`Store::broken`] has come true.
    pub fn is_broken(&self) -> bool {
        match &*self.engine {
            Engine::Sqlite(sqlite) => *sqlite.broken().borrow(),
            Engine::Postgres(_) => false,
        }
    }

    /// Looks at every page and index of the file, where there is one; it takes as long as reading it
    /// all. PostgreSQL's own tools do that for PostgreSQL.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn check_file(&self) -> Result<(), Error> {
        const CHECK: &str = "PRAGMA integrity_check";
        if let Engine::Postgres(_) = *self.engine {
            return Ok(());
        }
        self.read(async |tx: &mut Tx<'_>| -> Result<(), Error> {
            let said = tx.row(CHECK, &[]).await?.ok_or(Error::Closed)?;
            match said.text(0)? {
                "ok" => Ok(()),
                wrong => Err(Error::Database(wrong.to_owned())),
            }
        })
        .await
    }

    /// Runs `job` as one transaction and answers once it is on disk.
    ///
    /// The closure owns its inputs, awaits nothing but its [`Tx`], has no effect outside it, and
    /// may run again. Its error rolls everything back.
    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: Failure,
    {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(job).await,
            Engine::Postgres(postgres) => postgres.write(job).await,
        }
    }

    /// Runs `job` on a snapshot of the database; it cannot write.
    pub async fn read<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: Failure,
    {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.read(job).await,
            Engine::Postgres(postgres) => postgres.read(job).await,
        }
    }

    /// As [`Store::glance`], for one statement, or several that need not see the same snapshot.
    pub async fn peek<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: Failure,
    {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.glance(job).await,
            Engine::Postgres(postgres) => postgres.peek(job).await,
        }
    }

    /// As [`Store::read`], for what looks up a few rows by their keys and nothing else: on SQLite
    /// it runs at once on the caller's thread, which must not be kept waiting.
    pub async fn glance<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: Failure,
    {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.glance(job).await,
            Engine::Postgres(postgres) => postgres.read(job).await,
        }
    }
}
