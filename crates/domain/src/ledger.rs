//! The ledger's words: accounts, transfers and their two legs (rules §5.1).

use crate::points::Points;
use serde::{Deserialize, Serialize};

/// Whose account it is. System accounts are kept per member, so that no head is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// What a member has.
    Member,
    /// Where points come from.
    Issued,
    /// Where redeemed points go.
    Redeemed,
    /// Where expired points go.
    Expired,
    /// What is left of an erased member.
    BreakageErased,
    /// What the shop puts right.
    ShopAdjustment,
    /// What programs of one coalition owe each other.
    Settlement,
}

impl AccountKind {
    /// The stable word, as in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Issued => "issued",
            Self::Redeemed => "redeemed",
            Self::Expired => "expired",
            Self::BreakageErased => "breakage_erased",
            Self::ShopAdjustment => "shop_adjustment",
            Self::Settlement => "settlement",
        }
    }
}

/// Why points move. Each kind has one counter-account and one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// A paid order earned.
    Earn,
    /// A return or a change took back what an order had earned.
    TakeBack,
    /// Points were redeemed on an order.
    Redeem,
    /// Redeemed points came back with a return.
    GiveBack,
}

impl TransferKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Earn, Self::TakeBack, Self::Redeem, Self::GiveBack];

    /// The stable word, as in the database and on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Earn => "earn",
            Self::TakeBack => "take_back",
            Self::Redeem => "redeem",
            Self::GiveBack => "give_back",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    const fn counter(self) -> AccountKind {
        match self {
            Self::Earn | Self::TakeBack => AccountKind::Issued,
            Self::Redeem | Self::GiveBack => AccountKind::Redeemed,
        }
    }

    const fn is_to_the_member(self) -> bool {
        matches!(self, Self::Earn | Self::GiveBack)
    }
}

/// One side of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The account it is booked on.
    pub account: AccountKind,
    /// Points, positive or negative.
    pub amount: i64,
}

/// The two legs of a transfer of `points` (above zero): the member's first. They sum to zero.
pub fn legs(kind: TransferKind, points: Points) -> [Leg; 2] {
    let amount = if kind.is_to_the_member() { points.get() } else { points.get().saturating_neg() };
    [
        Leg { account: AccountKind::Member, amount },
        Leg { account: kind.counter(), amount: amount.saturating_neg() },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rule_5_1_two_legs_sum_to_zero_on_two_accounts(points in 1..=crate::points::LIMIT) {
            for kind in TransferKind::ALL {
                let [member, counter] = legs(kind, Points::clamped(points));
                prop_assert_eq!(member.amount + counter.amount, 0);
                prop_assert_ne!(member.account, counter.account);
                prop_assert_eq!(TransferKind::from_word(kind.word()), Some(kind));
            }
        }
    }
}
