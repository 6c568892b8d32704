//! Statements on SQLite: bound by name, answered at once.

use crate::tx::{Row, Value};
use crate::{Error, OpenError};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

/// Runs a statement that changes rows; answers how many.
pub fn execute(connection: &Connection, sql: &str, values: &[Value]) -> Result<u64, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, values)?;
    Ok(u64::try_from(statement.raw_execute()?).unwrap_or_default())
}

/// Runs a statement that answers rows.
pub fn rows(connection: &Connection, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
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
        rows.push(Row::new((0..columns).map(read).collect::<Result<_, Error>>()?));
    }
    Ok(rows)
}

/// Binds `$1`, `$2`, … by name: SQLite numbers them by first appearance, not by their number.
fn bind(statement: &mut Statement<'_>, values: &[Value]) -> Result<(), Error> {
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

/// The schema of a database, `None` where it has none yet.
pub fn schema(connection: &Connection, path: &str) -> Result<Option<i64>, OpenError> {
    const HAS: &str = "SELECT name FROM sqlite_master WHERE name = 'refinery_schema_history'";
    const LATEST: &str = "SELECT MAX(version) FROM refinery_schema_history";
    let failed = |reason: rusqlite::Error| OpenError::Migration {
        path: path.to_owned(),
        reason: reason.to_string(),
    };
    let has = connection.prepare(HAS).and_then(|mut statement| statement.exists([]));
    if !has.map_err(failed)? {
        return Ok(None);
    }
    connection.query_row(LATEST, [], |row| row.get(0)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lot::HOLDINGS;
    use crate::sqlite::keep_statements;
    use crate::values;
    use rusqlite::StatementStatus;

    /// A partial index may serve the statement asked for here.
    #[test]
    fn a_statement_is_prepared_once_whatever_is_bound_to_it() {
        let connection = Connection::open_in_memory().unwrap();
        keep_statements(&connection).unwrap();
        connection.execute_batch(include_str!("../../migrations/V1__line.sql")).unwrap();
        for n in 0..10 {
            let member = format!("mem_{n}");
            rows(&connection, HOLDINGS, values![&member, n, "hld_x"]).unwrap();
        }
        let statement = connection.prepare_cached(HOLDINGS).unwrap();
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        assert_eq!(statement.get_status(StatementStatus::Run), 10);
    }
}
