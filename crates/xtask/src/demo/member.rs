//! Whom to log in as: somebody with enough behind them that there is something to see.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

use super::setup::ORDERS;
use crate::project;

/// A customer of the sample and what they did in its last year.
#[derive(Debug, PartialEq, Eq)]
pub struct Regular {
    /// As in the file, with its leading zeros.
    pub customer: String,
    /// Orders in the year before the newest order of all.
    pub orders: u32,
    /// What they paid for these.
    pub cents: u64,
}

/// The customer who spent most in the last year of the sample.
pub fn best() -> Result<Regular> {
    let text = fs::read_to_string(project::at(ORDERS)).with_context(|| ORDERS.to_owned())?;
    best_of(&text).with_context(|| format!("{ORDERS} holds no order"))
}

fn best_of(text: &str) -> Option<Regular> {
    let orders = || text.lines().skip(1).filter_map(order);
    let newest = orders().map(|(_, date, _)| date).max()?;
    let since = year_before(newest)?;
    let mut customers = BTreeMap::<&str, (u64, u32)>::new();
    for (customer, _, cents) in orders().filter(|(_, date, _)| *date > since.as_str()) {
        let sums = customers.entry(customer).or_default();
        *sums = (sums.0 + cents, sums.1 + 1);
    }
    let best = customers.into_iter().max_by_key(|(_, sums)| *sums);
    best.map(|(customer, (cents, orders))| Regular {
        customer: customer.to_owned(),
        orders,
        cents,
    })
}

/// `0001,00004,1997-01-18,2,29.73` → who, when, how many cents.
fn order(line: &str) -> Option<(&str, &str, u64)> {
    let mut columns = line.split(',');
    let (customer, date) = (columns.next()?, columns.nth(1)?);
    let cents = columns.nth(1)?.trim().replace('.', "").parse().ok()?;
    Some((customer, date, cents))
}

/// Dates compare as text; only the year has to be counted.
fn year_before(date: &str) -> Option<String> {
    let (year, rest) = date.split_once('-')?;
    let year: u32 = year.parse().ok()?;
    Some(format!("{:04}-{rest}", year.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_year_counts() {
        let text = "customer_id,master_id,ordered_on,quantity,amount_usd\n\
                    0001,1,1997-06-30,9,999.00\n\
                    0002,2,1997-07-01,1,10.00\n\
                    0002,2,1998-02-01,1,20.50\n\
                    0003,3,1998-06-30,1,30.00\n";
        let best = best_of(text).unwrap();
        assert_eq!(
            best,
            Regular {
                customer: "0002".to_owned(),
                orders: 2,
                cents: 3_050
            }
        );
    }

    #[test]
    fn an_empty_file_has_no_best() {
        assert_eq!(
            best_of("customer_id,master_id,ordered_on,quantity,amount_usd\n"),
            None
        );
    }
}
