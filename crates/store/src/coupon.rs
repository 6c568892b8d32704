//! The uses of promotions: completed orders and confirmed holds (rules §2.12).

use crate::{Error, Row, Tx, hold, values};
use habitue_domain::id::{HoldId, MemberId, ProgramId};
use habitue_domain::money::{Currency, Money};
use habitue_domain::promotion::{Promotion, in_currency};
use habitue_domain::refusal::Reason;
use habitue_domain::time::Timestamp;
use std::collections::BTreeMap;

/// A confirmed hold past its end does not count, although nobody has tidied it up yet.
const USES: &str = "SELECT promotion_use.promotion_id, promotion_use.used - ( \
     SELECT COUNT(*) FROM hold_use JOIN hold ON hold.id = hold_use.hold_id \
     JOIN shop ON shop.id = hold.shop_id \
     WHERE hold_use.promotion_id = promotion_use.promotion_id \
     AND shop.program_id = promotion_use.program_id \
     AND hold.state = 'confirmed' AND hold.expires_at <= $2) \
     FROM promotion_use WHERE promotion_use.program_id = $1 LIMIT 1000";

/// Uses of each promotion of a program, by promotion id.
pub async fn uses(
    tx: &mut Tx<'_>,
    program: ProgramId,
    now: Timestamp,
) -> Result<BTreeMap<String, i64>, Error> {
    let rows = tx.rows(USES, values![program, now]).await?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
}

const USES_OF_MEMBER: &str = "SELECT promotion_member_use.promotion_id, \
     promotion_member_use.used - ( \
     SELECT COUNT(*) FROM hold_use JOIN hold ON hold.id = hold_use.hold_id \
     WHERE hold_use.promotion_id = promotion_member_use.promotion_id \
     AND hold.member_id = promotion_member_use.member_id \
     AND hold.state = 'confirmed' AND hold.expires_at <= $3) \
     FROM promotion_member_use \
     WHERE promotion_member_use.program_id = $1 AND promotion_member_use.member_id = $2 LIMIT 1000";

/// Uses of each promotion by one member, by promotion id.
pub async fn uses_of_member(
    tx: &mut Tx<'_>,
    program: ProgramId,
    member: MemberId,
    now: Timestamp,
) -> Result<BTreeMap<String, i64>, Error> {
    let rows = tx.rows(USES_OF_MEMBER, values![program, member, now]).await?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
}

const USES_OF_GUEST: &str = "SELECT promotion_guest_use.promotion_id, \
     promotion_guest_use.used - ( \
     SELECT COUNT(*) FROM hold_use JOIN hold ON hold.id = hold_use.hold_id \
     WHERE hold_use.promotion_id = promotion_guest_use.promotion_id \
     AND hold.email_hash = promotion_guest_use.email_hash AND hold.member_id IS NULL \
     AND hold.state = 'confirmed' AND hold.expires_at <= $3) \
     FROM promotion_guest_use \
     WHERE promotion_guest_use.program_id = $1 AND promotion_guest_use.email_hash = $2 LIMIT 1000";

/// Uses of each promotion by somebody known by an e-mail address alone, by promotion id.
pub async fn uses_of_guest(
    tx: &mut Tx<'_>,
    program: ProgramId,
    email_hash: &str,
    now: Timestamp,
) -> Result<BTreeMap<String, i64>, Error> {
    let rows = tx.rows(USES_OF_GUEST, values![program, email_hash, now]).await?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
}

const SPENT: &str = "SELECT promotion_spent.promotion_id, promotion_spent.currency, \
     promotion_spent.spent_minor - COALESCE(( \
     SELECT CAST(SUM(hold_use.taken_minor) AS BIGINT) FROM hold_use \
     JOIN hold ON hold.id = hold_use.hold_id JOIN shop ON shop.id = hold.shop_id \
     WHERE hold_use.promotion_id = promotion_spent.promotion_id \
     AND hold_use.currency = promotion_spent.currency \
     AND shop.program_id = promotion_spent.program_id \
     AND hold.state = 'confirmed' AND hold.expires_at <= $2), 0) \
     FROM promotion_spent WHERE promotion_spent.program_id = $1 LIMIT 5000";

/// What the promotions of a program that have a budget took off: id and amount.
pub async fn spent(
    tx: &mut Tx<'_>,
    program: ProgramId,
    now: Timestamp,
) -> Result<Vec<(String, Money)>, Error> {
    let rows = tx.rows(SPENT, values![program, now]).await?;
    let read = |row: &Row| {
        let currency: Currency = row.parsed(1)?;
        Ok((row.text(0)?.to_owned(), currency.clamped(row.int(2)?)))
    };
    rows.iter().map(read).collect()
}

const START: &str = "INSERT INTO promotion_use (program_id, promotion_id, used) \
     VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
const TAKE: &str = "UPDATE promotion_use SET used = used + 1 \
     WHERE program_id = $1 AND promotion_id = $2 AND used < $3";
const START_OF_MEMBER: &str = "INSERT INTO promotion_member_use (program_id, promotion_id, \
     member_id, used) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING";
const TAKE_OF_MEMBER: &str = "UPDATE promotion_member_use SET used = used + 1 \
     WHERE program_id = $1 AND promotion_id = $2 AND member_id = $3 AND used < $4";
const START_OF_GUEST: &str = "INSERT INTO promotion_guest_use (program_id, promotion_id, \
     email_hash, used) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING";
const TAKE_OF_GUEST: &str = "UPDATE promotion_guest_use SET used = used + 1 \
     WHERE program_id = $1 AND promotion_id = $2 AND email_hash = $3 AND used < $4";
const START_SPENDING: &str = "INSERT INTO promotion_spent (program_id, promotion_id, currency, \
     spent_minor) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING";
const SPEND: &str = "UPDATE promotion_spent SET spent_minor = spent_minor + $4 \
     WHERE program_id = $1 AND promotion_id = $2 AND currency = $3 AND spent_minor <= $5";
const NOTE: &str =
    "INSERT INTO hold_use (hold_id, promotion_id, currency, taken_minor) VALUES ($1, $2, $3, $4)";

/// Takes one use for a hold, and what it took off (`taken`) from the budget. A reason where the
/// last one is gone: two carts cannot both have it.
pub async fn take(
    tx: &mut Tx<'_>,
    program: ProgramId,
    hold: &hold::Stored,
    promotion: &Promotion,
    taken: Money,
) -> Result<Result<(), Reason>, Error> {
    let id = promotion.id.as_str();
    tx.later(START, values![program, id]).await?;
    let limit = promotion.use_limit().unwrap_or(i64::MAX);
    if tx.execute(TAKE, values![program, id, limit]).await? == 0 {
        let by_stock = promotion.uses.is_none_or(|uses| uses > limit);
        return Ok(Err(if by_stock { Reason::OutOfStock } else { Reason::UsedUp }));
    }
    let (currency, minor) = (taken.currency(), taken.minor());
    let code = currency.to_string();
    if let Some(budget) = in_currency(&promotion.budget, currency) {
        tx.later(START_SPENDING, values![program, id, &code]).await?;
        let most = budget.saturating_sub(minor);
        if tx.execute(SPEND, values![program, id, &code, minor, most]).await? == 0 {
            return Ok(Err(Reason::BudgetSpent));
        }
    }
    let own = promotion.uses_per_member.unwrap_or(i64::MAX);
    if let Some(member) = hold.member {
        tx.later(START_OF_MEMBER, values![program, id, member]).await?;
        if tx.execute(TAKE_OF_MEMBER, values![program, id, member, own]).await? == 0 {
            return Ok(Err(Reason::UsedUpForMember));
        }
    } else if let Some(hash) = &hold.email_hash {
        tx.later(START_OF_GUEST, values![program, id, hash]).await?;
        if tx.execute(TAKE_OF_GUEST, values![program, id, hash, own]).await? == 0 {
            return Ok(Err(Reason::UsedUpForMember));
        }
    }
    tx.later(NOTE, values![hold.id, id, &code, minor]).await?;
    Ok(Ok(()))
}

const OF_HOLD: &str =
    "SELECT promotion_id, currency, taken_minor FROM hold_use WHERE hold_id = $1 LIMIT 1000";
const SPEND_LESS: &str = "UPDATE promotion_spent SET spent_minor = spent_minor - $4 \
     WHERE program_id = $1 AND promotion_id = $2 AND currency = $3 AND spent_minor >= $4";
const GIVE: &str = "UPDATE promotion_use SET used = used - 1 \
     WHERE program_id = $1 AND promotion_id = $2 AND used > 0";
const GIVE_OF_MEMBER: &str = "UPDATE promotion_member_use SET used = used - 1 \
     WHERE program_id = $1 AND promotion_id = $2 AND member_id = $3 AND used > 0";
const GIVE_OF_GUEST: &str = "UPDATE promotion_guest_use SET used = used - 1 \
     WHERE program_id = $1 AND promotion_id = $2 AND used > 0 \
     AND email_hash = (SELECT email_hash FROM hold WHERE id = $3)";
const FORGET: &str = "DELETE FROM hold_use WHERE hold_id = $1";
/// What was typed stays readable until somebody else takes the use.
const FREE_CODES: &str = "UPDATE code_use SET taken_until = 0 WHERE hold_id = $1";

/// Gives all uses of a hold back, of promotions and of issued codes; a second time changes nothing.
pub async fn give_back(
    tx: &mut Tx<'_>,
    program: ProgramId,
    member: Option<MemberId>,
    hold: HoldId,
) -> Result<(), Error> {
    for row in tx.rows(OF_HOLD, values![hold]).await? {
        let promotion = row.text(0)?;
        tx.later(GIVE, values![program, promotion]).await?;
        // Uses noted before there were budgets name no amount.
        if let (Some(currency), Some(minor)) = (row.opt_text(1)?, row.opt_int(2)?) {
            tx.later(SPEND_LESS, values![program, promotion, currency, minor]).await?;
        }
        if let Some(member) = member {
            tx.later(GIVE_OF_MEMBER, values![program, promotion, member]).await?;
        } else {
            tx.later(GIVE_OF_GUEST, values![program, promotion, hold]).await?;
        }
    }
    tx.later(FREE_CODES, values![hold]).await?;
    tx.later(FORGET, values![hold]).await
}
