//! JSON: the browser reads and writes the text, serde's derives know the shapes.
//!
//! `serde_json` would cost 17 KB of brotli here, and an error that can print every value it did not
//! expect brings the printing of floats with it. Ours only says that something is wrong: what a
//! server of another version sends can be answered in one way only.

mod read;
mod write;

pub use read::read;
pub use write::write;

use serde::{de, ser};
use std::fmt;

/// The value has another shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong;

impl fmt::Display for Wrong {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("another shape")
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }
    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }
    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
        Self
    }
    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }
    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }
    fn missing_field(_: &'static str) -> Self {
        Self
    }
    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

impl ser::Error for Wrong {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}
