//! Identifiers: 128 bits (`UUIDv7`, made by the server) behind a prefix that says what they name.

use core::fmt;
use core::str::FromStr;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            #[doc = concat!("What stands before the digits: `", $prefix, "_`.")]
            pub const PREFIX: &'static str = $prefix;

            /// An identifier from the 128 bits of a `UUIDv7`.
            pub const fn from_u128(bits: u128) -> Self {
                Self(bits)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(to, concat!($prefix, "_{:032x}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, to)
            }
        }

        impl FromStr for $name {
            type Err = &'static str;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                const SHAPE: &str =
                    concat!("not an identifier such as ", $prefix, "_ followed by 32 digits");
                let digits = text.strip_prefix(concat!($prefix, "_")).ok_or(SHAPE)?;
                let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                if digits.len() != 32 || !digits.bytes().all(lower) {
                    return Err(SHAPE);
                }
                u128::from_str_radix(digits, 16).map(Self).map_err(|_| SHAPE)
            }
        }

        crate::serde_as_text!($name);
    )+};
}

ids! {
    /// A loyalty program; owns members, accounts, lots and entries.
    ProgramId = "prg";
    /// A shop; owns customers, orders, holds, keys and origins.
    ShopId = "shp";
    /// A member of a program.
    MemberId = "mem";
    /// One account of the ledger.
    AccountId = "acc";
    /// One transfer of the ledger: two entries that sum to zero.
    TransferId = "trf";
    /// A lot of points, opened by one earning.
    LotId = "lot";
    /// A reservation at checkout.
    HoldId = "hld";
    /// A gift card; says nothing of its code.
    GiftCardId = "gft";
    /// A key of a shop.
    KeyId = "key";
    /// Somebody a shop may have consent from; says nothing of who it is.
    ContactId = "ctc";
    /// One row of the consent ledger.
    ConsentId = "con";
    /// A single-use link in a mail.
    LinkId = "lnk";
    /// Something to be sent, once.
    MessageId = "msg";
    /// A newsletter mail to a topic.
    NewsletterId = "nwl";
    /// An address of a merchant's that is told of events.
    EndpointId = "end";
    /// An issued code; derived from its keyed hash, not from the time.
    CodeId = "cod";
    /// Codes that were made, or imported, together.
    BatchId = "bat";
    /// A reward that a member claimed.
    ClaimId = "clm";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_reads_back_and_no_other_kind_does() {
        let member = MemberId::from_u128(0x0199_f0c2_d7a8_7c3e_0000_0000_0000_0001);
        assert_eq!(member.to_string(), "mem_0199f0c2d7a87c3e0000000000000001");
        assert_eq!(member.to_string().parse(), Ok(member));
        assert!(member.to_string().parse::<HoldId>().is_err());
        assert!("mem_0199F0C2D7A87C3E0000000000000001".parse::<MemberId>().is_err());
        assert!("mem_+199f0c2d7a87c3e0000000000000001".parse::<MemberId>().is_err());
    }
}
