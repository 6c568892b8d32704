//! libFuzzer asks for prices.
#![no_main]

#[expect(dead_code, reason = "the other search has its own")]
#[path = "../tests/fuzz/target.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| target::quote(bytes));
