//! Seals: what the ledger was, written down in a chain of its own (rules §5.4). A row that is
//! removed or changed after its seal is found by it.

use crate::chain::Stored;
use crate::ledger::hex;
use crate::verify::{Finding, entries_of};
use crate::{Error, Row, Tx, values};
use habitue_domain::id::{AccountId, ProgramId};
use habitue_domain::time::Timestamp;
use sha2::{Digest, Sha256};

/// The most accounts one seal covers: as much as one transaction should do.
pub const ACCOUNTS: usize = 200;

/// A seal as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// From 1, without gaps.
    pub number: i64,
    /// The hash of the seal before, empty for the first.
    pub before: String,
    /// Its own.
    pub hash: String,
    /// How many entries of the program are sealed by now.
    pub entries: i64,
    /// When it was made.
    pub sealed_at: Timestamp,
}

/// Where an account stood when it was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The account.
    pub account: String,
    /// Its last entry.
    pub seq: i64,
    /// That entry's hash.
    pub head: String,
}

impl Seal {
    /// The hash its content says, with the heads sorted by account.
    pub fn content(&self, program: ProgramId, heads: &[Head]) -> String {
        let mut hash = Sha256::new();
        let (number, entries, at) = (self.number, self.entries, self.sealed_at.micros());
        let first =
            format!("habitue seal 1\n{}\n{program}\n{number}\n{entries}\n{at}\n", self.before);
        hash.update(first.as_bytes());
        for Head { account, seq, head } in heads {
            hash.update(format!("{account} {seq} {head}\n").as_bytes());
        }
        hex(&hash.finalize())
    }
}

/// What became of an attempt to seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// Nothing has changed since the last seal.
    Nothing,
    /// So many accounts are sealed; there may be more.
    Accounts(usize),
    /// The ledger does not say what it said: nothing is sealed.
    Broken(Finding),
}

const CHANGED: &str = "SELECT program_id, id, seq, head, sealed FROM account \
     WHERE seq > sealed AND program_id >= $1 ORDER BY program_id, id LIMIT 200";

struct Changed {
    program: ProgramId,
    id: AccountId,
    seq: i64,
    head: String,
    sealed: i64,
}

fn changed(row: &Row) -> Result<Changed, Error> {
    Ok(Changed {
        program: row.parsed(0)?,
        id: row.parsed(1)?,
        seq: row.int(2)?,
        head: row.text(3)?.to_owned(),
        sealed: row.int(4)?,
    })
}

/// Seals the changed accounts of one program, at most [`ACCOUNTS`]; programs before `from` are
/// left alone.
pub async fn seal(tx: &mut Tx<'_>, from: &str, now: Timestamp) -> Result<Sealed, Error> {
    let rows = tx.rows(CHANGED, values![from]).await?;
    let mut accounts = rows.iter().map(changed).collect::<Result<Vec<_>, _>>()?;
    let Some(program) = accounts.first().map(|account| account.program) else {
        return Ok(Sealed::Nothing);
    };
    accounts.retain(|account| account.program == program);
    let last = last(tx, program).await?;
    if let Some(last) = &last
        && let Some(finding) = check(tx, program, last).await?.into_iter().next()
    {
        return Ok(Sealed::Broken(finding));
    }
    for account in &accounts {
        if let Some(finding) = grown(tx, account).await? {
            return Ok(Sealed::Broken(finding));
        }
    }
    save(tx, program, last.as_ref(), &accounts, now).await?;
    Ok(Sealed::Accounts(accounts.len()))
}

/// What is wrong with the entries that an account got since its last seal.
async fn grown(tx: &mut Tx<'_>, account: &Changed) -> Result<Option<Finding>, Error> {
    let id = account.id.to_string();
    let mut before = (account.sealed, sealed_head(tx, account).await?);
    while before.0 < account.seq {
        let entries = entries_of(tx, &id, before.0, account.seq).await?;
        let Some(last) = entries.last() else {
            let missing = before.0.saturating_add(1);
            return Ok(Some(Finding::entry(&id, missing, "it is missing")));
        };
        let next = (last.seq, last.hash.clone());
        for Stored { seq, before: said, hash, content, .. } in &entries {
            let follows = *seq == before.0.saturating_add(1) && *said == before.1;
            if !follows || content.as_ref() != Some(hash) {
                return Ok(Some(Finding::entry(&id, *seq, "it does not fit its hash")));
            }
            before = (*seq, hash.clone());
        }
        before = next;
    }
    let is_head = before.1 == account.head;
    Ok((!is_head).then(|| Finding::new("account", id, "its head is not its last entry")))
}

const ENTRY_HASH: &str = "SELECT hash FROM entry WHERE account_id = $1 AND seq = $2";

async fn sealed_head(tx: &mut Tx<'_>, account: &Changed) -> Result<String, Error> {
    if account.sealed == 0 {
        return Ok(String::new());
    }
    let row = tx.row(ENTRY_HASH, values![account.id, account.sealed]).await?;
    row.map_or(Ok("missing".to_owned()), |row| Ok(row.text(0)?.to_owned()))
}

const ADD: &str = "INSERT INTO seal (program_id, number, prev_hash, hash, entries, sealed_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
const ADD_HEAD: &str = "INSERT INTO seal_head (program_id, number, account_id, seq, head) \
     VALUES ($1, $2, $3, $4, $5)";
const MARK: &str = "UPDATE account SET sealed = $2 WHERE id = $1 AND sealed = $3";

async fn save(
    tx: &mut Tx<'_>,
    program: ProgramId,
    last: Option<&Seal>,
    accounts: &[Changed],
    now: Timestamp,
) -> Result<(), Error> {
    let grown = accounts.iter().map(|account| account.seq.saturating_sub(account.sealed));
    let head = |account: &Changed| Head {
        account: account.id.to_string(),
        seq: account.seq,
        head: account.head.clone(),
    };
    let heads: Vec<Head> = accounts.iter().map(head).collect();
    let (number, entries) = last.map_or((0, 0), |last| (last.number, last.entries));
    let mut seal = Seal {
        number: number.saturating_add(1),
        before: last.map(|last| last.hash.clone()).unwrap_or_default(),
        hash: String::new(),
        entries: grown.fold(entries, i64::saturating_add),
        sealed_at: now,
    };
    seal.hash = seal.content(program, &heads);
    let row = values![program, seal.number, &seal.before, &seal.hash, seal.entries, now];
    if tx.execute(ADD, row).await? == 0 {
        return Err(Error::Conflict);
    }
    for (account, Head { account: id, seq, head }) in accounts.iter().zip(&heads) {
        tx.execute(ADD_HEAD, values![program, seal.number, id, *seq, head]).await?;
        if tx.execute(MARK, values![account.id, *seq, account.sealed]).await? == 0 {
            return Err(Error::Conflict);
        }
    }
    Ok(())
}

const LAST: &str = "SELECT number, prev_hash, hash, entries, sealed_at FROM seal \
     WHERE program_id = $1 ORDER BY number DESC LIMIT 1";

/// The newest seal of a program.
pub async fn last(tx: &mut Tx<'_>, program: ProgramId) -> Result<Option<Seal>, Error> {
    tx.row(LAST, values![program]).await?.map(|row| read(&row)).transpose()
}

const PAGE: &str = "SELECT number, prev_hash, hash, entries, sealed_at FROM seal \
     WHERE program_id = $1 AND number > $2 ORDER BY number LIMIT 100";

/// The seals of a program after a number, oldest first, at most 100.
pub async fn page(tx: &mut Tx<'_>, program: ProgramId, after: i64) -> Result<Vec<Seal>, Error> {
    let rows = tx.rows(PAGE, values![program, after]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Seal, Error> {
    Ok(Seal {
        number: row.int(0)?,
        before: row.text(1)?.to_owned(),
        hash: row.text(2)?.to_owned(),
        entries: row.int(3)?,
        sealed_at: row.time(4)?,
    })
}

const HEADS: &str = "SELECT seal_head.account_id, seal_head.seq, seal_head.head, entry.hash, \
     account.seq FROM seal_head \
     LEFT JOIN entry ON entry.account_id = seal_head.account_id AND entry.seq = seal_head.seq \
     LEFT JOIN account ON account.id = seal_head.account_id \
     WHERE seal_head.program_id = $1 AND seal_head.number = $2 \
     ORDER BY seal_head.account_id LIMIT 1000";

/// What is wrong with a seal, and with the accounts it names.
pub async fn check(
    tx: &mut Tx<'_>,
    program: ProgramId,
    seal: &Seal,
) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let mut heads = Vec::new();
    for row in tx.rows(HEADS, values![program, seal.number]).await? {
        let head = Head {
            account: row.text(0)?.to_owned(),
            seq: row.int(1)?,
            head: row.text(2)?.to_owned(),
        };
        let by = format!("seal {} of {program} names it", seal.number);
        match (row.opt_int(4)?, row.opt_text(3)?) {
            (None, _) => {
                let reason = format!("it is missing, and {by}");
                findings.push(Finding::new("account", head.account.clone(), &reason));
            }
            (Some(_), None) => {
                let reason = format!("it is missing, and {by}");
                findings.push(Finding::entry(&head.account, head.seq, &reason));
            }
            (Some(_), Some(hash)) if hash != head.head => {
                let reason = format!("it is another one than when {by}");
                findings.push(Finding::entry(&head.account, head.seq, &reason));
            }
            _ => {}
        }
        heads.push(head);
    }
    if seal.content(program, &heads) != seal.hash {
        let row = format!("{program} number {}", seal.number);
        findings.push(Finding::new("seal", row, "its content does not fit its hash"));
    }
    Ok(findings)
}
