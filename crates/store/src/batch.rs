//! Batches: codes that were made, or imported, together.

use crate::{Error, Row, Tx, values};
use habitue_domain::id::{BatchId, CodeId, ShopId};
use habitue_domain::promotion::Validity;
use habitue_domain::time::Timestamp;

/// A batch as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// `bat_…`
    pub id: BatchId,
    /// The shop that has it.
    pub shop: ShopId,
    /// The promotion its codes trigger.
    pub promotion: String,
    /// Whether a partner chose its codes.
    pub is_imported: bool,
    /// What its codes begin with.
    pub prefix: Option<String>,
    /// How many random characters they have.
    pub characters: i64,
    /// How many there are to be.
    pub wanted: i64,
    /// How many there are.
    pub made: i64,
    /// How often each may be used.
    pub uses: i64,
    /// When they count.
    pub validity: Validity,
    /// Since when there is the batch.
    pub made_at: Timestamp,
    /// Since when none of them counts any more.
    pub withdrawn_at: Option<Timestamp>,
}

const ADD: &str = "INSERT INTO code_batch (id, shop_id, promotion_id, kind, prefix, characters, \
     wanted, made, uses, valid_from, valid_until, made_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11)";

/// Adds a batch without codes.
pub async fn add(tx: &mut Tx<'_>, new: &Batch) -> Result<(), Error> {
    let row = values![
        new.id,
        new.shop,
        &new.promotion,
        if new.is_imported { "imported" } else { "generated" },
        new.prefix.as_deref(),
        new.characters,
        new.wanted,
        new.uses,
        new.validity.from,
        new.validity.until,
        new.made_at
    ];
    tx.execute(ADD, row).await.map(drop)
}

const LOAD: &str = "SELECT id, shop_id, promotion_id, kind, prefix, characters, wanted, made, \
     uses, valid_from, valid_until, made_at, withdrawn_at FROM code_batch WHERE id = $1";

/// A batch of any shop; the caller looks whose it is.
pub async fn load(tx: &mut Tx<'_>, batch: BatchId) -> Result<Option<Batch>, Error> {
    tx.row(LOAD, values![batch]).await?.map(|row| read(&row)).transpose()
}

const LIST: &str = "SELECT id, shop_id, promotion_id, kind, prefix, characters, wanted, made, \
     uses, valid_from, valid_until, made_at, withdrawn_at FROM code_batch \
     WHERE shop_id = $1 AND id > $2 ORDER BY id LIMIT $3";

/// A shop's batches after an id, oldest first.
pub async fn list(
    tx: &mut Tx<'_>,
    shop: ShopId,
    after: &str,
    limit: i64,
) -> Result<Vec<Batch>, Error> {
    tx.rows(LIST, values![shop, after, limit]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Batch, Error> {
    Ok(Batch {
        id: row.parsed(0)?,
        shop: row.parsed(1)?,
        promotion: row.text(2)?.to_owned(),
        is_imported: row.text(3)? == "imported",
        prefix: row.opt_text(4)?.map(str::to_owned),
        characters: row.int(5)?,
        wanted: row.int(6)?,
        made: row.int(7)?,
        uses: row.int(8)?,
        validity: Validity { from: row.opt_time(9)?, until: row.opt_time(10)? },
        made_at: row.time(11)?,
        withdrawn_at: row.opt_time(12)?,
    })
}

const UNFINISHED: &str = "SELECT id FROM code_batch \
     WHERE made < wanted AND withdrawn_at IS NULL ORDER BY id LIMIT 1";

/// The oldest batch, of any shop, that does not have all its codes yet.
pub async fn unfinished(tx: &mut Tx<'_>) -> Result<Option<BatchId>, Error> {
    tx.row(UNFINISHED, values![]).await?.map(|row| row.parsed(0)).transpose()
}

const GROW: &str = "UPDATE code_batch SET made = $3, \
     wanted = CASE WHEN wanted < $3 THEN $3 ELSE wanted END \
     WHERE id = $1 AND made = $2 AND withdrawn_at IS NULL";

/// Says that a batch has more codes than it had; [`Error::Conflict`] where somebody else made some
/// meanwhile, or it was withdrawn.
pub async fn grow(tx: &mut Tx<'_>, batch: BatchId, from: i64, to: i64) -> Result<(), Error> {
    tx.claim(GROW, values![batch, from, to]).await
}

/// A code of a batch.
#[derive(Clone, Debug)]
pub struct Code {
    /// Its keyed hash.
    pub id: CodeId,
    /// Its last four letters or digits.
    pub last_four: String,
    /// The code, encrypted.
    pub sealed: String,
}

const PUT: &str = "INSERT INTO code (id, batch_id, place, last_four, sealed) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

/// Puts a new code at a place of a batch; [`Error::Conflict`] where there is such a code already.
pub async fn put(tx: &mut Tx<'_>, batch: BatchId, place: i64, code: &Code) -> Result<(), Error> {
    tx.claim(PUT, values![code.id, batch, place, &code.last_four, &code.sealed]).await
}

const WITHDRAW: &str = "UPDATE code_batch SET withdrawn_at = COALESCE(withdrawn_at, $3) \
     WHERE id = $1 AND shop_id = $2";

/// Withdraws all codes of a shop's batch; `false` where it has no such one.
pub async fn withdraw(
    tx: &mut Tx<'_>,
    shop: ShopId,
    batch: BatchId,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(tx.execute(WITHDRAW, values![batch, shop, now]).await? > 0)
}

/// A code of a batch as it is exported.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Its place, from 1.
    pub place: i64,
    /// The code, encrypted.
    pub sealed: String,
    /// Its last four letters or digits.
    pub last_four: String,
    /// How often orders have used it.
    pub used: i64,
    /// Whether it was withdrawn by itself.
    pub is_withdrawn: bool,
}

const EXPORT: &str = "SELECT code.place, code.sealed, code.last_four, ( \
     SELECT COUNT(*) FROM code_use WHERE code_use.code_id = code.id \
     AND code_use.taken_until IS NULL), code.withdrawn_at FROM code \
     WHERE code.batch_id = $1 AND code.place > $2 ORDER BY code.place LIMIT $3";

/// The codes of a batch after a place.
pub async fn export(
    tx: &mut Tx<'_>,
    batch: BatchId,
    after: i64,
    limit: i64,
) -> Result<Vec<Exported>, Error> {
    let read = |row: &Row| {
        Ok(Exported {
            place: row.int(0)?,
            sealed: row.text(1)?.to_owned(),
            last_four: row.text(2)?.to_owned(),
            used: row.int(3)?,
            is_withdrawn: row.opt_int(4)?.is_some(),
        })
    };
    tx.rows(EXPORT, values![batch, after, limit]).await?.iter().map(read).collect()
}
