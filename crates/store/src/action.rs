//! What earned besides orders: events, each once for ever (rules §4.10, §4.11).

use crate::{Error, Row, Tx, values};
use habitue_domain::calendar::Window;
use habitue_domain::id::{MemberId, ProgramId, ShopId, TransferId};
use habitue_domain::points::Points;
use habitue_domain::time::Timestamp;

/// Which event: the shop's name for it is its own for each action.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The shop that tells of it.
    pub shop: ShopId,
    /// The action's id.
    pub action: &'a str,
    /// The shop's id of the event.
    pub id: &'a str,
}

/// An event as it was taken.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Whose it is.
    pub member: MemberId,
    /// What it earned; zero where the cap was reached.
    pub points: Points,
}

const FIND: &str = "SELECT earned_action.member_id, COALESCE(transfer.points, 0) \
     FROM earned_action LEFT JOIN transfer ON transfer.id = earned_action.transfer_id \
     WHERE earned_action.shop_id = $1 AND earned_action.action = $2 \
     AND earned_action.event_id = $3";

/// An event that was told before.
pub async fn find(tx: &mut Tx<'_>, event: &Event<'_>) -> Result<Option<Taken>, Error> {
    let row = tx.row(FIND, values![event.shop, event.action, event.id]).await?;
    let read =
        |row: Row| Ok(Taken { member: row.parsed(0)?, points: Points::clamped(row.int(1)?) });
    row.map(read).transpose()
}

const COUNT: &str = "SELECT COUNT(*) FROM earned_action WHERE member_id = $1 AND action = $2 \
     AND occurred_at >= $3 AND occurred_at < $4 AND transfer_id IS NOT NULL";

/// How often an action has earned for a member within a period.
pub async fn count(
    tx: &mut Tx<'_>,
    member: MemberId,
    action: &str,
    within: Window,
) -> Result<i64, Error> {
    let row = tx.row(COUNT, values![member, action, within.from, within.until]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

const ADD: &str = "INSERT INTO earned_action (shop_id, action, event_id, member_id, occurred_at, \
     recorded_at, transfer_id) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";

/// Takes an event, with the transfer it earned by; one that was taken meanwhile is
/// [`Error::Conflict`].
pub async fn add(
    tx: &mut Tx<'_>,
    event: &Event<'_>,
    member: MemberId,
    (occurred_at, now): (Timestamp, Timestamp),
    transfer: Option<TransferId>,
) -> Result<(), Error> {
    let row = values![event.shop, event.action, event.id, member, occurred_at, now, transfer];
    tx.claim(ADD, row).await
}

const BIRTHDAYS: &str = "SELECT member.id, \
     (SELECT MIN(customer.shop_id) FROM customer WHERE customer.member_id = member.id) \
     FROM profile JOIN member ON member.id = profile.member_id \
     WHERE profile.birthday IN ($1, $2) AND member.program_id = $3 AND member.joined_at < $4 \
     AND NOT EXISTS (SELECT 1 FROM earned_action \
     WHERE earned_action.member_id = member.id AND earned_action.action = 'birthday' \
     AND earned_action.occurred_at >= $5) \
     AND EXISTS (SELECT 1 FROM customer WHERE customer.member_id = member.id) \
     ORDER BY member.id LIMIT $6";

/// Members of a program who have one of two birthdays, had joined before `until`, and for whom none
/// was taken since an instant; each with a shop of theirs.
pub async fn birthdays(
    tx: &mut Tx<'_>,
    program: ProgramId,
    [one, other]: [&str; 2],
    (until, since): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<(MemberId, ShopId)>, Error> {
    let rows = tx.rows(BIRTHDAYS, values![one, other, program, until, since, limit]).await?;
    rows.iter().map(|row| Ok((row.parsed(0)?, row.parsed(1)?))).collect()
}
