//! A fresh database for one test: SQLite in a temporary folder, or, where `HABITUE_TEST_POSTGRES`
//! names a server such as `postgres://postgres@127.0.0.1:5432`, a new one there.

/// Gone when dropped; on PostgreSQL with the server of the test run.
pub struct Database {
    pub url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Database {
    pub fn new() -> Self {
        if let Ok(server) = std::env::var("HABITUE_TEST_POSTGRES") {
            let url = format!("{server}/test_{}", uuid::Uuid::now_v7().simple());
            return Self { url, _folder: None };
        }
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("habitue.db").display());
        Self { url, _folder: Some(folder) }
    }
}
