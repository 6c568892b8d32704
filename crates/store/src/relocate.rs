//! From one machine to several: a SQLite database moves into PostgreSQL, whole or not at all.

use crate::backup::{BackupError, alone};
use crate::postgres::{Postgres, said};
use crate::sqlite::reader;
use crate::{OpenError, Store};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::SinkExt;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::path::{Path, PathBuf};
use std::pin::pin;
use tokio::sync::mpsc;
use tokio_postgres::Transaction;

/// Every table, each after those it refers to.
pub const TABLES: [&str; 53] = [
    "program",
    "program_version",
    "shop",
    "origin",
    "api_key",
    "member",
    "profile",
    "customer",
    "session",
    "gift_card",
    "account",
    "transfer",
    "adjustment",
    "earned_action",
    "entry",
    "lot",
    "lot_move",
    "debt",
    "hold",
    "hold_lot",
    "hold_gift_card",
    "hold_use",
    "promotion_use",
    "promotion_member_use",
    "promotion_guest_use",
    "promotion_spent",
    "shop_order",
    "order_return",
    "idempotency",
    "import_run",
    "code_batch",
    "code",
    "code_use",
    "reward_claimed",
    "reward_member_claimed",
    "claim",
    "tier_change",
    "tier_reward",
    "member_card",
    "seal",
    "seal_head",
    "job",
    "asset",
    "contact",
    "consent_text",
    "consent",
    "consent_state",
    "suppression",
    "mail_link",
    "endpoint",
    "outbox",
    "newsletter",
    "refinery_schema_history",
];

/// The last one is made by the migrations, on both sides.
const KEPT: &str = "refinery_schema_history";
/// How much is sent at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// Why nothing was moved. Both databases are as they were.
#[derive(Debug, thiserror::Error)]
pub enum RelocateError {
    /// One of them cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The SQLite file cannot be had alone.
    #[error(transparent)]
    Source(#[from] BackupError),
    /// Something is in the new database already.
    #[error("the new database is not empty: {0} has rows")]
    NotEmpty(&'static str),
    /// A statement failed.
    #[error("{table}: {reason}")]
    Table {
        /// Where.
        table: &'static str,
        /// What the database says.
        reason: String,
    },
}

/// Copies the SQLite database at `from` into the empty PostgreSQL database at `to`, in one
/// transaction; answers how many rows each table has.
///
/// # Errors
/// See [`RelocateError`].
pub async fn relocate(from: &str, to: &str) -> Result<Vec<(&'static str, u64)>, RelocateError> {
    let path = from.strip_prefix("sqlite:").map(PathBuf::from).ok_or(BackupError::NotSqlite)?;
    // Both are brought to the same schema first.
    drop(Store::open(from).await?);
    alone(&path)?;
    let target = Postgres::open(to).await?;
    let failed = |reason: crate::Error| RelocateError::Table {
        table: "connection",
        reason: reason.to_string(),
    };
    let mut client = target.client().await.map_err(failed)?;
    let transaction = client.transaction().await.map_err(wrong("connection"))?;
    let tx: &Transaction<'_> = &transaction;
    let free = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0";
    tx.batch_execute(free).await.map_err(wrong("connection"))?;
    let mut moved = Vec::new();
    for table in TABLES.into_iter().filter(|table| *table != KEPT) {
        if has_rows(tx, table).await? {
            return Err(RelocateError::NotEmpty(table));
        }
        moved.push((table, copy(tx, &path, table).await?));
    }
    // Or its first statements would be planned for empty tables.
    tx.batch_execute("ANALYZE").await.map_err(wrong("connection"))?;
    transaction.commit().await.map_err(wrong("connection"))?;
    Ok(moved)
}

fn wrong(table: &'static str) -> impl FnOnce(tokio_postgres::Error) -> RelocateError {
    move |reason| RelocateError::Table { table, reason: said(&reason) }
}

async fn has_rows(tx: &Transaction<'_>, table: &'static str) -> Result<bool, RelocateError> {
    let any = tx.query_opt(&format!("SELECT 1 FROM {table} LIMIT 1"), &[]).await;
    Ok(any.map_err(wrong(table))?.is_some())
}

/// One table, read on a thread of its own and sent as it comes.
async fn copy(
    tx: &Transaction<'_>,
    path: &Path,
    table: &'static str,
) -> Result<u64, RelocateError> {
    let unread =
        |reason: rusqlite::Error| RelocateError::Table { table, reason: reason.to_string() };
    let connection = reader(&path.to_string_lossy()).map_err(unread)?;
    let columns = columns(&connection, table).map_err(unread)?.join(", ");
    let (send, mut chunks) = mpsc::channel(8);
    let select = format!("SELECT {columns} FROM {table}");
    let reading = tokio::task::spawn_blocking(move || read(&connection, &select, &send));
    let into = format!("COPY {table} ({columns}) FROM STDIN");
    let sink = tx.copy_in::<_, Bytes>(&into).await.map_err(wrong(table))?;
    let mut sink = pin!(sink);
    while let Some(chunk) = chunks.recv().await {
        sink.send(chunk).await.map_err(wrong(table))?;
    }
    let read = reading
        .await
        .map_err(|reason| RelocateError::Table { table, reason: reason.to_string() })?;
    // A table that was read in part must not be kept in part: the transaction is dropped.
    read.map_err(unread)?;
    sink.finish().await.map_err(wrong(table))
}

fn columns(connection: &Connection, table: &str) -> Result<Vec<String>, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info($1)")?;
    statement.query_map([table], |row| row.get(0))?.collect()
}

/// Reads a table as PostgreSQL's COPY takes it, a chunk at a time.
fn read(
    connection: &Connection,
    select: &str,
    chunks: &mpsc::Sender<Bytes>,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(select)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut chunk = BytesMut::with_capacity(CHUNK * 2);
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            if column > 0 {
                chunk.put_u8(b'\t');
            }
            write(&mut chunk, row.get_ref(column)?);
        }
        chunk.put_u8(b'\n');
        // Nobody to take it any more: whoever asked has failed and says so.
        if chunk.len() >= CHUNK && chunks.blocking_send(chunk.split().freeze()).is_err() {
            return Ok(());
        }
    }
    let _ = chunks.blocking_send(chunk.freeze());
    Ok(())
}

/// One value in COPY's text form: `\N` for NULL, and a backslash before what would end a value.
fn write(chunk: &mut BytesMut, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => chunk.put_slice(b"\\N"),
        ValueRef::Integer(value) => chunk.put_slice(value.to_string().as_bytes()),
        ValueRef::Text(text) => {
            for byte in text {
                match byte {
                    b'\\' => chunk.put_slice(b"\\\\"),
                    b'\n' => chunk.put_slice(b"\\n"),
                    b'\r' => chunk.put_slice(b"\\r"),
                    b'\t' => chunk.put_slice(b"\\t"),
                    byte => chunk.put_u8(*byte),
                }
            }
        }
        // There are no such columns.
        ValueRef::Real(_) | ValueRef::Blob(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: ValueRef<'_>) -> String {
        let mut chunk = BytesMut::new();
        write(&mut chunk, value);
        String::from_utf8(chunk.to_vec()).unwrap()
    }

    #[test]
    fn what_would_end_a_value_is_escaped() {
        assert_eq!(written(ValueRef::Null), "\\N");
        assert_eq!(written(ValueRef::Integer(-7)), "-7");
        assert_eq!(written(ValueRef::Text(b"a\tb\\N\r\n\xc3\xa9")), "a\\tb\\\\N\\r\\né");
    }
}
