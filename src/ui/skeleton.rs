//! Grey shapes where something is about to stand, of its size, so that nothing jumps.

use super::el::{El, el};
use crate::i18n::texts;

/// Shapes by their classes: `bone num`, `bone line`, `bone bar`, `bone button`, `bone ticket`,
/// `bone row`.
pub fn skeleton(shapes: &[&'static str]) -> El {
    el("div", "stack")
        .set("part", "skeleton")
        .set("role", "img")
        .set("aria-label", &texts().loading())
        .children(shapes.iter().map(|shape| el("div", shape)))
}
