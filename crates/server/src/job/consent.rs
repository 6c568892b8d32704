//! Ends what was never confirmed, and forgets whoever is to be forgotten.

use super::Slice;
use crate::consent::{How, record};
use crate::error::Error;
use habitue_domain::consent::{Act, CONFIRM_DAYS};
use habitue_domain::time::Timestamp;
use habitue_store::{Tx, consent, contact, link, outbox};

/// How long an erasure waits for others to be told of the withdrawals, in days at most.
const TELL_DAYS: i64 = 3;
/// How long a link is known after its end: as long as mails to an address are counted, in days.
const LINK_DAYS: i64 = 7;
/// How long it is known what was sent, in days.
const SENT_DAYS: i64 = 30;

/// The next of each.
pub async fn slice(tx: &mut Tx<'_>, now: Timestamp) -> Result<Slice, Error> {
    let mut done = 0_usize;
    for (contact, shop, matter) in consent::run_out(tx, now).await? {
        record(tx, (shop, contact), (&matter, Act::Lapse), &How::by("clock"), now).await?;
        done = done.saturating_add(1);
    }
    let mut forgotten = contact::unconfirmed(tx, now.plus_days(-CONFIRM_DAYS)).await?;
    forgotten.extend(contact::told(tx, now.plus_days(-TELL_DAYS)).await?);
    for contact in forgotten {
        contact::erase(tx, contact, now).await?;
        done = done.saturating_add(1);
    }
    let links = link::prune(tx, now.plus_days(-LINK_DAYS)).await?;
    let messages = outbox::prune(tx, now.plus_days(-SENT_DAYS)).await?;
    let pruned = usize::try_from(links.saturating_add(messages)).unwrap_or(usize::MAX);
    done = done.saturating_add(pruned);
    Ok(if done == 0 { Slice::Last(0) } else { Slice::More(done) })
}
