//! Filling the loader with the place and the integrity of its payload.

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::payload::Payload;
use super::{integrity, locale};

const START: &str = "/*habitue:payload*/";
const END: &str = "/*habitue:end*/";

/// The payload as the loader reads it:
/// `{"base":"a/<hash16>/","js":"sha384-…","wasm":"sha384-…","locales":{"en":"sha384-…"}}`.
pub fn literal(base: &str, payload: &Payload) -> String {
    let mut locales = Map::new();
    let mut fields = Map::new();
    fields.insert("base".to_owned(), base.into());
    for part in &payload.parts {
        let value = Value::from(integrity(&part.bytes));
        match (part.name.as_str(), locale(part)) {
            ("app.js", _) => drop(fields.insert("js".to_owned(), value)),
            ("app.wasm", _) => drop(fields.insert("wasm".to_owned(), value)),
            (_, Some(locale)) => drop(locales.insert(locale.to_owned(), value)),
            (_, None) => {}
        }
    }
    fields.insert("locales".to_owned(), Value::Object(locales));
    Value::Object(fields).to_string()
}

/// Replaces what stands between the two marks; there must be exactly one pair.
pub fn fill(source: &str, literal: &str) -> Result<String> {
    let (starts, ends) = (source.matches(START).count(), source.matches(END).count());
    let parts = source.split_once(START).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    match parts {
        Some((before, after)) if starts == 1 && ends == 1 => {
            Ok(format!("{before}{literal}{after}"))
        }
        _ => bail!(
            "public/habitue.js needs exactly one line \
             `const PAYLOAD = {START} {{…}} {END};`, it has {starts} starts and {ends} ends"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::payload::Part;
    use super::*;

    #[test]
    fn the_development_value_is_replaced_and_nothing_else() {
        let source = "a;\nconst PAYLOAD = /*habitue:payload*/ { base: \"dev/\" } \
                      /*habitue:end*/;\nb;";
        assert_eq!(fill(source, "{X}").unwrap(), "a;\nconst PAYLOAD = {X};\nb;");
    }

    #[test]
    fn a_loader_without_its_place_or_with_two_is_refused() {
        assert!(fill("const PAYLOAD = {};", "{X}").is_err());
        assert!(fill("/*habitue:end*/ /*habitue:payload*/", "{X}").is_err());
        let twice = "/*habitue:payload*/1/*habitue:end*/ /*habitue:payload*/2/*habitue:end*/";
        assert!(fill(twice, "{X}").is_err());
    }

    #[test]
    fn the_literal_names_each_file_with_its_own_hash() {
        let part = |name: &str, text: &str| Part {
            name: name.to_owned(),
            bytes: text.as_bytes().to_vec(),
        };
        let parts = vec![part("app.js", "g"), part("app.wasm", "w"), part("fr.json", "{}")];
        let text = literal("a/0123456789abcdef/", &Payload { parts });
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["base"], "a/0123456789abcdef/");
        assert_eq!(value["js"], integrity(b"g"));
        assert_eq!(value["wasm"], integrity(b"w"));
        assert_eq!(value["locales"]["fr"], integrity(b"{}"));
        assert!(value["locales"].get("en").is_none());
    }
}
