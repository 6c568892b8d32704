//! `cargo xtask bench quote` runs this, built as the widget is shipped.

#[path = "../../crates/domain/tests/bench/scene.rs"]
mod scene;

use scene::{LINES, PROMOTIONS, case, pricing};
use std::hint::black_box;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

/// How long each figure is measured, in milliseconds.
const TIME: f64 = 1500.0;

#[wasm_bindgen_test]
#[ignore = "a figure, not a verdict: `cargo xtask bench quote`"]
fn a_quote_takes_so_long() {
    for lines in LINES {
        let price = pricing(&case(lines));
        let (started, mut rounds) = (js_sys::Date::now(), 0.0);
        while js_sys::Date::now() - started < TIME {
            black_box(price());
            rounds += 1.0;
        }
        let each = (js_sys::Date::now() - started) * 1e6 / rounds;
        let lines_and_promotions = f64::from(u32::try_from(lines * PROMOTIONS).unwrap());
        let part = each / lines_and_promotions;
        console_log!(
            "bench: wasm {lines} lines: {each:.0} ns a quote, {part:.0} ns a line and promotion"
        );
    }
}
