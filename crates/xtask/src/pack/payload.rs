//! What is fetched when the panel first opens: glue, WebAssembly, texts.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::{CRATE, glue};
use crate::project;

/// One file of the payload, under the name a browser asks for.
pub struct Part {
    /// `app.js`, `app.wasm` or `<locale>.json`.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// All files of one version of the widget; they are only ever used together.
pub struct Payload {
    /// Sorted by name.
    pub parts: Vec<Part>,
}

impl Payload {
    /// Glue and WebAssembly, which are only ever changed together.
    pub fn code(&mut self) -> Result<(&mut Part, &mut Part)> {
        let mut code = self.parts.iter_mut().filter(|part| part.name.starts_with("app."));
        // Sorted by name: `app.js` stands before `app.wasm`.
        code.next().zip(code.next()).context("the payload has no code")
    }

    /// The name of the folder: sixteen digits of a hash over every name and every byte.
    pub fn hash16(&self) -> String {
        let mut hash = Sha256::new();
        for part in &self.parts {
            hash.update(part.name.as_bytes());
            hash.update([0]);
            hash.update(part.bytes.len().to_le_bytes());
            hash.update(&part.bytes);
        }
        let mut digits = project::hex(&hash.finalize());
        digits.truncate(16);
        digits
    }
}

/// Reads what Trunk built, and the texts of `public/locales`.
pub fn built(staging: &Path) -> Result<Payload> {
    ensure!(
        !staging.join("snippets").exists(),
        "a crate brought a JavaScript snippet of its own: the payload is one glue file"
    );
    let glue = read(staging, &format!("{CRATE}.js"))?;
    let ward = fs::read_to_string(project::at("public/ward.js"))?;
    let glue = glue::tailored(&String::from_utf8(glue)?, &ward)?;
    let mut parts = vec![
        Part { name: "app.js".to_owned(), bytes: glue.into_bytes() },
        Part { name: "app.wasm".to_owned(), bytes: read(staging, &format!("{CRATE}_bg.wasm"))? },
    ];
    for path in project::files(&project::at("public/locales"))? {
        ensure!(
            path.extension().is_some_and(|ending| ending == "json"),
            "{}: only <locale>.json lies there",
            project::shown(&path)
        );
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        parts.push(Part { name, bytes: fs::read(&path)? });
    }
    parts.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Payload { parts })
}

/// Reads back the payload that lies in `dist`, in its folder `a/<hash16>/`.
pub fn packed(dist: &Path, folder: &str) -> Result<Payload> {
    let mut parts = Vec::new();
    for path in project::files(&dist.join(folder))? {
        // Their compressed forms are made anew.
        if !path.extension().is_some_and(|ending| ending == "br" || ending == "gz") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            parts.push(Part { name, bytes: fs::read(&path)? });
        }
    }
    Ok(Payload { parts })
}

fn read(staging: &Path, name: &str) -> Result<Vec<u8>> {
    fs::read(staging.join(name)).with_context(|| format!("Trunk has not built {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(parts: &[(&str, &str)]) -> Payload {
        let part = |(name, text): &(&str, &str)| Part {
            name: (*name).to_owned(),
            bytes: text.as_bytes().to_vec(),
        };
        Payload { parts: parts.iter().map(part).collect() }
    }

    #[test]
    fn the_folder_is_named_after_every_byte_and_every_name() {
        let base = payload(&[("app.js", "a"), ("app.wasm", "b")]).hash16();
        assert_eq!(base.len(), 16);
        assert!(base.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(base, payload(&[("app.js", "a"), ("app.wasm", "b")]).hash16());
        assert_ne!(base, payload(&[("app.js", "a"), ("app.wasm", "c")]).hash16());
        assert_ne!(base, payload(&[("app.js", "a"), ("en.json", "b")]).hash16());
    }

    #[test]
    fn bytes_that_move_from_one_file_to_the_next_are_another_payload() {
        let one = payload(&[("app.js", "ab"), ("app.wasm", "c")]).hash16();
        assert_ne!(one, payload(&[("app.js", "a"), ("app.wasm", "bc")]).hash16());
    }
}
