//! Codes that a partner chose: read line by line, each taken, known or rejected.

use crate::code::{id_of, sealed};
use crate::error::Error;
use crate::programs::Compiled;
use habitue_api::batch::{CodesReply, Rejected};
use habitue_api::problem::Code as Problems;
use habitue_domain::code::last_four;
use habitue_domain::coupon::CouponCode;
use habitue_domain::id::{BatchId, ProgramId, ShopId};
use habitue_store::batch::{self, Code};
use habitue_store::{Tx, code, gift_card};
use std::collections::BTreeMap;

/// Codes that can be taken, each with its line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Line and code.
    pub good: Vec<(u64, CouponCode)>,
    /// What cannot be one, or stands there twice.
    pub bad: Vec<Rejected>,
}

/// Reads the codes of lines; nothing is lost: each is good or bad.
pub fn read<'a>(lines: impl Iterator<Item = (u64, &'a str)>) -> Lines {
    let (mut read, mut first) = (Lines::default(), BTreeMap::new());
    for (line, text) in lines {
        let code = match text.parse::<CouponCode>() {
            Ok(code) => code,
            Err(reason) => {
                read.bad.push(Rejected { line, reason: reason.to_owned() });
                continue;
            }
        };
        if let Some(before) = first.get(&code) {
            let reason = format!("the same code as in line {before}");
            read.bad.push(Rejected { line, reason });
        } else {
            first.insert(code.clone(), line);
            read.good.push((line, code));
        }
    }
    read
}

/// Takes codes into a batch of imported ones; sent again, they are known. With `dry_run` it only
/// says what would become of them, where a batch need not be there yet.
///
/// # Errors
/// `not_found` where the shop has no such batch; faults of the database.
pub async fn import(
    tx: &mut Tx<'_>,
    compiled: &Compiled,
    (program, shop, into): (ProgramId, ShopId, Option<BatchId>),
    codes: &[(u64, CouponCode)],
    dry_run: bool,
) -> Result<CodesReply, Error> {
    let batch = match into {
        Some(id) => Some(open(tx, shop, id).await?),
        None => None,
    };
    let master = compiled.master.as_ref().ok_or(Problems::NotFound)?;
    let made = batch.as_ref().map(|batch| batch.made).unwrap_or_default();
    let (mut reply, mut place) = (CodesReply::default(), made);
    for (line, code) in codes {
        let reject = |reason: &str| Rejected { line: *line, reason: reason.to_owned() };
        if compiled.program.by_code(code).is_some() {
            reply.rejected.push(reject("the program file has this code for everybody"));
            continue;
        }
        let hash = master.code_hash(program, code);
        if gift_card::has_code(tx, shop, &hash).await? {
            reply.rejected.push(reject("a gift card has this code"));
            continue;
        }
        match code::batch_of(tx, id_of(&hash)).await? {
            Some(known) if known.is_some() && known == into => {
                reply.known = reply.known.saturating_add(1);
            }
            Some(_) => reply.rejected.push(reject("this code was issued before")),
            None => {
                reply.added = reply.added.saturating_add(1);
                if let Some(batch) = batch.as_ref().filter(|_| !dry_run) {
                    place = place.saturating_add(1);
                    let sealed = sealed(master.seal(code.as_str()))?;
                    let last_four = last_four(code);
                    let new = Code { id: id_of(&hash), last_four, sealed };
                    batch::put(tx, batch.id, place, &new).await?;
                }
            }
        }
    }
    if let Some(batch) = batch.filter(|_| place > made) {
        batch::grow(tx, batch.id, made, place).await?;
    }
    Ok(reply)
}

/// A shop's batch that takes a partner's codes.
async fn open(tx: &mut Tx<'_>, shop: ShopId, id: BatchId) -> Result<batch::Batch, Error> {
    let batch = batch::load(tx, id).await?;
    let is_open = |batch: &batch::Batch| {
        batch.shop == shop && batch.is_imported && batch.withdrawn_at.is_none()
    };
    Ok(batch.filter(is_open).ok_or(Problems::NotFound)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_taken_or_named_with_its_reason() {
        let lines = ["ABC-1", "", "deux mots", " abc-1 ", "ABC-2"];
        let read = read((1..).zip(lines));
        let good: Vec<u64> = read.good.iter().map(|(line, _)| *line).collect();
        let bad: Vec<(u64, &str)> =
            read.bad.iter().map(|bad| (bad.line, bad.reason.as_str())).collect();
        let illegal = "a code has 3 to 40 letters, digits, hyphens or underscores";
        assert_eq!(good, [1, 5]);
        assert_eq!(bad, [(2, illegal), (3, illegal), (4, "the same code as in line 1")]);
    }
}
