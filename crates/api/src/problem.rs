//! [`Problem`], every error's body (RFC 9457, `application/problem+json`), and [`Code`], the closed
//! list of the mistakes a caller can make. What the rules refuse has its code in
//! [`habitue_domain::refusal`].

use crate::quote::QuoteReply;
use habitue_domain::refusal::Missing;
use serde::{Deserialize, Serialize};

/// The media type of every error.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An error: a code for machines, a sentence for people. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A stable code of [`Code`], `Refusal` or `Reason`: `below_minimum`.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, in English.
    pub title: String,
    /// What to do about it, or where it is: a field, a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The field of the request it is about: `lines[3].quantity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is missing for a coupon or points to count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// With `price_changed`: the cart's price now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Box<QuoteReply>>,
    /// With `internal`: the number under which the fault was logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
}

/// Declares the closed list of callers' mistakes with status and sentence.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal $status:literal $title:literal;)+) => {
        /// A caller's mistake, or a fault of ours. Closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $name,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable code, as on the wire.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status it comes with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The sentence for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

codes! {
    /// The body is no JSON.
    MalformedJson = "malformed_json" 400 "The request body is not valid JSON.";
    /// The body is JSON of another shape.
    InvalidBody = "invalid_body" 400 "The request body does not have the expected shape.";
    /// A query or path parameter cannot be read.
    InvalidParameter = "invalid_parameter" 400 "A parameter of the address cannot be read.";
    /// A program document has mistakes.
    InvalidProgram = "invalid_program" 422 "The program document has mistakes.";
    /// Another gift card or a promotion has this code.
    CodeTaken = "code_taken" 409 "Another gift card or a promotion has this code.";
    /// `Idempotency-Key` is missing.
    IdempotencyKeyMissing = "idempotency_key_missing" 400
        "This request needs an Idempotency-Key header of 1 to 255 printable ASCII characters.";
    /// The idempotency key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused" 422
        "This Idempotency-Key was used before with another request body.";
    /// The same request is being answered.
    IdempotencyKeyInUse = "idempotency_key_in_use" 409
        "The first request with this Idempotency-Key is still being answered; try again.";
    /// No key.
    KeyMissing = "key_missing" 401 "This request needs a key in its Authorization header.";
    /// The key is unknown, revoked or of a kind this route does not accept.
    KeyUnknown = "key_unknown" 401 "This key is unknown, revoked, or not for this request.";
    /// The session is over.
    SessionEnded = "session_ended" 401 "The session has ended; exchange a new token.";
    /// The token cannot be exchanged.
    TokenInvalid = "token_invalid" 401
        "The shop's token is expired, not signed by one of its keys, or not for this server.";
    /// A spend needs a newer token.
    FreshTokenRequired = "fresh_token_required" 401
        "Redeeming needs a token issued within the last 5 minutes.";
    /// A secret key came from a browser.
    SecretKeyInBrowser = "secret_key_in_browser" 403
        "A secret key must never be used from a web page. Revoke it and make a new one.";
    /// The page's origin is not one of the shop's.
    OriginNotAllowed = "origin_not_allowed" 403 "This page's origin is not one of the shop's.";
    /// Nothing there.
    NotFound = "not_found" 404 "There is nothing at this address.";
    /// The method is not for this address.
    MethodNotAllowed = "method_not_allowed" 405 "This address does not take this method.";
    /// The body came too slowly.
    RequestTimeout = "request_timeout" 408 "The request body took too long to arrive.";
    /// The body is too large.
    BodyTooLarge = "body_too_large" 413 "The request body is too large.";
    /// The content type is not JSON.
    UnsupportedMediaType = "unsupported_media_type" 415
        "The request body must be application/json.";
    /// Too many requests.
    TooManyRequests = "too_many_requests" 429 "Too many requests; try again later.";
    /// A fault of ours.
    Internal = "internal" 500 "Something went wrong on our side. Nothing was changed.";
    /// Not now.
    Unavailable = "unavailable" 503 "The service cannot answer now; try again.";
}

impl Problem {
    /// The problem for a code, without detail.
    pub fn new(code: Code) -> Self {
        Self::with(code.code(), code.status(), code.title())
    }

    /// A problem with a code of the rules.
    pub fn with(code: &str, status: u16, title: &str) -> Self {
        Self {
            code: code.to_owned(),
            status,
            title: title.to_owned(),
            detail: None,
            field: None,
            missing: None,
            quote: None,
            incident: None,
        }
    }

    /// The problem with what to do about it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The problem with the field it is about.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_every_title_is_a_sentence() {
        let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.title().ends_with('.')));
        assert!(Code::ALL.iter().all(|code| (400..600).contains(&code.status())));
    }
}
