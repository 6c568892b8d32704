//! [`Tx`]: one transaction, and the few types that pass through it.

use crate::{Error, postgres, sqlite};
use habitue_domain::time::Timestamp;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A value bound to a statement or read from a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// TEXT.
    Text(String),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.micros())
    }
}

impl From<habitue_domain::points::Points> for Value {
    fn from(value: habitue_domain::points::Points) -> Self {
        Self::Int(value.get())
    }
}

macro_rules! ids_as_text {
    ($($name:ident)+) => {$(
        impl From<habitue_domain::id::$name> for Value {
            fn from(id: habitue_domain::id::$name) -> Self {
                Self::Text(id.to_string())
            }
        }
    )+};
}
ids_as_text!(ProgramId ShopId MemberId AccountId TransferId LotId HoldId GiftCardId KeyId);
ids_as_text!(ContactId ConsentId LinkId MessageId NewsletterId EndpointId CodeId BatchId ClaimId);

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The values for `$1`, `$2`, … of a statement.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::Value::from($value)),*] };
}

/// One row of an answer.
#[derive(Clone, Debug)]
pub struct Row(Vec<Value>);

impl Row {
    pub(crate) const fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    fn at(&self, place: usize) -> Result<&Value, Error> {
        self.0.get(place).ok_or_else(|| Error::Database(format!("no column {place} in the row")))
    }

    /// The integer in column `place`, counted from 0.
    pub fn int(&self, place: usize) -> Result<i64, Error> {
        match self.at(place)? {
            Value::Int(value) => Ok(*value),
            other => Err(Error::Database(format!("column {place} is no integer: {other:?}"))),
        }
    }

    /// The text in column `place`.
    pub fn text(&self, place: usize) -> Result<&str, Error> {
        match self.at(place)? {
            Value::Text(value) => Ok(value),
            other => Err(Error::Database(format!("column {place} is no text: {other:?}"))),
        }
    }

    /// The integer in column `place`, or `None` for NULL.
    pub fn opt_int(&self, place: usize) -> Result<Option<i64>, Error> {
        if *self.at(place)? == Value::Null { Ok(None) } else { self.int(place).map(Some) }
    }

    /// The text in column `place`, or `None` for NULL.
    pub fn opt_text(&self, place: usize) -> Result<Option<&str>, Error> {
        if *self.at(place)? == Value::Null { Ok(None) } else { self.text(place).map(Some) }
    }

    /// The text in column `place` as what it means.
    pub fn parsed<T: FromStr<Err: Display>>(&self, place: usize) -> Result<T, Error> {
        let text = self.text(place)?;
        text.parse().map_err(|reason| Error::Database(format!("column {place}: {reason}")))
    }

    /// The text in column `place` as what it means, or `None` for NULL.
    pub fn opt_parsed<T: FromStr<Err: Display>>(&self, place: usize) -> Result<Option<T>, Error> {
        if *self.at(place)? == Value::Null { Ok(None) } else { self.parsed(place).map(Some) }
    }

    /// The instant in column `place`.
    pub fn time(&self, place: usize) -> Result<Timestamp, Error> {
        let micros = self.int(place)?;
        Timestamp::from_micros(micros)
            .ok_or_else(|| Error::Database(format!("column {place} is no instant: {micros}")))
    }

    /// The instant in column `place`, or `None` for NULL.
    pub fn opt_time(&self, place: usize) -> Result<Option<Timestamp>, Error> {
        if *self.at(place)? == Value::Null { Ok(None) } else { self.time(place).map(Some) }
    }

    /// The JSON document in column `place`.
    pub fn json<T: serde::de::DeserializeOwned>(&self, place: usize) -> Result<T, Error> {
        serde_json::from_str(self.text(place)?)
            .map_err(|reason| Error::Database(format!("column {place}: {reason}")))
    }
}

/// A document as the text that a column holds.
pub(crate) fn json<T: serde::Serialize>(document: &T) -> Result<String, Error> {
    serde_json::to_string(document).map_err(|reason| Error::Database(reason.to_string()))
}

/// One transaction (or, for reads, one snapshot).
pub enum Tx<'a> {
    /// On SQLite; its futures are always ready.
    Sqlite(&'a Mutex<&'a mut rusqlite::Connection>),
    /// On PostgreSQL.
    Postgres(&'a postgres::Session<'a>),
}

impl Tx<'_> {
    /// The same transaction several times, to ask side by side, with `try_join!`, for what does not
    /// depend on each other. On PostgreSQL it goes out together, in the order given.
    pub fn forks<const N: usize>(&self) -> [Self; N] {
        std::array::from_fn(|_| match self {
            Self::Sqlite(connection) => Self::Sqlite(connection),
            Self::Postgres(session) => Self::Postgres(session),
        })
    }

    /// Runs a statement that changes rows; answers how many.
    pub async fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, Error> {
        tracing::trace!(target: "habitue::sql", sql);
        match self {
            Self::Sqlite(connection) => sqlite::execute(&alone(connection), sql, values),
            Self::Postgres(session) => session.execute(sql, values).await,
        }
    }

    /// Runs a statement that changes rows, and that nobody needs to wait for: on PostgreSQL it goes
    /// out with the next one that somebody waits for, or at last before COMMIT.
    ///
    /// # Errors
    /// It may be the next statement, or the transaction, that fails with its fault.
    pub async fn later(&mut self, sql: &'static str, values: &[Value]) -> Result<(), Error> {
        if let Self::Postgres(session) = self {
            tracing::trace!(target: "habitue::sql", sql);
            session.later(sql, values, false).await;
            return Ok(());
        }
        self.execute(sql, values).await.map(drop)
    }

    /// As [`Tx::later`], for what must change a row.
    ///
    /// # Errors
    /// [`Error::Conflict`] where it finds none, even if the job went on: nothing of it is kept.
    pub async fn claim(&mut self, sql: &'static str, values: &[Value]) -> Result<(), Error> {
        if let Self::Postgres(session) = self {
            tracing::trace!(target: "habitue::sql", sql);
            session.later(sql, values, true).await;
            return Ok(());
        }
        match self.execute(sql, values).await? {
            0 => Err(Error::Conflict),
            _ => Ok(()),
        }
    }

    /// Runs a statement that answers rows.
    pub async fn rows(&mut self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, Error> {
        tracing::trace!(target: "habitue::sql", sql);
        match self {
            Self::Sqlite(connection) => sqlite::rows(&alone(connection), sql, values),
            Self::Postgres(session) => session.rows(sql, values).await,
        }
    }

    /// Runs a statement that answers at most one row.
    pub async fn row(&mut self, sql: &'static str, values: &[Value]) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Begins a part that can be undone by itself, without the rest of the transaction.
    pub async fn begin_part(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => Ok(sqlite::run(&alone(connection), "SAVEPOINT part")?),
            Self::Postgres(session) => session.begin_part().await,
        }
    }

    /// Ends the part that [`Tx::begin_part`] began: keeps it, or undoes it.
    pub async fn end_part(&mut self, keep: bool) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => {
                let connection = alone(connection);
                if !keep {
                    sqlite::run(&connection, "ROLLBACK TO SAVEPOINT part")?;
                }
                Ok(sqlite::run(&connection, "RELEASE SAVEPOINT part")?)
            }
            Self::Postgres(session) => session.end_part(keep).await,
        }
    }
}

/// Only one statement runs at a time, however many are asked for side by side.
fn alone<T>(connection: &Mutex<T>) -> MutexGuard<'_, T> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}
