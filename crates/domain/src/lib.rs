//! The rules of Habitué: no I/O, no clock, no dice, no floats.
//!
//! The same functions run in the server, where they decide, and in the browser, where they
//! preview. Time, identifiers and facts are arguments; every answer is a value.
//!
//! - values: [`points`], [`money`], [`rate`], [`id`], [`time`], [`code`], [`refusal`]
//! - consent: [`consent`], [`contact`]
//! - facts: [`program`], [`promotion`], [`cart`], [`member`], [`order`], [`lot`], [`calendar`], [`case`]
//! - verdicts: [`quote`](mod@quote), [`earn`], [`expiry`], [`hold`], [`coupon`],
//!   [`credit`], [`tier`], [`returns`], [`ledger`]
#![deny(
    clippy::float_arithmetic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::as_conversions,
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests state examples and may fail loudly"
    )
)]

pub mod action;
pub mod calendar;
pub mod cart;
pub mod case;
pub mod code;
pub mod consent;
pub mod contact;
pub mod coupon;
pub mod credit;
pub mod earn;
pub mod expiry;
pub mod hold;
pub mod id;
pub mod ledger;
pub mod lot;
pub mod measure;
pub mod member;
pub mod money;
pub mod order;
pub mod points;
pub mod program;
pub mod promotion;
pub mod quote;
pub mod rate;
pub mod refusal;
pub mod returns;
pub mod reward;
pub mod share;
pub mod text;
pub mod tier;
pub mod time;
pub mod validate;

/// Declares a newtype's serde form as the text of its `Display` and `FromStr`.
macro_rules! serde_as_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                String::schema()
            }
        }
        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}
pub(crate) use serde_as_text;

/// Whether a field says nothing, so that it need not be written.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
