//! Facts for a quote, loaded inside the transaction that decides.

use crate::code;
use crate::error::Error;
use crate::issued::{self, Known};
use crate::programs::Compiled;
use crate::redemption::referred;
use crate::secret::MasterKey;
use habitue_domain::coupon::CouponCode;
use habitue_domain::id::{HoldId, MemberId, ProgramId};
use habitue_domain::lot::{Lot, balance};
use habitue_domain::member::MemberFacts;
use habitue_domain::points::Points;
use habitue_domain::program::Program;
use habitue_domain::promotion::Promotion;
use habitue_domain::quote::{Asked, Facts, GiftCard, PublicFacts, ShopFacts};
use habitue_domain::time::Timestamp;
use habitue_store::authority::Subject;
use habitue_store::lot::Holdings;
use habitue_store::{Tx, coupon, credit, gift_card, lot, member, order};
use std::collections::BTreeMap;

/// Facts, with what stands behind them.
pub struct Loaded {
    /// What `quote` reads.
    pub facts: Facts,
    /// The member's open lots of points.
    pub lots: Vec<Lot>,
    /// Their credit.
    pub credit: Vec<credit::Holding>,
    /// The gift cards behind the codes asked for.
    pub cards: Vec<Card>,
    /// The member as loaded, to be locked before anything of theirs is changed.
    pub member: Option<member::Member>,
    /// The issued codes among those asked for.
    pub codes: Vec<Known>,
}

/// A gift card behind a code asked for.
#[derive(Clone, Debug)]
pub struct Card {
    /// The code as asked.
    pub code: CouponCode,
    /// The card.
    pub stored: gift_card::Stored,
}

/// What is a member's own.
#[derive(Default)]
pub struct Own {
    /// What a quote reads.
    pub facts: Option<MemberFacts>,
    /// The member's open lots of points.
    pub lots: Vec<Lot>,
    /// Their credit.
    pub credit: Vec<credit::Holding>,
    /// The member as loaded.
    pub member: Option<member::Member>,
}

/// How many orders the member has paid, where some promotion of `program` asks.
///
/// # Errors
/// Faults of the database.
pub async fn orders(
    tx: &mut Tx<'_>,
    program: &Program,
    member: Option<MemberId>,
) -> Result<Option<i64>, Error> {
    let asks = program.every_promotion().any(|promotion| !promotion.orders.is_empty());
    match member.filter(|_| asks) {
        Some(member) => Ok(Some(order::paid_by_member(tx, member).await?)),
        None => Ok(None),
    }
}

/// What the browser may know: what is published, around `now`, and the member's own.
pub fn public(compiled: &Compiled, member: Option<MemberFacts>, now: Timestamp) -> PublicFacts {
    let mut public = PublicFacts { member, ..compiled.program.public_facts() };
    compiled.expand(&mut public.promotions, now);
    public
}

/// For whom, and by which program, something is priced.
pub struct Pricing<'a> {
    /// By what codes are found.
    pub master: &'a MasterKey,
    /// The program.
    pub compiled: &'a Compiled,
    /// Whose price it is.
    pub subject: &'a Subject,
    /// A hold whose own reservations do not count against it; its gift cards are named by
    /// reference.
    pub but: Option<HoldId>,
    /// Whether the shop asks: it knows a card in a hold by reference alone, and names it so when it
    /// makes the hold anew.
    pub by_shop: bool,
    /// The keyed hash of an e-mail address by which uses are counted, too.
    pub email_hash: Option<&'a str>,
    /// Now.
    pub now: Timestamp,
}

impl Pricing<'_> {
    /// Loads what a quote depends on.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn load(&self, tx: &mut Tx<'_>, asked: &Asked) -> Result<Loaded, Error> {
        let (subject, now) = (self.subject, self.now);
        let program = &self.compiled.program;
        let [mut one, mut two, mut three, mut four, mut five, mut six] = tx.forks();
        let (mut own, mut shop, orders, mut cards, guest, codes) = tokio::try_join!(
            own(&mut one, subject, self.but, now),
            counters(&mut two, program, subject.program, now),
            orders(&mut three, program, subject.member),
            self.cards(&mut four, asked),
            self.guest(&mut five),
            // Boxed, since it is seldom needed and would make every request's future larger.
            Box::pin(issued::find(&mut six, self.compiled, asked, (subject, self.but), now))
        )?;
        if let Some(facts) = &mut own.facts {
            facts.orders = orders;
            // What they used before anybody knew who they are counts (rules §2.12).
            for (promotion, uses) in guest.into_iter().flatten() {
                let sum = facts.uses.entry(promotion).or_default();
                *sum = sum.saturating_add(uses);
            }
        } else {
            shop.guest = guest;
        }
        let mut unlisted: Vec<Promotion> = asked
            .codes
            .iter()
            .filter_map(|code| program.by_code(code))
            .filter(|promotion| !promotion.listed)
            .cloned()
            .collect();
        self.compiled.expand(&mut unlisted, now);
        unlisted.extend(codes.iter().map(|known| known.promotion.clone()));
        shop.unlisted = unlisted;
        // What is a coupon's code is nothing else.
        cards.retain(|card| codes.iter().all(|known| known.typed != card.code));
        let card = |card: &Card| GiftCard {
            code: card.code.clone(),
            balance: card.stored.available(),
            until: card.stored.until,
        };
        shop.gift_cards = cards.iter().map(card).collect();
        let facts = Facts { public: public(self.compiled, own.facts, now), shop: Some(shop) };
        let Own { lots, credit, member, .. } = own;
        Ok(Loaded { facts, lots, credit, cards, member, codes })
    }

    async fn guest(&self, tx: &mut Tx<'_>) -> Result<Option<BTreeMap<String, i64>>, Error> {
        let Some(hash) = self.email_hash else { return Ok(None) };
        Ok(Some(coupon::uses_of_guest(tx, self.subject.program, hash, self.now).await?))
    }

    /// The gift cards behind codes that no promotion has. Somebody else's card is not there.
    async fn cards(&self, tx: &mut Tx<'_>, asked: &Asked) -> Result<Vec<Card>, Error> {
        let Subject { shop, program, customer, .. } = self.subject;
        let mut cards: Vec<Card> = Vec::new();
        for code in &asked.codes {
            let known = cards.iter().any(|card| card.code == *code);
            if known || self.compiled.program.by_code(code).is_some() {
                continue;
            }
            let is_theirs = |card: &gift_card::Stored| {
                card.cancelled_at.is_none()
                    && (card.customer.is_none() || card.customer == *customer)
            };
            let found = match (self.but, referred(code)) {
                (_, Some(card)) if self.by_shop => {
                    let found = gift_card::load(tx, *shop, card, self.but, self.now).await?;
                    found.filter(is_theirs)
                }
                (Some(_), _) => None,
                (None, _) => {
                    let [typed, meant] = code::hashes(self.master, *program, code);
                    let by = (typed.as_str(), meant.as_str());
                    gift_card::by_code(tx, *shop, by, customer.as_deref(), self.now).await?
                }
            };
            // Typed in two ways, it is still one card.
            let fresh = |card: &gift_card::Stored| cards.iter().all(|it| it.stored.id != card.id);
            if let Some(stored) = found.filter(fresh) {
                cards.push(Card { code: code.clone(), stored });
            }
        }
        Ok(cards)
    }
}

/// The gift cards that a signed-in customer owns, with their codes.
///
/// # Errors
/// Faults of the database.
pub async fn own_cards(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    subject: &Subject,
    now: Timestamp,
) -> Result<Vec<GiftCard>, Error> {
    let Some(customer) = &subject.customer else { return Ok(Vec::new()) };
    let cards = gift_card::owned(tx, subject.shop, customer, now).await?;
    let shown = |card: gift_card::Stored| {
        let code = code::unseal(master, card.sealed.as_deref()?)?;
        Some(GiftCard { code, balance: card.available(), until: card.until })
    };
    Ok(cards.into_iter().filter_map(shown).collect())
}

/// What is used and spent of the program's promotions.
async fn counters(
    tx: &mut Tx<'_>,
    program: &Program,
    id: ProgramId,
    now: Timestamp,
) -> Result<ShopFacts, Error> {
    let has_budget = program.every_promotion().any(|promotion| !promotion.budget.is_empty());
    let [mut one, mut other] = tx.forks();
    let (uses, spent) = tokio::try_join!(coupon::uses(&mut one, id, now), async {
        if has_budget { coupon::spent(&mut other, id, now).await } else { Ok(Vec::new()) }
    })?;
    Ok(ShopFacts { uses, spent, ..ShopFacts::default() })
}

/// Loads what is the member's own, nothing where `subject` is none.
///
/// # Errors
/// Faults of the database.
pub async fn own(
    tx: &mut Tx<'_>,
    subject: &Subject,
    but: Option<HoldId>,
    now: Timestamp,
) -> Result<Own, Error> {
    let Some(id) = subject.member else {
        return Ok(Own::default());
    };
    let [mut one, mut two, mut three] = tx.forks();
    let (Holdings { member, lots, debt }, uses, credit) = tokio::try_join!(
        lot::holdings(&mut one, id, but, now),
        coupon::uses_of_member(&mut two, subject.program, id, now),
        credit::holdings(&mut three, (id, subject.shop), but, now)
    )?;
    let money = |of: &dyn Fn(&credit::Holding) -> Points| {
        let amounts = credit.iter().filter_map(|it| {
            let amount = of(it);
            amount.is_positive().then(|| it.currency.clamped(amount.get()))
        });
        amounts.collect()
    };
    let facts = MemberFacts {
        available: balance(&lots, debt, now).available,
        debt,
        tier: member.tier.clone(),
        uses,
        orders: None,
        credit: money(&|it| balance(&it.lots, it.debt, now).available),
        credit_debt: money(&|it| it.debt),
    };
    Ok(Own { facts: Some(facts), lots, credit, member: Some(member) })
}
