//! What can go wrong below the rules.

use rusqlite::ErrorCode;

/// A fault of the database; the caller's request was neither right nor wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or failed.
    #[error("database: {0}")]
    Database(String),
    /// Somebody changed the same rows meanwhile; running the job again may help.
    #[error("the rows changed meanwhile")]
    Conflict,
    /// A row does not say what it must.
    #[error("table {table}, column {column}: {reason}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The job panicked; its transaction was rolled back.
    #[error("the job panicked: {0}")]
    Panicked(String),
    /// The database is locked by somebody else for longer than a request may wait.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The database cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The connection broke, or the disk failed, while committing: it may have been done.
    #[error("it is not known whether the commit was done: {0}")]
    Uncertain(String),
    /// The writer has ended: the process is shutting down.
    #[error("the database is closed")]
    Closed,
}

impl Error {
    /// What a job that panicked leaves behind.
    pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Self::Panicked(text.unwrap_or_else(|| "without a message".to_owned()))
    }

    /// Whether running the job again may help: nothing of it was kept.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Conflict | Self::Unavailable(_))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy(error.to_string())
            }
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Database(error.to_string()),
        }
    }
}

/// What a job may fail with: its own refusals, and the faults below them.
pub trait Failure: From<Error> + Send + 'static {
    /// The fault, if it is one.
    fn fault(&self) -> Option<&Error>;
}

impl Failure for Error {
    fn fault(&self) -> Option<&Error> {
        Some(self)
    }
}

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No such kind of database.
    #[error(
        "{0:?} is not a database address; use one such as sqlite:habitue.db \
         or postgres://user@host/habitue"
    )]
    Url(String),
    /// The file cannot be opened.
    #[error("cannot open {path}: {reason}. Does its folder exist, and may this user write there?")]
    File {
        /// The file.
        path: String,
        /// What the database says.
        reason: String,
    },
    /// The server cannot be reached, or does not let us in.
    #[error("cannot use {url}: {reason}. Is PostgreSQL running there, and may this user log in?")]
    Connect {
        /// The address, without its password.
        url: String,
        /// What the server says.
        reason: String,
    },
    /// Its text does not sort by bytes.
    #[error(
        "{0} does not sort text by its bytes. Make the database so: \
         CREATE DATABASE habitue TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
    )]
    Collation(String),
    /// Written by a newer version.
    #[error(
        "{path} has schema {found}, but this version of habitue knows only up to {known}. \
         Start the newer version, or restore the backup made before the upgrade."
    )]
    NewerSchema {
        /// The file.
        path: String,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A migration failed; nothing of it was kept.
    #[error("cannot upgrade {path}: {reason}. Nothing was changed.")]
    Migration {
        /// The file.
        path: String,
        /// What the database says.
        reason: String,
    },
    /// SQLite is too old to be trusted with WAL (it must be 3.51.3 or later).
    #[error("this build carries SQLite {0}; it needs 3.51.3 or later")]
    TooOld(String),
}
