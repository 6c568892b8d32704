//! `cargo xtask pack`: Trunk's `post_build` hook, from what Trunk built to what a server serves.
//!
//! Trunk 0.21 names files before wasm-opt and wasm-bindgen have finished with them, so equal names
//! could hold other bytes. Here the payload gets a folder named after its bytes, and the loader
//! gets that folder and the integrity of each file in it.
//!
//! A release becomes `v1/habitue.js`, `a/<hash16>/{app.js,app.wasm,<locale>.json}`, a `.br` and a
//! `.gz` beside each, and `manifest.json`. A development build becomes `dev/habitue.js` and
//! `a/dev/…`: outside `/v1/`, which Trunk hands to the API server.

mod glue;
mod loader;
pub mod payload;
pub mod wasm;
pub mod weigh;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha384};

use crate::project;
use crate::run;
use payload::{Part, Payload};
use wasm::Module;
use weigh::Weights;

/// What Trunk calls the widget: the name of the root package.
const CRATE: &str = "habitue-widget";

/// `cargo xtask pack`.
pub fn run() -> Result<()> {
    let staging = env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from).context(
        "TRUNK_STAGING_DIR is not set: Trunk calls this; run `cargo xtask widget` instead",
    )?;
    match env::var("TRUNK_PROFILE").as_deref() {
        Ok("release") => release(&staging),
        _ => development(&staging),
    }
}

/// Only places the files where the loader of a development build looks for them.
fn development(staging: &Path) -> Result<()> {
    for part in payload::built(staging)?.parts {
        write(staging, &format!("a/dev/{}", part.name), &part.bytes)?;
    }
    write(staging, "dev/habitue.js", &fs::read(project::at("public/habitue.js"))?)
}

fn release(staging: &Path) -> Result<()> {
    let built = payload::built(staging)?;
    let payload = run::step("wasm-opt and terser", || shrink(staging, built))?;
    assert_no_inner_html(&payload)?;
    let weights = lay_out(staging, &payload)?;
    weights.print();
    let verdict = weights.within_budget();
    if env::var("HABITUE_BUDGET").as_deref() == Ok("report") {
        // For whoever is on the way back below the limit; `size` and `test` still fail.
        return Ok(());
    }
    verdict.context("HABITUE_BUDGET=report packs it all the same, to try it out")
}

/// Leaves in `folder` a payload, the loader that names it, and nothing else, as servers serve them.
pub fn lay_out(folder: &Path, payload: &Payload) -> Result<Weights> {
    let hash = payload.hash16();
    let source = fs::read_to_string(project::at("public/habitue.js"))?;
    let filled =
        loader::fill(&source, "payload", &loader::literal(&format!("a/{hash}/"), payload))?;
    let loader = minify(folder, "habitue.js", filled.as_bytes(), false)?;

    clear(folder)?;
    write(folder, "v1/habitue.js", &loader)?;
    for part in &payload.parts {
        write(folder, &format!("a/{hash}/{}", part.name), &part.bytes)?;
    }
    let weights = run::step("gzip and brotli", || weigh::compress(folder))?;
    write(folder, "manifest.json", &serde_json::to_vec_pretty(&weights.manifest(&hash))?)?;
    Ok(weights)
}

/// Makes every part as small as it can be; the glue last, since it holds the locales' hashes.
fn shrink(staging: &Path, mut payload: Payload) -> Result<Payload> {
    for part in payload.parts.iter_mut().filter(|part| locale(part).is_some()) {
        // The same document without the spaces that serve its authors.
        let document: serde_json::Value = serde_json::from_slice(&part.bytes)
            .with_context(|| format!("public/locales/{}", part.name))?;
        part.bytes = serde_json::to_vec(&document)?;
    }
    let locales = loader::locales(&payload);
    let (glue, wasm) = payload.code()?;
    let text = loader::fill(std::str::from_utf8(&glue.bytes)?, "locales", &locales)?;
    let (text, module) = optimise(staging, text, &wasm.bytes)?;
    // With its names: what `cargo xtask size` tells of the largest functions.
    fs::write(named(), module.write(true))?;
    wasm.bytes = module.write(false);
    glue.bytes = minify(staging, "app.js", text.as_bytes(), true)?;
    Ok(payload)
}

/// The WebAssembly of the last build, with the names of its functions.
pub fn named() -> PathBuf {
    project::at("target/widget.named.wasm")
}

/// What rustc and wasm-bindgen emit today, all of it older than the browsers we support
/// (Safari 16.4, Chrome 100, Firefox 102). Nothing else is switched on: wasm-opt would use it.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Takes away from both sides what the other does not ask for, until nothing more goes, and then
/// what is left to the optimiser.
fn optimise(staging: &Path, mut glue: String, wasm: &[u8]) -> Result<(String, Module)> {
    let mut module = Module::read(wasm)?;
    loop {
        let exports = module.exports()?;
        let wanted = glue::wanted(&glue);
        let before = exports.len();
        let kept: Vec<_> =
            exports.into_iter().filter(|it| wanted.contains(it.name.as_str())).collect();
        let is_last = kept.len() == before;
        module.set_exports(&kept);
        if !offers_streams(&module)? {
            module.hollow(|name| name.contains(STREAMS))?;
        }
        let passes = if is_last { SMALLEST } else { &["--remove-unused-module-elements"] };
        module = Module::read(&wasm_opt(staging, &module.write(true), passes)?)?;
        glue = glue::prune(&glue, &module)?;
        if is_last {
            let glue = glue::shorten(&glue, &mut module)?;
            return Ok((glue, module));
        }
    }
}

/// Streams between JavaScript and Rust, which Leptos links for server functions: classes that the
/// glue offers and nobody here takes. Once their exports are gone nothing calls into that crate.
const STREAMS: &str = "wasm_streams";

fn offers_streams(module: &Module) -> Result<bool> {
    Ok(module.exports()?.iter().any(|it| it.name.contains("intounderlying")))
}

/// The first kilobyte of memory is the far end of the stack, where nothing lies: additions to an
/// address may become part of the access.
///
/// What every value can be is worked out first; then control flow is made anew from flat code, twice,
/// since each round shows the next one more: 1,100 bytes of brotli less than `-Oz` alone.
const SMALLEST: &[&str] = &[
    "--low-memory-unused",
    "--optimize-added-constants-propagate",
    "-Oz",
    "--gufa",
    "--flatten",
    "--rereloop",
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "--dae-optimizing",
    "--converge",
    "-Oz",
];

fn wasm_opt(staging: &Path, wasm: &[u8], passes: &[&str]) -> Result<Vec<u8>> {
    let (from, to) = (staging.join("pack-in.wasm"), staging.join("pack-out.wasm"));
    fs::write(&from, wasm)?;
    let mut command = run::command("node", &["node_modules/binaryen/bin/wasm-opt"]);
    command.args(FEATURES).arg("-g").args(passes).arg(&from).arg("-o").arg(&to);
    run::show(&mut command)
        .context("wasm-opt (are the npm packages there? `cargo xtask tools`)")?;
    fs::read(&to).context("wasm-opt wrote nothing")
}

/// terser in its own words; `module` keeps the exports of the glue and renames the rest.
fn minify(staging: &Path, name: &str, source: &[u8], module: bool) -> Result<Vec<u8>> {
    let (from, to) =
        (staging.join(format!("pack-in-{name}")), staging.join(format!("pack-{name}")));
    fs::write(&from, source)?;
    let mut command = run::command("node", &["node_modules/terser/bin/terser"]);
    // Nobody looks at our functions' `prototype`, so all of them may be arrows.
    let compress = "passes=3,ecma=2020,unsafe_arrows,unsafe_methods";
    command.arg(&from).args(["--compress", compress, "--mangle", "--ecma", "2020"]);
    command.args(module.then_some("--module")).arg("-o").arg(&to);
    run::show(&mut command).with_context(|| format!("minifying {name}"))?;
    fs::read(&to).context("terser wrote nothing")
}

/// A host that enforces Trusted Types stops every write to `innerHTML`, so the glue may not even
/// import it. Leptos does for static markup unless the `view!` carries a class for all.
fn assert_no_inner_html(payload: &Payload) -> Result<()> {
    let glue = payload.parts.iter().find(|part| part.name == "app.js");
    let text = glue.map(|part| String::from_utf8_lossy(&part.bytes));
    ensure!(
        !text.is_some_and(|text| text.contains("innerHTML")),
        "the glue sets `innerHTML`, which pages with Trusted Types forbid. Some `view!` holds \
         static markup without `class=\"h\"`, or uses `inner_html`: write `view! {{ class=\"h\", … }}`"
    );
    Ok(())
}

/// Removes what Trunk and the steps above left: a server gets our files and nothing else.
fn clear(staging: &Path) -> Result<()> {
    for entry in fs::read_dir(staging)? {
        let path = entry?.path();
        if path.is_dir() {
            fs::remove_dir_all(&path)?;
        } else {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn write(staging: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = staging.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&path, bytes).with_context(|| format!("writing {name}"))
}

/// The value of an `integrity` attribute.
pub fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(bytes)))
}

/// The locale a part holds, if it is one: `fr.json` → `fr`.
fn locale(part: &Part) -> Option<&str> {
    part.name.strip_suffix(".json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrity_is_what_browsers_compute() {
        // `printf alert | openssl dgst -sha384 -binary | base64`
        let known = "sha384-nOir8ha5qWAN0rJEgRU1akEoMfttINSt8xH94lyyPinWtGV1dfaKRFB717w/wFDt";
        assert_eq!(integrity(b"alert"), known);
    }

    #[test]
    fn glue_that_sets_inner_html_is_refused() {
        let glue = |text: &str| Payload {
            parts: vec![Part { name: "app.js".to_owned(), bytes: text.as_bytes().to_vec() }],
        };
        assert!(assert_no_inner_html(&glue("a.textContent=b")).is_ok());
        let error = assert_no_inner_html(&glue("a.innerHTML=b")).unwrap_err();
        assert!(error.to_string().contains("Trusted Types"));
    }
}
