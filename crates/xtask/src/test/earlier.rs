//! A server of an earlier version, for the test of an upgrade: the same program with another payload.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::demo;
use crate::pack::{self, payload};
use crate::project;
use crate::run;
use crate::widget;

/// Where its widget and its program lie.
const FOLDER: &str = "target/earlier";

/// The text by which the earlier widget is known; the file is `en.json`.
const WORDS: (&str, &str) = ("What members get", "What members got before");

/// Compiled by itself and in little time: with this switch its objects lie beside those of the
/// server that is shipped, and neither build throws the other's away.
const SWITCH: &str = "profile.server.package.habitue-server.opt-level=0";

/// Packs the earlier widget, builds the server that carries it, and gives the server's path.
pub fn build() -> Result<PathBuf> {
    let dist = project::at(FOLDER).join("dist");
    fs::create_dir_all(&dist)?;
    pack(&dist)?;
    // Both packages, as for the demo: alone, the server's dependencies would have other features and
    // would all be compiled once more.
    let packages = ["-p", "habitue-server", "-p", "habitue-demo"];
    let arguments = [&["build", "--profile", "server", "--config", SWITCH], &packages[..]].concat();
    run::step("a server of an earlier version", || {
        run::show(run::command("cargo", &arguments).env("HABITUE_WIDGET_DIR", &dist))
    })?;
    let built = demo::program("habitue")?;
    let kept = project::at(FOLDER).join(built.file_name().context("a program has a name")?);
    fs::copy(&built, &kept)?;
    Ok(kept)
}

fn pack(dist: &std::path::Path) -> Result<()> {
    let manifest = widget::manifest()?;
    let folder = manifest["payload"].as_str().context("manifest.json names no payload")?;
    let mut payload = payload::packed(&widget::dist(), folder)?;
    let texts = payload.parts.iter_mut().find(|part| part.name == "en.json");
    let texts = texts.context("the payload has no en.json")?;
    let (now, before) = WORDS;
    let changed = String::from_utf8(texts.bytes.clone())?.replace(now, before);
    ensure!(changed.as_bytes() != texts.bytes, "en.json does not say “{now}”");
    let hash = pack::integrity(&texts.bytes);
    texts.bytes = changed.into_bytes();
    // The glue knows its texts by their hash.
    let new = pack::integrity(&texts.bytes);
    let (glue, _) = payload.code()?;
    let text = String::from_utf8(glue.bytes.clone())?.replace(&hash, &new);
    ensure!(text.as_bytes() != glue.bytes, "app.js does not name the hash of en.json");
    glue.bytes = text.into_bytes();
    pack::lay_out(dist, &payload).map(drop)
}
