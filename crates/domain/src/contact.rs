//! [`Email`]: an address that mail may be sent to, and nothing that only looks like one.

use core::fmt;
use core::str::FromStr;

/// The most characters of an address (RFC 5321 §4.5.3.1.3, less the angle brackets).
const ADDRESS: usize = 254;
/// The most characters before the `@` (RFC 5321 §4.5.3.1.1).
const LOCAL: usize = 64;
/// The most characters of one part of a domain (RFC 1035 §2.3.4).
const LABEL: usize = 63;

/// An e-mail address in ASCII, with its domain in small letters.
///
/// Narrower than RFC 5321: no quotes, no comments, no address literals, no letters beyond ASCII. An
/// international domain is written in punycode, so that no look-alike letter makes two addresses
/// of what a person reads as one.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The address as mail goes to it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address by which it is found again: no large letter makes another address of it.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

/// Says nothing: what is printed for a developer must name nobody.
impl fmt::Debug for Email {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Email(hidden)")
    }
}

impl FromStr for Email {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "not an e-mail address such as ada@example.org (letters beyond ASCII \
                             are not taken; write an international domain in punycode)";
        let text = text.trim_matches(' ');
        let (local, domain) = text.rsplit_once('@').ok_or(SHAPE)?;
        if text.len() > ADDRESS || !is_local(local) || !is_domain(domain) {
            return Err(SHAPE);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }
}

/// Whether it is a dot-string of RFC 5321 §4.1.2, without `%` and `!`, which old relays read as
/// another way to go.
fn is_local(local: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"#$&'*+-/=?^_`{|}~".contains(&byte);
    let part = |part: &str| !part.is_empty() && part.bytes().all(allowed);
    local.len() <= LOCAL && local.split('.').all(part)
}

/// Whether it is a name with a dot whose last part is no number.
fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=LABEL).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(label)
        && last.len() >= 2
        && last.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("ada@example.org", "ada@example.org")]
    #[case("  ada@example.org ", "ada@example.org")]
    #[case("Ada.L+news@EXAMPLE.org", "Ada.L+news@example.org")]
    #[case("o'hara@xn--bcher-kva.example", "o'hara@xn--bcher-kva.example")]
    fn an_address_is_taken_as_it_is_with_a_small_domain(#[case] text: &str, #[case] read: &str) {
        let email: Email = text.parse().unwrap();
        assert_eq!(email.as_str(), read);
        assert_eq!(email.key(), read.to_ascii_lowercase());
    }

    #[rstest]
    #[case("")]
    #[case("ada")]
    #[case("@example.org")]
    #[case("ada@")]
    #[case("ada@example")]
    #[case("ada@example..org")]
    #[case(".ada@example.org")]
    #[case("ada.@example.org")]
    #[case("a..b@example.org")]
    #[case("ada@-example.org")]
    #[case("ada@127.0.0.1")]
    #[case("ada@[127.0.0.1]")]
    #[case("\"ada\"@example.org")]
    #[case("ada@example.org, eve@example.org")]
    #[case("ada@example.org\r\nBcc: eve@example.org")]
    #[case("ada\r\n@example.org")]
    #[case("ada\0@example.org")]
    #[case("Ada <ada@example.org>")]
    #[case("eve%example.org@relay.example")]
    #[case("relay!eve@example.org")]
    #[case("\u{0430}da@example.org")]
    #[case("ada@ex\u{0430}mple.org")]
    #[case("ada@example\u{3002}org")]
    #[case("ada\u{200b}@example.org")]
    #[case("=cmd|' /C calc'!A0@example.org")]
    fn what_is_no_plain_address_is_refused(#[case] text: &str) {
        assert!(text.parse::<Email>().is_err());
    }

    #[test]
    fn an_address_of_ten_thousand_characters_is_refused() {
        assert!(format!("{}@example.org", "a".repeat(10_000)).parse::<Email>().is_err());
        assert!(format!("a@{}.org", "a.".repeat(5_000)).parse::<Email>().is_err());
    }

    #[test]
    fn a_developer_is_shown_nothing_of_it() {
        let email: Email = "ada@example.org".parse().unwrap();
        assert_eq!(format!("{email:?}"), "Email(hidden)");
    }

    proptest! {
        #[test]
        fn what_is_taken_holds_nothing_that_could_end_a_header(text in "\\PC{0,40}@\\PC{1,40}") {
            if let Ok(email) = text.parse::<Email>() {
                let plain = |byte: u8| byte.is_ascii_graphic() && !b"<>\",;:\\()[]".contains(&byte);
                prop_assert!(email.as_str().bytes().all(plain));
            }
        }
    }
}
