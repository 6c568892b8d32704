//! Filling the loader with the place and the integrity of its payload.

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::payload::Payload;
use super::{integrity, locale};

const END: &str = "/*habitue:end*/";

/// The payload as the loader reads it:
/// `{"base":"a/<hash16>/","js":"sha384-…","wasm":"sha384-…","locales":["en"]}`.
pub fn literal(base: &str, payload: &Payload) -> String {
    let mut locales = Vec::new();
    let mut fields = Map::new();
    fields.insert("base".to_owned(), base.into());
    for part in &payload.parts {
        let value = Value::from(integrity(&part.bytes));
        match (part.name.as_str(), locale(part)) {
            ("app.js", _) => drop(fields.insert("js".to_owned(), value)),
            ("app.wasm", _) => drop(fields.insert("wasm".to_owned(), value)),
            (_, Some(locale)) => locales.push(locale.into()),
            (_, None) => {}
        }
    }
    fields.insert("locales".to_owned(), Value::Array(locales));
    Value::Object(fields).to_string()
}

/// The hash of each locale, as `public/ward.js` reads them: `{"en":"sha384-…"}`.
pub fn locales(payload: &Payload) -> String {
    let hash = |part| Some((locale(part)?.to_owned(), Value::from(integrity(&part.bytes))));
    Value::Object(payload.parts.iter().filter_map(hash).collect()).to_string()
}

/// Replaces what stands between the two marks; there must be exactly one pair.
pub fn fill(source: &str, name: &str, literal: &str) -> Result<String> {
    let start = format!("/*habitue:{name}*/");
    let (starts, ends) = (source.matches(&start).count(), source.matches(END).count());
    let parts = source.split_once(&start).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    match parts {
        Some((before, after)) if starts == 1 && ends == 1 => {
            Ok(format!("{before}{literal}{after}"))
        }
        _ => bail!(
            "public/ needs exactly one line \
             `const … = {start} {{…}} {END};`, it has {starts} starts and {ends} ends"
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
        assert_eq!(fill(source, "payload", "{X}").unwrap(), "a;\nconst PAYLOAD = {X};\nb;");
    }

    #[test]
    fn a_loader_without_its_place_or_with_two_is_refused() {
        assert!(fill("const PAYLOAD = {};", "payload", "{X}").is_err());
        assert!(fill("/*habitue:end*/ /*habitue:payload*/", "payload", "{X}").is_err());
        let twice = "/*habitue:payload*/1/*habitue:end*/ /*habitue:payload*/2/*habitue:end*/";
        assert!(fill(twice, "payload", "{X}").is_err());
    }

    #[test]
    fn the_literal_names_each_file_with_its_own_hash() {
        let part = |name: &str, text: &str| Part {
            name: name.to_owned(),
            bytes: text.as_bytes().to_vec(),
        };
        let parts = vec![part("app.js", "g"), part("app.wasm", "w"), part("fr.json", "{}")];
        let payload = Payload { parts };
        let text = literal("a/0123456789abcdef/", &payload);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["base"], "a/0123456789abcdef/");
        assert_eq!(value["js"], integrity(b"g"));
        assert_eq!(value["wasm"], integrity(b"w"));
        assert_eq!(value["locales"], serde_json::json!(["fr"]));
        let value: Value = serde_json::from_str(&locales(&payload)).unwrap();
        assert_eq!(value, serde_json::json!({ "fr": integrity(b"{}") }));
    }
}
