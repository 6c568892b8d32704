//! Rows of a CSV file: read, or rejected with their line and a reason.

use anyhow::{Context, bail};
use habitue_domain::cart::{MAX_NAME, MAX_QUANTITY};
use habitue_domain::money::{Currency, parse_decimal};
use habitue_domain::points::LIMIT;
use habitue_domain::time::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;

/// Which column says what.
#[derive(Clone, Debug)]
pub struct Columns(BTreeMap<String, String>);

const FIELDS: [&str; 5] = ["customer", "placed_on", "amount", "quantity", "order"];

impl FromStr for Columns {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut columns = BTreeMap::new();
        for part in text.split(',') {
            let (field, column) =
                part.split_once('=').ok_or_else(|| format!("{part:?} is not field=column"))?;
            if !FIELDS.contains(&field) {
                return Err(format!("{field:?} is none of {}", FIELDS.join(", ")));
            }
            columns.insert(field.to_owned(), column.to_owned());
        }
        for needed in ["customer", "placed_on", "amount"] {
            if !columns.contains_key(needed) {
                return Err(format!("it does not say which column is {needed}"));
            }
        }
        Ok(Self(columns))
    }
}

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number among the data rows, from 1.
    pub number: u64,
    /// The shop's customer.
    pub customer: String,
    /// The day.
    pub placed_on: Date,
    /// Pieces.
    pub quantity: i64,
    /// What was paid, in minor units.
    pub paid: i64,
    /// The shop's order id, where there is a column.
    pub order: Option<String>,
}

/// A row that cannot be read.
#[derive(Clone, Debug)]
pub struct Bad {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
    /// What it says.
    pub cells: Vec<String>,
}

/// A file's rows.
#[derive(Debug, Default)]
pub struct Rows {
    /// Those that can be imported.
    pub good: Vec<Row>,
    /// Those that cannot.
    pub bad: Vec<Bad>,
    header: Vec<String>,
}

impl Rows {
    /// Reads a file. A missing column is an error; a bad row is set aside.
    pub fn read(file: &Path, columns: &Columns, currency: Currency) -> anyhow::Result<Self> {
        let name = file.display();
        let reader = csv::ReaderBuilder::new().flexible(true).from_path(file);
        let mut reader = reader.with_context(|| format!("cannot read {name}"))?;
        let header: Vec<String> = reader
            .byte_headers()
            .with_context(|| format!("cannot read the first row of {name}"))?
            .iter()
            .map(|cell| String::from_utf8_lossy(cell).trim_start_matches('\u{feff}').to_owned())
            .collect();
        let mut places = BTreeMap::new();
        for (field, column) in &columns.0 {
            let Some(place) = header.iter().position(|name| name == column) else {
                bail!("{name} has no column {column:?}; it has {}", header.join(", "));
            };
            places.insert(field.as_str(), place);
        }
        let mut rows = Self { header, ..Self::default() };
        let mut seen = BTreeSet::new();
        let mut number = 0_u64;
        for record in reader.byte_records() {
            number += 1;
            let record = record.with_context(|| format!("cannot read {name}"))?;
            let line = record.position().map_or(0, csv::Position::line);
            let cells = record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned());
            let cells: Vec<String> = cells.collect();
            let valid = std::str::from_utf8(record.as_slice()).is_ok();
            let whole = cells.len() == rows.header.len();
            let read = match (valid, whole) {
                (false, _) => Err("it is not UTF-8".to_owned()),
                (true, false) => {
                    Err(format!("it has {} cells, not {}", cells.len(), rows.header.len()))
                }
                (true, true) => read_row(number, &cells, &places, currency),
            };
            let read = read.and_then(|row| match row.order.clone() {
                Some(order) if !seen.insert(order.clone()) => {
                    Err(format!("order {order:?} stands in an earlier row"))
                }
                _ => Ok(row),
            });
            match read {
                Ok(row) => rows.good.push(row),
                Err(reason) => rows.bad.push(Bad { line, reason, cells }),
            }
        }
        Ok(rows)
    }

    /// How many customers the good rows name.
    pub fn customers(&self) -> usize {
        self.good.iter().map(|row| row.customer.as_str()).collect::<BTreeSet<_>>().len()
    }

    /// Writes the bad rows as CSV: line, reason, then the row as it was.
    pub fn write_rejects(&self, path: &Path) -> anyhow::Result<()> {
        let writer = csv::WriterBuilder::new().flexible(true).from_path(path);
        let mut writer = writer.with_context(|| format!("cannot write {}", path.display()))?;
        let head = ["line".to_owned(), "reason".to_owned()];
        writer.write_record(head.iter().chain(&self.header))?;
        for bad in &self.bad {
            let head = [bad.line.to_string(), bad.reason.clone()];
            writer.write_record(head.iter().chain(&bad.cells))?;
        }
        Ok(writer.flush()?)
    }
}

fn read_row(
    number: u64,
    cells: &[String],
    places: &BTreeMap<&str, usize>,
    currency: Currency,
) -> Result<Row, String> {
    let cell = |field: &str| {
        let place = places.get(field)?;
        cells.get(*place).map(|cell| cell.trim())
    };
    let named = |field: &str| match cell(field) {
        Some(text) if !text.is_empty() && text.len() <= MAX_NAME => Ok(text.to_owned()),
        _ => Err(format!("{field} is empty or longer than {MAX_NAME} bytes")),
    };
    let written = |field: &str| cell(field).unwrap_or_default();
    let placed_on = written("placed_on");
    let placed_on =
        placed_on.parse::<Date>().map_err(|reason| format!("placed_on {placed_on:?}: {reason}"))?;
    let amount = written("amount");
    let paid = parse_decimal(amount, currency.exponent())
        .filter(|paid| *paid <= LIMIT)
        .ok_or_else(|| format!("amount {amount:?} is not an amount in {currency}"))?;
    let quantity = match cell("quantity") {
        None => 1,
        Some(text) => {
            text.parse().ok().filter(|quantity| (1..=MAX_QUANTITY).contains(quantity)).ok_or_else(
                || format!("quantity {text:?} is not a number from 1 to {MAX_QUANTITY}"),
            )?
        }
    };
    let order = match cell("order") {
        None => None,
        Some(_) => Some(named("order")?),
    };
    Ok(Row { number, customer: named("customer")?, placed_on, quantity, paid, order })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Rows {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let columns = "customer=who,placed_on=day,amount=paid,quantity=n".parse().unwrap();
        Rows::read(file.path(), &columns, "USD".parse().unwrap()).unwrap()
    }

    #[test]
    fn bad_rows_are_set_aside_with_their_line_and_the_good_ones_stay() {
        let rows = read(
            "who,day,n,paid\n0001,1997-01-01,2,29.33\n,1997-01-01,1,1.00\n0002,1997-02-30,1,1.00\n\
             0003,1997-01-01,0,1.00\n0004,1997-01-01,1,1.005\n0005,1997-01-01,1\n\
             0006,1997-01-01,1,0.00\n",
        );
        let good: Vec<_> = rows.good.iter().map(|row| (row.number, row.paid)).collect();
        assert_eq!(good, [(1, 2933), (7, 0)]);
        let bad: Vec<_> = rows.bad.iter().map(|bad| bad.line).collect();
        assert_eq!(bad, [3, 4, 5, 6, 7]);
    }

    #[test]
    fn rejects_are_written_as_they_were() {
        let rows = read("who,day,n,paid\n0001,yesterday,2,29.33\n");
        let file = tempfile::NamedTempFile::new().unwrap();
        rows.write_rejects(file.path()).unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(text.starts_with("line,reason,who,day,n,paid\n2,"), "{text}");
        assert!(text.trim_end().ends_with("0001,yesterday,2,29.33"), "{text}");
    }

    #[test]
    fn a_mapping_must_name_what_is_needed_and_nothing_else() {
        assert!("customer=a,placed_on=b".parse::<Columns>().is_err());
        assert!("customer=a,placed_on=b,amount=c,colour=d".parse::<Columns>().is_err());
        assert!("customer".parse::<Columns>().is_err());
    }
}
