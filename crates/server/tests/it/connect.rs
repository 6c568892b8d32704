//! `habitue connect`: the real binary against real pages, with one thing wrong, and with all.

mod scene;

use crate::database::Database;
use axum::Router;
use axum::extract::Request;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use habitue_server::app::App;
use habitue_server::asset::Files;
use habitue_server::clock::Clock;
use habitue_server::listen;
use habitue_server::secret::MasterKey;
use habitue_store::Store;
use rstest::rstest;
use scene::{Answer, Scene, codes, listener, plant, said_by};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn a_merchant_gets_from_nothing_to_a_shop_that_works() {
    let scene = Scene::connected().await;
    assert_eq!(scene.setting("HABITUE_URL"), scene.ours);
    assert!(scene.setting("HABITUE_SECRET_KEY").starts_with("sk_"));
    assert!(scene.said.contains("'wasm-unsafe-eval'; connect-src 'self'"), "{}", scene.said);
    assert!(scene.said.contains("✔ habitue answers at"), "{}", scene.said);
    let program = std::fs::read_to_string(scene.folder.path().join("program.toml")).unwrap();
    assert!(program.contains("1.00 EUR"), "{program}");
    let checked = scene.habitue(&["program", "check", "program.toml"]).await;
    assert!(checked.status.success(), "{}", said_by(&checked));
    // Without a policy, with a strict one in the header, and with the same in the page.
    let plain = scene.check(&[]).await;
    assert_eq!(codes(&plain), [""; 0]);
    assert!(said_by(&plain).contains("no token was looked at: sign in"), "{}", said_by(&plain));
    scene.change(|manner| manner.policy = Some(scene.strict()));
    scene.change(|manner| manner.answer = Answer::Token(scene.token(&json!({}))));
    let strict = scene.check(&[]).await;
    assert_eq!(codes(&strict), [""; 0], "{}", said_by(&strict));
    let said = said_by(&strict);
    for right in [
        "✔ the tag is there, with the shop's public key",
        "✔ the tag fetches from our public address",
        "✔ the page's Content-Security-Policy lets everything of ours through",
        "is one of the shop's",
        "may ask and read the answer (CORS)",
        "✔ the token is right: key, issuer, audience, clock, life",
    ] {
        assert!(said.contains(right), "{right} is missing:\n{said}");
    }
    // A token of a signed-in customer, given by hand.
    scene.change(|manner| manner.answer = Answer::Nobody);
    let token = scene.token(&json!({}));
    let given = scene.check(&["--token", &token]).await;
    assert_eq!(codes(&given), [""; 0]);
    assert!(said_by(&given).contains("the token is right"));
}

#[tokio::test]
async fn running_the_guide_again_changes_nothing_and_says_so() {
    let scene = Scene::connected().await;
    let keys = said_by(&scene.habitue(&["keys", "list"]).await);
    let again = scene.guide(&[]).await;
    let said = said_by(&again);
    assert!(again.status.success() && said.contains("Nothing to change"), "{said}");
    assert!(said.contains(&scene.printed_tag()), "{said}");
    assert!(said.contains("was shown when made"), "{said}");
    assert!(!said.contains(&scene.setting("HABITUE_SECRET_KEY")), "{said}");
    assert!(!said.contains(&scene.setting("HABITUE_TOKEN_SECRET")), "{said}");
    assert_eq!(keys, said_by(&scene.habitue(&["keys", "list"]).await));
    assert_eq!(said_by(&scene.habitue(&["shop", "list"]).await).lines().count(), 1);
    // What is wanted besides is added, and nothing else.
    let more = scene.guide(&["--origin", "https://www.shop.example"]).await;
    let said = said_by(&more);
    assert!(said.contains("This adds the origin https://www.shop.example."), "{said}");
    assert_eq!(keys, said_by(&scene.habitue(&["keys", "list"]).await));
    // A key that was withdrawn is replaced.
    let gone = keys.lines().find(|line| line.contains("token")).unwrap();
    let gone = gone.split_whitespace().next().unwrap();
    assert!(scene.habitue(&["keys", "revoke", gone]).await.status.success());
    let said = said_by(&scene.guide(&[]).await);
    assert!(said.contains("This makes a token key") && said.contains("hts_"), "{said}");
}

#[tokio::test]
async fn without_a_terminal_the_missing_option_is_named_and_nothing_is_done() {
    let scene = Scene::connected().await;
    for (arguments, missing) in [
        (vec!["connect"], "--public-url"),
        (vec!["connect", "--public-url", &scene.ours], "--name"),
        (vec!["connect", "--public-url", &scene.ours, "--name", "T"], "--origin"),
        (
            vec!["connect", "--public-url", &scene.ours, "--name", "T", "--origin", &scene.shop],
            "--currency",
        ),
        (
            vec![
                "connect",
                "--public-url",
                &scene.ours,
                "--name",
                "T",
                "--origin",
                &scene.shop,
                "--currency",
                "EUR",
            ],
            "--yes",
        ),
        (vec!["connect", "--check", "--public-url", &scene.ours], "--page"),
        (vec!["connect", "--public-url", "http://shop.example"], "--public-url"),
        (vec!["connect", "--check", "--page", "http://shop.example/"], "--page"),
    ] {
        let output = scene.habitue(&arguments).await;
        let said = said_by(&output);
        assert!(!output.status.success() && said.contains(missing), "{arguments:?}: {said}");
    }
    assert_eq!(said_by(&scene.habitue(&["shop", "list"]).await).lines().count(), 1);
}

#[rstest]
#[case("key_unknown")]
#[case("key_missing")]
#[case("key_secret")]
#[case("tag_missing")]
#[case("tag_host")]
#[case("tag_integrity")]
#[case("csp_script")]
#[case("csp_wasm")]
#[case("csp_connect")]
#[case("csp_token")]
#[case("token_url_status")]
#[case("token_url_shape")]
#[case("token_url_cached")]
#[case("token_url_elsewhere")]
#[case("clock_off")]
#[case("clock_off behind")]
#[case("clock_off by date")]
#[case("token_not_signed")]
#[case("token_not_signed without kid")]
#[case("token_key_unknown")]
#[case("token_signature")]
#[case("token_issuer")]
#[case("token_audience")]
#[case("token_subject")]
#[case("token_life")]
#[tokio::test]
async fn a_mistake_alone_is_named_and_nothing_else(#[case] mistake: &str) {
    let scene = Scene::connected().await;
    plant(&scene, mistake);
    let output = scene.check(&[]).await;
    let expected = mistake.split(' ').next().unwrap();
    assert_eq!(codes(&output), [expected], "{}", said_by(&output));
    let said = said_by(&output);
    assert!(said.contains("1 step is missing"), "{said}");
}

#[tokio::test]
async fn an_origin_that_is_not_registered_is_named() {
    let scene = Scene::connected().await;
    // The same page under the machine's other name is another origin.
    let page = format!("{}/", scene.shop.replace("127.0.0.1", "localhost"));
    let test = ["connect", "--check", "--page", &page, "--public-url", &scene.ours];
    let output = scene.habitue(&test).await;
    assert_eq!(codes(&output), ["origin_not_registered"], "{}", said_by(&output));
}

#[tokio::test]
async fn five_mistakes_at_once_are_all_named() {
    let scene = Scene::connected().await;
    let now = Clock::System.now().seconds();
    let token = scene.token(&json!({ "iat": now + 3600, "exp": now + 3900 }));
    scene.change(|manner| {
        manner.policy = Some("script-src 'self'; connect-src 'self'".to_owned());
        manner.answer = Answer::Status(404);
    });
    plant(&scene, "key_unknown");
    let page = format!("{}/", scene.shop.replace("127.0.0.1", "localhost"));
    let test = ["connect", "--check", "--page", &page, "--public-url", &scene.ours];
    let output = scene.habitue(&[test.as_slice(), &["--token", &token]].concat()).await;
    let expected = [
        "key_unknown",
        "csp_script",
        "csp_wasm",
        "csp_connect",
        "origin_not_registered",
        "token_url_status",
        "clock_off",
    ];
    assert_eq!(codes(&output), expected, "{}", said_by(&output));
    assert!(said_by(&output).contains("7 steps are missing"));
}

#[tokio::test]
async fn nobody_is_followed_elsewhere() {
    let (other_listener, other) = listener().await;
    let hits = Arc::new(AtomicUsize::new(0));
    let counted = hits.clone();
    let routes = Router::new().fallback(async move || {
        counted.fetch_add(1, Ordering::SeqCst);
        "{\"token\":null}"
    });
    tokio::spawn(listen::serve(other_listener, routes, std::future::pending()));
    let scene = Scene::connected().await;
    scene.change(|manner| manner.answer = Answer::Elsewhere(format!("{other}/token")));
    assert_eq!(codes(&scene.check(&[]).await), ["token_url_status"]);
    let there = format!("\"{other}/token");
    scene.change(|manner| manner.tag = manner.tag.replace("\"/loyalty-token", &there));
    assert_eq!(codes(&scene.check(&[]).await), ["token_url_elsewhere"]);
    assert_eq!(hits.load(Ordering::SeqCst), 0);
    // A page that moved within its origin is followed, one that moved away is named.
    let (moved_listener, moved) = listener().await;
    let away = format!("{other}/");
    let routes = Router::new()
        .route("/", get(async || Redirect::permanent("/en/")))
        .route("/en/", get(async || Html("<h1>No tag here</h1>")))
        .route("/away", get(async move || Redirect::permanent(&away)))
        .route("/round", get(async || Redirect::permanent("/round")))
        .route("/large", get(async || Html("x".repeat(5 * 1024 * 1024))));
    tokio::spawn(listen::serve(moved_listener, routes, std::future::pending()));
    for (path, code) in [
        ("/", "tag_missing"),
        ("/away", "page_elsewhere"),
        ("/round", "page_elsewhere"),
        ("/large", "page_unreachable"),
        ("/none", "page_unreachable"),
    ] {
        let page = format!("{moved}{path}");
        let test = ["connect", "--check", "--page", &page, "--public-url", &scene.ours];
        let found = codes(&scene.habitue(&test).await);
        assert_eq!(found.first().map(String::as_str), Some(code), "{path}");
    }
    assert_eq!(hits.load(Ordering::SeqCst), 0, "somebody was asked who was not named");
}

#[tokio::test]
async fn a_public_address_that_is_not_ours_is_named() {
    let scene = Scene::connected().await;
    let page = format!("{}/", scene.shop);
    let asked = scene.asked.load(Ordering::SeqCst);
    for (url, code) in [("http://127.0.0.1:1", "server_unreachable"), (&scene.shop, "server_other")]
    {
        let test = ["connect", "--check", "--page", &page, "--public-url", url];
        let output = scene.habitue(&test).await;
        assert_eq!(codes(&output), [code, "tag_host"], "{}", said_by(&output));
    }
    assert!(scene.asked.load(Ordering::SeqCst) > asked, "the page is looked at all the same");
    // Habitué, with another database.
    let (listener, other) = listener().await;
    let database = Database::new();
    let store = Store::open(&database.url).await.unwrap();
    let master = MasterKey::new(&"k".repeat(32)).unwrap();
    let app = App::new(store, Clock::System, master, &other);
    let app = app.carrying(Files::of("9.9.9", [("v1/habitue.js", b"loader".as_slice())]));
    tokio::spawn(listen::serve(listener, app.router(), std::future::pending()));
    let tag = scene.printed_tag().replace(&scene.ours, &other);
    scene.change(|manner| manner.tag = tag);
    let test = ["connect", "--check", "--page", &page, "--public-url", &other];
    assert_eq!(codes(&scene.habitue(&test).await), ["database_other"]);
}

#[tokio::test]
async fn the_tag_is_printed_and_a_pinned_one_only_where_its_bytes_are_known() {
    let scene = Scene::connected().await;
    let tag = scene.habitue(&["tag", "--public-url", &scene.ours]).await;
    assert_eq!(said_by(&tag).trim(), scene.printed_tag());
    let unknown = ["tag", "--pinned", "--release", "8.8.8", "--public-url", &scene.ours];
    let unknown = scene.habitue(&unknown).await;
    assert!(!unknown.status.success() && said_by(&unknown).contains("ever carried"));
    // A server of version 9.9.9 starts: from then on its loader is known, and kept.
    let store = Store::open(&scene.database.url).await.unwrap();
    let files = Files::of("9.9.9", [("v1/habitue.js", b"loader".as_slice())]);
    habitue_server::asset::ship(&files, &store, &Clock::System).await.unwrap();
    let pinned = ["tag", "--pinned", "--release", "9.9.9", "--public-url", &scene.ours];
    let pinned = said_by(&scene.habitue(&pinned).await);
    // `printf loader | openssl dgst -sha384 -binary | base64`
    let integrity = "sha384-kwVc5svpkpm5SR/DKPD4uoQcj7vzwD3bFulFX/WgEpuM7c68WTiJytN7E/Yjgj1p";
    assert!(pinned.contains(&format!("integrity=\"{integrity}\"")), "{pinned}");
    assert!(pinned.contains("/v9.9.9/habitue.js\" crossorigin=\"anonymous\""), "{pinned}");
    scene.change(|manner| manner.tag = pinned.clone());
    let right = scene.check(&[]).await;
    assert_eq!(codes(&right), [""; 0], "{}", said_by(&right));
    scene.change(|manner| manner.tag = pinned.replace("crossorigin", "data-crossorigin"));
    assert_eq!(codes(&scene.check(&[]).await), ["tag_integrity"]);
    scene.change(|manner| manner.tag = pinned.replace(integrity, "sha384-AAAA"));
    assert_eq!(codes(&scene.check(&[]).await), ["tag_integrity"]);
}

/// A proxy before our server that keeps something to itself.
async fn proxy(
    scene: &Scene,
    spoil: impl Fn(&mut Response) + Clone + Send + Sync + 'static,
) -> String {
    let (listener, url) = listener().await;
    let ours = scene.ours.clone();
    let pass = async move |request: Request| {
        let (parts, _) = request.into_parts();
        let client = reqwest::Client::new().request(parts.method, format!("{ours}{}", parts.uri));
        let answer = client.headers(parts.headers).send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut response = (status, answer.bytes().await.unwrap()).into_response();
        *response.headers_mut() = headers;
        spoil(&mut response);
        response
    };
    let routes = Router::new().fallback(pass);
    tokio::spawn(listen::serve(listener, routes, std::future::pending()));
    url
}

#[tokio::test]
async fn a_proxy_that_keeps_our_headers_or_our_loader_is_named() {
    let scene = Scene::connected().await;
    let page = format!("{}/", scene.shop);
    let eats = async |name: &'static str| {
        proxy(&scene, move |response| drop(response.headers_mut().remove(name))).await
    };
    for (url, expected) in [
        (eats("x-nothing").await, None),
        (eats("access-control-allow-origin").await, Some("cors_refused")),
        (eats("access-control-allow-headers").await, Some("cors_refused")),
        (eats("content-type").await, Some("loader_missing")),
    ] {
        let tag = scene.printed_tag().replace(&scene.ours, &url);
        scene.change(|manner| manner.tag = tag);
        let test = ["connect", "--check", "--page", &page, "--public-url", &url];
        let output = scene.habitue(&test).await;
        assert_eq!(codes(&output), Vec::from_iter(expected), "{}", said_by(&output));
    }
}

#[tokio::test]
async fn another_shops_key_and_a_token_that_ran_out_are_named() {
    let scene = Scene::connected().await;
    let add = ["shop", "add", "--name", "T", "--origin", "https://t.example"];
    let add = [add.as_slice(), &["--program", "program.toml", "--json"]].concat();
    let add = scene.habitue(&add).await;
    let other: serde_json::Value = serde_json::from_slice(&add.stdout).unwrap();
    let (shop, key) = (scene.setting("HABITUE_SHOP"), other["public_key"].as_str().unwrap());
    let tag = scene.printed_tag();
    let own = tag.split("data-key=\"").nth(1).unwrap().split('"').next().unwrap();
    scene.change(|manner| manner.tag = tag.replace(own, key));
    assert_eq!(codes(&scene.check(&["--shop", &shop]).await), ["key_of_another_shop"]);
    // Nobody said which shop: then it is the key's, and this page is none of its own.
    assert_eq!(codes(&scene.check(&[]).await), ["origin_not_registered"]);
    scene.change(|manner| manner.tag = tag.clone());
    let now = Clock::System.now().seconds();
    let token = scene.token(&json!({ "iat": now - 600, "exp": now - 300 }));
    assert_eq!(codes(&scene.check(&["--token", &token]).await), ["token_expired"]);
}
