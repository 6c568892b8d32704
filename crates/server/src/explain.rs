//! The full derivation of a member's balance, and whether it is what the ledger says.

use crate::booking::kept;
use crate::error::Error;
use crate::history::{Telling, all};
use crate::page::text::Lang;
use crate::programs::Programs;
use habitue_api::statement::ExplainedRow;
use habitue_domain::id::{LotId, MemberId, ProgramId, ShopId};
use habitue_domain::ledger::{TransferKind, Unit};
use habitue_domain::order::{OrderLine, OrderState};
use habitue_domain::points::Points;
use habitue_domain::rate::Rate;
use habitue_domain::returns::kept_paid;
use habitue_domain::share::of_first_units;
use habitue_domain::time::Timestamp;
use habitue_store::history::{Movement, Whose};
use habitue_store::{Tx, expiry, explain, member, order};
use serde::Serialize;
use std::collections::BTreeMap;

/// Of what a balance is made, and what does not agree.
#[derive(Debug, Serialize)]
pub struct Derivation {
    /// Whose.
    pub member: MemberId,
    /// The tier's id.
    pub tier: String,
    /// Order by order, oldest first.
    pub orders: Vec<OrderShare>,
    /// Lot by lot, oldest first.
    pub lots: Vec<LotShare>,
    /// All that moved, oldest first.
    pub rows: Vec<ExplainedRow>,
    /// Unit by unit, what all of it comes to.
    pub sums: Vec<Sum>,
    /// A sentence for each figure that is not what another place says; none where all agree.
    pub differences: Vec<String>,
}

/// What an order earns and why.
#[derive(Debug, Serialize)]
pub struct OrderShare {
    /// The shop.
    pub shop: ShopId,
    /// The shop's id of it.
    pub order: String,
    /// How far it is.
    pub state: OrderState,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// The version of the program that is frozen with it; absent where it earns no points.
    pub rule: Option<i64>,
    /// Points for a minor unit.
    pub rate: Option<Rate>,
    /// By the tier and the campaigns of that time.
    pub multiplier: Option<Rate>,
    /// The most it earns.
    pub cap: Option<Points>,
    /// Days until what it earns may be spent.
    pub pending_days: Option<i64>,
    /// Line by line.
    pub lines: Vec<LineShare>,
    /// What was paid for the pieces kept, in minor units of `currency`.
    pub paid_minor: i64,
    /// Its currency.
    pub currency: habitue_domain::money::Currency,
    /// The points that the rule gives for the pieces kept, rounded down once.
    pub derived: i64,
    /// The points that the order says it earned.
    pub earned: i64,
    /// The credit that the rule gives, in minor units.
    pub credit_derived: i64,
    /// The credit that the order says it earned.
    pub credit_earned: i64,
    /// The points that the ledger has of it, kind by kind.
    pub booked: BTreeMap<String, i64>,
}

/// What a line earns by.
#[derive(Debug, Serialize)]
pub struct LineShare {
    /// The shop's name for it.
    pub line: String,
    /// The product.
    pub product: String,
    /// Pieces bought.
    pub quantity: i64,
    /// Pieces kept.
    pub kept: i64,
    /// What counts of what was paid for them, in minor units.
    pub counted_minor: i64,
    /// What the line multiplies by; absent where it earns as any other.
    pub multiplier: Option<Rate>,
    /// Points for each piece besides.
    pub per_piece: i64,
}

/// What became of a lot.
#[derive(Debug, Serialize)]
pub struct LotShare {
    /// The lot.
    pub lot: LotId,
    /// What it counts in.
    pub unit: String,
    /// The order that earned it.
    pub order: Option<String>,
    /// What it began with, less what repaid a debt.
    pub opened: i64,
    /// The sum of what came and went.
    pub moved: i64,
    /// What is left.
    pub remaining: i64,
    /// From when on it may be spent.
    pub active_from: Timestamp,
    /// When its rule ends it.
    pub expires_at: Option<Timestamp>,
    /// When the member was told.
    pub notice_at: Option<Timestamp>,
}

/// What all of it comes to in a unit.
#[derive(Debug, Serialize)]
pub struct Sum {
    /// The unit.
    pub unit: String,
    /// The sum of all that moved.
    pub derived: i64,
    /// What the ledger says.
    pub balance: i64,
    /// Of that, in lots.
    pub lots: i64,
    /// Owed.
    pub debt: i64,
}

/// Rows that are explained at most.
const ROWS: usize = 100_000;

/// Derives the balance of a member of a program from its orders, lots and movements, with sentences
/// in the language of `locale`, or English.
///
/// # Errors
/// Faults of the database.
pub async fn derive(
    tx: &mut Tx<'_>,
    (program, locale): (ProgramId, &str),
    member: MemberId,
) -> Result<Derivation, Error> {
    let lang = Lang::parse(locale).unwrap_or(Lang::En);
    let compiled = Programs::default().current(tx, program).await?;
    let mut differences = Vec::new();
    let orders = orders(tx, program, member, &mut differences).await?;
    let lots = lots(tx, member, &mut differences).await?;
    // Gift cards belong to a shop's customer: `habitue` looks at what is the member's own.
    let whose = Whose { member, shop: ShopId::from_u128(0), customer: String::new() };
    let always = (Timestamp::MIN, Timestamp::MAX);
    let movements = all(tx, &whose, always, ROWS).await?.unwrap_or_else(|| {
        differences.push(format!("there are more than {ROWS} movements; none is shown"));
        Vec::new()
    });
    let sums = sums(tx, member, &movements, &mut differences).await?;
    let telling = Telling { lang, compiled: &compiled, reader: None };
    let rows = movements.into_iter().map(|movement| telling.row(movement)).collect();
    let tier = member::load(tx, member).await?.tier;
    Ok(Derivation { member, tier, orders, lots, rows, sums, differences })
}

async fn orders(
    tx: &mut Tx<'_>,
    program: ProgramId,
    member: MemberId,
    differences: &mut Vec<String>,
) -> Result<Vec<OrderShare>, Error> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = explain::orders(tx, member, after.as_ref()).await?;
        if page.is_empty() {
            return Ok(found);
        }
        for (_, shop, id) in &page {
            let Some(stored) = order::load(tx, *shop, id).await? else { continue };
            let share = share(tx, (program, *shop), &stored).await?;
            differences.extend(share.differences());
            found.push(share);
        }
        after = page.last().cloned();
    }
}

async fn share(
    tx: &mut Tx<'_>,
    (program, shop): (ProgramId, ShopId),
    stored: &order::Stored,
) -> Result<OrderShare, Error> {
    let kept = kept(tx, shop, stored).await?;
    let pieces = |line: &OrderLine| kept.get(&line.id).copied().unwrap_or_default();
    let (basis, paid) = (stored.basis.as_ref(), kept_paid(&stored.order, &kept));
    let line = |line: &OrderLine| {
        let own = basis.and_then(|basis| basis.lines.get(&line.id));
        let counted = basis.map_or(line.paid, |basis| basis.tax.counted(line));
        LineShare {
            line: line.id.clone(),
            product: line.product.clone(),
            quantity: line.quantity,
            kept: pieces(line),
            counted_minor: of_first_units(counted, line.quantity, pieces(line)),
            multiplier: own.map(|own| own.multiplier),
            per_piece: own.map_or(0, |own| own.per_piece),
        }
    };
    let pays = stored.order.state == OrderState::Paid;
    let each = || stored.order.lines.iter().map(|line| (line, pieces(line)));
    let derived = basis.filter(|_| pays).map_or(0, |basis| basis.points(each()).get());
    let credit = stored.credit_basis.as_ref();
    Ok(OrderShare {
        shop,
        order: stored.id.clone(),
        state: stored.order.state,
        placed_at: stored.placed_at,
        rule: basis.map(|basis| basis.version),
        rate: basis.map(|basis| basis.points_per_minor),
        multiplier: basis.map(|basis| basis.multiplier),
        cap: basis.and_then(|basis| basis.cap),
        pending_days: basis.map(|basis| basis.pending_days),
        lines: stored.order.lines.iter().map(line).collect(),
        paid_minor: paid,
        currency: stored.order.currency,
        derived,
        earned: stored.earned.get(),
        credit_derived: credit.map_or(0, |basis| basis.earned(&stored.order, paid)),
        credit_earned: stored.credit_earned,
        booked: expiry::booked(tx, shop, &stored.id, Unit::Points(program))
            .await?
            .into_iter()
            .collect(),
    })
}

impl OrderShare {
    /// What the ledger has of a kind.
    pub fn sum(&self, kind: TransferKind) -> i64 {
        self.booked.get(kind.word()).copied().unwrap_or_default()
    }

    fn differences(&self) -> Vec<String> {
        let (order, mut all) = (&self.order, Vec::new());
        if self.derived != self.earned {
            let (derived, earned) = (self.derived, self.earned);
            all.push(format!("order {order}: its rule gives {derived} points, it has {earned}"));
        }
        if self.credit_derived != self.credit_earned {
            let (derived, earned) = (self.credit_derived, self.credit_earned);
            all.push(format!("order {order}: its rule gives {derived} of credit, it has {earned}"));
        }
        let taken = self.sum(TransferKind::TakeBack);
        let net = self.sum(TransferKind::Earn).saturating_sub(taken);
        // What had ended is not taken back (rules §4.8).
        let most = self.earned.saturating_add(self.sum(TransferKind::Expire));
        if net < self.earned || net > most {
            let earned = self.earned;
            all.push(format!("order {order}: the ledger has {net} points of it, not {earned}"));
        }
        all
    }
}

async fn lots(
    tx: &mut Tx<'_>,
    member: MemberId,
    differences: &mut Vec<String>,
) -> Result<Vec<LotShare>, Error> {
    let mut found: Vec<LotShare> = Vec::new();
    loop {
        let page = explain::lots(tx, member, found.last().map(|last| last.lot)).await?;
        if page.is_empty() {
            return Ok(found);
        }
        for lot in page {
            let (id, left) = (lot.id, lot.opened.saturating_add(lot.moved));
            if left != lot.remaining {
                let says = lot.remaining;
                differences.push(format!("lot {id}: {left} are left of it, it says {says}"));
            }
            found.push(LotShare {
                lot: id,
                unit: lot.unit.to_string(),
                order: lot.order,
                opened: lot.opened,
                moved: lot.moved,
                remaining: lot.remaining,
                active_from: lot.active_from,
                expires_at: lot.expires_at,
                notice_at: lot.notice_at,
            });
        }
    }
}

async fn sums(
    tx: &mut Tx<'_>,
    member: MemberId,
    movements: &[Movement],
    differences: &mut Vec<String>,
) -> Result<Vec<Sum>, Error> {
    let mut sums = Vec::new();
    for account in explain::accounts(tx, member).await? {
        let unit = account.unit;
        let own = movements.iter().filter(|movement| movement.unit == unit);
        let derived = own.map(|movement| movement.amount).fold(0, i64::saturating_add);
        let (balance, lots, debt) = (account.balance, account.lots, account.debt);
        let places = [
            ("all that moved", derived),
            ("its entries", account.entries),
            ("its lots less what is owed", lots.saturating_sub(debt)),
        ];
        for (place, sum) in places.into_iter().filter(|(_, sum)| *sum != balance) {
            differences.push(format!("{unit}: the balance is {balance}, {place} come to {sum}"));
        }
        sums.push(Sum { unit: unit.to_string(), derived, balance, lots, debt });
    }
    Ok(sums)
}
