//! Issued codes at checkout: who may use which, and the uses a hold takes of them.
//!
//! A code that is not for whoever asks is as unknown as one that does not exist, and takes the same
//! time: it is looked up by two hashes in one statement, and who owns it is seen afterwards. In holds
//! a code stands as a reference, `COD_…`, and is filled in for those who may read the hold.

use crate::code::{hashes, id_of, sealed, unseal};
use crate::error::Error;
use crate::programs::Compiled;
use crate::secret::MasterKey;
use habitue_domain::coupon::CouponCode;
use habitue_domain::id::{CodeId, HoldId, ShopId};
use habitue_domain::promotion::Promotion;
use habitue_domain::quote::{Asked, Item, Quote, Verdict};
use habitue_domain::time::Timestamp;
use habitue_store::authority::Subject;
use habitue_store::code::{self, Found, Looking, Use};
use habitue_store::hold::Stored;
use habitue_store::{Tx, hold};
use std::borrow::Cow;

/// An issued code that somebody asked for and may use.
#[derive(Clone, Debug)]
pub struct Known {
    /// As it was typed.
    pub typed: CouponCode,
    /// Which code it is.
    pub id: CodeId,
    /// How often it may be used.
    pub uses: i64,
    /// The promotion as this code triggers it.
    pub promotion: Promotion,
}

/// The issued codes among those asked for that are for this subject; `but` names a hold whose own
/// uses do not count. Nothing is asked of the database where all codes are shared ones.
///
/// # Errors
/// Faults of the database.
pub async fn find(
    tx: &mut Tx<'_>,
    compiled: &Compiled,
    asked: &Asked,
    (subject, but): (&Subject, Option<HoldId>),
    now: Timestamp,
) -> Result<Vec<Known>, Error> {
    let mut known: Vec<Known> = Vec::new();
    let Some(master) = &compiled.master else {
        return Ok(known);
    };
    let looking = Looking { shop: subject.shop, member: subject.member, but, now };
    let program = &compiled.program;
    for (place, typed) in asked.codes.iter().enumerate() {
        let again = asked.codes.iter().take(place).any(|before| before == typed);
        if again || program.by_code(typed).is_some() {
            continue;
        }
        let [as_typed, as_generated] = hashes(master, subject.program, typed).map(|it| id_of(&it));
        let found = code::find(tx, [as_typed, as_generated], &looking).await?;
        let exact = found.iter().find(|found| found.id == as_typed);
        let found = exact.or_else(|| found.iter().find(|found| !found.is_imported));
        let mine = |found: &&Found| {
            let theirs = found.member.is_some() && found.member != subject.member;
            !found.is_withdrawn && !theirs
        };
        let Some(found) = found.filter(mine) else { continue };
        // Typed twice in two spellings, it is one code.
        if known.iter().any(|known| known.id == found.id) {
            continue;
        }
        if let Some(issued) = program.issued(&found.promotion) {
            let used_up = found.taken >= found.uses;
            let promotion = issued.with_code(typed, found.validity, used_up);
            let (id, uses) = (found.id, found.uses);
            known.push(Known { typed: typed.clone(), id, uses, promotion });
        }
    }
    for known in &mut known {
        compiled.expand(std::slice::from_mut(&mut known.promotion), now);
    }
    Ok(known)
}

/// The promotions behind a member's own codes, which the member may see and the browser preview.
///
/// # Errors
/// Faults of the database.
pub async fn own(
    tx: &mut Tx<'_>,
    compiled: &Compiled,
    subject: &Subject,
    now: Timestamp,
) -> Result<Vec<Promotion>, Error> {
    let program = &compiled.program;
    let (Some(master), Some(_)) = (&compiled.master, subject.member) else {
        return Ok(Vec::new());
    };
    if program.issued.is_empty() {
        return Ok(Vec::new());
    }
    let looking = Looking { shop: subject.shop, member: subject.member, but: None, now };
    let owned = code::own(tx, &looking).await?;
    let listed = owned.iter().filter_map(|own| {
        let issued = program.issued(&own.promotion).filter(|issued| issued.promotion.listed)?;
        // Unreadable with another master key: then nobody can be told.
        let code = unseal(master, &own.sealed)?;
        Some(issued.with_code(&code, own.validity, false))
    });
    let mut promotions: Vec<Promotion> = listed.collect();
    compiled.expand(&mut promotions, now);
    Ok(promotions)
}

/// Reserves a use of each issued code that a hold applies, until the hold ends.
///
/// # Errors
/// `Conflict` where somebody else took it meanwhile: the job runs again and sees that.
pub async fn reserve(
    tx: &mut Tx<'_>,
    compiled: &Compiled,
    known: &[Known],
    stored: &Stored,
    (until, now): (Timestamp, Timestamp),
) -> Result<(), Error> {
    let Some(master) = &compiled.master else {
        return Ok(());
    };
    for known in known.iter().filter(|known| applies(&stored.quote, &known.typed)) {
        let slot = match known.uses {
            1 => 1,
            _ => code::free_slot(tx, known.id, now).await?,
        };
        let sealed = sealed(master.seal(known.typed.as_str()))?;
        let taken = Use { code: known.id, slot, hold: stored.id, sealed, until };
        code::reserve(tx, &taken, now).await?;
    }
    Ok(())
}

fn applies(quote: &Quote, code: &CouponCode) -> bool {
    quote.outcomes.iter().any(|outcome| {
        matches!(&outcome.item, Item::Code(asked) if asked == code)
            && matches!(outcome.verdict, Verdict::Applied(_))
    })
}

/// The hold as it is stored: with references in the place of issued codes.
pub fn hidden<'a>(stored: &'a Stored, known: &[Known]) -> Cow<'a, Stored> {
    if known.is_empty() {
        return Cow::Borrowed(stored);
    }
    let reference = |code: &CouponCode| {
        let known = known.iter().find(|known| known.typed == *code)?;
        known.id.to_string().parse().ok()
    };
    let mut hidden = stored.clone();
    replace(&mut hidden, &reference);
    Cow::Owned(hidden)
}

/// Keeps the uses of a hold that was confirmed until its new end.
///
/// # Errors
/// Faults of the database.
pub async fn keep(
    tx: &mut Tx<'_>,
    hold: HoldId,
    known: &[Known],
    until: Timestamp,
) -> Result<(), Error> {
    if known.is_empty() {
        return Ok(());
    }
    Ok(code::extend(tx, hold, Some(until)).await?)
}

/// Uses up for good what a hold, as it is stored, has reserved.
///
/// # Errors
/// Faults of the database.
pub async fn use_up(tx: &mut Tx<'_>, stored: &Stored) -> Result<(), Error> {
    if !stored.asked.codes.iter().any(|code| referred(code).is_some()) {
        return Ok(());
    }
    Ok(code::extend(tx, stored.id, None).await?)
}

/// A shop's hold as those may read it who hold it: with its codes filled in.
///
/// # Errors
/// Faults of the database.
pub async fn load(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    shop: ShopId,
    id: HoldId,
) -> Result<Option<Stored>, Error> {
    match hold::load(tx, shop, id).await? {
        Some(stored) => Box::pin(filled(tx, master, stored)).await.map(Some),
        None => Ok(None),
    }
}

/// A hold as it is stored, with its codes filled in.
///
/// # Errors
/// Faults of the database.
pub async fn filled(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    mut stored: Stored,
) -> Result<Stored, Error> {
    let referred = |code: &CouponCode| Some((code.clone(), referred(code)?));
    let references: Vec<_> = stored.asked.codes.iter().filter_map(referred).collect();
    let mut codes = Vec::new();
    for (reference, code) in references {
        let sealed = code::typed(tx, code, stored.id).await?;
        if let Some(code) = sealed.and_then(|sealed| unseal(master, &sealed)) {
            codes.push((reference, code));
        }
    }
    let filled = |reference: &CouponCode| {
        let (_, code) = codes.iter().find(|(known, _)| known == reference)?;
        Some(code.clone())
    };
    replace(&mut stored, &filled);
    Ok(stored)
}

/// The code that a reference in a hold stands for.
fn referred(code: &CouponCode) -> Option<CodeId> {
    code.as_str().to_ascii_lowercase().parse().ok()
}

/// Puts other codes in the place of those that have one.
fn replace(stored: &mut Stored, other: &dyn Fn(&CouponCode) -> Option<CouponCode>) {
    for code in &mut stored.asked.codes {
        if let Some(other) = other(code) {
            *code = other;
        }
    }
    for outcome in &mut stored.quote.outcomes {
        if let Item::Code(code) = &mut outcome.item
            && let Some(other) = other(code)
        {
            *code = other;
        }
    }
}
