//! What only a real connection shows: heads, chunks, the peer's address, an orderly end.

use crate::real::{ORIGIN, Real};
use serde_json::{Value, json};

const LOG: &str = "warn,habitue_server=info";

#[test]
fn a_head_is_bounded_in_bytes_and_in_number() {
    let real = Real::start(LOG, &[]);
    let padded = |bytes: usize| format!("X-Padding: {}\r\n", "x".repeat(bytes));
    let small = real.call("GET", "/healthz", "", &Value::Null, &padded(8 * 1024));
    assert_eq!((small.status, small.body.as_str()), (200, "ok\n"));
    let large = real.call("GET", "/healthz", "", &Value::Null, &padded(64 * 1024));
    assert_eq!(large.status, 431, "{}", large.head);
    let many = real.call("GET", "/healthz", "", &Value::Null, &"X: y\r\n".repeat(200));
    assert_eq!(many.status, 431, "{}", many.head);
    assert_eq!(real.call("GET", "/healthz", "", &Value::Null, "").status, 200);
}

#[test]
fn chunks_count_as_the_body_they_make() {
    let real = Real::start(LOG, &[]);
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(4096));
    let head = format!(
        "POST /v1/session HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        real.key("public_key")
    );
    let small = real.bytes(format!("{head}{}0\r\n\r\n", chunk.repeat(16)).as_bytes());
    assert_eq!((small.status, &small.json()["code"]), (400, &json!("malformed_json")));
    let large = real.bytes(format!("{head}{}0\r\n\r\n", chunk.repeat(17)).as_bytes());
    assert_eq!((large.status, &large.json()["code"]), (413, &json!("body_too_large")));
    let broken = real.bytes(format!("{head}not a chunk").as_bytes());
    assert_eq!(broken.status, 400, "{}", broken.head);
}

#[test]
fn misses_count_for_the_address_that_a_trusted_proxy_names() {
    let real = Real::start(LOG, &["--trusted-proxy", "127.0.0.0/8", "--limit-misses", "1"]);
    let ask = |address: &str| {
        let more = format!("X-Forwarded-For: 192.0.2.99, {address}\r\n");
        real.call("GET", "/v1/me", "sk_none", &Value::Null, &more).status
    };
    for _ in 0..5 {
        assert_eq!(ask("203.0.113.1"), 401);
    }
    assert_eq!(ask("203.0.113.1"), 429);
    assert_eq!(ask("203.0.113.2"), 401);
}

#[test]
fn without_a_trusted_proxy_a_forged_header_changes_nothing() {
    let real = Real::start(LOG, &["--limit-misses", "1"]);
    let mut statuses = Vec::new();
    for n in 0..6 {
        let more = format!("X-Forwarded-For: 203.0.113.{n}\r\nOrigin: {ORIGIN}\r\n");
        let told = real.call("GET", "/v1/me", "sk_none", &Value::Null, &more);
        statuses.push(told.status);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    let (ended_well, said) = real.stop();
    assert!(ended_well, "{said}");
}
