//! Whom one may log in as: the customers of the sample file, with made-up names.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

/// A customer of the file. Only the number and the orders are real.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The number in the file, with its leading zeros.
    pub id: String,
    /// How many orders they placed.
    pub orders: u32,
    /// What they paid in all, in cents.
    pub cents: u64,
    /// What they paid in the last year of the file.
    pub cents_last_year: u64,
    /// What they paid in its last 14 days: points of these are still pending.
    pub cents_last_fortnight: u64,
}

const GIVEN: [&str; 41] = [
    "Ada", "Amir", "Anouk", "Bea", "Bruno", "Camille", "Chidi", "Clara", "Dalia", "Emil", "Esther",
    "Farah", "Felix", "Greta", "Hana", "Henri", "Ines", "Ivo", "Jonas", "June", "Kofi", "Lena",
    "Leo", "Lucia", "Malik", "Mara", "Mina", "Nadia", "Noé", "Nora", "Omar", "Otis", "Paula",
    "Rafael", "Rosa", "Sami", "Selma", "Theo", "Uma", "Viola", "Yara",
];

const FAMILY: [&str; 43] = [
    "Abel",
    "Adler",
    "Amadi",
    "Arden",
    "Baptiste",
    "Becker",
    "Bell",
    "Castel",
    "Corbin",
    "Dahl",
    "Diaz",
    "Eklund",
    "Farrow",
    "Fontaine",
    "Garnier",
    "Hale",
    "Haddad",
    "Ito",
    "Jansen",
    "Keller",
    "Kowal",
    "Lambert",
    "Lindqvist",
    "Marchetti",
    "Mbeki",
    "Mercer",
    "Moreau",
    "Nakamura",
    "Novak",
    "Okafor",
    "Pereira",
    "Quinn",
    "Reyes",
    "Rossi",
    "Sato",
    "Silva",
    "Tanner",
    "Ueda",
    "Vidal",
    "Weber",
    "Winter",
    "Yilmaz",
    "Zeller",
];

impl Customer {
    /// A made-up given name, always the same for the same number.
    pub fn given_name(&self) -> &'static str {
        GIVEN[self.number() * 7 % GIVEN.len()]
    }

    /// A made-up family name. 41 × 43 pairs: few customers share both.
    pub fn family_name(&self) -> &'static str {
        FAMILY[self.number() * 11 % FAMILY.len()]
    }

    /// A mail address that belongs to nobody (RFC 2606).
    pub fn email(&self) -> String {
        let name = format!("{}.{}", self.given_name(), self.family_name());
        let name = name.to_lowercase().replace('é', "e");
        format!("{name}.{}@example.org", self.id)
    }

    /// Whether the demo's import made a member of them (`--enrol 'orders>=2'`).
    pub const fn is_member(&self) -> bool {
        self.orders >= 2
    }

    /// Whether there is most to see: a member with pending points, close below the highest tier.
    const fn is_telling(&self) -> bool {
        let halfway = self.cents_last_year >= 14_000 && self.cents_last_year <= 26_000;
        halfway && self.cents_last_fortnight > 0 && self.orders >= 4
    }

    fn number(&self) -> usize {
        self.id.parse().unwrap_or_default()
    }
}

/// The customers by number, and the dozen on the login page.
#[derive(Debug)]
pub struct Customers {
    all: BTreeMap<String, Customer>,
    /// Members who came back, the recommended one first.
    pub regulars: Vec<Customer>,
    /// One order so far: they may join.
    pub newcomers: Vec<Customer>,
    /// Twenty orders and more.
    pub collectors: Vec<Customer>,
}

impl Customers {
    /// Reads the sample: `customer_id,master_id,ordered_on,quantity,amount_usd`.
    ///
    /// # Errors
    /// Names the first line that cannot be read.
    pub fn read(csv: &str) -> Result<Self> {
        let rows = csv.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty());
        let rows = rows
            .map(|(place, line)| {
                row(line).with_context(|| format!("line {} of the sample: {line}", place + 1))
            })
            .collect::<Result<Vec<Row<'_>>>>()?;
        let newest = rows.iter().map(|row| row.day).max().context("the sample holds no order")?;
        let mut all = BTreeMap::<String, Customer>::new();
        for row in rows {
            let customer = all.entry(row.customer.to_owned()).or_insert_with(|| Customer {
                id: row.customer.to_owned(),
                orders: 0,
                cents: 0,
                cents_last_year: 0,
                cents_last_fortnight: 0,
            });
            let age = newest.since(row.day).map_or(i32::MAX, |age| age.get_days());
            customer.orders += 1;
            customer.cents += row.cents;
            customer.cents_last_year += if age < 365 { row.cents } else { 0 };
            customer.cents_last_fortnight += if age < 14 { row.cents } else { 0 };
        }
        Ok(Self::pick(all))
    }

    /// Chooses the dozen by what is in the file alone, so that every demo shows the same.
    fn pick(all: BTreeMap<String, Customer>) -> Self {
        let list = |wanted: &dyn Fn(&Customer) -> bool| -> Vec<Customer> {
            all.values().filter(|customer| wanted(customer)).cloned().collect()
        };
        let mut telling = list(&Customer::is_telling);
        telling.sort_by_key(|customer| std::cmp::Reverse(customer.cents_last_year));
        let recent = |customer: &Customer| customer.cents_last_year > 3_000;
        let others = list(&|one| (2..=9).contains(&one.orders) && recent(one));
        let first = telling.into_iter().next();
        let others = spaced(&others, 5).filter(|one| Some(one) != first.as_ref());
        let regulars = first.clone().into_iter().chain(others.take(4)).collect();
        Self {
            regulars,
            newcomers: spaced(&list(&|one| one.orders == 1), 4).collect(),
            collectors: spaced(&list(&|one| one.orders >= 20 && recent(one)), 3).collect(),
            all,
        }
    }

    /// The customer with this number.
    pub fn get(&self, id: &str) -> Option<&Customer> {
        self.all.get(id)
    }

    /// The one to log in as first.
    pub fn recommended(&self) -> Option<&Customer> {
        self.regulars.first()
    }
}

/// `count` of them, spread evenly over the list.
fn spaced(list: &[Customer], count: usize) -> impl Iterator<Item = Customer> {
    let step = (list.len() / count.max(1)).max(1);
    list.iter().step_by(step).take(count).cloned().collect::<Vec<_>>().into_iter()
}

/// One order of the file.
struct Row<'a> {
    customer: &'a str,
    day: jiff::civil::Date,
    cents: u64,
}

fn row(line: &str) -> Option<Row<'_>> {
    let mut columns = line.trim_end().split(',');
    let (customer, day) = (columns.next()?, columns.nth(1)?);
    let (whole, cents) = columns.nth(1)?.split_once('.')?;
    let (whole, cents) = (whole.parse::<u64>().ok()?, cents.parse::<u64>().ok()?);
    Some(Row { customer, day: day.parse().ok()?, cents: whole * 100 + cents })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Customers {
        Customers::read(include_str!("../data/cdnow_sample.csv")).unwrap()
    }

    #[test]
    fn the_sample_has_its_customers_and_half_of_them_came_back() {
        let customers = sample();
        assert_eq!(customers.all.len(), 2_357);
        let members = customers.all.values().filter(|customer| customer.is_member());
        assert_eq!(members.count(), 1_152);
    }

    #[test]
    fn a_dozen_of_each_kind_is_offered_and_always_the_same() {
        let (first, again) = (sample(), sample());
        assert_eq!(first.regulars, again.regulars);
        assert_eq!(
            (first.regulars.len(), first.newcomers.len(), first.collectors.len()),
            (5, 4, 3)
        );
        assert!(first.regulars.iter().all(Customer::is_member));
        assert!(!first.newcomers.iter().any(Customer::is_member));
        let recommended = first.recommended().unwrap();
        assert_eq!(recommended.id, "0529");
        assert!(recommended.is_telling());
    }

    #[test]
    fn names_and_mails_are_made_from_the_number_alone() {
        let customers = sample();
        let one = customers.get("0004").unwrap();
        assert_eq!((one.given_name(), one.family_name()), (GIVEN[28], FAMILY[1]));
        assert_eq!(one.email(), "noe.adler.0004@example.org");
        assert!(customers.all.values().all(|one| one.email().is_ascii()));
        assert!(customers.get("9999").is_none());
    }

    #[test]
    fn a_broken_line_is_named() {
        let text = "customer_id,master_id,ordered_on,quantity,amount_usd\n0001,1,1997-01-01,2,x\n";
        assert!(Customers::read(text).unwrap_err().to_string().starts_with("line 2"));
    }
}
