//! What every page owes: the tag, the policy, proven forms, two languages.

use axum::http::{StatusCode, header};

use crate::session::COOKIE;
use crate::text::Lang;

use super::Story;

#[tokio::test]
async fn every_page_has_the_tag_and_a_policy_that_lets_in_one_host() {
    let mut story = Story::new().await;
    story.put("night-ferry", 1).await;
    for path in [
        "/",
        "/shelf/jazz",
        "/records/night-ferry",
        "/cart",
        "/login",
        "/checkout",
        "/orders",
        "/nowhere",
    ] {
        let seen = story.get(path).await;
        let host = &story.habitue.url;
        assert!(seen.text.contains(&format!("src=\"{host}/v1/habitue.js\"")), "{path}");
        assert!(seen.text.contains("data-key=\"pk_1\"") && !seen.text.contains("sk_1"), "{path}");
        let policy = seen.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; script-src 'self' {host} 'wasm-unsafe-eval'; connect-src \
                 'self' {host}; style-src 'self'; img-src 'self'; form-action 'self'; \
                 require-trusted-types-for 'script'"
            )
        );
        // The policy would block them: no inline script, style or handler.
        assert!(!seen.text.contains(" style=") && !seen.text.contains("<style"), "{path}");
        assert!(!seen.text.contains(" onclick=") && !seen.text.contains("javascript:"), "{path}");
        for script in seen.text.split("<script").skip(1) {
            assert!(script.split('>').next().unwrap().contains("src="), "{path}");
        }
    }
}

#[tokio::test]
async fn the_only_cookie_is_ours_and_no_script_reads_it() {
    let mut story = Story::new().await;
    let seen = story.get("/").await;
    let cookie = seen.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with(&format!("{COOKIE}=")));
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"));
    assert!(!story.get("/").await.headers.contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn the_widget_learns_who_is_logged_in_and_only_then() {
    let mut story = Story::new().await;
    assert_eq!(story.get("/loyalty-token").await.json(), serde_json::json!({ "token": null }));
    assert!(!story.get("/").await.text.contains("data-signed-in"));
    story.log_in("0001").await;
    let seen = story.get("/loyalty-token").await;
    assert_eq!(seen.headers[header::CACHE_CONTROL], "no-store");
    assert!(!seen.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    assert_eq!(seen.json()["token"].as_str().unwrap().split('.').count(), 3);
    assert!(story.get("/").await.text.contains("data-signed-in"));
    story.post("/logout", "").await;
    assert_eq!(story.get("/loyalty-token").await.json(), serde_json::json!({ "token": null }));
}

#[tokio::test]
async fn a_form_that_is_not_from_our_pages_does_nothing() {
    let mut story = Story::new().await;
    story.get("/").await;
    for (path, fields) in [
        ("/cart/add", "record=night-ferry&quantity=1"),
        ("/login", "customer=0001&csrf="),
        ("/checkout/pay", "csrf=guessed"),
        ("/orders/DS-2026-000001/cancel", ""),
    ] {
        let seen = story.post_raw(path, fields.to_owned(), "text/html").await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN, "{path}");
        assert!(seen.text.contains(Lang::En.texts().stale_form));
    }
    assert!(story.get("/cart").await.text.contains(Lang::En.texts().cart_empty));
}

#[tokio::test]
async fn logging_in_changes_the_session_and_refuses_strangers_by_name() {
    let mut story = Story::new().await;
    let seen = story.post("/login", "customer=%3Cb%3E").await;
    assert_eq!(seen.location(), "/login");
    assert!(story.get("/login").await.text.contains("“&lt;b&gt;”"), "escaped");
    let before = story.cookie.clone();
    story.log_in("0001").await;
    assert_ne!(story.cookie, before);
    let seen = story.post("/login", "customer=0001&next=//evil.example").await;
    assert_eq!(seen.location(), "/");
}

#[tokio::test]
async fn the_shop_speaks_two_languages_and_sells_in_two_currencies() {
    let mut story = Story::new().await;
    assert!(story.get("/").await.text.contains("$24.90"));
    let seen = story.get("/?lang=fr&currency=EUR").await.text;
    assert!(seen.contains("<html lang=\"fr\">") && seen.contains("data-locale=\"fr\""));
    assert!(seen.contains("data-currency=\"EUR\"") && seen.contains("22,90\u{a0}€"));
    let seen = story.get("/records/night-ferry?lang=xx").await.text;
    assert!(seen.contains("<html lang=\"fr\">"), "remembered");
    assert!(seen.contains("<habitue-points amount=\"22.90\" currency=\"EUR\">"));
}

#[tokio::test]
async fn quantities_are_kept_within_bounds_by_script_and_by_form() {
    let mut story = Story::new().await;
    let seen = story.script("/cart/add", "record=night-ferry&quantity=999999999999").await;
    assert_eq!(seen.json()["count"], 20);
    story.post("/cart/set", "record=night-ferry&quantity=-5").await;
    assert!(story.get("/cart").await.text.contains(Lang::En.texts().cart_empty));
    assert_eq!(story.script("/cart/add", "record=nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn files_come_with_their_types() {
    let mut story = Story::new().await;
    for (path, kind) in [
        ("/static/shop.css", "text/css; charset=utf-8"),
        ("/static/shop.js", "text/javascript; charset=utf-8"),
        ("/covers/salt-road.svg", "image/svg+xml"),
    ] {
        let seen = story.get(path).await;
        assert_eq!(seen.headers[header::CONTENT_TYPE], kind);
        assert!(!seen.headers.contains_key(header::SET_COOKIE), "{path}");
    }
    assert_eq!(story.get("/static/../Cargo.toml").await.status, StatusCode::NOT_FOUND);
    assert_eq!(story.get("/covers/none.svg").await.status, StatusCode::NOT_FOUND);
}
