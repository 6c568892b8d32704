//! Rust source taken apart into code and text, as far as a search for words needs it.
//!
//! A comment may say "float" or "UPDATE"; only code and string literals can do harm. The two
//! results keep every line at its number.

/// The same file twice: once without comments and literals, once with nothing but string literals.
pub struct RustText {
    /// Identifiers, numbers, punctuation.
    pub code: String,
    /// What stands between the quotes.
    pub strings: String,
}

impl RustText {
    /// Takes a source file apart.
    pub fn of(source: &str) -> Self {
        let mut reader = Reader { rest: source, code: String::new(), strings: String::new() };
        while reader.step() {}
        Self { code: reader.code, strings: reader.strings }
    }
}

/// Where a piece of the source belongs.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Text,
    Neither,
}

struct Reader<'a> {
    rest: &'a str,
    code: String,
    strings: String,
}

impl Reader<'_> {
    /// Takes the next piece; false at the end of the file.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else {
            return false;
        };
        if self.rest.starts_with("//") {
            let length = self.rest.find('\n').unwrap_or(self.rest.len());
            self.take(length, Kind::Neither);
        } else if self.rest.starts_with("/*") {
            self.take(block_comment(self.rest), Kind::Neither);
        } else if let Some(hashes) = raw_string(self.rest) {
            let close = format!("\"{}", "#".repeat(hashes));
            let open = self.rest.find('"').map_or(self.rest.len(), |place| place + 1);
            let length = self.rest[open..].find(&close);
            let length = length.map_or(self.rest.len(), |place| open + place + close.len());
            self.take(length, Kind::Text);
        } else if first == '"' {
            self.take(quoted(self.rest), Kind::Text);
        } else if let Some(length) = character(self.rest) {
            self.take(length, Kind::Neither);
        } else {
            // A whole word at a time, so that the `r` of `for"` is never taken for a raw string.
            let word = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(0);
            self.take(word.max(first.len_utf8()), Kind::Code);
        }
        true
    }

    fn take(&mut self, length: usize, kind: Kind) {
        let (piece, rest) = self.rest.split_at(length);
        self.rest = rest;
        let blank: String = piece.chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
        self.code.push_str(if kind == Kind::Code { piece } else { &blank });
        self.strings.push_str(if kind == Kind::Text { piece } else { &blank });
    }
}

/// The length of a block comment; they nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut place) = (0_u32, 0);
    while let Some(next) = text[place..].find(['/', '*']).map(|found| place + found) {
        if text[next..].starts_with("/*") {
            depth += 1;
            place = next + 2;
        } else if text[next..].starts_with("*/") {
            depth -= 1;
            place = next + 2;
            if depth == 0 {
                return place;
            }
        } else {
            place = next + 1;
        }
    }
    text.len()
}

/// How many hashes open a raw string here, if one opens here.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = after.find(|c| c != '#')?;
    after[hashes..].starts_with('"').then_some(hashes)
}

/// The length of an ordinary string literal with its quotes.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (place, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal, if this quote is one and not a lifetime.
fn character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    if inside.starts_with('\\') {
        return inside[2..].find('\'').map(|place| place + 4);
    }
    let first = inside.chars().next()?;
    inside[first.len_utf8()..].starts_with('\'').then(|| first.len_utf8() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_neither_code_nor_text() {
        let text = RustText::of("let a = 1; // f64\n/* f32 /* deep */ f64 */ let b;\n");
        assert!(text.code.contains("let a = 1;") && text.code.contains("let b;"));
        assert!(!text.code.contains("f64") && !text.code.contains("f32"));
        assert_eq!(text.code.lines().count(), 2);
    }

    #[test]
    fn strings_of_every_kind_are_text() {
        let source = "a(\"one \\\" //two\"); b(r#\"three \" four\"#); c(b\"five\"); d(br\"six\");";
        let text = RustText::of(source);
        for word in ["one", "//two", "three", "four", "five", "six"] {
            assert!(text.strings.contains(word), "{word}");
            assert!(!text.code.contains(word), "{word}");
        }
        assert!(text.code.contains("d("));
    }

    #[test]
    fn a_quote_character_and_a_lifetime_do_not_open_a_string() {
        let text = RustText::of("f('\"', '\\'', '\\u{1F600}'); fn g<'a>(x: &'a str) -> f64 {}");
        assert!(text.code.contains("fn g<'a>(x: &'a str) -> f64 {}"), "{}", text.code);
        assert_eq!(text.strings.trim(), "");
    }

    #[test]
    fn a_string_over_lines_keeps_the_numbers_of_the_lines_after_it() {
        let text = RustText::of("x(\"SELECT a\n  FROM b\");\nlast");
        assert_eq!(text.strings.lines().nth(1).map(str::trim), Some("FROM b\""));
        assert_eq!(text.code.lines().nth(2), Some("last"));
    }
}
