//! [`Figure`]: a measure with its value and its formula.

use crate::money::Money;
use crate::points::Points;
use serde::{Deserialize, Serialize};

/// A figure of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Figure {
    /// Which one.
    pub measure: Measure,
    /// How it is worked out, in English.
    pub formula: String,
    /// What came out.
    pub value: Value,
}

/// The value of a figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// So many.
    Count(i64),
    /// So many points.
    Points(Points),
    /// An amount.
    Money(Money),
    /// So many of so many.
    Share(Share),
    /// Nothing to work it out from.
    None,
}

/// So many of so many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Share {
    /// The part: customers, orders, points or minor units.
    pub of: i64,
    /// The whole, in the same unit.
    pub within: i64,
    /// Their ratio × 100 to one decimal, rounded half up, such as `48.9`; none where the whole is 0.
    pub percent: Option<String>,
}

impl Share {
    /// A part and its whole.
    pub fn new(of: i64, within: i64) -> Self {
        let percent = rounded(of, 1000, within).map(|tenths| {
            let (whole, tenth) = (tenths.checked_div(10), tenths.checked_rem(10));
            format!("{}.{}", whole.unwrap_or_default(), tenth.unwrap_or_default().unsigned_abs())
        });
        Self { of, within, percent }
    }
}

/// `value × times ÷ by`, rounded half up; nothing where `by` is not positive.
pub(super) fn rounded(value: i64, times: i64, by: i64) -> Option<i64> {
    if by <= 0 {
        return None;
    }
    let (by, product) = (i128::from(by), i128::from(value).checked_mul(i128::from(times))?);
    let doubled = product.checked_mul(2)?.checked_add(by)?;
    i64::try_from(doubled.checked_div_euclid(by.checked_mul(2)?)?).ok()
}

macro_rules! measures {
    ($($(#[$doc:meta])* $name:ident = $formula:literal,)*) => {
        /// The measures (rules §9). Closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum Measure {
            $($(#[$doc])* $name,)*
        }

        impl Measure {
            /// How it is worked out.
            pub const fn formula(self) -> &'static str {
                match self {
                    $(Self::$name => $formula,)*
                }
            }
        }
    };
}

measures! {
    /// Share of the customers who are members (*taux de clients encartés*).
    MemberRate = "members who bought ÷ identified customers who bought × 100",
    /// Their share of the orders.
    MemberOrders = "orders of members ÷ all orders × 100",
    /// Their share of the revenue.
    MemberRevenue = "revenue of members ÷ all revenue × 100",
    /// All orders.
    Orders = "paid orders of which something is kept",
    /// All revenue.
    Revenue = "what was paid for the goods kept, without shipping",
    /// *Panier moyen des clients encartés*.
    BasketPerMember = "revenue of members ÷ members who bought",
    /// The same of those who are no members.
    BasketPerOther = "revenue of other identified customers ÷ those who bought",
    /// An order of a member.
    BasketOfMembers = "revenue of members ÷ their orders",
    /// An order of somebody else.
    BasketOfOthers = "revenue of other identified customers ÷ their orders",
    /// Members who came back.
    RepeatOfMembers = "members with two orders or more ÷ members who bought × 100",
    /// Others who came back.
    RepeatOfOthers = "other identified customers with two orders or more ÷ those who bought × 100",
    /// What a member brings while they stay a customer.
    LifetimeOfMembers = "revenue of members × 365 ÷ days ÷ members who bought only once",
    /// What somebody else does.
    LifetimeOfOthers = "revenue of other customers × 365 ÷ days ÷ those who bought only once",
    /// Members today.
    Enrolled = "members today",
    /// New members.
    Joined = "members who joined in the span",
    /// Members who bought.
    Active = "members who bought ÷ members today × 100",
    /// Members who redeemed.
    Redeeming = "members who redeemed points or credit ÷ members today × 100",
    /// Points given.
    PointsIssued = "points earned and given − points taken back after returns",
    /// Points used.
    PointsRedeemed = "points redeemed − points given back after returns",
    /// Points lost.
    PointsExpired = "points that ended unused",
    /// Points there are.
    PointsOutstanding = "points that members have today, ripe or not",
    /// Share of the points that nobody uses.
    Breakage = "points ever ended ÷ (points ever redeemed + points ever ended) × 100",
    /// What the rewards cost.
    RewardCost = "points redeemed × value of a point + credit redeemed",
    /// What they cost of a hundred earned.
    RewardCostShare = "cost of rewards ÷ all revenue × 100",
    /// What the points are worth.
    Liability = "points outstanding × value of a point",
    /// What they are worth as far as they will be used.
    LiabilityAfterBreakage = "points outstanding × value of a point × (1 − breakage)",
}

impl Measure {
    pub(super) fn is(self, value: Value) -> Figure {
        Figure { measure: self, formula: self.formula().to_owned(), value }
    }
}
