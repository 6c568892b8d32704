//! What the hash of an entry covers (rules §5.4): the entry before, itself, its transfer, and whose
//! account it is in. Nothing of it names a person.

use crate::ledger::hex;
use crate::{Error, Row};
use habitue_domain::time::Timestamp;
use sha2::{Digest, Sha256};

/// Everything an entry's hash is made of.
#[derive(Clone, Debug)]
pub struct Link<'a> {
    /// The hash of the entry before, empty for the first.
    pub before: &'a str,
    /// The account: id, program, unit, kind and whose it is.
    pub account: [&'a str; 5],
    /// Its place, from 1.
    pub seq: i64,
    /// Points or minor units, signed.
    pub amount: i64,
    /// The transfer: id, kind, shop, order, explanation.
    pub transfer: [&'a str; 5],
    /// The version of the program that decided it.
    pub program_version: i64,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was written down.
    pub recorded_at: Timestamp,
}

impl Link<'_> {
    /// SHA-256 as lower-case hex. Each field stands behind its length, so that no two different
    /// entries ever say the same.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        let mut say = |text: &str| {
            hash.update(text.len().to_string().as_bytes());
            hash.update(b":");
            hash.update(text.as_bytes());
        };
        say("habitue entry 1");
        say(self.before);
        self.account.iter().chain(&self.transfer).for_each(|text| say(text));
        let (occurred, recorded) = (self.occurred_at.micros(), self.recorded_at.micros());
        for number in [self.seq, self.amount, self.program_version, occurred, recorded] {
            say(&number.to_string());
        }
        hex(&hash.finalize())
    }
}

/// One entry with all that its hash covers, as `ENTRIES` of [`crate::verify`] reads it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The account's id.
    pub account: String,
    /// Its place there.
    pub seq: i64,
    /// Signed amount.
    pub amount: i64,
    /// The hash of the entry before, as it stands in the row.
    pub before: String,
    /// Its hash, as it stands in the row.
    pub hash: String,
    /// Its hash, as its content says; `None` where its transfer or its account is missing.
    pub content: Option<String>,
}

impl Stored {
    /// Reads an entry joined with its account and transfer, in this order: account id, seq, amount,
    /// prev hash, hash, transfer id, program, unit, kind of account, holder, kind, shop, order,
    /// explanation, program version, occurred at, recorded at.
    pub(crate) fn read(row: &Row) -> Result<Self, Error> {
        let (account, before) = (row.text(0)?, row.text(3)?);
        let (seq, amount) = (row.int(1)?, row.int(2)?);
        let is_whole = row.opt_text(6)?.is_some() && row.opt_text(10)?.is_some();
        let content = if is_whole {
            let link = Link {
                before,
                account: [account, row.text(6)?, row.text(7)?, row.text(8)?, row.text(9)?],
                seq,
                amount,
                transfer: [
                    row.text(5)?,
                    row.text(10)?,
                    row.text(11)?,
                    row.opt_text(12)?.unwrap_or_default(),
                    row.text(13)?,
                ],
                program_version: row.int(14)?,
                occurred_at: row.time(15)?,
                recorded_at: row.time(16)?,
            };
            Some(link.hash())
        } else {
            None
        };
        let (account, before) = (account.to_owned(), before.to_owned());
        Ok(Self { account, seq, amount, before, hash: row.text(4)?.to_owned(), content })
    }
}
