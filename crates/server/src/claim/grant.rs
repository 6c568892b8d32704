//! What a claim makes: a code, a gift card, credit, a partner's code.

use super::Claiming;
use super::{Reason, told};
use crate::booking::into_lot;
use crate::code::{self, random, sealed};
use crate::error::Error;
use crate::issue::{Wanted, issue};
use habitue_domain::code::{Size, last_four};
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::money::Money;
use habitue_domain::points::Points;
use habitue_domain::promotion::Validity;
use habitue_domain::reward::{Grant, Reward};
use habitue_store::claim::{self, Granted};
use habitue_store::gift_card::{self, NewCard};
use habitue_store::ledger::NewTransfer;
use habitue_store::{Tx, id, ledger, member};

/// Grants what a reward is.
pub(super) async fn grant(
    claiming: &Claiming<'_>,
    tx: &mut Tx<'_>,
    reward: &Reward,
) -> Result<Granted, Error> {
    match &reward.grant {
        Grant::Code { promotion, days } => code_of(claiming, tx, promotion, *days).await,
        Grant::Pool(promotion) => {
            let (shop, now) = (claiming.subject.shop, claiming.now);
            let next = claim::next_of_pool(tx, shop, promotion, now).await?;
            let next = next.ok_or_else(|| told(Reason::OutOfStock, None))?;
            let (code, sealed, until) = (Some(next.id), Some(next.sealed), next.until);
            Ok(Granted { code, sealed, until, ..Granted::default() })
        }
        Grant::GiftCard { amount, days } => card(claiming, tx, reward, (*amount, *days)).await,
        Grant::Credit(amount) => credit(claiming, tx, reward, *amount).await,
        Grant::Experience => Ok(Granted::default()),
    }
}

async fn code_of(
    claiming: &Claiming<'_>,
    tx: &mut Tx<'_>,
    promotion: &str,
    days: i64,
) -> Result<Granted, Error> {
    let until = Some(claiming.now.plus_days(days));
    let wanted = Wanted {
        program: claiming.subject.program,
        shop: claiming.subject.shop,
        promotion,
        member: claiming.member,
        prefix: None,
        order: None,
        validity: Validity { from: None, until },
    };
    let issued = issue(tx, claiming.master, &wanted, claiming.now).await?;
    let (id, code) = issued.ok_or(habitue_store::Error::Conflict)?;
    let sealed = Some(sealed(claiming.master.seal(code.as_str()))?);
    Ok(Granted { code: Some(id), sealed, until, ..Granted::default() })
}

async fn card(
    claiming: &Claiming<'_>,
    tx: &mut Tx<'_>,
    reward: &Reward,
    (amount, days): (Money, Option<i64>),
) -> Result<Granted, Error> {
    let (subject, now) = (claiming.subject, claiming.now);
    let code = random(None, Size::Twelve);
    let [_, hash] = code::hashes(claiming.master, subject.program, &code);
    let sealed = sealed(claiming.master.seal(code.as_str()))?;
    let (id, until) = (id::gift_card(), days.map(|days| now.plus_days(days)));
    if let Some(customer) = &subject.customer {
        member::know(tx, subject.shop, customer).await?;
    }
    let new = NewCard {
        id,
        code_hash: &hash,
        last_four: &last_four(&code),
        sealed: Some(&sealed),
        customer: subject.customer.as_deref(),
        amount,
        until,
    };
    if !gift_card::add(tx, (subject.program, subject.shop), &new, now).await? {
        return Err(habitue_store::Error::Conflict.into());
    }
    let kind = TransferKind::Issue;
    let (unit, minor) = (Unit::Gift(amount.currency()), Points::clamped(amount.minor()));
    let base = claiming.transfer(Holder::Card(id), reward);
    ledger::book(tx, &NewTransfer { kind, unit, amount: minor, ..base }).await?;
    let (gift_card, sealed, credit) = (Some(id), Some(sealed), Some(amount));
    Ok(Granted { code: None, gift_card, credit, sealed, until })
}

async fn credit(
    claiming: &Claiming<'_>,
    tx: &mut Tx<'_>,
    reward: &Reward,
    amount: Money,
) -> Result<Granted, Error> {
    let (member, now) = (claiming.member, claiming.now);
    let unit = Unit::Credit(amount.currency());
    let minor = Points::clamped(amount.minor());
    let base = claiming.transfer(Holder::Member(member), reward);
    let new = NewTransfer { kind: TransferKind::Grant, unit, amount: minor, ..base };
    let booked = ledger::book(tx, &new).await?;
    let days = claiming.compiled.program.credit.as_ref().and_then(|credit| credit.expires_days);
    let ends = days.map(|days| (now.plus_days(days), Some(now)));
    into_lot(tx, (member, unit), (booked, minor), now, ends).await?;
    let until = ends.map(|(end, _)| end);
    Ok(Granted { credit: Some(amount), until, ..Granted::default() })
}
