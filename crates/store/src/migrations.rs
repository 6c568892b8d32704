//! The schema's versions: the same files for both engines.

use crate::OpenError;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// What brings a schema up to date.
pub fn runner() -> refinery::Runner {
    embedded::migrations::runner()
}

/// The newest schema this build knows.
pub fn known() -> i64 {
    let runner = runner();
    let latest = runner.get_migrations().iter().map(refinery::Migration::version).max();
    latest.map_or(0, i64::from)
}

/// Refuses a database that a newer version has written.
pub fn check(path: &str, found: Option<i64>) -> Result<(), OpenError> {
    let (found, known) = (found.unwrap_or_default(), known());
    if found > known {
        return Err(OpenError::NewerSchema { path: path.to_owned(), found, known });
    }
    Ok(())
}
