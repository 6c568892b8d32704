//! The only room that knows a database.
//!
//! [`Store::write`] runs one closure as one transaction, [`Store::read`] one closure on a snapshot.
//! Inside, the modules named after the concepts load facts and save verdicts; every SQL text is a
//! constant that is to run on SQLite and PostgreSQL alike (docs/adr/0002-one-sql-text.md).

pub mod authority;
pub mod coupon;
mod error;
pub mod history;
pub mod hold;
pub mod id;
pub mod idempotency;
pub mod import;
pub mod ledger;
pub mod lot;
pub mod member;
pub mod order;
pub mod program;
pub mod session;
pub mod shop;
mod sqlite;
mod tx;

pub use error::{Error, OpenError};
pub use tx::{Row, Tx, Value};

use std::sync::Arc;

/// The database behind Habitué. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    sqlite: Arc<sqlite::Sqlite>,
}

impl Store {
    /// Opens (and where needed creates or upgrades) the database at `url`: `sqlite:habitue.db`.
    ///
    /// # Errors
    /// What is wrong, with what to do: another kind of address, a folder that is not there, a
    /// database written by a newer version.
    pub fn open(url: &str) -> Result<Self, OpenError> {
        let path = url.strip_prefix("sqlite:").ok_or_else(|| OpenError::Url(url.to_owned()))?;
        if path.is_empty() {
            return Err(OpenError::Url(url.to_owned()));
        }
        Ok(Self { sqlite: Arc::new(sqlite::Sqlite::open(path)?) })
    }

    /// Runs `job` as one transaction and answers once it is on disk.
    ///
    /// The closure owns its inputs, awaits nothing but its [`Tx`], has no effect outside it, and
    /// may run again. Its error rolls everything back.
    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.sqlite.write(job).await
    }

    /// Runs `job` on a snapshot of the database; it cannot write.
    pub async fn read<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.sqlite.read(job).await
    }
}
