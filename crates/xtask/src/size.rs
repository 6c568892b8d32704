//! `cargo xtask size`: what the widget weighs, for people and, on the last line, for machines.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::pack::weigh::Weights;
use crate::tools::{FOR_WIDGET, Toolbox};
use crate::widget;

/// Builds the widget where needed, prints the table, and ends with one JSON object.
pub fn run() -> Result<()> {
    widget::build(&Toolbox::fill(&FOR_WIDGET))?;
    let text = fs::read_to_string(widget::dist().join("manifest.json"))
        .context("dist/manifest.json is missing")?;
    let manifest: Value = serde_json::from_str(&text)?;
    let weights = Weights::from_manifest(&manifest)?;
    weights.print();
    let verdict = weights.within_budget();
    println!("{manifest}");
    verdict
}
