//! `cargo xtask size`: what the widget weighs, for people and, on the last line, for machines.

mod top;

use anyhow::Result;

use crate::pack::weigh::Weights;
use crate::tools::{FOR_WIDGET, Toolbox};
use crate::widget;

/// Builds the widget where needed, prints the tables, and ends with one JSON object.
pub fn run() -> Result<()> {
    widget::build(&Toolbox::fill(&FOR_WIDGET))?;
    let manifest = widget::manifest()?;
    let weights = Weights::from_manifest(&manifest)?;
    weights.print();
    top::print()?;
    let verdict = weights.within_budget();
    println!("{manifest}");
    verdict
}
