//! [`Tx`]: one transaction, and the few types that pass through it.

use crate::Error;
use habitue_domain::time::Timestamp;
use rusqlite::types::ValueRef;
use std::fmt::Display;
use std::str::FromStr;

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
ids_as_text!(ProgramId ShopId MemberId AccountId TransferId LotId HoldId KeyId);

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
    Sqlite(&'a mut rusqlite::Connection),
}

#[expect(clippy::unused_async, reason = "on SQLite every answer is there at once")]
impl Tx<'_> {
    /// Runs a statement that changes rows; answers how many.
    pub async fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, Error> {
        let Tx::Sqlite(connection) = self;
        let mut statement = connection.prepare_cached(sql)?;
        bind(&mut statement, values)?;
        Ok(u64::try_from(statement.raw_execute()?).unwrap_or_default())
    }

    /// Runs a statement that answers rows.
    pub async fn rows(&mut self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, Error> {
        let Tx::Sqlite(connection) = self;
        let mut statement = connection.prepare_cached(sql)?;
        bind(&mut statement, values)?;
        let columns = statement.column_count();
        let mut answer = statement.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = answer.next()? {
            let read = |place| match row.get_ref(place)? {
                ValueRef::Null => Ok(Value::Null),
                ValueRef::Integer(value) => Ok(Value::Int(value)),
                ValueRef::Text(bytes) => Ok(Value::Text(String::from_utf8_lossy(bytes).into())),
                _ => Err(Error::Database(format!("column {place} is neither text nor integer"))),
            };
            rows.push(Row((0..columns).map(read).collect::<Result<_, Error>>()?));
        }
        Ok(rows)
    }

    /// Runs a statement that answers at most one row.
    pub async fn row(&mut self, sql: &'static str, values: &[Value]) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }
}

/// Binds `$1`, `$2`, … by name: SQLite numbers them by first appearance, not by their number.
fn bind(statement: &mut rusqlite::Statement<'_>, values: &[Value]) -> Result<(), Error> {
    const NAMES: [&str; 20] = [
        "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14",
        "$15", "$16", "$17", "$18", "$19", "$20",
    ];
    if statement.parameter_count() != values.len() || values.len() > NAMES.len() {
        let (takes, given) = (statement.parameter_count(), values.len());
        return Err(Error::Database(format!("the statement takes {takes} values, not {given}")));
    }
    for (name, value) in NAMES.iter().zip(values) {
        let place = statement
            .parameter_index(name)?
            .ok_or_else(|| Error::Database(format!("the statement has no {name}")))?;
        match value {
            Value::Null => statement.raw_bind_parameter(place, rusqlite::types::Null)?,
            Value::Int(value) => statement.raw_bind_parameter(place, value)?,
            Value::Text(value) => statement.raw_bind_parameter(place, value)?,
        }
    }
    Ok(())
}

impl Tx<'_> {
    /// Runs `job` so that its error undoes only what it did itself.
    pub async fn nested<T, E: From<Error>>(
        &mut self,
        job: impl AsyncFnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<Result<T, E>, Error> {
        self.execute("SAVEPOINT nested", &[]).await?;
        let done = job(self).await;
        if done.is_err() {
            self.execute("ROLLBACK TO SAVEPOINT nested", &[]).await?;
        }
        self.execute("RELEASE SAVEPOINT nested", &[]).await?;
        Ok(done)
    }
}
