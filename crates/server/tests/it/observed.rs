//! What a real server writes and counts: everything about requests, nothing about people.

use crate::harness::{cart, eur};
use crate::mailbox::Mailbox;
use crate::real::{MASTER_KEY, Real, Told, tell};
use serde_json::{Value, json};

/// Planted wherever a person or a secret could be.
const CANARIES: [&str; 9] = [
    "canary-mail@example.org",
    "Canaria",
    "canary-customer",
    "CANARY-CODE",
    "canary-key-in-header",
    "canary-order",
    "canary-query",
    "canary-agent",
    MASTER_KEY,
];

/// A shopper's way from the token to the paid order and its return; the bearers used on it.
fn shop_with_canaries(real: &Real) -> Vec<String> {
    let token = real.token(&json!({ "sub": "canary-customer", "given_name": "Canaria",
        "email": "canary-mail@example.org", "email_verified": true, "locale": "en" }));
    let (public, secret) = (real.key("public_key"), real.key("secret_key"));
    let mut n = 0;
    let mut send = |method: &str, path: &str, bearer: &str, body: &Value| -> Told {
        n += 1;
        let more = format!(
            "Idempotency-Key: canary-key-in-header-{n}\r\nUser-Agent: canary-agent\r\n\
             X-Forwarded-For: 203.0.113.77\r\n"
        );
        real.call(method, path, bearer, body, &more)
    };
    let opened = send("POST", "/v1/session", &public, &json!({ "token": token }));
    let session = opened.json()["session"].as_str().unwrap().to_owned();
    send("POST", "/v1/me/join", &session, &json!({ "terms_version": "1" }));
    let bought = cart(&[(2, 3000)]);
    let asking = |codes: &[&str]| json!({ "cart": bought, "asked": { "codes": codes } });
    assert_eq!(send("POST", "/v1/quotes", &session, &asking(&["CANARY-CODE"])).status, 200);
    assert_eq!(send("POST", "/v1/holds", &session, &asking(&["CANARY-CODE"])).status, 422);
    let made = send("POST", "/v1/holds", &session, &asking(&["TEN"])).json();
    let hold = made["hold"].as_str().unwrap().to_owned();
    let terms = json!({ "order": "canary-order", "customer": "canary-customer", "cart": bought,
        "to_pay": eur(5490) });
    let step = |name: &str| format!("/v1/holds/{hold}/{name}");
    assert_eq!(send("POST", &step("confirm"), &secret, &terms).status, 200);
    let paid = json!({ "order": "canary-order", "customer": "canary-customer",
        "amount": eur(5490) });
    assert_eq!(send("POST", &step("commit"), &secret, &paid).status, 200);
    let order = crate::harness::order("canary-customer", &[(2, 5000)]);
    assert_eq!(send("PUT", "/v1/orders/canary-order", &secret, &order).status, 200);
    let back = json!({ "returned_at": "2026-11-21T12:00:00Z" });
    let path = "/v1/orders/canary-order/returns/canary-order-back";
    assert_eq!(send("PUT", path, &secret, &back).status, 200);
    send("GET", "/v1/me?canary-query=canary-mail@example.org", &session, &Value::Null);
    send("GET", "/canary-query/canary-mail@example.org", &session, &Value::Null);
    send("CANARY-CODE", "/v1/me", &session, &Value::Null);
    send("POST", "/v1/quotes", &session, &json!({ "canary-query": "canary-mail@example.org" }));
    send("POST", "/v1/session", &public, &json!({ "token": format!("{token}x") }));
    send("GET", "/v1/me", "sk_canary-key-in-header", &Value::Null);
    assert_eq!(send("DELETE", "/v1/session", &session, &Value::Null).status, 204);
    vec![token, public, secret, session, real.keys["token_key"]["secret"].to_string(), hold]
}

/// A visitor asks for the newsletter, and others try its links.
fn ask_with_canaries(real: &Real) {
    let send = |method: &str, path: &str, bearer: &str, body: &Value| {
        real.call(method, path, bearer, body, "User-Agent: canary-agent\r\n")
    };
    let asked = json!({ "program_version": 1, "locale": "en", "email": "canary-mail@example.org",
        "give": [{ "purpose": "newsletter", "topic": "news" }] });
    assert_eq!(send("POST", "/v1/consents", &real.key("public_key"), &asked).status, 200);
    assert_eq!(send("GET", "/v1/consents", &real.key("public_key"), &Value::Null).status, 200);
    let not_one = json!({ "program_version": 1, "locale": "en", "email": "canary-mail@example",
        "give": [{ "purpose": "newsletter", "topic": "news" }] });
    assert_eq!(send("POST", "/v1/consents", &real.key("public_key"), &not_one).status, 422);
    send("GET", "/v1/contacts.csv?purpose=program", &real.key("secret_key"), &Value::Null);
    send("GET", "/n/leave/canary-query", "", &Value::Null);
    send("POST", "/n/confirm/canary-query", "", &Value::Null);
    send("POST", "/hooks/brevo/canary-query", "canary-key-in-header", &Value::Null);
}

#[test]
fn nothing_of_a_person_and_no_secret_is_logged_even_at_the_highest_level() {
    let log = "trace,tokio_postgres=trace,hyper=trace,h2=trace";
    let mailbox = Mailbox::start();
    let port = mailbox.as_ref().map_or(1, |mailbox| mailbox.port);
    let url = format!("smtp://127.0.0.1:{port}");
    let mail = ["--smtp-url", &url, "--mail-from", "canary-mail@example.org"];
    let arguments = [["--trusted-proxy", "127.0.0.0/8"].as_slice(), &mail].concat();
    let real = Real::start(log, &arguments);
    let mut bearers = shop_with_canaries(&real);
    ask_with_canaries(&real);
    if let Some(mailbox) = mailbox {
        let text = mailbox.mails(1)[0]["text"].as_str().unwrap().to_owned();
        let link = text.split("/n/confirm/").nth(1).unwrap();
        bearers.extend(link.split_whitespace().next().map(str::to_owned));
    }
    let (ended_well, said) = real.stop();
    assert!(ended_well);
    assert!(said.lines().filter(|line| line.contains("\"answered\"")).count() >= 15, "{said}");
    let bearers = bearers.iter().map(|bearer| bearer.trim_matches('"'));
    for canary in CANARIES.into_iter().chain(bearers).chain(["203.0.113.77"]) {
        let leak = said.lines().find(|line| line.contains(canary));
        assert!(leak.is_none(), "{canary} in {}", leak.unwrap_or_default());
    }
}

#[test]
fn each_request_is_one_line_with_its_id_route_and_shop() {
    let real = Real::start("info", &[]);
    let secret = real.key("secret_key");
    let told = real.call("GET", "/v1/orders/no-such-order", &secret, &Value::Null, "");
    assert_eq!(told.status, 404);
    let id = told.head.lines().find_map(|line| line.strip_prefix("x-request-id: "));
    let id = id.unwrap().to_owned();
    let shop = real.key("shop");
    let (_, said) = real.stop();
    let lines: Vec<Value> =
        said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of_it: Vec<&Value> =
        lines.iter().filter(|line| line["span"]["request_id"] == id.as_str()).collect();
    assert_eq!(of_it.len(), 1, "{said}");
    let fields = &of_it[0]["fields"];
    assert_eq!(fields["route"], "/v1/orders/{id}");
    assert_eq!((&fields["method"], &fields["status"]), (&json!("GET"), &json!(404)));
    assert_eq!((&fields["shop"], &fields["code"]), (&json!(shop), &json!("not_found")));
    assert!(fields["ms"].is_number());
}

/// The address of the metrics, from the log line that tells it.
fn metrics_of(real: &Real) -> String {
    real.said_first
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|line| line["fields"]["message"] == "metrics")
        .and_then(|line| line["fields"]["listen"].as_str().map(str::to_owned))
        .unwrap()
}

#[test]
fn prometheus_reads_counts_without_names_on_a_listener_of_their_own() {
    let real = Real::start("info", &["--metrics-listen", "127.0.0.1:0", "--limit-misses", "1"]);
    let bearers = shop_with_canaries(&real);
    for n in 0..40 {
        real.call("GET", &format!("/v1/orders/o-{n}"), &bearers[2], &Value::Null, "");
        real.call("GET", &format!("/nowhere/{n}"), &bearers[2], &Value::Null, "");
        real.call(&format!("M{n}"), "/v1/me", "sk_none", &Value::Null, "");
    }
    assert_eq!(real.call("GET", "/metrics", "", &Value::Null, "").status, 404);
    let ask = b"GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let told = tell(&metrics_of(&real), ask);
    assert_eq!(told.status, 200);
    assert!(told.head.contains("text/plain; version=0.0.4"), "{}", told.head);
    let version = env!("CARGO_PKG_VERSION");
    for line in [
        "habitue_holds_total{step=\"made\"} 1",
        "habitue_holds_total{step=\"confirmed\"} 1",
        "habitue_holds_total{step=\"committed\"} 1",
        "habitue_codes_refused_total{reason=\"not_found\"} 1",
        "habitue_requests_total{method=\"GET\",route=\"/v1/orders/{id}\",status=\"404\"} 40",
        "habitue_requests_total{method=\"GET\",route=\"none\",status=\"404\"}",
        "habitue_request_seconds_bucket{route=\"/v1/holds\",le=",
        "habitue_refusals_total{code=\"token_invalid\"} 1",
        "habitue_limited_total{limit=\"address_misses\"}",
        &format!("habitue_build_info{{version=\"{version}\"}} 1"),
    ] {
        assert!(told.body.contains(line), "{line} is not in\n{}", told.body);
    }
    if std::env::var_os("HABITUE_TEST_POSTGRES").is_none() {
        assert!(told.body.contains("habitue_commit_jobs_bucket{le=\"1\"}"), "{}", told.body);
    }
    for series in told.body.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = series.split(' ').next().unwrap();
        assert!(told.body.contains(&format!("# HELP {name} ")), "{name} says nothing of itself");
    }
    let bearers = bearers.iter().map(|bearer| bearer.trim_matches('"'));
    for name in CANARIES.into_iter().chain(bearers).chain(["o-1", "nowhere", "M1\"", "shp_"]) {
        assert!(!told.body.contains(name), "{name} is a label");
    }
    let counters = told.body.lines().filter(|line| !line.contains("_bucket")).count();
    assert!(counters < 150, "{counters} series");
}
