//! What the self-test says: closed list of what can be missing, each with what to do about it.

use std::fmt;

/// Declares the closed list with stable codes and remedies.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal $remedy:literal;)+) => {
        /// A step that is missing. Closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $name,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// What to do about it.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)+ }
            }
        }
    };
}

codes! {
    /// Our public address does not answer.
    ServerUnreachable = "server_unreachable"
        "Start habitue serve with this --public-url, or mend the proxy or DNS before it";
    /// Something else answers there.
    ServerOther = "server_other"
        "Let the public address lead to habitue, with its whole path";
    /// It has no widget.
    LoaderMissing = "loader_missing"
        "Build habitue after cargo xtask widget, or mend the proxy's path";
    /// It is habitue with other data.
    DatabaseOther = "database_other"
        "Run this command with the --database of the server that answers there";
    /// The proxy eats our headers.
    Cors = "cors_refused"
        "Let the proxy pass OPTIONS, Origin and Access-Control-* headers through unchanged";
    /// The page cannot be had.
    PageUnreachable = "page_unreachable"
        "Type the address as it stands in a browser; a page behind a password cannot be looked at";
    /// The page lives somewhere else.
    PageElsewhere = "page_elsewhere"
        "Type that address instead: other origins are not followed";
    /// No tag.
    TagMissing = "tag_missing"
        "Put the tag into the page's HTML (habitue tag); one that a tag manager \
         adds later is not seen";
    /// From another host.
    TagHost = "tag_host"
        "Take the tag that habitue tag prints, or say the right --public-url";
    /// The browser will refuse its bytes.
    TagIntegrity = "tag_integrity"
        "Take the tag that habitue tag --pinned prints, whole";
    /// No key.
    KeyMissing = "key_missing"
        "Add data-key with the shop's public key (habitue keys list)";
    /// A key that opens nothing.
    KeyUnknown = "key_unknown"
        "Put the shop's public key into data-key (habitue keys list), or make one";
    /// Another shop's key.
    KeyOfAnother = "key_of_another_shop"
        "Put this shop's public key into data-key (habitue keys list), or say the other --shop";
    /// A secret in the page.
    KeySecret = "key_secret"
        "Put the public key there, then revoke the secret one (habitue keys revoke) and \
         make another";
    /// The page may not speak for the shop.
    OriginNotRegistered = "origin_not_registered"
        "Add it with habitue shop origin";
    /// Our script is blocked.
    CspScript = "csp_script"
        "Add our address to script-src";
    /// WebAssembly is blocked.
    CspWasm = "csp_wasm"
        "Add 'wasm-unsafe-eval' to script-src";
    /// Our API is blocked.
    CspConnect = "csp_connect"
        "Add our address to connect-src";
    /// The shop's own token address is blocked.
    CspToken = "csp_token"
        "Add 'self' to connect-src";
    /// On another origin.
    TokenUrlElsewhere = "token_url_elsewhere"
        "Answer with the token on the page's own origin, where the customer's session is";
    /// It does not answer.
    TokenUrlUnreachable = "token_url_unreachable"
        "Answer there within 10 seconds";
    /// It answers something else than 200.
    TokenUrlStatus = "token_url_status"
        "Answer 200 with {\"token\": null} for nobody, or mend data-token-url";
    /// It answers no JSON of that shape.
    TokenUrlShape = "token_url_shape"
        "Answer {\"token\": \"…\"} for who is signed in, {\"token\": null} for nobody";
    /// A cache may hand one customer's token to another.
    TokenUrlCached = "token_url_cached"
        "Answer with Cache-Control: no-store";
    /// The shop's clock.
    ClockOff = "clock_off"
        "Set the shop's clock by NTP: 30 seconds are forgiven";
    /// No JWT with a key id.
    TokenNotSigned = "token_not_signed"
        "Sign a JWT (HS256) whose header has kid = the token key's id";
    /// Another key.
    TokenKey = "token_key_unknown"
        "Put a live token key's id into kid (habitue keys list)";
    /// Another secret.
    TokenSignature = "token_signature"
        "Sign by HS256 with the secret shown with that key, its characters as they stand; \
         iss, sub, aud and jti are text, iat and exp whole seconds";
    /// Another shop.
    TokenIssuer = "token_issuer"
        "Put the shop's id into iss";
    /// Another server.
    TokenAudience = "token_audience"
        "Put our public address into aud";
    /// Nobody.
    TokenSubject = "token_subject"
        "Put the customer's id into sub and a number used once into jti, at most 200 \
         characters each";
    /// Too old.
    TokenExpired = "token_expired"
        "Make a new one and try again within five minutes";
    /// Too long.
    TokenLife = "token_life"
        "Let exp be at most 300 seconds after iat";
}

/// A step that is missing, here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub code: Code,
    /// What is wrong.
    pub what: String,
}

/// One line of the self-test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// As it should be.
    Right(String),
    /// Missing.
    Wrong(Finding),
    /// Not looked at, and why.
    Skipped(String),
}

impl fmt::Display for Line {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Right(what) => write!(to, "✔ {what}"),
            Self::Wrong(Finding { code, what }) => {
                write!(to, "✘ {}: {what}. {}.", code.code(), code.remedy())
            }
            Self::Skipped(why) => write!(to, "– {why}"),
        }
    }
}

/// What was found so far, in the order of looking.
#[derive(Clone, Debug, Default)]
pub struct Findings(Vec<Line>);

impl Findings {
    /// As it should be.
    pub fn right(&mut self, what: &str) {
        self.0.push(Line::Right(what.to_owned()));
    }

    /// Missing.
    pub fn wrong(&mut self, code: Code, what: &str) {
        // Whatever comes from elsewhere stays on its line and does not speak to the terminal.
        let what = what.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect();
        self.0.push(Line::Wrong(Finding { code, what }));
    }

    /// Not looked at.
    pub fn skip(&mut self, why: &str) {
        self.0.push(Line::Skipped(why.to_owned()));
    }

    /// All of it.
    pub fn lines(self) -> Vec<Line> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_unique_and_stands_in_the_merchants_guide() {
        let guide = include_str!("../../../../docs/connect.md");
        let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        let missing: Vec<_> =
            codes.iter().filter(|code| !guide.contains(&format!("| `{code}` |"))).collect();
        assert!(missing.is_empty(), "docs/connect.md does not explain {missing:?}");
    }

    #[test]
    fn what_a_page_says_stays_on_its_line() {
        let mut findings = Findings::default();
        findings.wrong(Code::KeyUnknown, "a\n✔ all is well\u{1b}[2J");
        let shown = findings.lines()[0].to_string();
        assert!(!shown.contains('\n') && !shown.contains('\u{1b}'), "{shown}");
    }
}
