//! A WebAssembly file as far as packing and weighing need it: which names it imports and exports,
//! and how many bytes each of its functions has. Source: WebAssembly core specification, chapter 5.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

const CUSTOM: u8 = 0;
const IMPORT: u8 = 2;
const EXPORT: u8 = 7;
const CODE: u8 = 10;

/// A file, section by section.
pub struct Module {
    sections: Vec<(u8, Vec<u8>)>,
}

/// Something that comes from outside or goes there, under a name.
pub struct Named {
    /// From which module; empty for an export.
    pub module: String,
    /// Under which name.
    pub name: String,
    /// What it is, as the bytes say it.
    what: Vec<u8>,
}

impl Named {
    /// Whether it is a function.
    fn is_function(&self) -> bool {
        self.what.first() == Some(&0)
    }
}

/// Reads the encodings of the format, one after the other.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> Result<u8> {
        let (first, rest) = self.0.split_first().context("the WebAssembly ends too soon")?;
        self.0 = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<usize> {
        let (mut number, mut shift) = (0_usize, 0);
        loop {
            let byte = self.byte()?;
            number |= usize::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(number);
            }
            shift += 7;
            ensure!(shift < 35, "a number of the WebAssembly is too long");
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) =
            self.0.split_at_checked(length).context("the WebAssembly ends too soon")?;
        self.0 = rest;
        Ok(taken)
    }

    fn text(&mut self) -> Result<String> {
        let length = self.number()?;
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    /// What an import is: its kind and its type.
    fn import(&mut self) -> Result<Vec<u8>> {
        let before = self.0;
        match self.byte()? {
            0 => drop(self.number()?),
            kind @ 1..=3 => {
                if kind != 2 {
                    self.byte()?;
                }
                if kind == 3 {
                    return self.since(before);
                }
                let has_maximum = self.byte()? & 1 == 1;
                self.number()?;
                if has_maximum {
                    self.number()?;
                }
            }
            kind => bail!("an import of kind {kind} is new to us"),
        }
        self.since(before)
    }

    fn since(&self, before: &[u8]) -> Result<Vec<u8>> {
        let length = before.len() - self.0.len();
        Ok(before.get(..length).context("read backwards")?.to_vec())
    }
}

fn push_number(into: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = u8::try_from(number & 127).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            return into.push(low);
        }
        into.push(low | 128);
    }
}

fn push_text(into: &mut Vec<u8>, text: &str) {
    push_number(into, text.len());
    into.extend(text.as_bytes());
}

impl Module {
    /// Reads a file.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut rest = Bytes(bytes);
        ensure!(rest.take(8)? == b"\0asm\x01\0\0\0", "this is no WebAssembly");
        let mut sections = Vec::new();
        while !rest.0.is_empty() {
            let id = rest.byte()?;
            let length = rest.number()?;
            sections.push((id, rest.take(length)?.to_vec()));
        }
        Ok(Self { sections })
    }

    /// The file; without its notes, such as the names of functions, where they are not `kept`.
    pub fn write(&self, kept: bool) -> Vec<u8> {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        for (id, body) in self.sections.iter().filter(|(id, _)| kept || *id != CUSTOM) {
            bytes.push(*id);
            push_number(&mut bytes, body.len());
            bytes.extend(body);
        }
        bytes
    }

    fn section(&self, wanted: u8) -> Bytes<'_> {
        let found = self.sections.iter().find(|(id, _)| *id == wanted);
        Bytes(found.map_or(&[0], |(_, body)| body.as_slice()))
    }

    fn replace(&mut self, wanted: u8, body: Vec<u8>) {
        if let Some(section) = self.sections.iter_mut().find(|(id, _)| *id == wanted) {
            section.1 = body;
        }
    }

    /// What it needs.
    pub fn imports(&self) -> Result<Vec<Named>> {
        let mut rest = self.section(IMPORT);
        let count = rest.number()?;
        let read = |_| Ok(Named { module: rest.text()?, name: rest.text()?, what: rest.import()? });
        (0..count).map(read).collect()
    }

    /// What it gives.
    pub fn exports(&self) -> Result<Vec<Named>> {
        let mut rest = self.section(EXPORT);
        let count = rest.number()?;
        let read = |_| {
            let name = rest.text()?;
            let before = rest.0;
            rest.byte()?;
            rest.number()?;
            Ok(Named { module: String::new(), name, what: rest.since(before)? })
        };
        (0..count).map(read).collect()
    }

    /// Puts other imports in the place of those that are there; only names may differ.
    pub fn set_imports(&mut self, imports: &[Named]) {
        let mut body = Vec::new();
        push_number(&mut body, imports.len());
        for it in imports {
            push_text(&mut body, &it.module);
            push_text(&mut body, &it.name);
            body.extend(&it.what);
        }
        self.replace(IMPORT, body);
    }

    /// Puts other exports in the place of those that are there.
    pub fn set_exports(&mut self, exports: &[Named]) {
        let mut body = Vec::new();
        push_number(&mut body, exports.len());
        for it in exports {
            push_text(&mut body, &it.name);
            body.extend(&it.what);
        }
        self.replace(EXPORT, body);
    }

    /// Each function's name, where the file still knows it, with its size in bytes.
    pub fn functions(&self) -> Result<Vec<(String, usize)>> {
        let names = self.names()?;
        let outside = self.imports()?.iter().filter(|it| it.is_function()).count();
        let mut rest = self.section(CODE);
        let count = rest.number()?;
        let mut sizes = Vec::new();
        for place in 0..count {
            let size = rest.number()?;
            rest.take(size)?;
            let name = names.get(&(outside + place)).cloned();
            sizes.push((name.unwrap_or_else(|| format!("function {place}")), size));
        }
        Ok(sizes)
    }

    /// Puts a trap in the place of every function whose name says `is_dead`: what only a table
    /// still points at, no optimiser can know to be out of reach.
    pub fn hollow(&mut self, is_dead: impl Fn(&str) -> bool) -> Result<()> {
        /// No locals; `unreachable`; the end.
        const TRAP: [u8; 3] = [0, 0, 0x0b];
        let names = self.names()?;
        let outside = self.imports()?.iter().filter(|it| it.is_function()).count();
        let mut rest = self.section(CODE);
        let count = rest.number()?;
        let mut body = Vec::new();
        push_number(&mut body, count);
        for place in 0..count {
            let size = rest.number()?;
            let code = rest.take(size)?;
            let dead = names.get(&(outside + place)).is_some_and(|name| is_dead(name));
            let code = if dead { TRAP.as_slice() } else { code };
            push_number(&mut body, code.len());
            body.extend(code);
        }
        self.replace(CODE, body);
        Ok(())
    }

    /// The names of functions by their number, from the custom section `name`.
    fn names(&self) -> Result<BTreeMap<usize, String>> {
        const FUNCTIONS: u8 = 1;
        let mut names = BTreeMap::new();
        for (_, body) in self.sections.iter().filter(|(id, _)| *id == CUSTOM) {
            let mut rest = Bytes(body);
            if rest.text()? != "name" {
                continue;
            }
            while !rest.0.is_empty() {
                let kind = rest.byte()?;
                let length = rest.number()?;
                let mut inner = Bytes(rest.take(length)?);
                if kind != FUNCTIONS {
                    continue;
                }
                for _ in 0..inner.number()? {
                    let number = inner.number()?;
                    names.insert(number, inner.text()?);
                }
            }
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(import "env" "f" (func)) (export "run" (func 1)) (func nop)`, the function called `own`.
    const SMALL: &[u8] = b"\0asm\x01\0\0\0\
        \x01\x04\x01\x60\0\0\
        \x02\x09\x01\x03env\x01f\0\0\
        \x03\x02\x01\0\
        \x07\x07\x01\x03run\0\x01\
        \x0a\x05\x01\x03\0\x01\x0b\
        \0\x0d\x04name\x01\x06\x01\x01\x03own";

    #[test]
    fn a_file_is_written_as_it_was_read() {
        let module = Module::read(SMALL).unwrap();
        assert_eq!(module.write(true), SMALL);
        assert_eq!(module.write(false), SMALL[..SMALL.len() - 15]);
    }

    #[test]
    fn functions_have_their_names_and_their_sizes() {
        let module = Module::read(SMALL).unwrap();
        assert_eq!(module.functions().unwrap(), [("own".to_owned(), 3)]);
    }

    #[test]
    fn a_function_out_of_reach_becomes_a_trap() {
        let mut module = Module::read(SMALL).unwrap();
        module.hollow(|name| name == "another").unwrap();
        assert_eq!(module.write(true), SMALL);
        module.hollow(|name| name == "own").unwrap();
        let at = SMALL.len() - 17;
        let mut trap = SMALL.to_vec();
        trap[at] = 0;
        assert_eq!(module.write(true), trap);
    }

    #[test]
    fn imports_and_exports_are_renamed_and_exports_left_out() {
        let mut module = Module::read(SMALL).unwrap();
        let mut imports = module.imports().unwrap();
        imports[0].module = "a".to_owned();
        module.set_imports(&imports);
        module.set_exports(&[]);
        let module = Module::read(&module.write(true)).unwrap();
        assert_eq!(
            (&*module.imports().unwrap()[0].module, module.exports().unwrap().len()),
            ("a", 0)
        );
        assert_eq!(module.functions().unwrap()[0].0, "own");
    }

    #[test]
    fn what_is_no_webassembly_is_refused() {
        assert!(Module::read(b"\0asm\x02\0\0\0").is_err());
        assert!(Module::read(&SMALL[..SMALL.len() - 1]).is_err());
    }
}
