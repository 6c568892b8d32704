//! What a page's HTML says: our tag, and the policy in its head.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{StartTag, Token, Tokenizer};
use url::Url;

/// Our script tag, as a browser reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Where it fetches the loader.
    pub src: Url,
    /// `data-key`.
    pub key: Option<String>,
    /// `data-token-url`, as an address.
    pub token_url: Option<Url>,
    /// `nonce`.
    pub nonce: String,
    /// `integrity`.
    pub integrity: Option<String>,
    /// Whether it has `crossorigin`.
    pub is_cors: bool,
}

/// What the page says to us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Our tags; the first one counts.
    pub tags: Vec<Tag>,
    /// The policies in its `<meta>` elements.
    pub policies: Vec<String>,
}

/// Reads a page that came from `url`.
pub fn read(url: &Url, html: &[u8]) -> Reading {
    // So that the text of a script is not taken for elements.
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut reading = Reading::default();
    let mut base = url.clone();
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(Token::StartTag(element)) = token else {
            continue;
        };
        match element.name.as_slice() {
            b"base" => {
                let href = attribute(&element, "href");
                base = href.and_then(|href| url.join(&href).ok()).unwrap_or(base);
            }
            b"meta" => reading.policies.extend(policy(&element)),
            b"script" => reading.tags.extend(tag(&element, &base)),
            _ => {}
        }
    }
    reading
}

fn attribute(element: &StartTag<()>, name: &str) -> Option<String> {
    let value = element.attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(&value.value).trim().to_owned())
}

fn policy(element: &StartTag<()>) -> Option<String> {
    let kind = attribute(element, "http-equiv")?;
    kind.eq_ignore_ascii_case("content-security-policy")
        .then(|| attribute(element, "content"))
        .flatten()
}

fn tag(element: &StartTag<()>, base: &Url) -> Option<Tag> {
    let src = base.join(&attribute(element, "src")?).ok()?;
    if !src.path().ends_with("/habitue.js") {
        return None;
    }
    let token_url = attribute(element, "data-token-url").and_then(|url| base.join(&url).ok());
    Some(Tag {
        src,
        key: attribute(element, "data-key").filter(|key| !key.is_empty()),
        token_url,
        nonce: attribute(element, "nonce").unwrap_or_default(),
        integrity: attribute(element, "integrity"),
        is_cors: attribute(element, "crossorigin").is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(html: &str) -> Reading {
        read(&"https://shop.example/a/page".parse().unwrap(), html.as_bytes())
    }

    #[test]
    fn the_tag_is_read_as_a_browser_reads_it() {
        let html = "<!doctype html><META HTTP-EQUIV='Content-Security-Policy' \
                    content=\"script-src 'self'\"><script async nonce=abc \
                    src='https://h.example/v1/habitue.js' DATA-KEY = pk_1 \
                    data-token-url=../token?a=1&amp;b=2></script>";
        let reading = read_from(html);
        assert_eq!(reading.policies, ["script-src 'self'"]);
        let [tag] = reading.tags.as_slice() else { panic!("{reading:?}") };
        assert_eq!(tag.src.as_str(), "https://h.example/v1/habitue.js");
        assert_eq!(tag.key.as_deref(), Some("pk_1"));
        let token_url = tag.token_url.as_ref().map(Url::as_str);
        assert_eq!(token_url, Some("https://shop.example/token?a=1&b=2"));
        assert_eq!((tag.nonce.as_str(), tag.is_cors), ("abc", false));
    }

    #[test]
    fn what_is_no_element_is_no_tag() {
        let tag = "<script src=\"https://h.example/v1/habitue.js\" data-key=pk_1>";
        for html in [
            format!("<!-- {tag}</script> -->"),
            format!("<script>const t = '{tag}';</script>"),
            format!("<textarea>{tag}</script></textarea>"),
            format!("<title>{tag}</title>"),
            "<script src=https://h.example/v1/other.js></script>".to_owned(),
            "<a href=/v1/habitue.js>".to_owned(),
        ] {
            assert_eq!(read_from(&html).tags, [], "{html}");
        }
        assert_eq!(read_from(&format!("<p>{tag}")).tags.len(), 1);
    }
}
