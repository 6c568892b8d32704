//! The ledger's words: units, accounts, transfers and their two legs (rules §5.1).

use crate::id::{GiftCardId, MemberId, ProgramId};
use crate::money::Currency;
use crate::points::Points;
use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Serialize};

/// What an account counts in. Every transfer sums to zero in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Points of a program.
    Points(ProgramId),
    /// Store credit, in minor units.
    Credit(Currency),
    /// Money on gift cards, in minor units.
    Gift(Currency),
}

impl fmt::Display for Unit {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Points(program) => write!(to, "points:{program}"),
            Self::Credit(currency) => write!(to, "credit:{currency}"),
            Self::Gift(currency) => write!(to, "gift:{currency}"),
        }
    }
}

impl FromStr for Unit {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "not a unit such as credit:EUR";
        let (kind, of) = text.split_once(':').ok_or(SHAPE)?;
        match kind {
            "points" => Ok(Self::Points(of.parse()?)),
            "credit" => Ok(Self::Credit(of.parse()?)),
            "gift" => Ok(Self::Gift(of.parse()?)),
            _ => Err(SHAPE),
        }
    }
}

/// To whom an account belongs: a gift card's belongs to the card, since whoever knows the code of
/// one without an owner may spend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A member.
    Member(MemberId),
    /// A gift card.
    Card(GiftCardId),
}

impl Holder {
    /// The kind of account in which the holder has something.
    pub const fn account(self) -> AccountKind {
        match self {
            Self::Member(_) => AccountKind::Member,
            Self::Card(_) => AccountKind::GiftCard,
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(member) => fmt::Display::fmt(member, to),
            Self::Card(card) => fmt::Display::fmt(card, to),
        }
    }
}

/// What an account is for. System accounts are kept per holder, so that no head is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// What a member has.
    Member,
    /// What is on a gift card.
    GiftCard,
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
            Self::GiftCard => "gift_card",
            Self::Issued => "issued",
            Self::Redeemed => "redeemed",
            Self::Expired => "expired",
            Self::BreakageErased => "breakage_erased",
            Self::ShopAdjustment => "shop_adjustment",
            Self::Settlement => "settlement",
        }
    }
}

/// Why something moves. Each kind has one counter-account and one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// A paid order earned.
    Earn,
    /// A return or a change took back what an order had earned.
    TakeBack,
    /// It was redeemed on an order.
    Redeem,
    /// What was redeemed came back with a return.
    GiveBack,
    /// A gift card was issued.
    Issue,
    /// The shop gave, for a reason of its own.
    Grant,
    /// The shop took away, for a reason of its own.
    Withdraw,
    /// Its time was over.
    Expire,
    /// An order arrived paid with more than there was: the shop bears what was missing.
    Cover,
}

impl TransferKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Earn,
        Self::TakeBack,
        Self::Redeem,
        Self::GiveBack,
        Self::Issue,
        Self::Grant,
        Self::Withdraw,
        Self::Expire,
        Self::Cover,
    ];

    /// The stable word, as in the database and on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Earn => "earn",
            Self::TakeBack => "take_back",
            Self::Redeem => "redeem",
            Self::GiveBack => "give_back",
            Self::Issue => "issue",
            Self::Grant => "grant",
            Self::Withdraw => "withdraw",
            Self::Expire => "expire",
            Self::Cover => "cover",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    const fn counter(self) -> AccountKind {
        match self {
            Self::Earn | Self::TakeBack | Self::Issue => AccountKind::Issued,
            Self::Redeem | Self::GiveBack => AccountKind::Redeemed,
            Self::Grant | Self::Withdraw | Self::Cover => AccountKind::ShopAdjustment,
            Self::Expire => AccountKind::Expired,
        }
    }

    const fn gives(self) -> bool {
        matches!(self, Self::Earn | Self::GiveBack | Self::Issue | Self::Grant | Self::Cover)
    }
}

/// One side of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The account it is booked on.
    pub account: AccountKind,
    /// In the transfer's unit, positive or negative.
    pub amount: i64,
}

/// The two legs of a transfer of `amount` (above zero): the holder's first. They sum to zero.
///
/// What a shop bears never passes through the holder's account: it goes to what was redeemed.
pub fn legs(kind: TransferKind, holder: Holder, amount: Points) -> [Leg; 2] {
    let account =
        if kind == TransferKind::Cover { AccountKind::Redeemed } else { holder.account() };
    let amount = if kind.gives() { amount.get() } else { amount.get().saturating_neg() };
    [Leg { account, amount }, Leg { account: kind.counter(), amount: amount.saturating_neg() }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rule_5_1_two_legs_sum_to_zero_on_two_accounts(points in 1..=crate::points::LIMIT) {
            let (member, card) = (MemberId::from_u128(1), GiftCardId::from_u128(1));
            for kind in TransferKind::ALL {
                for holder in [Holder::Member(member), Holder::Card(card)] {
                    let [own, counter] = legs(kind, holder, Points::clamped(points));
                    prop_assert_eq!(own.amount + counter.amount, 0);
                    prop_assert_ne!(own.account, counter.account);
                }
                prop_assert_eq!(TransferKind::from_word(kind.word()), Some(kind));
            }
        }
    }
    #[test]
    fn rule_5_1_a_unit_reads_back() {
        let eur: Currency = "EUR".parse().unwrap();
        let program = ProgramId::from_u128(7);
        for unit in [Unit::Points(program), Unit::Credit(eur), Unit::Gift(eur)] {
            assert_eq!(unit.to_string().parse(), Ok(unit));
        }
        assert_eq!(Unit::Credit(eur).to_string(), "credit:EUR");
        assert!("credit".parse::<Unit>().is_err() && "cash:EUR".parse::<Unit>().is_err());
    }
}
