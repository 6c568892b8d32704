//! The JavaScript that wasm-bindgen writes around the WebAssembly, cut to what we use of it.
//!
//! Its end, which knows many ways to start, gives way to `public/ward.js`, which knows ours. Classes
//! that some crate offers to JavaScript, and what only they need, go. The names between the two
//! files, many with a hash in them that no compression makes smaller, become single letters.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};

use super::wasm::{Module, Named};

/// Where the end begins.
const END: &str = "\nlet wasmModule, wasmInstance, wasm;\n";
/// How an imported function begins, in `__wbg_get_imports`.
const IMPORT: &str = "        ";

/// wasm-bindgen's own text with `ward` in the place of its end, and without its classes.
pub fn tailored(glue: &str, ward: &str) -> Result<String> {
    let (start, end) = glue.split_once(END).unwrap_or_default();
    ensure!(
        end.contains("async function __wbg_init_once"),
        "wasm-bindgen writes another end than `public/ward.js` takes the place of: compare them"
    );
    let is_class = |block: &str| {
        block.starts_with("export class ") || block.starts_with("if (Symbol.dispose)")
    };
    let kept: String = blocks(start).into_iter().filter(|block| !is_class(block)).collect();
    Ok(kept + "\n" + ward)
}

/// Pieces of the text that stand for themselves: each begins at the start of a line.
fn blocks(text: &str) -> Vec<&str> {
    pieces(text, |line| {
        let begins = line.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
        begins && !line.starts_with("/*")
    })
}

fn pieces(text: &str, begins: impl Fn(&str) -> bool) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if at > from && begins(line) {
            pieces.extend(text.get(from..at));
            from = at;
        }
        at += line.len();
    }
    pieces.extend(text.get(from..at));
    pieces
}

/// Leaves out imports that the WebAssembly does not have, and functions that nobody calls any more.
pub fn prune(glue: &str, module: &Module) -> Result<String> {
    let imports: BTreeSet<String> = module.imports()?.into_iter().map(|it| it.name).collect();
    let is_needed = |piece: &&str| import_of(piece).is_none_or(|name| imports.contains(name));
    let begins = |line: &str| import_of(line).is_some() || line == "    };\n";
    let mut text: String = pieces(glue, begins).into_iter().filter(is_needed).collect();
    loop {
        let blocks = blocks(&text);
        let is_used = |block: &&str| name_of(block).is_none_or(|name| count(&text, name) > 1);
        let kept: String = blocks.iter().filter(|block| is_used(block)).copied().collect();
        if kept.len() == text.len() {
            return Ok(kept);
        }
        text = kept;
    }
}

/// The name of an imported function, where the text begins with one.
fn import_of(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix(IMPORT)?.split_once(": function(")?;
    name.starts_with("__wb").then_some(name)
}

/// The name of a function or a value that only this file knows.
fn name_of(block: &str) -> Option<&str> {
    let rest = block.strip_prefix("function ").or_else(|| block.strip_prefix("const "))?;
    let end = rest.find(|it: char| !is_part(it))?;
    rest.get(..end).filter(|name| *name != "__wbg_get_imports")
}

const fn is_part(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_' || it == '$'
}

/// How often a name stands in a text, whole, and not as an export's.
fn count(text: &str, name: &str) -> usize {
    let is_whole = |at: usize| {
        let before = text.get(..at).and_then(|it| it.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|it| it.chars().next());
        !before.is_some_and(|it| is_part(it) || it == '.') && !after.is_some_and(is_part)
    };
    text.match_indices(name).filter(|(at, _)| is_whole(*at)).count()
}

/// The exports that the text asks for, as `wasm.<name>`.
pub fn wanted(glue: &str) -> BTreeSet<&str> {
    let name = |rest: &'_ str| rest.len() - rest.trim_start_matches(is_part).len();
    glue.split("wasm.").skip(1).filter_map(|rest| rest.get(..name(rest))).collect()
}

/// Gives both sides short names for what they know of each other.
pub fn shorten(glue: &str, module: &mut Module) -> Result<String> {
    let mut imports = module.imports()?;
    let from = imports.first().map(|it| it.module.clone()).unwrap_or_default();
    let short = rename(&mut imports);
    for it in &mut imports {
        "a".clone_into(&mut it.module);
    }
    module.set_imports(&imports);
    let mut exports = module.exports()?;
    let outside = rename(&mut exports);
    module.set_exports(&exports);

    let mut text = String::with_capacity(glue.len());
    for line in glue.replace(&format!("\"{from}\":"), "\"a\":").split_inclusive('\n') {
        match import_of(line).and_then(|name| Some((name, short.get(name)?))) {
            Some((name, short)) => {
                text.push_str(&line.replacen(name, short, 1));
            }
            None => text.push_str(line),
        }
    }
    let mut parts = text.split("wasm.");
    let mut renamed = parts.next().unwrap_or_default().to_owned();
    for rest in parts {
        let (name, after) = rest.split_at(rest.find(|it| !is_part(it)).unwrap_or(rest.len()));
        renamed.push_str("wasm.");
        renamed.push_str(outside.get(name).map_or(name, String::as_str));
        renamed.push_str(after);
    }
    Ok(renamed)
}

fn rename(all: &mut [Named]) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (number, it) in all.iter_mut().enumerate() {
        let short = letters(number);
        names.insert(std::mem::replace(&mut it.name, short.clone()), short);
    }
    names
}

/// `a` to `z`, then `aa`, `ba`, …
fn letters(mut number: usize) -> String {
    let mut name = String::new();
    loop {
        name.push(char::from(b'a' + u8::try_from(number % 26).unwrap_or_default()));
        if number < 26 {
            return name;
        }
        number = number / 26 - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = "export class Sink {
    free() {
        wasm.sink_free(1);
    }
}
if (Symbol.dispose) Sink.prototype[Symbol.dispose] = Sink.prototype.free;

export function open(view) {
    wasm.open(help(view));
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_used_1: function(arg0) {
            return arg0;
        },
        __wbg_unused_2: function() {
            only();
        },
    };
    return { __proto__: null, \"./x_bg.js\": import0 };
}
function help(it) {
    return it;
}
function only() {
    wasm.only();
}
const SinkFinalization = 1;

let wasmModule, wasmInstance, wasm;
async function __wbg_init_once() {}
";

    fn module() -> Module {
        Module::read(
            b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\
              \x02\x1a\x01\x09./x_bg.js\x0c__wbg_used_1\0\0\x07\x08\x01\x04open\0\0",
        )
        .unwrap()
    }

    #[test]
    fn the_end_becomes_ours_and_classes_go() {
        let text = tailored(GLUE, "let wasm;\n").unwrap();
        assert!(text.ends_with("\nlet wasm;\n"));
        assert!(!text.contains("class") && !text.contains("dispose"), "{text}");
        assert!(tailored("let wasm;", "").is_err());
    }

    #[test]
    fn only_what_is_used_stays() {
        let text = prune(&tailored(GLUE, "").unwrap(), &module()).unwrap();
        assert!(text.contains("__wbg_used_1") && text.contains("function help"), "{text}");
        for gone in ["__wbg_unused_2", "function only", "SinkFinalization"] {
            assert!(!text.contains(gone), "{gone}: {text}");
        }
        assert_eq!(wanted(&text), BTreeSet::from(["open"]));
    }

    #[test]
    fn both_sides_know_the_same_short_names() {
        let mut module = module();
        let text = shorten(&tailored(GLUE, "").unwrap(), &mut module).unwrap();
        assert!(text.contains("        a: function(arg0)") && text.contains("wasm.a(help(view))"));
        assert!(text.contains("\"a\": import0"), "{text}");
        let (imports, exports) = (module.imports().unwrap(), module.exports().unwrap());
        assert_eq!([&*imports[0].module, &imports[0].name, &exports[0].name], ["a", "a", "a"]);
    }

    #[test]
    fn letters_never_repeat() {
        let names: BTreeSet<String> = (0..2000).map(letters).collect();
        assert_eq!(names.len(), 2000);
        assert_eq!([letters(25), letters(26), letters(27)], ["z", "aa", "ba"]);
    }
}
