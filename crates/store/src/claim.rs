//! Claims of rewards: how many there are, what each cost and granted.

use crate::{Error, Row, Tx, values};
use habitue_domain::id::{ClaimId, CodeId, GiftCardId, MemberId, ProgramId, ShopId, TransferId};
use habitue_domain::money::Money;
use habitue_domain::points::Points;
use habitue_domain::text::Text;
use habitue_domain::time::Timestamp;
use std::collections::BTreeMap;

const START: &str = "INSERT INTO reward_claimed (program_id, reward_id, claimed) \
     VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
const TAKE: &str = "UPDATE reward_claimed SET claimed = claimed + 1 \
     WHERE program_id = $1 AND reward_id = $2 AND claimed < $3";

/// Takes one of a reward's stock; `false` where nothing is left of it.
pub async fn take(
    tx: &mut Tx<'_>,
    program: ProgramId,
    reward: &str,
    stock: Option<i64>,
) -> Result<bool, Error> {
    tx.later(START, values![program, reward]).await?;
    let stock = stock.unwrap_or(i64::MAX);
    Ok(tx.execute(TAKE, values![program, reward, stock]).await? > 0)
}

const START_OF_MEMBER: &str = "INSERT INTO reward_member_claimed (member_id, reward_id, claimed) \
     VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
const TAKE_OF_MEMBER: &str = "UPDATE reward_member_claimed SET claimed = claimed + 1 \
     WHERE member_id = $1 AND reward_id = $2 AND claimed < $3";

/// Takes one of what a member may claim; `false` where that is all taken.
pub async fn take_of_member(
    tx: &mut Tx<'_>,
    member: MemberId,
    reward: &str,
    most: Option<i64>,
) -> Result<bool, Error> {
    tx.later(START_OF_MEMBER, values![member, reward]).await?;
    let most = most.unwrap_or(i64::MAX);
    Ok(tx.execute(TAKE_OF_MEMBER, values![member, reward, most]).await? > 0)
}

const PUT_BACK: &str = "UPDATE reward_claimed SET claimed = claimed - 1 \
     WHERE program_id = $1 AND reward_id = $2";
const PUT_BACK_OF_MEMBER: &str = "UPDATE reward_member_claimed SET claimed = claimed - 1 \
     WHERE member_id = $1 AND reward_id = $2";

/// Puts one back, to the stock and to what the member may claim.
pub async fn put_back(
    tx: &mut Tx<'_>,
    (program, member): (ProgramId, MemberId),
    reward: &str,
) -> Result<(), Error> {
    tx.claim(PUT_BACK, values![program, reward]).await?;
    tx.claim(PUT_BACK_OF_MEMBER, values![member, reward]).await
}

/// How often rewards were claimed.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// In all, by reward.
    pub all: BTreeMap<String, i64>,
    /// By the member.
    pub own: BTreeMap<String, i64>,
}

const COUNTS: &str = "SELECT reward_claimed.reward_id, reward_claimed.claimed, \
     COALESCE(reward_member_claimed.claimed, 0) FROM reward_claimed \
     LEFT JOIN reward_member_claimed ON reward_member_claimed.reward_id = reward_claimed.reward_id \
     AND reward_member_claimed.member_id = $2 \
     WHERE reward_claimed.program_id = $1 LIMIT 10000";

/// How often the rewards of a program were claimed, and how often by a member.
pub async fn counts(
    tx: &mut Tx<'_>,
    program: ProgramId,
    member: Option<MemberId>,
) -> Result<Counts, Error> {
    let member = member.map_or_else(String::new, |member| member.to_string());
    let mut counts = Counts::default();
    for row in tx.rows(COUNTS, values![program, member]).await? {
        let reward = row.text(0)?;
        counts.all.insert(reward.to_owned(), row.int(1)?);
        counts.own.insert(reward.to_owned(), row.int(2)?);
    }
    Ok(counts)
}

const POOL: &str = "SELECT COUNT(*) FROM code \
     JOIN code_batch ON code_batch.id = code.batch_id \
     WHERE code_batch.shop_id = $1 AND code_batch.promotion_id = $2 \
     AND code_batch.kind = 'imported' AND code_batch.withdrawn_at IS NULL \
     AND (code_batch.valid_until IS NULL OR code_batch.valid_until > $3) \
     AND code.withdrawn_at IS NULL \
     AND NOT EXISTS (SELECT 1 FROM claim WHERE claim.code_id = code.id)";

/// How many codes that were imported for a promotion nobody has claimed.
pub async fn pool(
    tx: &mut Tx<'_>,
    shop: ShopId,
    promotion: &str,
    now: Timestamp,
) -> Result<i64, Error> {
    let row = tx.row(POOL, values![shop, promotion, now]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// A code of a pool.
#[derive(Clone, Debug)]
pub struct Pooled {
    /// `cod_…`
    pub id: CodeId,
    /// What it says, encrypted.
    pub sealed: String,
    /// When it ends.
    pub until: Option<Timestamp>,
}

const NEXT: &str = "SELECT code.id, code.sealed, \
     COALESCE(code.valid_until, code_batch.valid_until) FROM code \
     JOIN code_batch ON code_batch.id = code.batch_id \
     WHERE code_batch.shop_id = $1 AND code_batch.promotion_id = $2 \
     AND code_batch.kind = 'imported' AND code_batch.withdrawn_at IS NULL \
     AND (code_batch.valid_until IS NULL OR code_batch.valid_until > $3) \
     AND code.withdrawn_at IS NULL \
     AND NOT EXISTS (SELECT 1 FROM claim WHERE claim.code_id = code.id) \
     ORDER BY code.batch_id, code.place LIMIT 1";

/// The next code of a pool, oldest batch first. Whoever took one of the stock before asks for it, so
/// that two do not find the same.
pub async fn next_of_pool(
    tx: &mut Tx<'_>,
    shop: ShopId,
    promotion: &str,
    now: Timestamp,
) -> Result<Option<Pooled>, Error> {
    let row = tx.row(NEXT, values![shop, promotion, now]).await?;
    let read = |row: Row| {
        let (id, sealed, until) = (row.parsed(0)?, row.text(1)?.to_owned(), row.opt_time(2)?);
        Ok(Pooled { id, sealed, until })
    };
    row.map(read).transpose()
}

/// What a claim granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// A code.
    pub code: Option<CodeId>,
    /// A gift card.
    pub gift_card: Option<GiftCardId>,
    /// Credit.
    pub credit: Option<Money>,
    /// What the code, or the gift card's, says, encrypted.
    pub sealed: Option<String>,
    /// When it ends.
    pub until: Option<Timestamp>,
}

/// A claim as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// `clm_…`
    pub id: ClaimId,
    /// The shop where it was claimed.
    pub shop: ShopId,
    /// Who claimed it.
    pub member: MemberId,
    /// The reward.
    pub reward: String,
    /// What the reward was called.
    pub name: Text,
    /// The word of its kind.
    pub kind: String,
    /// What it cost.
    pub points: Points,
    /// The version of the program.
    pub program_version: i64,
    /// The points it cost, in the ledger.
    pub transfer: TransferId,
    /// What it granted.
    pub granted: Granted,
    /// `open`, `fulfilled` or `withdrawn`.
    pub state: String,
    /// When it was claimed.
    pub claimed_at: Timestamp,
    /// When the shop fulfilled or withdrew it.
    pub settled_at: Option<Timestamp>,
}

const ADD: &str = "INSERT INTO claim (id, shop_id, member_id, reward_id, name, kind, points, \
     program_version, transfer_id, code_id, gift_card_id, credit_currency, credit_minor, sealed, \
     valid_until, state, claimed_at, settled_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
     ON CONFLICT DO NOTHING";

/// Writes a claim down; [`Error::Conflict`] where somebody else has its code.
pub async fn add(tx: &mut Tx<'_>, new: &Stored) -> Result<(), Error> {
    let name = crate::tx::json(&new.name)?;
    let Granted { code, gift_card, credit, sealed, until } = &new.granted;
    let row = values![
        new.id,
        new.shop,
        new.member,
        &new.reward,
        &name,
        &new.kind,
        new.points,
        new.program_version,
        new.transfer,
        *code,
        *gift_card,
        credit.map(|credit| credit.currency().to_string()),
        credit.map(Money::minor),
        sealed.as_deref(),
        *until,
        &new.state,
        new.claimed_at,
        new.settled_at
    ];
    tx.claim(ADD, row).await
}

const LOAD: &str = "SELECT id, shop_id, member_id, reward_id, name, kind, points, \
     program_version, transfer_id, code_id, gift_card_id, credit_currency, credit_minor, sealed, \
     valid_until, state, claimed_at, settled_at FROM claim WHERE id = $1 AND shop_id = $2";

/// A shop's claim.
pub async fn load(tx: &mut Tx<'_>, shop: ShopId, claim: ClaimId) -> Result<Option<Stored>, Error> {
    tx.row(LOAD, values![claim, shop]).await?.map(|row| read(&row)).transpose()
}

const OF_MEMBER: &str = "SELECT id, shop_id, member_id, reward_id, name, kind, points, \
     program_version, transfer_id, code_id, gift_card_id, credit_currency, credit_minor, sealed, \
     valid_until, state, claimed_at, settled_at FROM claim \
     WHERE member_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";

/// What a member claimed before a claim, newest first.
pub async fn of_member(
    tx: &mut Tx<'_>,
    member: MemberId,
    before: &str,
    limit: i64,
) -> Result<Vec<Stored>, Error> {
    tx.rows(OF_MEMBER, values![member, before, limit]).await?.iter().map(read).collect()
}

const OPEN: &str = "SELECT id, shop_id, member_id, reward_id, name, kind, points, \
     program_version, transfer_id, code_id, gift_card_id, credit_currency, credit_minor, sealed, \
     valid_until, state, claimed_at, settled_at FROM claim \
     WHERE shop_id = $1 AND state = 'open' AND id > $2 ORDER BY id LIMIT $3";

/// What a shop has to fulfil, after a claim and oldest first.
pub async fn open(
    tx: &mut Tx<'_>,
    shop: ShopId,
    after: &str,
    limit: i64,
) -> Result<Vec<Stored>, Error> {
    tx.rows(OPEN, values![shop, after, limit]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Stored, Error> {
    let credit = match (row.opt_parsed::<habitue_domain::money::Currency>(11)?, row.opt_int(12)?) {
        (Some(currency), Some(minor)) => Some(currency.clamped(minor)),
        _ => None,
    };
    Ok(Stored {
        id: row.parsed(0)?,
        shop: row.parsed(1)?,
        member: row.parsed(2)?,
        reward: row.text(3)?.to_owned(),
        name: row.json(4)?,
        kind: row.text(5)?.to_owned(),
        points: crate::lot::points(row, 6)?,
        program_version: row.int(7)?,
        transfer: row.parsed(8)?,
        granted: Granted {
            code: row.opt_parsed(9)?,
            gift_card: row.opt_parsed(10)?,
            credit,
            sealed: row.opt_text(13)?.map(str::to_owned),
            until: row.opt_time(14)?,
        },
        state: row.text(15)?.to_owned(),
        claimed_at: row.time(16)?,
        settled_at: row.opt_time(17)?,
    })
}

const SETTLE: &str = "UPDATE claim SET state = $3, settled_at = $4, author = $5, reason = $6 \
     WHERE id = $1 AND state = $2";

/// Moves a claim from a state to another; [`Error::Conflict`] where somebody else did meanwhile.
pub async fn settle(
    tx: &mut Tx<'_>,
    claim: ClaimId,
    (from, to): (&str, &str),
    by: Option<(&str, &str)>,
    now: Timestamp,
) -> Result<(), Error> {
    let (author, reason) = by.unzip();
    tx.claim(SETTLE, values![claim, from, to, now, author, reason]).await
}

const IS_USED: &str = "SELECT COUNT(*) FROM code_use WHERE code_id = $1 \
     AND (taken_until IS NULL OR taken_until > $2)";

/// Whether an order or a live hold has a code.
pub async fn is_used(tx: &mut Tx<'_>, code: CodeId, now: Timestamp) -> Result<bool, Error> {
    let row = tx.row(IS_USED, values![code, now]).await?;
    row.map_or(Ok(false), |row| Ok(row.int(0)? > 0))
}
