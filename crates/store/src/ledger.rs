//! The journal: transfers of two entries, each in its account's hash chain. Append-only.

use crate::chain::Link;
use crate::{Error, Row, Tx, id, values};
use habitue_domain::id::{AccountId, ProgramId, ShopId, TransferId};
use habitue_domain::ledger::{AccountKind, Holder, TransferKind, Unit, legs};
use habitue_domain::points::Points;
use habitue_domain::rate::Rate;
use habitue_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Why a transfer is what it is, in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// What was paid for the goods kept, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_minor: Option<i64>,
    /// Its currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<habitue_domain::money::Currency>,
    /// The tier's multiplier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<Rate>,
    /// From when on what was earned may be spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_from: Option<Timestamp>,
    /// The share of what was paid that is given as credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Rate>,
    /// The reward it was spent on, or came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward: Option<String>,
    /// The action that earned, where no order did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The tier whose entry gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
}

/// A transfer to be booked.
#[derive(Clone, Debug)]
pub struct NewTransfer<'a> {
    /// The program.
    pub program: ProgramId,
    /// The shop it comes from.
    pub shop: ShopId,
    /// Whose it is.
    pub holder: Holder,
    /// What moves.
    pub unit: Unit,
    /// Why.
    pub kind: TransferKind,
    /// How much of the unit, above zero.
    pub amount: Points,
    /// The shop's order.
    pub order: Option<&'a str>,
    /// The version of the program that decided it.
    pub program_version: i64,
    /// The figures behind it.
    pub explanation: Explanation,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it is written down.
    pub recorded_at: Timestamp,
}

/// What was booked.
#[derive(Clone, Copy, Debug)]
pub struct Booked {
    /// The transfer.
    pub transfer: TransferId,
    /// The holder's account.
    pub account: AccountId,
}

const TRANSFER: &str = "INSERT INTO transfer (id, program_id, shop_id, unit, kind, points, \
     order_id, program_version, explanation, occurred_at, recorded_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// Books a transfer: two entries that sum to zero, each chained to its account's last one.
pub async fn book(tx: &mut Tx<'_>, new: &NewTransfer<'_>) -> Result<Booked, Error> {
    let transfer = id::transfer();
    let unit = new.unit.to_string();
    let explanation = crate::tx::json(&new.explanation)?;
    let row = values![
        transfer,
        new.program,
        new.shop,
        &unit,
        new.kind.word(),
        new.amount,
        new.order,
        new.program_version,
        &explanation,
        new.occurred_at,
        new.recorded_at
    ];
    tx.later(TRANSFER, row).await?;
    let [own, counter] = legs(new.kind, new.holder, new.amount);
    let [mut one, mut other] = tx.forks();
    let (owns, counters) = tokio::try_join!(
        account(&mut one, new, &unit, own.account),
        account(&mut other, new, &unit, counter.account)
    )?;
    append(tx, &owns, transfer, own.amount, new, &explanation).await?;
    append(tx, &counters, transfer, counter.amount, new, &explanation).await?;
    Ok(Booked { transfer, account: owns.id })
}

const OPEN: &str = "INSERT INTO account (id, program_id, unit, kind, member_id, gift_card_id, \
     seq, head, balance) VALUES ($1, $2, $3, $4, $5, $6, 0, '', 0) ON CONFLICT DO NOTHING";
const FIND: &str = "SELECT id, seq, head FROM account \
     WHERE program_id = $1 AND unit = $2 AND kind = $3 AND member_id = $4";
const FIND_OF_CARD: &str = "SELECT id, seq, head FROM account \
     WHERE gift_card_id = $1 AND kind = $2";

/// The account of a kind that belongs to the transfer's holder, opened where there is none yet.
async fn account<'a>(
    tx: &mut Tx<'_>,
    new: &NewTransfer<'_>,
    unit: &'a str,
    kind: AccountKind,
) -> Result<Account<'a>, Error> {
    let mut found = find(tx, new, unit, kind).await?;
    if found.is_none() {
        let (member, card) = match new.holder {
            Holder::Member(member) => (Some(member), None),
            Holder::Card(card) => (None, Some(card)),
        };
        let row = values![id::account(), new.program, unit, kind.word(), member, card];
        tx.later(OPEN, row).await?;
        found = find(tx, new, unit, kind).await?;
    }
    let row = found.ok_or(Error::Conflict)?;
    Ok(Account { id: row.parsed(0)?, unit, kind, seq: row.int(1)?, head: row.text(2)?.to_owned() })
}

async fn find(
    tx: &mut Tx<'_>,
    new: &NewTransfer<'_>,
    unit: &str,
    kind: AccountKind,
) -> Result<Option<Row>, Error> {
    match new.holder {
        Holder::Member(member) => {
            tx.row(FIND, values![new.program, unit, kind.word(), member]).await
        }
        Holder::Card(card) => tx.row(FIND_OF_CARD, values![card, kind.word()]).await,
    }
}

const APPEND: &str = "INSERT INTO entry (account_id, seq, transfer_id, amount, prev_hash, hash) \
     VALUES ($1, $2, $3, $4, $5, $6)";
const ADVANCE: &str = "UPDATE account SET seq = $2, head = $3, balance = balance + $4 \
     WHERE id = $1 AND seq = $2 - 1";

/// An account with what the hashes in it cover, and its last entry.
struct Account<'a> {
    id: AccountId,
    unit: &'a str,
    kind: AccountKind,
    seq: i64,
    head: String,
}

async fn append(
    tx: &mut Tx<'_>,
    account: &Account<'_>,
    transfer: TransferId,
    amount: i64,
    new: &NewTransfer<'_>,
    explanation: &str,
) -> Result<(), Error> {
    let (seq, before) = (account.seq.saturating_add(1), &account.head);
    let (id, transfer_id) = (account.id.to_string(), transfer.to_string());
    let (program, shop, holder) =
        (new.program.to_string(), new.shop.to_string(), new.holder.to_string());
    let order = new.order.unwrap_or_default();
    let hash = Link {
        before,
        account: [&id, &program, account.unit, account.kind.word(), &holder],
        seq,
        amount,
        transfer: [&transfer_id, new.kind.word(), &shop, order, explanation],
        program_version: new.program_version,
        occurred_at: new.occurred_at,
        recorded_at: new.recorded_at,
    }
    .hash();
    tx.claim(ADVANCE, values![account.id, seq, &hash, amount]).await?;
    let row = values![account.id, seq, transfer, amount, before, &hash];
    tx.later(APPEND, row).await
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

const ADJUST: &str = "INSERT INTO adjustment (transfer_id, author, reason) VALUES ($1, $2, $3)";

/// Notes who asked for a transfer, and why (rules §5.2).
pub async fn note(
    tx: &mut Tx<'_>,
    transfer: TransferId,
    author: &str,
    reason: &str,
) -> Result<(), Error> {
    tx.later(ADJUST, values![transfer, author, reason]).await
}

/// Totals that the tests and `habitue import` hold the ledger against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Σ of all entries: zero.
    pub sum: i64,
    /// Σ of entries on members' accounts.
    pub members: i64,
    /// Σ of materialised balances of members' accounts.
    pub balances: i64,
    /// Σ of open lots, points and minor units together.
    pub lots: i64,
    /// Σ of debts.
    pub debts: i64,
    /// How many transfers there are.
    pub transfers: i64,
}

const TOTALS: &str = "SELECT \
     COALESCE((SELECT CAST(SUM(entry.amount) AS BIGINT) FROM entry), 0), \
     COALESCE((SELECT CAST(SUM(entry.amount) AS BIGINT) FROM entry \
     JOIN account ON account.id = entry.account_id WHERE account.kind = 'member'), 0), \
     COALESCE((SELECT CAST(SUM(balance) AS BIGINT) FROM account WHERE kind = 'member'), 0), \
     COALESCE((SELECT CAST(SUM(remaining) AS BIGINT) FROM lot), 0), \
     COALESCE((SELECT CAST(SUM(points) AS BIGINT) FROM debt), 0), \
     (SELECT COUNT(*) FROM transfer)";

/// Sums over the whole database (rules §5.3: members = balances = lots − debts).
pub async fn totals(tx: &mut Tx<'_>) -> Result<Totals, Error> {
    let row = tx.row(TOTALS, values![]).await?.ok_or(Error::Conflict)?;
    Ok(Totals {
        sum: row.int(0)?,
        members: row.int(1)?,
        balances: row.int(2)?,
        lots: row.int(3)?,
        debts: row.int(4)?,
        transfers: row.int(5)?,
    })
}
