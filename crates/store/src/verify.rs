//! Whether the ledger still says what it said: every hash, every sum, every seal.
//!
//! All functions read a page and say where to go on, so that a check of millions of rows never
//! holds one snapshot for long, and a running server hardly notices.

use crate::chain::Stored;
use crate::seal::{self, Seal};
use crate::{Error, Row, Tx, values};
use habitue_domain::id::ProgramId;
use std::fmt;

/// A row that does not say what it must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The table.
    pub table: &'static str,
    /// Which row.
    pub row: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Finding {
    /// A finding about a row.
    pub fn new(table: &'static str, row: impl Into<String>, reason: &str) -> Self {
        Self { table, row: row.into(), reason: reason.to_owned() }
    }

    /// A finding about an entry.
    pub fn entry(account: &str, seq: i64, reason: &str) -> Self {
        Self::new("entry", format!("{seq} of {account}"), reason)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} {}: {}", self.table, self.row, self.reason)
    }
}

const ENTRIES_OF: &str = "SELECT entry.account_id, entry.seq, entry.amount, entry.prev_hash, \
     entry.hash, entry.transfer_id, account.program_id, account.unit, account.kind, \
     COALESCE(account.member_id, account.gift_card_id), transfer.kind, transfer.shop_id, \
     transfer.order_id, transfer.explanation, transfer.program_version, transfer.occurred_at, \
     transfer.recorded_at FROM entry LEFT JOIN account ON account.id = entry.account_id \
     LEFT JOIN transfer ON transfer.id = entry.transfer_id \
     WHERE entry.account_id = $1 AND entry.seq > $2 AND entry.seq <= $3 \
     ORDER BY entry.seq LIMIT 500";

/// The entries of an account after `after` up to `until`, at most 500.
pub async fn entries_of(
    tx: &mut Tx<'_>,
    account: &str,
    after: i64,
    until: i64,
) -> Result<Vec<Stored>, Error> {
    let rows = tx.rows(ENTRIES_OF, values![account, after, until]).await?;
    rows.iter().map(Stored::read).collect()
}

const ENTRIES: &str = "SELECT entry.account_id, entry.seq, entry.amount, entry.prev_hash, \
     entry.hash, entry.transfer_id, account.program_id, account.unit, account.kind, \
     COALESCE(account.member_id, account.gift_card_id), transfer.kind, transfer.shop_id, \
     transfer.order_id, transfer.explanation, transfer.program_version, transfer.occurred_at, \
     transfer.recorded_at, account.seq, account.head, account.balance \
     FROM entry LEFT JOIN account ON account.id = entry.account_id \
     LEFT JOIN transfer ON transfer.id = entry.transfer_id \
     WHERE entry.account_id > $1 OR (entry.account_id = $1 AND entry.seq > $2) \
     ORDER BY entry.account_id, entry.seq LIMIT 1000";

/// A walk over all entries, account by account.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    at: Option<Place>,
    is_over: bool,
    /// How many accounts it has seen.
    pub accounts: u64,
    /// How many entries it has seen.
    pub entries: u64,
}

/// The entry it stands at, and what its account's row said then.
#[derive(Clone, Debug)]
struct Place {
    account: String,
    seq: i64,
    hash: String,
    sum: i64,
    says: Option<(i64, String, i64)>,
}

impl Walk {
    /// Checks the next page; `None` when there is none. What it finds is told once.
    pub async fn step(&mut self, tx: &mut Tx<'_>) -> Result<Option<Vec<Finding>>, Error> {
        if self.is_over {
            return Ok(None);
        }
        let (account, seq) =
            self.at.as_ref().map_or((String::new(), 0), |at| (at.account.clone(), at.seq));
        let rows = tx.rows(ENTRIES, values![&account, seq]).await?;
        let mut findings = Vec::new();
        if rows.is_empty() {
            self.is_over = true;
            findings.extend(self.at.take().and_then(Place::ended));
            return Ok(Some(findings));
        }
        for row in &rows {
            self.enter(&Stored::read(row)?, row, &mut findings)?;
        }
        Ok(Some(findings))
    }

    fn enter(
        &mut self,
        entry: &Stored,
        row: &Row,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Error> {
        let is_new = self.at.as_ref().is_none_or(|at| at.account != entry.account);
        if is_new {
            findings.extend(self.at.take().and_then(Place::ended));
            self.accounts = self.accounts.saturating_add(1);
        }
        self.entries = self.entries.saturating_add(1);
        let (seq, hash, sum) =
            self.at.take().map_or((0, String::new(), 0), |at| (at.seq, at.hash, at.sum));
        let found = |reason| Finding::entry(&entry.account, entry.seq, reason);
        match &entry.content {
            _ if entry.seq != seq.saturating_add(1) => {
                let missing = seq.saturating_add(1);
                findings.push(Finding::entry(&entry.account, missing, "it is missing"));
            }
            _ if entry.before != hash => findings.push(found("it does not follow the one before")),
            None => findings.push(found("its transfer or its account is missing")),
            Some(content) if *content != entry.hash => {
                findings.push(found("its content does not fit its hash"));
            }
            Some(_) => {}
        }
        let says = match row.opt_int(17)? {
            Some(seq) => Some((seq, row.text(18)?.to_owned(), row.int(19)?)),
            None => None,
        };
        self.at = Some(Place {
            account: entry.account.clone(),
            seq: entry.seq,
            hash: entry.hash.clone(),
            sum: sum.saturating_add(entry.amount),
            says,
        });
        Ok(())
    }
}

impl Place {
    /// What is wrong with the account whose last entry this is.
    fn ended(self) -> Option<Finding> {
        let Some((seq, head, balance)) = self.says else {
            return Some(Finding::new(
                "account",
                self.account,
                "it is missing, its entries are not",
            ));
        };
        let reason = if seq > self.seq {
            let missing = self.seq.saturating_add(1);
            return Some(Finding::entry(&self.account, missing, "it is missing"));
        } else if seq != self.seq || head != self.hash {
            "its head is not its last entry"
        } else if balance != self.sum {
            "its balance is not the sum of its entries"
        } else {
            return None;
        };
        Some(Finding::new("account", self.account, reason))
    }
}

const HOLLOW: &str = "SELECT account.id, account.seq FROM account \
     WHERE account.id > $1 AND account.seq > 0 AND NOT EXISTS ( \
     SELECT 1 FROM entry WHERE entry.account_id = account.id) ORDER BY account.id LIMIT 100";

/// Accounts that say they have entries and have none, after an id, at most 100.
pub async fn hollow(tx: &mut Tx<'_>, after: &str) -> Result<Vec<Finding>, Error> {
    let rows = tx.rows(HOLLOW, values![after]).await?;
    let read = |row: &Row| Ok(Finding::new("account", row.text(0)?, "all its entries are missing"));
    rows.iter().map(read).collect()
}

const UNBALANCED: &str = "SELECT transfer.id, COUNT(entry.seq), \
     COALESCE(CAST(SUM(entry.amount) AS BIGINT), 0), \
     COALESCE(MAX(entry.amount), 0), transfer.points, \
     COUNT(CASE WHEN account.unit = transfer.unit \
     AND account.program_id = transfer.program_id THEN 1 END) \
     FROM transfer LEFT JOIN entry ON entry.transfer_id = transfer.id \
     LEFT JOIN account ON account.id = entry.account_id \
     WHERE transfer.id > $1 GROUP BY transfer.id, transfer.points \
     ORDER BY transfer.id LIMIT 1000";

/// Transfers after an id, at most 1,000: how many were read, the last one's id, and those whose
/// two entries do not sum to zero.
pub async fn transfers(
    tx: &mut Tx<'_>,
    after: &str,
) -> Result<(u64, Option<String>, Vec<Finding>), Error> {
    let rows = tx.rows(UNBALANCED, values![after]).await?;
    let mut findings = Vec::new();
    for row in &rows {
        let (legs, sum, most) = (row.int(1)?, row.int(2)?, row.int(3)?);
        let reason = if legs != 2 {
            format!("it has {legs} entries instead of 2: the account of another one is missing")
        } else if sum != 0 || most != row.int(4)? || row.int(5)? != 2 {
            "its entries do not balance in its unit".to_owned()
        } else {
            continue;
        };
        findings.push(Finding::new("transfer", row.text(0)?, &reason));
    }
    let last = rows.last().map(|row| row.text(0).map(str::to_owned)).transpose()?;
    Ok((u64::try_from(rows.len()).unwrap_or(u64::MAX), last, findings))
}

const LOTS: &str = "SELECT lot.id, lot.opened, lot.remaining, \
     COALESCE(CAST(SUM(lot_move.points) AS BIGINT), 0) \
     FROM lot LEFT JOIN lot_move ON lot_move.lot_id = lot.id WHERE lot.id > $1 \
     GROUP BY lot.id, lot.opened, lot.remaining ORDER BY lot.id LIMIT 1000";

/// Lots after an id, at most 1,000: the last one's id, and those that hold something else than
/// what was put in and taken out.
pub async fn lots(tx: &mut Tx<'_>, after: &str) -> Result<(Option<String>, Vec<Finding>), Error> {
    let rows = tx.rows(LOTS, values![after]).await?;
    let mut findings = Vec::new();
    for row in &rows {
        if row.int(1)?.saturating_add(row.int(3)?) != row.int(2)? {
            let reason = "what remains is not what was opened and moved";
            findings.push(Finding::new("lot", row.text(0)?, reason));
        }
    }
    let last = rows.last().map(|row| row.text(0).map(str::to_owned)).transpose()?;
    Ok((last, findings))
}

const BALANCES: &str = "SELECT account.id, account.balance, \
     COALESCE(CAST((SELECT SUM(lot.remaining) FROM lot WHERE lot.account_id = account.id) \
     AS BIGINT), 0), \
     COALESCE((SELECT debt.points FROM debt WHERE debt.account_id = account.id), 0) \
     FROM account WHERE account.id > $1 AND account.kind = 'member' \
     ORDER BY account.id LIMIT 1000";

/// Members' accounts after an id, at most 1,000: the last one's id, and those whose balance is not
/// open lots less debt.
pub async fn balances(
    tx: &mut Tx<'_>,
    after: &str,
) -> Result<(Option<String>, Vec<Finding>), Error> {
    let rows = tx.rows(BALANCES, values![after]).await?;
    let mut findings = Vec::new();
    for row in &rows {
        if row.int(2)?.saturating_sub(row.int(3)?) != row.int(1)? {
            let reason = "its balance is not its open lots less its debt";
            findings.push(Finding::new("account", row.text(0)?, reason));
        }
    }
    let last = rows.last().map(|row| row.text(0).map(str::to_owned)).transpose()?;
    Ok((last, findings))
}

/// The next page of a program's seals after `last`: its last one, and what is wrong.
pub async fn seals(
    tx: &mut Tx<'_>,
    program: ProgramId,
    last: Option<&Seal>,
) -> Result<(Option<Seal>, Vec<Finding>), Error> {
    let after = last.map_or(0, |seal| seal.number);
    let mut before = last.cloned();
    let mut findings = Vec::new();
    let page = seal::page(tx, program, after).await?;
    for seal in &page {
        let expected =
            before.as_ref().map_or((1, ""), |at| (at.number.saturating_add(1), at.hash.as_str()));
        if (seal.number, seal.before.as_str()) != expected {
            let row = format!("{program} number {}", expected.0);
            findings.push(Finding::new("seal", row, "it is missing or does not follow"));
        }
        findings.extend(seal::check(tx, program, seal).await?);
        before = Some(seal.clone());
    }
    Ok((page.last().cloned(), findings))
}

const SEALED: &str = "SELECT COALESCE(CAST(SUM(sealed) AS BIGINT), 0) FROM account \
     WHERE program_id = $1";

/// Whether as many entries are sealed as the newest seal says.
pub async fn sealed_count(tx: &mut Tx<'_>, program: ProgramId) -> Result<Option<Finding>, Error> {
    let row = tx.row(SEALED, values![program]).await?.ok_or(Error::Conflict)?;
    let last = seal::last(tx, program).await?.map_or(0, |seal| seal.entries);
    let reason = format!("its seals cover {last} entries, its accounts say {}", row.int(0)?);
    Ok((row.int(0)? != last).then(|| Finding::new("program", program.to_string(), &reason)))
}

const PROGRAMS: &str = "SELECT id FROM program WHERE id > $1 ORDER BY id LIMIT 100";

/// Programs after an id, at most 100.
pub async fn programs(tx: &mut Tx<'_>, after: &str) -> Result<Vec<ProgramId>, Error> {
    let rows = tx.rows(PROGRAMS, values![after]).await?;
    rows.iter().map(|row| row.parsed(0)).collect()
}
