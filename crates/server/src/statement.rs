//! A statement as a file: what there was, what moved, what there is.

use crate::csv::safe;
use crate::history::text;
use crate::page::text::Lang;
use crate::programs::Compiled;
use habitue_api::history::Instrument;
use habitue_api::statement::{ExplainedRow, Statement, StatementSum};
use habitue_domain::money::{Currency, Money};

/// The lines, with a head, in a language.
pub fn csv(lang: Lang, compiled: &Compiled, statement: &Statement) -> String {
    let texts = text::sentences(lang);
    let mut file = format!("{}\r\n", texts.columns.join(","));
    for sum in &statement.sums {
        file.push_str(&balance(lang, texts.opening, sum, sum.opening));
    }
    for row in &statement.rows {
        file.push_str(&line(lang, compiled, row));
    }
    for sum in &statement.sums {
        file.push_str(&balance(lang, texts.closing, sum, sum.closing));
    }
    file
}

fn balance(lang: Lang, title: &str, sum: &StatementSum, amount: i64) -> String {
    let figure = figure(lang, (sum.instrument, sum.currency), amount);
    format!(",,{},{figure},,\r\n", safe(title))
}

fn line(lang: Lang, compiled: &Compiled, row: &ExplainedRow) -> String {
    let (movement, order) = (&row.row, row.row.order.as_deref().unwrap_or_default());
    let date = compiled.day_of(movement.occurred_at).map(|date| date.to_string());
    let title = text::title(lang, movement);
    let cells = [date.as_deref().unwrap_or_default(), order, &title].map(safe);
    let currency = movement.amount.map(Money::currency);
    let moved = movement.amount.map_or(movement.points.get(), Money::minor);
    let figure = figure(lang, (movement.instrument, currency), moved);
    format!("{},{figure},{},{}\r\n", cells.join(","), row.rule, safe(&row.text))
}

/// Unit, currency and amount. A bare number is no formula, also below zero.
fn figure(lang: Lang, unit: (Instrument, Option<Currency>), amount: i64) -> String {
    let (instrument, currency) = unit;
    let exponent = currency.map_or(0, Currency::exponent);
    let whole = 10_u64.checked_pow(exponent).unwrap_or(1).max(1);
    let units = amount.unsigned_abs().checked_div(whole).unwrap_or_default();
    let rest = amount.unsigned_abs().checked_rem(whole).unwrap_or_default();
    let width = usize::try_from(exponent).unwrap_or_default();
    let part = if width > 0 { format!(".{rest:0width$}") } else { String::new() };
    let sign = if amount < 0 { "-" } else { "" };
    let code = currency.as_ref().map(Currency::code).unwrap_or_default();
    format!("{},{code},{sign}{units}{part}", safe(text::unit(lang, instrument)))
}
