//! What can go wrong below the rules.

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
    /// The writer has ended: the process is shutting down.
    #[error("the database is closed")]
    Closed,
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No such kind of database.
    #[error("{0:?} is not a database address; use one such as sqlite:habitue.db")]
    Url(String),
    /// The file cannot be opened.
    #[error("cannot open {path}: {reason}. Does its folder exist, and may this user write there?")]
    File {
        /// The file.
        path: String,
        /// What the database says.
        reason: String,
    },
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
