//! What the shop has to know of its Habitué: one file that `habitue shop add` printed.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// The shop file. It holds secrets: readable by the shop's back end, never sent to a browser
/// except for `public_key`.
#[derive(Clone, Debug, Deserialize)]
pub struct ShopFile {
    /// `shp_…`: who we are; the issuer of our tokens.
    pub shop: String,
    /// `pk_…`: stands in the script tag for everybody to see.
    pub public_key: String,
    /// `sk_…`: our back end's key; never in a page.
    pub secret_key: String,
    /// Signs the tokens that say who is logged in.
    pub token_key: TokenKey,
}

/// The key our tokens are signed with (HS256).
#[derive(Clone, Debug, Deserialize)]
pub struct TokenKey {
    /// `key_…`: the `kid` in a token's header.
    pub id: String,
    /// The secret. Its bytes, as they stand here, are the key.
    pub secret: String,
}

impl ShopFile {
    /// Reads the file.
    ///
    /// # Errors
    /// One sentence that says what to do: the file is missing, or it is not what it should be.
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = fs::read_to_string(path).with_context(|| {
            format!(
                "the shop file {shown} cannot be read: make it with `habitue shop add --json > \
                 {shown}`, or run `cargo xtask demo`, which does"
            )
        })?;
        let file: Self = serde_json::from_str(&text).with_context(|| {
            format!(
                "the shop file {shown} is not what `habitue shop add --json` prints: \
                 make it again"
            )
        })?;
        ensure!(
            file.public_key.starts_with("pk_") && file.secret_key.starts_with("sk_"),
            "the shop file {shown} has its keys mixed up: `public_key` begins with pk_, \
             `secret_key` with sk_"
        );
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<ShopFile> {
        let path = std::env::temp_dir().join(format!("habitue-demo-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        let file = ShopFile::read(&path);
        fs::remove_file(&path).unwrap();
        file
    }

    #[test]
    fn a_missing_file_says_how_to_make_it() {
        let error = ShopFile::read(Path::new("nowhere/shop.json")).unwrap_err().to_string();
        assert!(error.contains("nowhere/shop.json") && error.contains("shop add"), "{error}");
    }

    #[test]
    fn a_file_of_another_shape_is_refused() {
        let error = read("shape.json", r#"{"shop":"shp_1"}"#).unwrap_err().to_string();
        assert!(error.contains("make it again"), "{error}");
    }

    #[test]
    fn swapped_keys_are_noticed_before_a_secret_reaches_a_page() {
        let text = r#"{"shop":"shp_1","program":"prg_1","public_key":"sk_a","secret_key":"pk_b",
                       "token_key":{"id":"key_1","secret":"s"}}"#;
        assert!(read("swapped.json", text).unwrap_err().to_string().contains("mixed up"));
        let text = text.replace("sk_a", "pk_a").replace("pk_b", "sk_b");
        assert_eq!(read("right.json", &text).unwrap().token_key.id, "key_1");
    }
}
