//! Tiers: what counts for them, when they are reviewed, and what happened to them.

use crate::{Error, Row, Tx, values};
use habitue_domain::calendar::Window;
use habitue_domain::id::{CodeId, MemberId, ProgramId};
use habitue_domain::money::Currency;
use habitue_domain::points::Points;
use habitue_domain::tier::Floor;
use habitue_domain::time::Timestamp;

/// What was reached in a window, and when the oldest part of it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Points, orders, or minor units.
    pub value: Points,
    /// When the first of it happened.
    pub oldest: Option<Timestamp>,
}

fn reached(row: Option<Row>) -> Result<Reached, Error> {
    row.map_or(Ok(Reached::default()), |row| {
        Ok(Reached { value: Points::clamped(row.int(0)?.max(0)), oldest: row.opt_time(1)? })
    })
}

const EARNED: &str = "SELECT COALESCE(CAST(SUM(entry.amount) AS BIGINT), 0), \
     MIN(transfer.occurred_at) FROM entry \
     JOIN account ON account.id = entry.account_id \
     JOIN transfer ON transfer.id = entry.transfer_id \
     WHERE account.member_id = $1 AND account.kind = 'member' \
     AND account.unit = 'points:' || account.program_id \
     AND transfer.kind IN ('earn', 'take_back') \
     AND transfer.occurred_at >= $2 AND transfer.occurred_at < $3";

/// Points that orders earned in a window, less what returns took back.
pub async fn earned(tx: &mut Tx<'_>, member: MemberId, window: Window) -> Result<Reached, Error> {
    reached(tx.row(EARNED, values![member, window.from, window.until]).await?)
}

const SPENT: &str = "SELECT COALESCE(CAST(SUM(kept_paid) AS BIGINT), 0), MIN(placed_at) \
     FROM shop_order WHERE member_id = $1 AND placed_at >= $2 AND placed_at < $3 \
     AND state = 'paid' AND currency = $4 AND kept_paid > 0";

/// What was paid in a currency for goods that were kept, of orders placed in a window.
pub async fn spent(
    tx: &mut Tx<'_>,
    member: MemberId,
    currency: Currency,
    window: Window,
) -> Result<Reached, Error> {
    let row = values![member, window.from, window.until, currency.to_string()];
    reached(tx.row(SPENT, row).await?)
}

const ORDERED: &str = "SELECT COUNT(*), MIN(placed_at) FROM shop_order \
     WHERE member_id = $1 AND placed_at >= $2 AND placed_at < $3 \
     AND state = 'paid' AND kept_paid > 0";

/// Paid orders placed in a window, of which something was kept and paid for.
pub async fn ordered(tx: &mut Tx<'_>, member: MemberId, window: Window) -> Result<Reached, Error> {
    reached(tx.row(ORDERED, values![member, window.from, window.until]).await?)
}

/// How a member holds their tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// The tier.
    pub tier: String,
    /// Since when.
    pub since: Timestamp,
    /// When it is looked next whether it is kept; `None` while nobody has planned it.
    pub review_at: Option<Timestamp>,
    /// Since when what is reached counts in a review that found too little.
    pub review_from: Option<Timestamp>,
    /// Since when they know of that.
    pub warned_at: Option<Timestamp>,
    /// The tier given by hand, whether or not its time is over.
    pub floor: Option<Floor>,
}

const TENURE: &str = "SELECT tier, tier_since, review_at, review_from, warned_at, floor_tier, \
     floor_until FROM member WHERE id = $1";

/// How the member holds their tier; a missing one is a fault, since ids only come from the database.
pub async fn tenure(tx: &mut Tx<'_>, member: MemberId) -> Result<Tenure, Error> {
    let row = tx.row(TENURE, values![member]).await?;
    let row = row.ok_or_else(|| crate::member::missing(member))?;
    let floor = row.opt_text(5)?.map(str::to_owned).zip(row.opt_time(6)?);
    Ok(Tenure {
        tier: row.text(0)?.to_owned(),
        since: row.time(1)?,
        review_at: row.opt_time(2)?,
        review_from: row.opt_time(3)?,
        warned_at: row.opt_time(4)?,
        floor: floor.map(|(tier, until)| Floor { tier, until }),
    })
}

const SET: &str = "UPDATE member SET tier = $2, tier_since = $3, review_at = NULL, \
     review_from = NULL, warned_at = NULL WHERE id = $1";

/// Moves the member to a tier, entered at `since`; its review is to be planned.
pub async fn set(
    tx: &mut Tx<'_>,
    member: MemberId,
    tier: &str,
    since: Timestamp,
) -> Result<(), Error> {
    tx.later(SET, values![member, tier, since]).await
}

const PLAN: &str =
    "UPDATE member SET review_at = $2, review_from = $3, warned_at = $4 WHERE id = $1";

/// Plans when the tier is looked at next, and how far its review is: since when counts what is
/// reached, and since when its member is warned.
pub async fn plan(
    tx: &mut Tx<'_>,
    member: MemberId,
    review_at: Option<Timestamp>,
    (from, warned): (Option<Timestamp>, Option<Timestamp>),
) -> Result<(), Error> {
    tx.later(PLAN, values![member, review_at, from, warned]).await
}

const WARN: &str = "UPDATE member SET warned_at = $2 \
     WHERE id = $1 AND review_from IS NOT NULL AND warned_at IS NULL";

/// Notes that the member knows of a review that found too little; `false` where none did, or they
/// knew before.
pub async fn warn(tx: &mut Tx<'_>, member: MemberId, now: Timestamp) -> Result<bool, Error> {
    Ok(tx.execute(WARN, values![member, now]).await? > 0)
}

const SET_FLOOR: &str = "UPDATE member SET floor_tier = $2, floor_until = $3 WHERE id = $1";

/// Sets the tier below which the member does not fall before a date, in the place of one they had.
/// Whoever sets it by hand or by an import notes it, too ([`note`]).
pub async fn set_floor(tx: &mut Tx<'_>, member: MemberId, floor: &Floor) -> Result<(), Error> {
    tx.later(SET_FLOOR, values![member, &floor.tier, floor.until]).await
}

const DUE: &str = "SELECT id FROM member WHERE program_id = $1 AND tier = $2 \
     AND review_at <= $3 ORDER BY review_at, id LIMIT $4";

/// Members of a tier whose review is due, the longest due first.
pub async fn due(
    tx: &mut Tx<'_>,
    (program, tier): (ProgramId, &str),
    now: Timestamp,
    limit: i64,
) -> Result<Vec<MemberId>, Error> {
    let rows = tx.rows(DUE, values![program, tier, now, limit]).await?;
    rows.iter().map(|row| row.parsed(0)).collect()
}

const UNPLANNED: &str = "SELECT id FROM member WHERE program_id = $1 AND tier = $2 \
     AND review_at IS NULL ORDER BY id LIMIT $3";

/// Members of a tier whose review nobody has planned yet.
pub async fn unplanned(
    tx: &mut Tx<'_>,
    (program, tier): (ProgramId, &str),
    limit: i64,
) -> Result<Vec<MemberId>, Error> {
    let rows = tx.rows(UNPLANNED, values![program, tier, limit]).await?;
    rows.iter().map(|row| row.parsed(0)).collect()
}

const COUNT_DUE: &str = "SELECT COUNT(*), COUNT(review_from) FROM member \
     WHERE program_id = $1 AND tier = $2 AND review_at <= $3";

/// How many reviews of a tier are due, and how many of these found too little before.
pub async fn count_due(
    tx: &mut Tx<'_>,
    (program, tier): (ProgramId, &str),
    now: Timestamp,
) -> Result<(i64, i64), Error> {
    let row = tx.row(COUNT_DUE, values![program, tier, now]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.int(0)?, row.int(1)?)))
}

/// Something that happened to a member's tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `up`, `down`, `warned` or `by_hand`.
    pub kind: String,
    /// The tier after it; of a warning the one it would be.
    pub tier: String,
    /// The tier before it.
    pub before: String,
    /// When.
    pub at: Timestamp,
    /// When a floor ends, or a warned member falls.
    pub until: Option<Timestamp>,
    /// What was reached then, in what the program counts.
    pub value: Points,
    /// Who gave it by hand, and why.
    pub by: Option<(String, String)>,
}

const NOTE: &str = "INSERT INTO tier_change (id, member_id, kind, tier, tier_before, happened_at, \
     ends_at, value, author, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// Writes down what happened to a tier.
pub async fn note(tx: &mut Tx<'_>, member: MemberId, change: &Change) -> Result<(), Error> {
    let (author, reason) = change.by.clone().unzip();
    let row = values![
        uuid::Uuid::now_v7().simple().to_string(),
        member,
        &change.kind,
        &change.tier,
        &change.before,
        change.at,
        change.until,
        change.value,
        author,
        reason
    ];
    tx.later(NOTE, row).await
}

const CHANGES: &str = "SELECT kind, tier, tier_before, happened_at, ends_at, value, author, \
     reason FROM tier_change WHERE member_id = $1 ORDER BY id DESC LIMIT 50";

/// What happened to the member's tier, newest first, at most 50.
pub async fn changes(tx: &mut Tx<'_>, member: MemberId) -> Result<Vec<Change>, Error> {
    let read = |row: &Row| {
        let (author, reason) = (row.opt_text(6)?, row.opt_text(7)?);
        Ok(Change {
            kind: row.text(0)?.to_owned(),
            tier: row.text(1)?.to_owned(),
            before: row.text(2)?.to_owned(),
            at: row.time(3)?,
            until: row.opt_time(4)?,
            value: Points::clamped(row.int(5)?),
            by: author.map(str::to_owned).zip(reason.map(str::to_owned)),
        })
    };
    tx.rows(CHANGES, values![member]).await?.iter().map(read).collect()
}

/// What somebody was given on entering a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reward {
    /// Its id.
    pub id: String,
    /// The tier.
    pub tier: String,
    /// Points; 0 where it was a coupon alone.
    pub points: Points,
    /// The coupon's code.
    pub code: Option<CodeId>,
    /// When.
    pub given_at: Timestamp,
    /// Until when a return takes it back.
    pub ripe_at: Timestamp,
    /// When one did.
    pub taken_back_at: Option<Timestamp>,
}

const REWARDS: &str = "SELECT id, tier, points, code_id, given_at, ripe_at, taken_back_at \
     FROM tier_reward WHERE member_id = $1 ORDER BY id DESC LIMIT 50";

/// What the member was given on entering tiers, newest first, at most 50.
pub async fn rewards(tx: &mut Tx<'_>, member: MemberId) -> Result<Vec<Reward>, Error> {
    let read = |row: &Row| {
        Ok(Reward {
            id: row.text(0)?.to_owned(),
            tier: row.text(1)?.to_owned(),
            points: Points::clamped(row.int(2)?),
            code: row.opt_parsed(3)?,
            given_at: row.time(4)?,
            ripe_at: row.time(5)?,
            taken_back_at: row.opt_time(6)?,
        })
    };
    tx.rows(REWARDS, values![member]).await?.iter().map(read).collect()
}

const GIVE: &str = "INSERT INTO tier_reward (id, member_id, tier, points, code_id, given_at, \
     ripe_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Writes down what somebody is given on entering a tier.
pub async fn give(tx: &mut Tx<'_>, member: MemberId, reward: &Reward) -> Result<(), Error> {
    let row = values![
        uuid::Uuid::now_v7().simple().to_string(),
        member,
        &reward.tier,
        reward.points,
        reward.code,
        reward.given_at,
        reward.ripe_at
    ];
    tx.later(GIVE, row).await
}

const TAKE_BACK: &str = "UPDATE tier_reward SET taken_back_at = $2 WHERE id = $1";

/// Notes that a return took back what was given.
pub async fn take_back(tx: &mut Tx<'_>, reward: &str, now: Timestamp) -> Result<(), Error> {
    tx.later(TAKE_BACK, values![reward, now]).await
}
