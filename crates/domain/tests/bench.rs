//! `cargo xtask bench quote` runs this, in the profile of the server.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "bench/scene.rs"]
mod scene;

use scene::{LINES, PROMOTIONS, case, pricing};
use std::hint::black_box;
use std::time::Duration;

/// How long each figure is measured.
const TIME: Duration = Duration::from_millis(1500);

#[test]
#[ignore = "a figure, not a verdict: `cargo xtask bench quote`"]
#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
fn a_quote_takes_so_long() {
    for lines in LINES {
        let price = pricing(&case(lines));
        let (started, mut rounds) = (std::time::Instant::now(), 0_u32);
        while started.elapsed() < TIME {
            black_box(price());
            rounds += 1;
        }
        let each = started.elapsed().as_nanos() / u128::from(rounds);
        let part = each / u128::try_from(lines * PROMOTIONS).unwrap();
        println!("bench: native {lines} lines: {each} ns a quote, {part} ns a line and promotion");
    }
}

#[test]
fn what_is_measured_takes_something_off_by_most_promotions() {
    let quote = pricing(&case(10))();
    assert!(quote.promotions_used().count() >= 14, "{quote:?}");
}
