//! Issued codes: found by their keyed hash, reserved by a hold, used up by an order.

use crate::{Error, Row, Tx, values};
use habitue_domain::id::{BatchId, CodeId, HoldId, MemberId, ShopId};
use habitue_domain::promotion::Validity;
use habitue_domain::time::Timestamp;

/// A code as it is looked up. What it says in clear is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// `cod_…`
    pub id: CodeId,
    /// The promotion it triggers.
    pub promotion: String,
    /// Whose it is, if a member's; else whoever has it may use it.
    pub member: Option<MemberId>,
    /// How often it may be used.
    pub uses: i64,
    /// How many of these are taken, by orders and by holds of others.
    pub taken: i64,
    /// When it counts.
    pub validity: Validity,
    /// Whether it was taken away again.
    pub is_withdrawn: bool,
    /// Whether a partner chose it, so that it is found only as it is written.
    pub is_imported: bool,
}

/// Who looks, and when.
#[derive(Clone, Copy, Debug)]
pub struct Looking {
    /// The shop.
    pub shop: ShopId,
    /// The member, if one.
    pub member: Option<MemberId>,
    /// A hold whose own uses do not count.
    pub but: Option<HoldId>,
    /// Now.
    pub now: Timestamp,
}

impl Looking {
    fn member(&self) -> String {
        self.member.map_or_else(String::new, |member| member.to_string())
    }

    fn but(&self) -> String {
        self.but.map_or_else(String::new, |hold| hold.to_string())
    }
}

/// The member's own unconfirmed hold at this shop does not count: a new one takes its place.
const FIND: &str = "SELECT code.id, COALESCE(code.promotion_id, code_batch.promotion_id), \
     code.member_id, COALESCE(code_batch.uses, 1), ( \
     SELECT COUNT(*) FROM code_use JOIN hold ON hold.id = code_use.hold_id \
     WHERE code_use.code_id = code.id AND code_use.hold_id <> $3 \
     AND (code_use.taken_until IS NULL OR code_use.taken_until > $4) \
     AND (hold.state <> 'held' OR hold.shop_id <> $5 OR COALESCE(hold.member_id, '-') <> $6)), \
     COALESCE(code.valid_from, code_batch.valid_from), \
     COALESCE(code.valid_until, code_batch.valid_until), \
     COALESCE(code.withdrawn_at, code.taken_back_at, code_batch.withdrawn_at), code_batch.kind \
     FROM code LEFT JOIN code_batch ON code_batch.id = code.batch_id \
     WHERE code.id IN ($1, $2)";

/// The codes with one of two ids, at most both.
pub async fn find(
    tx: &mut Tx<'_>,
    [one, other]: [CodeId; 2],
    looking: &Looking,
) -> Result<Vec<Found>, Error> {
    let (but, member) = (looking.but(), looking.member());
    let row = values![one, other, but, looking.now, looking.shop, member];
    tx.rows(FIND, row).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Found, Error> {
    Ok(Found {
        id: row.parsed(0)?,
        promotion: row.text(1)?.to_owned(),
        member: row.opt_parsed(2)?,
        uses: row.int(3)?,
        taken: row.int(4)?,
        validity: Validity { from: row.opt_time(5)?, until: row.opt_time(6)? },
        is_withdrawn: row.opt_int(7)?.is_some(),
        is_imported: row.opt_text(8)? == Some("imported"),
    })
}

/// A code that its owner may see again.
#[derive(Clone, Debug)]
pub struct Own {
    /// The promotion it triggers.
    pub promotion: String,
    /// The code, encrypted.
    pub sealed: String,
    /// When it counts.
    pub validity: Validity,
}

const OWN: &str = "SELECT promotion_id, sealed, valid_from, valid_until FROM code \
     WHERE member_id = $1 AND withdrawn_at IS NULL AND taken_back_at IS NULL \
     AND (valid_until IS NULL OR valid_until > $2) AND NOT EXISTS ( \
     SELECT 1 FROM code_use JOIN hold ON hold.id = code_use.hold_id \
     WHERE code_use.code_id = code.id \
     AND (code_use.taken_until IS NULL OR code_use.taken_until > $2) \
     AND (hold.state <> 'held' OR hold.shop_id <> $3)) \
     ORDER BY made_at, id LIMIT 50";

/// A member's own codes that can still be used, oldest first, at most 50.
pub async fn own(tx: &mut Tx<'_>, looking: &Looking) -> Result<Vec<Own>, Error> {
    let row = values![looking.member(), looking.now, looking.shop];
    let read = |row: &Row| {
        Ok(Own {
            promotion: row.text(0)?.to_owned(),
            sealed: row.text(1)?.to_owned(),
            validity: Validity { from: row.opt_time(2)?, until: row.opt_time(3)? },
        })
    };
    tx.rows(OWN, row).await?.iter().map(read).collect()
}

/// A code to be issued to a member.
#[derive(Clone, Debug)]
pub struct New {
    /// Its keyed hash.
    pub id: CodeId,
    /// Its last four letters or digits.
    pub last_four: String,
    /// The code, encrypted.
    pub sealed: String,
    /// The shop that issues it.
    pub shop: ShopId,
    /// The promotion it triggers.
    pub promotion: String,
    /// Whose it is.
    pub member: MemberId,
    /// The order that issues it, if one does.
    pub order: Option<String>,
    /// When it counts.
    pub validity: Validity,
}

const ISSUE: &str = "INSERT INTO code (id, shop_id, promotion_id, member_id, order_id, last_four, \
     sealed, valid_from, valid_until, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
     ON CONFLICT DO NOTHING";

/// Issues a code; `false` where the order has issued one of this promotion before, or there is such
/// a code already.
pub async fn issue(tx: &mut Tx<'_>, new: &New, now: Timestamp) -> Result<bool, Error> {
    let row = values![
        new.id,
        new.shop,
        &new.promotion,
        new.member,
        new.order.as_deref(),
        &new.last_four,
        &new.sealed,
        new.validity.from,
        new.validity.until,
        now
    ];
    Ok(tx.execute(ISSUE, row).await? > 0)
}

const OF_ORDER: &str = "SELECT id, promotion_id, taken_back_at FROM code \
     WHERE shop_id = $1 AND order_id = $2 LIMIT 1000";

/// The codes an order issued: id, promotion, and whether it was taken back.
pub async fn of_order(
    tx: &mut Tx<'_>,
    shop: ShopId,
    order: &str,
) -> Result<Vec<(CodeId, String, bool)>, Error> {
    let read = |row: &Row| Ok((row.parsed(0)?, row.text(1)?.to_owned(), row.opt_int(2)?.is_some()));
    tx.rows(OF_ORDER, values![shop, order]).await?.iter().map(read).collect()
}

const TAKE_BACK: &str = "UPDATE code SET taken_back_at = $2 WHERE id = $1";

/// Takes an order's code back, or gives it again.
pub async fn take_back(tx: &mut Tx<'_>, code: CodeId, at: Option<Timestamp>) -> Result<(), Error> {
    tx.later(TAKE_BACK, values![code, at]).await
}

const WITHDRAW: &str = "UPDATE code SET withdrawn_at = COALESCE(withdrawn_at, $3) \
     WHERE id = $1 AND (shop_id = $2 \
     OR batch_id IN (SELECT id FROM code_batch WHERE shop_id = $2))";

/// Withdraws a code that a shop issued; `false` where it has issued no such one.
pub async fn withdraw(
    tx: &mut Tx<'_>,
    shop: ShopId,
    code: CodeId,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(tx.execute(WITHDRAW, values![code, shop, now]).await? > 0)
}

/// A code as its shop sees it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// `cod_…`
    pub id: CodeId,
    /// The promotion it triggers.
    pub promotion: String,
    /// Its last four letters or digits.
    pub last_four: String,
    /// The order that issued it, if one did.
    pub order: Option<String>,
    /// When it counts.
    pub validity: Validity,
    /// Whether an order has used it.
    pub is_used: bool,
    /// Whether it was taken away again.
    pub is_withdrawn: bool,
}

const LIST: &str = "SELECT id, promotion_id, last_four, order_id, valid_from, valid_until, ( \
     SELECT COUNT(*) FROM code_use WHERE code_use.code_id = code.id \
     AND code_use.taken_until IS NULL), \
     COALESCE(withdrawn_at, taken_back_at) FROM code \
     WHERE member_id = $1 AND shop_id = $2 AND id > $3 ORDER BY id LIMIT $4";

/// The codes a shop issued to a member, after an id and in the order of their ids.
pub async fn list(
    tx: &mut Tx<'_>,
    (shop, member): (ShopId, MemberId),
    after: &str,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    let read = |row: &Row| {
        Ok(Listed {
            id: row.parsed(0)?,
            promotion: row.text(1)?.to_owned(),
            last_four: row.text(2)?.to_owned(),
            order: row.opt_text(3)?.map(str::to_owned),
            validity: Validity { from: row.opt_time(4)?, until: row.opt_time(5)? },
            is_used: row.int(6)? > 0,
            is_withdrawn: row.opt_int(7)?.is_some(),
        })
    };
    tx.rows(LIST, values![member, shop, after, limit]).await?.iter().map(read).collect()
}

const SLOTS: &str = "SELECT slot FROM code_use WHERE code_id = $1 \
     AND (taken_until IS NULL OR taken_until > $2) ORDER BY slot LIMIT 1000";

/// The first use of a code that nobody has, from 1.
pub async fn free_slot(tx: &mut Tx<'_>, code: CodeId, now: Timestamp) -> Result<i64, Error> {
    let mut free = 1_i64;
    for row in tx.rows(SLOTS, values![code, now]).await? {
        if row.int(0)? != free {
            break;
        }
        free = free.saturating_add(1);
    }
    Ok(free)
}

/// A use of a code that a hold takes.
#[derive(Clone, Debug)]
pub struct Use {
    /// The code.
    pub code: CodeId,
    /// Which of its uses, from 1.
    pub slot: i64,
    /// The hold.
    pub hold: HoldId,
    /// The code as it was typed, encrypted.
    pub sealed: String,
    /// When the reservation ends.
    pub until: Timestamp,
}

const RESERVE: &str = "INSERT INTO code_use (code_id, slot, hold_id, sealed, taken_until) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (code_id, slot) DO UPDATE \
     SET hold_id = excluded.hold_id, sealed = excluded.sealed, \
     taken_until = excluded.taken_until WHERE code_use.taken_until <= $6";

/// Reserves a use; [`Error::Conflict`] where somebody else took it meanwhile: two carts cannot both
/// have it.
pub async fn reserve(tx: &mut Tx<'_>, new: &Use, now: Timestamp) -> Result<(), Error> {
    let row = values![new.code, new.slot, new.hold, &new.sealed, new.until, now];
    tx.claim(RESERVE, row).await
}

const EXTEND: &str = "UPDATE code_use SET taken_until = $2 WHERE hold_id = $1";

/// Moves the end of a hold's reservations; `None` = they are used up for good.
pub async fn extend(tx: &mut Tx<'_>, hold: HoldId, until: Option<Timestamp>) -> Result<(), Error> {
    tx.later(EXTEND, values![hold, until]).await
}

const TYPED: &str = "SELECT COALESCE(code_use.sealed, code.sealed) FROM code \
     LEFT JOIN code_use ON code_use.code_id = code.id AND code_use.hold_id = $2 \
     WHERE code.id = $1";

/// What a code says, encrypted: as it was typed for a hold, else as it was issued.
pub async fn typed(tx: &mut Tx<'_>, code: CodeId, hold: HoldId) -> Result<Option<String>, Error> {
    let row = tx.row(TYPED, values![code, hold]).await?;
    row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
}

const BATCH_OF: &str = "SELECT batch_id FROM code WHERE id = $1";

/// The batch of a code that there is; `Some(None)` where it is a member's.
pub async fn batch_of(tx: &mut Tx<'_>, code: CodeId) -> Result<Option<Option<BatchId>>, Error> {
    tx.row(BATCH_OF, values![code]).await?.map(|row| row.opt_parsed(0)).transpose()
}
