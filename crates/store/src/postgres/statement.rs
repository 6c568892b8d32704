//! Statements on PostgreSQL: prepared once per connection, our values in its types.

use crate::Error;
use crate::postgres::said;
use crate::tx::{Row, Value};
use deadpool_postgres::Object;
use tokio_postgres::Statement;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

type Bind<'a> = Vec<&'a (dyn ToSql + Sync)>;

fn bind(values: &[Value]) -> Bind<'_> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// What is wanted of a statement.
#[derive(Clone, Copy)]
pub enum Wanted {
    /// It begins or ends something: it has no values and is not prepared.
    Nothing,
    Count,
    Rows,
}

/// What a statement answers.
pub enum Answer {
    Nothing,
    /// How many rows it has changed.
    Count(u64),
    Rows(Vec<tokio_postgres::Row>),
}

/// Runs a statement.
pub async fn ask(
    client: &Object,
    (sql, statement): (&str, Option<&Statement>),
    values: &[Value],
    wanted: Wanted,
) -> Result<Answer, tokio_postgres::Error> {
    let values = bind(values);
    Ok(match (wanted, statement) {
        (Wanted::Count, Some(known)) => Answer::Count(client.execute(known, &values).await?),
        (Wanted::Rows, Some(known)) => Answer::Rows(client.query(known, &values).await?),
        _ => {
            client.batch_execute(sql).await?;
            Answer::Nothing
        }
    })
}

/// A row in our values.
pub fn read(row: &tokio_postgres::Row) -> Result<Row, Error> {
    let value = |(place, column): (usize, &tokio_postgres::Column)| -> Result<Value, Error> {
        let value = match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(place)?.map(Value::Int),
            Type::INT4 => {
                row.try_get::<_, Option<i32>>(place)?.map(|value| Value::Int(value.into()))
            }
            Type::TEXT | Type::VARCHAR => row.try_get::<_, Option<String>>(place)?.map(Value::Text),
            ref other => {
                let reason = format!("column {place} is of type {other}: neither text nor integer");
                return Err(Error::Database(reason));
            }
        };
        Ok(value.unwrap_or(Value::Null))
    };
    row.columns().iter().enumerate().map(value).collect::<Result<_, Error>>().map(Row::new)
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) if *kind == Type::INT4 => i32::try_from(*value)?.to_sql(kind, out),
            Self::Int(value) => value.to_sql(kind, out),
            Self::Text(value) => value.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::INT4 | Type::TEXT | Type::VARCHAR)
    }

    to_sql_checked!();
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let text = said(&error);
        let Some(code) = error.code() else {
            return if error.is_closed() || error.as_db_error().is_none() {
                Self::Unavailable(text)
            } else {
                Self::Database(text)
            };
        };
        match *code {
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Self::Conflict,
            // The second is how a statement ends that waited in a long line for its lock.
            SqlState::LOCK_NOT_AVAILABLE | SqlState::QUERY_CANCELED => Self::Busy(text),
            SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::TOO_MANY_CONNECTIONS
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => Self::Unavailable(text),
            _ => Self::Database(text),
        }
    }
}
