//! [`report`]: what a program did in a span of time, each figure with its formula (rules §9).
//!
//! Members are the customers who are members today; their orders before they joined count as theirs.
//! Orders are the paid ones of which something is kept, revenue is what was paid for what is kept.

mod figure;
mod grid;
#[cfg(test)]
mod tests;

pub use figure::{Figure, Measure, Share, Value};
pub use grid::{Cell, Pareto};

use crate::money::Currency;
use crate::points::Points;
use crate::rate::Rate;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What one identified customer bought in the span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buyer {
    /// Whether they are a member today.
    pub is_member: bool,
    /// Orders of which something is kept.
    pub orders: i64,
    /// What they paid for what they kept, in minor units.
    pub revenue: i64,
    /// When they placed the last one.
    pub last: Timestamp,
}

/// Orders and what was paid for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sales {
    /// Who bought.
    pub buyers: i64,
    /// Buyers who came back: two orders or more.
    pub repeaters: i64,
    /// Orders of which something is kept.
    pub orders: i64,
    /// In minor units.
    pub revenue: i64,
}

impl Sales {
    /// What a group of buyers bought.
    fn of<'a>(buyers: impl Iterator<Item = &'a Buyer>) -> Self {
        buyers.fold(Self::default(), |sum, buyer| Self {
            buyers: sum.buyers.saturating_add(1),
            repeaters: sum.repeaters.saturating_add(i64::from(buyer.orders >= 2)),
            orders: sum.orders.saturating_add(buyer.orders),
            revenue: sum.revenue.saturating_add(buyer.revenue),
        })
    }

    fn plus(self, other: Self) -> Self {
        Self {
            buyers: self.buyers.saturating_add(other.buyers),
            repeaters: self.repeaters.saturating_add(other.repeaters),
            orders: self.orders.saturating_add(other.orders),
            revenue: self.revenue.saturating_add(other.revenue),
        }
    }
}

/// What the program did meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Members today.
    pub enrolled: i64,
    /// Members who joined in the span.
    pub joined: i64,
    /// Members who redeemed something in the span.
    pub redeeming: i64,
    /// Points given in the span, less what returns took back.
    pub issued: Points,
    /// Points redeemed in the span, less what returns gave back.
    pub redeemed: Points,
    /// Points that ended in the span.
    pub expired: Points,
    /// Store credit redeemed in the span, less what returns gave back, in minor units.
    pub credit: i64,
    /// Points that members have today, ripe or not.
    pub outstanding: Points,
    /// Points ever redeemed, less what returns gave back.
    pub ever_redeemed: Points,
    /// Points that ever ended.
    pub ever_expired: Points,
}

/// What a report is made from.
#[derive(Clone, Debug)]
pub struct Data {
    /// The currency of all amounts.
    pub currency: Currency,
    /// How many days the span has, at least 1.
    pub days: i64,
    /// Every identified customer who bought.
    pub buyers: Vec<Buyer>,
    /// Orders of nobody known; their buyers are not counted.
    pub guests: Sales,
    /// What the program did.
    pub activity: Activity,
    /// What a point is worth, in minor units; without it points have no value in money.
    pub minor_per_point: Option<Rate>,
}

/// All figures of a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// One after the other, in the order in which people read them.
    pub figures: Vec<Figure>,
    /// Which share of the revenue the best tenth, fifth, … of the buyers bring.
    pub pareto: Vec<Pareto>,
    /// Buyers by how lately and how often they bought. Fields in which nobody stands are left out.
    pub rfm: Vec<Cell>,
}

/// Works the figures out.
pub fn report(data: &Data) -> Report {
    let members = Sales::of(data.buyers.iter().filter(|buyer| buyer.is_member));
    let others = Sales::of(data.buyers.iter().filter(|buyer| !buyer.is_member));
    let sums = Sums { data, members, others };
    let mut figures = Vec::new();
    sums.rates(&mut figures);
    sums.baskets(&mut figures);
    sums.participation(&mut figures);
    sums.points(&mut figures);
    let (pareto, rfm) = (grid::pareto(&data.buyers), grid::rfm(&data.buyers, data.currency));
    Report { figures, pareto, rfm }
}

struct Sums<'a> {
    data: &'a Data,
    members: Sales,
    others: Sales,
}

impl Sums<'_> {
    fn money(&self, minor: i64) -> Value {
        Value::Money(self.data.currency.clamped(minor))
    }

    /// An amount over a number, rounded half up; nothing where the number is 0.
    fn each(&self, minor: i64, number: i64) -> Value {
        figure::rounded(minor, 1, number).map_or(Value::None, |minor| self.money(minor))
    }

    fn rates(&self, to: &mut Vec<Figure>) {
        let known = self.members.plus(self.others);
        let all = known.plus(self.data.guests);
        let share = |of, within| Value::Share(Share::new(of, within));
        to.push(Measure::MemberRate.is(share(self.members.buyers, known.buyers)));
        to.push(Measure::MemberOrders.is(share(self.members.orders, all.orders)));
        to.push(Measure::MemberRevenue.is(share(self.members.revenue, all.revenue)));
        to.push(Measure::Orders.is(Value::Count(all.orders)));
        to.push(Measure::Revenue.is(self.money(all.revenue)));
    }

    fn baskets(&self, to: &mut Vec<Figure>) {
        let (members, others) = (self.members, self.others);
        to.push(Measure::BasketPerMember.is(self.each(members.revenue, members.buyers)));
        to.push(Measure::BasketPerOther.is(self.each(others.revenue, others.buyers)));
        to.push(Measure::BasketOfMembers.is(self.each(members.revenue, members.orders)));
        to.push(Measure::BasketOfOthers.is(self.each(others.revenue, others.orders)));
        let share = |of, within| Value::Share(Share::new(of, within));
        to.push(Measure::RepeatOfMembers.is(share(members.repeaters, members.buyers)));
        to.push(Measure::RepeatOfOthers.is(share(others.repeaters, others.buyers)));
        to.push(Measure::LifetimeOfMembers.is(self.lifetime(members)));
        to.push(Measure::LifetimeOfOthers.is(self.lifetime(others)));
    }

    /// Revenue per buyer and year over the share who do not come back.
    fn lifetime(&self, sales: Sales) -> Value {
        let lost = sales.buyers.saturating_sub(sales.repeaters);
        let days = self.data.days.max(1).saturating_mul(lost);
        figure::rounded(sales.revenue, 365, days).map_or(Value::None, |minor| self.money(minor))
    }

    fn participation(&self, to: &mut Vec<Figure>) {
        let activity = &self.data.activity;
        let share = |of| Value::Share(Share::new(of, activity.enrolled));
        to.push(Measure::Enrolled.is(Value::Count(activity.enrolled)));
        to.push(Measure::Joined.is(Value::Count(activity.joined)));
        to.push(Measure::Active.is(share(self.members.buyers)));
        to.push(Measure::Redeeming.is(share(activity.redeeming)));
    }

    fn points(&self, to: &mut Vec<Figure>) {
        let activity = &self.data.activity;
        to.push(Measure::PointsIssued.is(Value::Points(activity.issued)));
        to.push(Measure::PointsRedeemed.is(Value::Points(activity.redeemed)));
        to.push(Measure::PointsExpired.is(Value::Points(activity.expired)));
        to.push(Measure::PointsOutstanding.is(Value::Points(activity.outstanding)));
        let (gone, used) = (activity.ever_expired.get(), activity.ever_redeemed.get());
        let ended = gone.saturating_add(used);
        to.push(Measure::Breakage.is(Value::Share(Share::new(gone, ended))));
        let (cost, liability) = match self.data.minor_per_point {
            Some(rate) => (
                worth(activity.redeemed, rate).map(|minor| minor.saturating_add(activity.credit)),
                worth(activity.outstanding, rate),
            ),
            None => (Some(activity.credit), None),
        };
        let money = |minor: Option<i64>| minor.map_or(Value::None, |minor| self.money(minor));
        to.push(Measure::RewardCost.is(money(cost)));
        let revenue = self.members.plus(self.others).plus(self.data.guests).revenue;
        let of = cost.map_or(Value::None, |cost| Value::Share(Share::new(cost, revenue)));
        to.push(Measure::RewardCostShare.is(of));
        to.push(Measure::Liability.is(money(liability)));
        let kept = match (liability, ended > 0) {
            (Some(minor), true) => figure::rounded(minor, used, ended),
            (minor, _) => minor,
        };
        to.push(Measure::LiabilityAfterBreakage.is(money(kept)));
    }
}

/// What points are worth, in minor units; nothing where there are fewer than none.
fn worth(points: Points, rate: Rate) -> Option<i64> {
    rate.floor(points.get().max(0))
}
