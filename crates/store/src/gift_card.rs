//! Gift cards: money paid before, spent by whoever knows the code, or by its owner alone.

use crate::authority::Merchant;
use crate::{Error, Row, Tx, values};
use habitue_domain::id::{GiftCardId, HoldId, ProgramId, ShopId};
use habitue_domain::money::{Currency, Money};
use habitue_domain::time::Timestamp;
use std::collections::BTreeMap;

/// A gift card as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// `gft_…`
    pub id: GiftCardId,
    /// Grows with every change to what is on it.
    pub version: i64,
    /// The end of its code.
    pub last_four: String,
    /// Its code, encrypted, where somebody owns it.
    pub sealed: Option<String>,
    /// The shop's customer who owns it.
    pub customer: Option<String>,
    /// What it was issued with.
    pub issued: Money,
    /// What is on it, in minor units.
    pub balance: i64,
    /// The part of it that live holds reserve.
    pub held: i64,
    /// Its end, exclusive.
    pub until: Option<Timestamp>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
}

impl Stored {
    /// The currency it is in.
    pub const fn currency(&self) -> Currency {
        self.issued.currency()
    }

    /// What is on it and not reserved.
    pub const fn available(&self) -> Money {
        let left = self.balance.saturating_sub(self.held);
        self.currency().clamped(if left > 0 { left } else { 0 })
    }
}

/// A gift card to be.
#[derive(Clone, Debug)]
pub struct NewCard<'a> {
    /// `gft_…`
    pub id: GiftCardId,
    /// The keyed hash of its code.
    pub code_hash: &'a str,
    /// The end of its code.
    pub last_four: &'a str,
    /// Its code, encrypted, where somebody owns it.
    pub sealed: Option<&'a str>,
    /// The shop's customer who owns it.
    pub customer: Option<&'a str>,
    /// What is on it.
    pub amount: Money,
    /// Its end, exclusive.
    pub until: Option<Timestamp>,
}

const ADD: &str = "INSERT INTO gift_card (id, program_id, shop_id, code_hash, last_four, sealed, \
     customer_id, currency, issued_minor, until, version, issued_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11) ON CONFLICT DO NOTHING";

/// Adds a gift card, empty until it is booked; whether its code was free.
pub async fn add(
    tx: &mut Tx<'_>,
    (program, shop): (ProgramId, ShopId),
    new: &NewCard<'_>,
    now: Timestamp,
) -> Result<bool, Error> {
    let row = values![
        new.id,
        program,
        shop,
        new.code_hash,
        new.last_four,
        new.sealed,
        new.customer,
        new.amount.currency().to_string(),
        new.amount.minor(),
        new.until,
        now
    ];
    Ok(tx.execute(ADD, row).await? > 0)
}

const BY_CODE: &str = "SELECT gift_card.id, gift_card.version, gift_card.last_four, \
     gift_card.sealed, gift_card.customer_id, gift_card.currency, gift_card.issued_minor, \
     COALESCE(account.balance, 0), COALESCE(CAST(( \
     SELECT SUM(hold_gift_card.minor) FROM hold_gift_card \
     JOIN hold ON hold.id = hold_gift_card.hold_id \
     WHERE hold_gift_card.gift_card_id = gift_card.id AND hold.state IN ('held', 'confirmed') \
     AND hold.expires_at > $4) AS BIGINT), 0), \
     gift_card.until, gift_card.issued_at, gift_card.cancelled_at FROM gift_card \
     LEFT JOIN account ON account.gift_card_id = gift_card.id AND account.kind = 'gift_card' \
     WHERE gift_card.shop_id = $1 AND gift_card.code_hash IN ($2, $3) \
     AND gift_card.cancelled_at IS NULL \
     AND (gift_card.customer_id IS NULL OR gift_card.customer_id = $5) \
     ORDER BY CASE WHEN gift_card.code_hash = $2 THEN 0 ELSE 1 END LIMIT 1";

/// The card that a shop's customer, or anybody, may spend by a code: found by the hash of it as
/// typed, else by that of what a generated code would have been (rules §2.13). Somebody else's
/// card is not there, at no other cost than one that never was.
pub async fn by_code(
    tx: &mut Tx<'_>,
    shop: ShopId,
    (typed, meant): (&str, &str),
    customer: Option<&str>,
    now: Timestamp,
) -> Result<Option<Stored>, Error> {
    let row = tx.row(BY_CODE, values![shop, typed, meant, now, customer]).await?;
    row.map(|row| read(&row)).transpose()
}

const HAS_CODE: &str = "SELECT id FROM gift_card WHERE shop_id = $1 AND code_hash = $2";

/// Whether a card of the shop, whoever owns it and cancelled or not, has a code.
pub async fn has_code(tx: &mut Tx<'_>, shop: ShopId, code_hash: &str) -> Result<bool, Error> {
    Ok(tx.row(HAS_CODE, values![shop, code_hash]).await?.is_some())
}

const BY_ID: &str = "SELECT gift_card.id, gift_card.version, gift_card.last_four, \
     gift_card.sealed, gift_card.customer_id, gift_card.currency, gift_card.issued_minor, \
     COALESCE(account.balance, 0), COALESCE(CAST(( \
     SELECT SUM(hold_gift_card.minor) FROM hold_gift_card \
     JOIN hold ON hold.id = hold_gift_card.hold_id \
     WHERE hold_gift_card.gift_card_id = gift_card.id AND hold.state IN ('held', 'confirmed') \
     AND hold.expires_at > $3 AND hold.id <> $4) AS BIGINT), 0), \
     gift_card.until, gift_card.issued_at, gift_card.cancelled_at FROM gift_card \
     LEFT JOIN account ON account.gift_card_id = gift_card.id AND account.kind = 'gift_card' \
     WHERE gift_card.shop_id = $1 AND gift_card.id = $2";

/// A shop's card; `but` names a hold whose reservation does not count.
pub async fn load(
    tx: &mut Tx<'_>,
    shop: ShopId,
    card: GiftCardId,
    but: Option<HoldId>,
    now: Timestamp,
) -> Result<Option<Stored>, Error> {
    let but = but.map_or_else(String::new, |hold| hold.to_string());
    let row = tx.row(BY_ID, values![shop, card, now, but]).await?;
    row.map(|row| read(&row)).transpose()
}

const OWNED: &str = "SELECT gift_card.id, gift_card.version, gift_card.last_four, \
     gift_card.sealed, gift_card.customer_id, gift_card.currency, gift_card.issued_minor, \
     COALESCE(account.balance, 0), COALESCE(CAST(( \
     SELECT SUM(hold_gift_card.minor) FROM hold_gift_card \
     JOIN hold ON hold.id = hold_gift_card.hold_id \
     WHERE hold_gift_card.gift_card_id = gift_card.id AND hold.state IN ('held', 'confirmed') \
     AND hold.expires_at > $3) AS BIGINT), 0), \
     gift_card.until, gift_card.issued_at, gift_card.cancelled_at FROM gift_card \
     LEFT JOIN account ON account.gift_card_id = gift_card.id AND account.kind = 'gift_card' \
     WHERE gift_card.shop_id = $1 AND gift_card.customer_id = $2 \
     AND gift_card.cancelled_at IS NULL AND COALESCE(account.balance, 0) > 0 \
     ORDER BY gift_card.id LIMIT 100";

/// The cards of a shop's customer with something on them, oldest first, at most 100.
pub async fn owned(
    tx: &mut Tx<'_>,
    shop: ShopId,
    customer: &str,
    now: Timestamp,
) -> Result<Vec<Stored>, Error> {
    let rows = tx.rows(OWNED, values![shop, customer, now]).await?;
    rows.iter().map(read).collect()
}

const PAGE: &str = "SELECT gift_card.id, gift_card.version, gift_card.last_four, \
     gift_card.sealed, gift_card.customer_id, gift_card.currency, gift_card.issued_minor, \
     COALESCE(account.balance, 0), COALESCE(CAST(( \
     SELECT SUM(hold_gift_card.minor) FROM hold_gift_card \
     JOIN hold ON hold.id = hold_gift_card.hold_id \
     WHERE hold_gift_card.gift_card_id = gift_card.id AND hold.state IN ('held', 'confirmed') \
     AND hold.expires_at > $3) AS BIGINT), 0), \
     gift_card.until, gift_card.issued_at, gift_card.cancelled_at FROM gift_card \
     LEFT JOIN account ON account.gift_card_id = gift_card.id AND account.kind = 'gift_card' \
     WHERE gift_card.shop_id = $1 AND gift_card.id < $2 \
     ORDER BY gift_card.id DESC LIMIT $4";

/// A shop's cards before an id, newest first, at most `limit`.
pub async fn page(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    before: &str,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Stored>, Error> {
    let rows = tx.rows(PAGE, values![merchant.shop(), before, now, limit]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Stored, Error> {
    let currency: Currency = row.parsed(5)?;
    Ok(Stored {
        id: row.parsed(0)?,
        version: row.int(1)?,
        last_four: row.text(2)?.to_owned(),
        sealed: row.opt_text(3)?.map(str::to_owned),
        customer: row.opt_text(4)?.map(str::to_owned),
        issued: currency.clamped(row.int(6)?),
        balance: row.int(7)?,
        held: row.int(8)?,
        until: row.opt_time(9)?,
        issued_at: row.time(10)?,
        cancelled_at: row.opt_time(11)?,
    })
}

const LOCK: &str = "UPDATE gift_card SET version = version + 1 WHERE id = $1 AND version = $2";

/// Claims the card for this transaction: whoever loaded the same version later loses.
pub async fn lock(tx: &mut Tx<'_>, card: GiftCardId, version: i64) -> Result<(), Error> {
    tx.claim(LOCK, values![card, version]).await
}

const CANCEL: &str = "UPDATE gift_card SET cancelled_at = $2 WHERE id = $1";

/// Ends the card: its code opens nothing any more.
pub async fn cancel(tx: &mut Tx<'_>, card: GiftCardId, at: Timestamp) -> Result<(), Error> {
    tx.claim(CANCEL, values![card, at]).await
}

const PROLONG: &str = "UPDATE gift_card SET until = $2 WHERE id = $1";

/// Moves the card's end, for what came back after it.
pub async fn prolong(tx: &mut Tx<'_>, card: GiftCardId, until: Timestamp) -> Result<(), Error> {
    tx.later(PROLONG, values![card, until]).await
}

const RESERVE: &str =
    "INSERT INTO hold_gift_card (hold_id, gift_card_id, minor) VALUES ($1, $2, $3)";
const UNRESERVE: &str = "DELETE FROM hold_gift_card WHERE hold_id = $1";

/// Reserves parts of cards for a hold, in the place of what it reserved before.
pub async fn reserve(
    tx: &mut Tx<'_>,
    hold: HoldId,
    parts: &[(GiftCardId, i64)],
) -> Result<(), Error> {
    tx.later(UNRESERVE, values![hold]).await?;
    for (card, minor) in parts {
        tx.later(RESERVE, values![hold, *card, *minor]).await?;
    }
    Ok(())
}

/// A part of a card that a hold reserves.
#[derive(Clone, Debug)]
pub struct Part {
    /// The card.
    pub card: GiftCardId,
    /// How much of it, in minor units.
    pub minor: i64,
    /// The card's version.
    pub version: i64,
    /// Its currency.
    pub currency: Currency,
    /// What is on it, in minor units.
    pub balance: i64,
    /// Its end.
    pub until: Option<Timestamp>,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
}

const RESERVED: &str = "SELECT hold_gift_card.gift_card_id, hold_gift_card.minor, \
     gift_card.version, gift_card.currency, COALESCE(account.balance, 0), gift_card.until, \
     gift_card.cancelled_at FROM hold_gift_card \
     JOIN gift_card ON gift_card.id = hold_gift_card.gift_card_id \
     LEFT JOIN account ON account.gift_card_id = gift_card.id AND account.kind = 'gift_card' \
     WHERE hold_gift_card.hold_id = $1 ORDER BY hold_gift_card.gift_card_id LIMIT 100";

/// What a hold reserves of cards.
pub async fn reserved(tx: &mut Tx<'_>, hold: HoldId) -> Result<Vec<Part>, Error> {
    let rows = tx.rows(RESERVED, values![hold]).await?;
    let part = |row: &Row| {
        Ok(Part {
            card: row.parsed(0)?,
            minor: row.int(1)?,
            version: row.int(2)?,
            currency: row.parsed(3)?,
            balance: row.int(4)?,
            until: row.opt_time(5)?,
            cancelled_at: row.opt_time(6)?,
        })
    };
    rows.iter().map(part).collect()
}

const HELD: &str = "SELECT COALESCE(CAST(SUM(hold_gift_card.minor) AS BIGINT), 0) \
     FROM hold_gift_card JOIN hold ON hold.id = hold_gift_card.hold_id \
     WHERE hold_gift_card.gift_card_id = $1 AND hold.state IN ('held', 'confirmed') \
     AND hold.expires_at > $2";

/// What live holds reserve of a card, in minor units.
pub async fn held(tx: &mut Tx<'_>, card: GiftCardId, now: Timestamp) -> Result<i64, Error> {
    let row = tx.row(HELD, values![card, now]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

const OVER: &str = "SELECT gift_card.id, gift_card.shop_id, gift_card.program_id \
     FROM gift_card JOIN account ON account.gift_card_id = gift_card.id \
     AND account.kind = 'gift_card' WHERE gift_card.until <= $1 AND account.balance > 0 \
     AND gift_card.id > $2 ORDER BY gift_card.id LIMIT 50";

/// Cards after an id that ended with something on them, at most 50: card, shop, program.
pub async fn over(
    tx: &mut Tx<'_>,
    now: Timestamp,
    after: &str,
) -> Result<Vec<(GiftCardId, ShopId, ProgramId)>, Error> {
    let rows = tx.rows(OVER, values![now, after]).await?;
    rows.iter().map(|row| Ok((row.parsed(0)?, row.parsed(1)?, row.parsed(2)?))).collect()
}

const GIVEN_BACK: &str = "SELECT account.gift_card_id, CAST(SUM(entry.amount) AS BIGINT) \
     FROM transfer JOIN entry ON entry.transfer_id = transfer.id \
     JOIN account ON account.id = entry.account_id AND account.kind = 'gift_card' \
     WHERE transfer.shop_id = $1 AND transfer.order_id = $2 AND transfer.kind = 'give_back' \
     GROUP BY account.gift_card_id LIMIT 100";

/// What an order has given back to each card so far, in minor units.
pub async fn given_back(
    tx: &mut Tx<'_>,
    shop: ShopId,
    order: &str,
) -> Result<BTreeMap<GiftCardId, i64>, Error> {
    let rows = tx.rows(GIVEN_BACK, values![shop, order]).await?;
    rows.iter().map(|row| Ok((row.parsed(0)?, row.int(1)?))).collect()
}
