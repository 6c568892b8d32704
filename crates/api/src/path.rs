//! Every route, once. `{id}` is replaced by [`with_id`].

/// The program as anybody may see it. Public or session key. `GET`.
pub const PROGRAM: &str = "/v1/program";
/// Exchanges a shop's token for a session (public key), `POST`; ends it (session), `DELETE`.
pub const SESSION: &str = "/v1/session";
/// The signed-in shopper: balance, tier, coupons. Session. `GET`.
pub const ME: &str = "/v1/me";
/// Joins the program. Session. `POST`.
pub const JOIN: &str = "/v1/me/join";
/// Says that the member was shown which points end soon. Session. `POST`.
pub const NOTICE: &str = "/v1/me/notice";
/// The member's card for the till (`GET`), and a new one in its place (`POST`). Session.
pub const CARD: &str = "/v1/me/card";
/// What happened to the member's points. Session. `GET`.
pub const HISTORY: &str = "/v1/me/history";
/// What the member had, what moved, what they have. Session. `GET`.
pub const STATEMENT: &str = "/v1/me/statement";
/// The same as CSV. Session. `GET`.
pub const STATEMENT_CSV: &str = "/v1/me/statement.csv";
/// A member's statement. Secret key. `GET`.
pub const MEMBER_STATEMENT: &str = "/v1/members/{id}/statement";
/// The same as CSV. Secret key. `GET`.
pub const MEMBER_STATEMENT_CSV: &str = "/v1/members/{id}/statement.csv";
/// What points can be claimed for. Session. `GET`.
pub const ME_REWARDS: &str = "/v1/me/rewards";
/// Claims a reward (`POST`), lists what was claimed (`GET`). Session.
pub const ME_CLAIMS: &str = "/v1/me/claims";
/// Prices a cart. Public, session or secret key. `POST`.
pub const QUOTES: &str = "/v1/quotes";
/// Prices a cart with facts that stand in the request. Secret key. `POST`.
pub const DRY_RUN: &str = "/v1/quotes/dry-run";
/// Makes a hold. Session or secret key. `POST`.
pub const HOLDS: &str = "/v1/holds";
/// One hold: seen by the shop (`GET`), given back by its shopper while unconfirmed (`DELETE`).
pub const HOLD: &str = "/v1/holds/{id}";
/// Confirms a hold just before payment. Secret key. `POST`.
pub const HOLD_CONFIRM: &str = "/v1/holds/{id}/confirm";
/// Commits a hold once paid. Secret key. `POST`.
pub const HOLD_COMMIT: &str = "/v1/holds/{id}/commit";
/// Gives a hold back. Secret key. `POST`.
pub const HOLD_RELEASE: &str = "/v1/holds/{id}/release";
/// An order as state. Secret key. `PUT`, `GET`.
pub const ORDER: &str = "/v1/orders/{id}";
/// A return of units of an order. Secret key. `PUT`.
pub const ORDER_RETURN: &str = "/v1/orders/{id}/returns/{return_id}";
/// A shop's gift cards (`GET`), and issuing one (`POST`). Secret key.
pub const GIFT_CARDS: &str = "/v1/gift-cards";
/// What is left on a gift card. Public or session key. `POST`.
pub const GIFT_CARD_BALANCE: &str = "/v1/gift-cards/balance";
/// One gift card. Secret key. `GET`.
pub const GIFT_CARD: &str = "/v1/gift-cards/{id}";
/// Puts what is on a gift card right. Secret key. `POST`.
pub const GIFT_CARD_ADJUST: &str = "/v1/gift-cards/{id}/adjust";
/// Ends a gift card. Secret key. `POST`.
pub const GIFT_CARD_CANCEL: &str = "/v1/gift-cards/{id}/cancel";
/// Puts a member's store credit right. Secret key. `POST`.
pub const MEMBER_CREDIT: &str = "/v1/members/{id}/credit";
/// How much credit and how many gift cards were given out in 12 months. Secret key. `GET`.
pub const ISSUED: &str = "/v1/issued";
/// A member (`GET`), and what the shop says of them (`PATCH`). Secret key.
pub const MEMBER: &str = "/v1/members/{id}";
/// Something a member did that earns points. Secret key. `POST`.
pub const MEMBER_ACTIONS: &str = "/v1/members/{id}/actions";
/// The member a card names. Secret key. `GET`.
pub const MEMBERS: &str = "/v1/members";
/// Where a member stands (`GET`), and a tier given by hand (`PUT`). Secret key.
pub const MEMBER_TIER: &str = "/v1/members/{id}/tier";
/// What the program did, in figures. Secret key. `GET`.
pub const METRICS: &str = "/v1/metrics";
/// Puts a member's points right. Secret key. `POST`.
pub const MEMBER_POINTS: &str = "/v1/members/{id}/points";
/// Claims a reward for a member. Secret key. `POST`.
pub const MEMBER_CLAIMS: &str = "/v1/members/{id}/claims";
/// What the shop has to fulfil. Secret key. `GET`.
pub const CLAIMS: &str = "/v1/claims";
/// Fulfils or withdraws a claim. Secret key. `PUT`.
pub const CLAIM: &str = "/v1/claims/{id}";
/// The program's versions (`GET`) and publishing one (`POST`). Secret key.
pub const PROGRAMS: &str = "/v1/programs";
/// What may be consented to, and how it stands. Public or session key. `GET`, `POST`.
pub const CONSENTS: &str = "/v1/consents";
/// Who has consented to one matter. Secret key. `GET`.
pub const CONTACTS: &str = "/v1/contacts";
/// The same as CSV. Secret key. `GET`.
pub const CONTACTS_CSV: &str = "/v1/contacts.csv";
/// Forgets a contact. Secret key. `DELETE`.
pub const CONTACT: &str = "/v1/contacts/{id}";
/// All a contact has consented to, with the texts. Secret key. `GET`.
pub const CONTACT_CONSENTS: &str = "/v1/contacts/{id}/consents";
/// Sends a mail to a topic of the newsletter. Secret key. `POST`.
pub const NEWSLETTERS: &str = "/v1/newsletters";
/// Issues a code to a member (`POST`), lists a customer's (`GET`). Secret key.
pub const COUPONS: &str = "/v1/coupons";
/// Withdraws an issued code. Secret key. `DELETE`.
pub const COUPON: &str = "/v1/coupons/{id}";
/// Makes a batch of codes (`POST`), lists them (`GET`). Secret key.
pub const BATCHES: &str = "/v1/coupons/batches";
/// One batch: how far it is (`GET`), withdrawn whole (`DELETE`). Secret key.
pub const BATCH: &str = "/v1/coupons/batches/{id}";
/// Codes that a partner chose, into a batch of them. Secret key. `POST`.
pub const BATCH_CODES: &str = "/v1/coupons/batches/{id}/codes";
/// A batch's codes as CSV. Secret key. `GET`.
pub const BATCH_CSV: &str = "/v1/coupons/batches/{id}/codes.csv";
/// Whether the process runs. No key. `GET`.
pub const HEALTH: &str = "/healthz";
/// Whether it can answer. No key. `GET`.
pub const READY: &str = "/readyz";
/// The OpenAPI document. No key. `GET`.
pub const OPENAPI: &str = "/openapi.json";

/// The route with `id` in the place of `{id}`, percent-encoded.
pub fn with_id(route: &str, id: &str) -> String {
    route.replace("{id}", &encode(id))
}

/// Percent-encodes everything but letters, digits, `-`, `.`, `_` and `~` (RFC 3986 §2.3).
pub fn encode(segment: &str) -> String {
    let mut encoded = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            const HEX: [char; 16] =
                ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
            encoded.push('%');
            encoded.extend(HEX.get(usize::from(byte >> 4)));
            encoded.extend(HEX.get(usize::from(byte & 15)));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_leave_its_segment() {
        assert_eq!(with_id(ORDER, "a/../b é?"), "/v1/orders/a%2F..%2Fb%20%C3%A9%3F");
    }
}
