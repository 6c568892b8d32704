//! Tells members by mail what of their points ends soon. It counts as told once the mail server has
//! taken the mail; whoever cannot be mailed is told by the panel, and keeps their points until then.

use super::Slice;
use crate::error::Error;
use crate::expiry::{ABOUT, reference};
use habitue_domain::time::Timestamp;
use habitue_store::outbox::{self, Channel};
use habitue_store::{Tx, expiry};
use std::collections::BTreeMap;

/// How many lots are looked for at once.
const LOTS: i64 = 100;
/// After how many days it is looked again whether somebody can be told.
const AGAIN_DAYS: i64 = 7;

/// The next members with something that ends soon.
pub async fn slice(tx: &mut Tx<'_>, now: Timestamp) -> Result<Slice, Error> {
    let found = expiry::untold(tx, now, now.plus_days(-AGAIN_DAYS), LOTS).await?;
    // The earliest end of each: the later ones of the same member are told with it.
    let mut members = BTreeMap::new();
    for (member, end) in found {
        members.entry(member).or_insert(end);
    }
    for (member, end) in &members {
        expiry::looked(tx, *member, now).await?;
        if let Some((contact, shop)) = expiry::reachable(tx, *member).await? {
            let mail = outbox::New {
                shop,
                channel: Channel::Mail,
                about: ABOUT,
                reference: reference(*member, *end),
                contact,
                endpoint: String::new(),
            };
            outbox::add(tx, &mail, now).await?;
        }
    }
    Ok(if members.is_empty() { Slice::Last(0) } else { Slice::More(members.len()) })
}

/// What it would do now.
pub async fn plan(tx: &mut Tx<'_>, now: Timestamp) -> Result<String, Error> {
    let all = expiry::all_untold(tx, now, now.plus_days(-AGAIN_DAYS)).await?;
    let (points, lots, members) = (all.points, all.lots, all.members);
    Ok(format!(
        "would tell {members} members, where they can be mailed, of the end of {points} points \
         ({lots} lots)"
    ))
}
