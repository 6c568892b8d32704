//! The hosted page: plain HTML for whoever cannot run the widget.

use crate::harness::{Answer, Server, program};
use axum::body::Body;
use axum::http::Request;
use habitue_domain::program::ProgramDocument;
use habitue_store::authority::Admin;
use habitue_store::{Error, Tx, shop};
use serde_json::{Value, json};

async fn get(server: &Server, path: &str, languages: &str) -> Answer {
    let request = Request::builder().uri(path).header("accept-language", languages);
    server.send(request.body(Body::empty()).unwrap()).await
}

fn html(answer: &Answer) -> String {
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    String::from_utf8(answer.bytes.clone()).unwrap()
}

async fn shown(server: &Server, named: &str) -> String {
    let answer = get(server, &format!("/m/{named}"), "en").await;
    assert_eq!(answer.status, 200);
    html(&answer)
}

#[tokio::test]
async fn the_program_is_explained_without_script_and_without_its_codes() {
    let server = Server::start().await;
    let answer = get(&server, &format!("/m/{}", server.shop.program), "en").await;
    assert_eq!(answer.status, 200);
    let html = html(&answer);
    for said in [
        "<h1>Club</h1>",
        "<strong>5 points</strong> for every €1 you spend",
        "<strong>100 points</strong> take €1 off an order",
        "<strong>14 days</strong>",
        "<h3>Silver</h3>",
        "From 500 points",
        "Points × 1.5",
        "Ten off",
        "from €50",
        "once per member",
        "href=\"https:&#x2f;&#x2f;shop.example&#x2f;\">Join at Shop</a>",
        "href=\"https:&#x2f;&#x2f;shop.example&#x2f;terms\"",
    ] {
        assert!(html.contains(said), "{said} is missing:\n{html}");
    }
    for never in ["TEN", "LAST", "The last one", "Old", "<script", "style=", "pk_", "onclick"] {
        assert!(!html.contains(never), "{never} stands on the page:\n{html}");
    }
    let policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
                  frame-ancestors 'none'";
    for (name, value) in [
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("vary", "Accept-Language"),
        ("cache-control", "public, max-age=300"),
    ] {
        assert_eq!(answer.headers[name], value);
    }
    assert!(!answer.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn it_is_found_by_the_programs_id_and_by_a_shops_public_key() {
    let server = Server::start().await;
    let other = server.second_shop().await;
    let by_id = shown(&server, &server.shop.program.to_string()).await;
    assert!(by_id.contains("Join at Shop") && by_id.contains("Join at Other"), "{by_id}");
    let by_key = shown(&server, &server.shop.public_key).await;
    assert!(by_key.contains("Join at Shop") && !by_key.contains("Join at Other"), "{by_key}");
    let by_other = shown(&server, &other.public_key).await;
    assert!(by_other.contains("<h1>Club</h1>") && by_other.contains("Join at Other"));
}

#[tokio::test]
async fn it_speaks_the_browsers_language_or_the_one_asked_for() {
    let mut document = serde_json::to_value(program()).unwrap();
    document["name"] = json!({ "en": "Club", "fr": "Le cercle" });
    let server = Server::start_with(serde_json::from_value(document).unwrap()).await;
    let path = format!("/m/{}", server.shop.program);
    for (path, languages, is_french) in [
        (path.clone(), "fr-CA,fr;q=0.9", true),
        (path.clone(), "de,en;q=0.3", false),
        (format!("{path}?lang=fr"), "en", true),
        (format!("{path}?lang=en"), "fr", false),
        (format!("{path}?lang=xx&utm_source=mail"), "fr", true),
    ] {
        let html = html(&get(&server, &path, languages).await);
        let (tag, name) = if is_french { ("fr", "Le cercle") } else { ("en", "Club") };
        assert!(html.contains(&format!("<html lang=\"{tag}\">")), "{path} {languages}");
        assert!(html.contains(&format!("<h1>{name}</h1>")), "{path} {languages}");
        // A text that there is in English only says so, for whoever has it read out.
        assert_eq!(html.contains("<h3 lang=\"en\">Silver</h3>"), is_french);
        assert!(!is_french || html.contains("par tranche de 1\u{a0}€ d’achat"));
    }
}

#[tokio::test]
async fn an_unknown_program_gets_a_plain_page_of_the_same_look() {
    let server = Server::start().await;
    let known = shown(&server, &server.shop.program.to_string()).await;
    let sheet =
        |html: &str| html.split("stylesheet\" href=\"").nth(1).map(|it| it[..40].to_owned());
    for path in ["/m/prg_00000000000000000000000000000000", "/m/pk_unknown", "/m/x", "/m/%FF"] {
        let answer = get(&server, path, "fr").await;
        assert_eq!(answer.status, 404, "{path}");
        let html = html(&answer);
        assert!(html.contains("Aucun programme à cette adresse"), "{html}");
        assert_eq!(sheet(&html), sheet(&known));
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(answer.headers.contains_key("content-security-policy"));
    }
}

#[tokio::test]
async fn its_stylesheet_is_ours_and_named_by_its_content() {
    let server = Server::start().await;
    let html = shown(&server, &server.shop.program.to_string()).await;
    let link = html.split("stylesheet\" href=\"..").nth(1).unwrap().split('"').next().unwrap();
    let link = link.replace("&#x2f;", "/");
    let sheet = get(&server, &link, "").await;
    assert_eq!(sheet.status, 200, "{link}");
    assert_eq!(sheet.headers["content-type"], "text/css; charset=utf-8");
    assert_eq!(sheet.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(sheet.headers["x-content-type-options"], "nosniff");
    let text = String::from_utf8(sheet.bytes).unwrap();
    assert!(!text.contains("url(") && !text.contains("@import"), "it fetches nothing");
}

#[tokio::test]
async fn people_are_sent_to_the_origin_that_was_added_first() {
    let server = Server::start().await;
    let shop = server.shop.shop;
    let add = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
        shop::add_origin(tx, &Admin::local(), shop, "http://127.0.0.1:3000").await?;
        shop::add_origin(tx, &Admin::local(), shop, "https://app.shop.example").await?;
        shop::add_origin(tx, &Admin::local(), shop, "https://shop.example").await
    };
    server.app.store.write(add).await.unwrap();
    let look = async move |tx: &mut Tx<'_>| shop::origins(tx, shop).await;
    let origins = server.app.store.read(look).await.unwrap();
    let expected = ["https://shop.example", "http://127.0.0.1:3000", "https://app.shop.example"];
    assert_eq!(origins, expected);
    let html = shown(&server, &server.shop.public_key).await;
    assert!(html.contains("href=\"https:&#x2f;&#x2f;shop.example&#x2f;\""));
    assert!(!html.contains("127.0.0.1"));
}

/// What breaks out of text, of an attribute, of a tag, or means something to a template.
const PAYLOADS: [&str; 12] = [
    "<script>alert(1)</script>",
    "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<!--><script>alert(1)</script>",
    "{{ 7 * 7 }}{% include \"layout.html\" %}",
    "{count}{amount}{shop}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u{202e}<svg/onload=alert(1)>",
    "\" onfocus=\"alert(1)\" autofocus=\"",
    "javascript:alert(1)",
];

fn hostile(text: &str) -> ProgramDocument {
    let said = json!({ "en": text, "fr": text });
    let mut document = serde_json::to_value(program()).unwrap();
    document["name"] = said.clone();
    document["tiers"][0]["name"] = said.clone();
    document["tiers"][1]["privileges"] =
        json!([{ "kind": "gift", "text": said, "link": "https://shop.example/\"><script>" }]);
    document["promotions"][0]["name"] = said;
    document["promotions"][0]["tiers"] = json!(["bronze"]);
    document["terms"]["url"] = json!("https://shop.example/\"><script>alert(1)</script>");
    serde_json::from_value(document).unwrap()
}

#[tokio::test]
async fn whatever_a_merchant_writes_stays_text() {
    let calm = structure(&shown_with("calm").await);
    for payload in PAYLOADS {
        let html = shown_with(payload).await;
        // The same elements with the same attributes: nothing of it became markup.
        assert_eq!(structure(&html), calm, "{payload}\n{html}");
        assert!(!html.contains("49"), "a template was read: {html}");
    }
}

async fn shown_with(text: &str) -> String {
    let server = Server::start_with(hostile(text)).await;
    let html = shown(&server, &server.shop.program.to_string()).await;
    let french = get(&server, &format!("/m/{}?lang=fr", server.shop.program), "").await;
    assert!(!String::from_utf8(french.bytes).unwrap().contains("<script"));
    html
}

/// The page's tags with the names of their attributes.
fn structure(html: &str) -> Value {
    let tags = html5gum::Tokenizer::new(html).map(|Ok(token)| token);
    let tags = tags.filter_map(|token| match token {
        html5gum::Token::StartTag(tag) => {
            let names =
                tag.attributes.keys().map(|name| String::from_utf8_lossy(name).into_owned());
            Some(json!([String::from_utf8_lossy(&tag.name), names.collect::<Vec<_>>()]))
        }
        _ => None,
    });
    tags.collect()
}
