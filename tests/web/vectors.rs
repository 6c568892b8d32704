//! The golden vectors of the rules, played by the browser: byte for byte the server's answers.

#[path = "../../crates/domain/tests/vectors/play.rs"]
mod play;

use wasm_bindgen_test::wasm_bindgen_test;

const ANSWERS: &str = include_str!("../../crates/domain/tests/vectors/answers.jsonl");

#[wasm_bindgen_test]
fn the_browser_answers_every_vector_as_the_server_does() {
    let played = play::play();
    assert_eq!(played.len(), ANSWERS.lines().count());
    for (played, native) in played.iter().zip(ANSWERS.lines()) {
        let why = &played.vector["why"];
        assert_eq!(played.got, played.expected, "{}: {why}", played.name);
        assert_eq!(played.json, native, "{}", played.name);
    }
}
