//! Copies of a SQLite database, made beside a running server and put back without one.
//!
//! PostgreSQL has its own tools for that, and they are better.

use crate::sqlite::reader;
use crate::{OpenError, migrations};
use rusqlite::{Connection, OpenFlags};
use std::fmt::Display;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Why a copy was not made or not put back. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Not a SQLite database.
    #[error("backups are for SQLite; for PostgreSQL use pg_dump --format=custom and pg_restore")]
    NotSqlite,
    /// Something lies where the copy should go.
    #[error("{} is there already; choose another name", .0.display())]
    Exists(PathBuf),
    /// The database to be replaced is there.
    #[error("{} is there already; say --replace to put the backup in its place", .0.display())]
    WouldReplace(PathBuf),
    /// Somebody works with the database to be replaced.
    #[error("{} is in use; stop the server first", .0.display())]
    InUse(PathBuf),
    /// The file is no whole database.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// A newer version wrote it.
    #[error(transparent)]
    Newer(#[from] OpenError),
    /// The files cannot be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

fn path_of(url: &str) -> Result<PathBuf, BackupError> {
    url.strip_prefix("sqlite:").map(PathBuf::from).ok_or(BackupError::NotSqlite)
}

fn file<T: Display>(path: &Path) -> impl FnOnce(T) -> BackupError {
    move |reason| BackupError::File { path: path.to_owned(), reason: reason.to_string() }
}

/// Copies the database at `url` into the new file `to`, as of one instant, and checks the copy.
///
/// # Errors
/// See [`BackupError`]; a copy that is not whole is removed.
pub fn backup(url: &str, to: &Path) -> Result<u64, BackupError> {
    let from = path_of(url)?;
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let shown = from.to_string_lossy();
    let connection = reader(&shown).map_err(file(&from))?;
    let copied = connection.execute("VACUUM INTO $1", [to.to_string_lossy()]);
    let checked = copied.map_err(file(to)).and_then(|_| check(to));
    if let Err(error) = checked {
        // What is left of a failed copy is of no use to anybody.
        drop(fs::remove_file(to));
        return Err(error);
    }
    sync(to)?;
    fs::metadata(to).map(|data| data.len()).map_err(file(to))
}

/// Puts the backup `from` in the place of the database at `url`.
///
/// # Errors
/// See [`BackupError`]. The old database is gone only once the new one is in its place.
pub fn restore(url: &str, from: &Path, replace: bool) -> Result<(), BackupError> {
    let to = path_of(url)?;
    check(from)?;
    if to.exists() {
        if !replace {
            return Err(BackupError::WouldReplace(to));
        }
        alone(&to)?;
    }
    let near = beside(&to, ".restoring");
    fs::copy(from, &near).map_err(file(&near))?;
    sync(&near)?;
    for ending in ["-wal", "-shm"] {
        let log = beside(&to, ending);
        if log.exists() {
            fs::remove_file(&log).map_err(file(&log))?;
        }
    }
    fs::rename(&near, &to).map_err(file(&to))?;
    sync(&to)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Onto the disk: the file, and its name in the folder.
fn sync(path: &Path) -> Result<(), BackupError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    for part in [path, folder] {
        File::open(part).and_then(|open| open.sync_all()).map_err(file(part))?;
    }
    Ok(())
}

/// Whether a file is a whole database of ours that this version can open.
fn check(path: &Path) -> Result<(), BackupError> {
    let damaged = |reason: String| BackupError::Damaged { path: path.to_owned(), reason };
    if !path.is_file() {
        return Err(file(path)("there is no such file"));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|reason| damaged(reason.to_string()))?;
    let said: Result<String, _> =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0));
    match said {
        Ok(said) if said == "ok" => {}
        Ok(said) => return Err(damaged(said)),
        Err(reason) => return Err(damaged(reason.to_string())),
    }
    let shown = path.to_string_lossy();
    let found = crate::sqlite::schema(&connection, &shown)?;
    if found.is_none() {
        return Err(damaged("it is no database of habitue".to_owned()));
    }
    Ok(migrations::check(&shown, found)?)
}

/// Whether nobody else has the database open: in exclusive mode even a reader is in the way.
pub(crate) fn alone(path: &Path) -> Result<(), BackupError> {
    let in_use = |_| BackupError::InUse(path.to_owned());
    let connection = Connection::open(path).map_err(file(path))?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(in_use)?;
    connection.execute_batch("BEGIN EXCLUSIVE; ROLLBACK").map_err(in_use)
}
