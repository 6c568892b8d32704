//! Grey shapes where something is about to stand, of its size, so that nothing jumps.

use crate::i18n::texts;
use leptos::prelude::*;

/// Shapes by their classes: `num`, `line`, `bar`, `button`, `ticket`, `row`.
pub fn skeleton(shapes: &[&'static str]) -> AnyView {
    let shape = |name: &&'static str| {
        view! { class="h", <div class=["bone ", *name].concat()></div> }.into_any()
    };
    let shapes: Vec<AnyView> = shapes.iter().map(shape).collect();
    view! {
        class="h",
        <div class="stack" part="skeleton" role="img" aria-label=texts().loading()>{shapes}</div>
    }
    .into_any()
}
