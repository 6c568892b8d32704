//! Carries the packed widget (`dist/`, made by `cargo xtask widget`) into the binary; or that of
//! another folder, named by `HABITUE_WIDGET_DIR`.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=HABITUE_WIDGET_DIR");
    let dist = match env::var_os("HABITUE_WIDGET_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../dist"),
    };
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    walk(&dist, &mut files);
    files.sort();
    let mut code = String::from("pub static FILES: &[(&str, &[u8])] = &[\n");
    for file in files {
        let name = file.strip_prefix(&dist)?.to_string_lossy().into_owned();
        let file = file.canonicalize()?;
        writeln!(code, "    ({name:?}, include_bytes!({:?})),", file.display().to_string())?;
    }
    code.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("widget.rs"), code)?;
    Ok(())
}

/// The payload and the loader, with their compressed forms; Trunk's own page and its folder of work
/// in progress are not for merchants.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|ending| ending != "html") {
            files.push(path);
        }
    }
}
