//! Pages without script for whoever comes from a mail: a button that does what the address alone
//! must not do, since mail scanners open addresses. They wear the stylesheet of the hosted page.

use crate::app::App;
use crate::error::Error;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use minijinja::{Environment, Value, context};
use std::collections::BTreeMap;
use std::sync::OnceLock;

type Texts = BTreeMap<String, String>;

struct Pages {
    env: Environment<'static>,
    english: Texts,
    french: Texts,
}

macro_rules! files {
    ($env:ident: $($name:literal)+) => {
        $($env.add_template($name, include_str!(concat!("../../templates/page/", $name)))?;)+
    };
}

fn load() -> anyhow::Result<Pages> {
    let mut env = Environment::new();
    files!(env: "page.html" "say.html" "confirm.html" "leave.html" "ask.html" "open.html" "visit.html");
    let english = toml::from_str(include_str!("../../templates/page/en.toml"))?;
    let french = toml::from_str(include_str!("../../templates/page/fr.toml"))?;
    Ok(Pages { env, english, french })
}

fn pages() -> Result<&'static Pages, Error> {
    static PAGES: OnceLock<Result<Pages, String>> = OnceLock::new();
    let pages = PAGES.get_or_init(|| load().map_err(|error| format!("{error:#}")));
    let broken = |why: &String| habitue_store::Error::Database(format!("the pages: {why}"));
    Ok(pages.as_ref().map_err(broken)?)
}

/// The sentences of a language; English where it is neither.
fn texts<'a>(pages: &'a Pages, locale: &str) -> &'a Texts {
    let french = locale.split('-').next().is_some_and(|tag| tag.eq_ignore_ascii_case("fr"));
    if french { &pages.french } else { &pages.english }
}

/// One sentence.
pub fn say(locale: &str, name: &str) -> String {
    let found = pages().ok().and_then(|pages| texts(pages, locale).get(name).cloned());
    found.unwrap_or_default()
}

/// Where we begin on our own host: empty, or the path under which a proxy has put us. The policy's
/// `'self'` is the host the page came from, so that its name is left out.
fn root(public_url: &str) -> String {
    let path = url::Url::parse(public_url).map(|url| url.path().trim_end_matches('/').to_owned());
    path.unwrap_or_default()
}

/// A template with everything filled in.
fn draw(template: &str, (locale, title): (&str, &str), values: Value) -> Result<String, Error> {
    let pages = pages()?;
    let texts = texts(pages, locale);
    let title = texts.get(title).map_or(title, String::as_str);
    let values = context! { t => texts, title, ..values };
    let fault = |error: minijinja::Error| habitue_store::Error::Database(error.to_string());
    let html = pages.env.get_template(template).and_then(|page| page.render(values));
    Ok(html.map_err(fault)?)
}

/// A page from a template. Nothing of it is kept anywhere, and no address is told where it leads.
///
/// # Errors
/// A fault where a template asks for what is not there.
pub fn page(
    app: &App,
    status: StatusCode,
    template: &str,
    named: (&str, &str),
    values: Value,
) -> Result<Response, Error> {
    let (root, style) = (root(&app.public_url), app.files.style_path());
    let html = draw(template, named, context! { root, style, ..values })?;
    let mut response = (status, Html(html)).into_response();
    let policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; \
                  frame-ancestors 'none'";
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// A page that only says something.
///
/// # Errors
/// As [`page`].
pub fn message(
    app: &App,
    status: StatusCode,
    locale: &str,
    (title, text): (&str, &str),
    shop: &str,
) -> Result<Response, Error> {
    let values = context! { shop, text => say(locale, text) };
    page(app, status, "say.html", (locale, title), values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_the_same_things() {
        let pages = pages().unwrap();
        let names = |texts: &Texts| texts.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&pages.english), names(&pages.french));
        assert!(
            pages.english.values().chain(pages.french.values()).all(|text| !text.contains('!'))
        );
    }

    #[test]
    fn what_is_filled_in_is_escaped() {
        let values = context! { shop => "<script>alert(1)</script>", text => "\"><img src=x>" };
        let html = draw("say.html", ("en", "<b>"), values).unwrap();
        for raw in ["<script", "<b>", "<img", "\"\""] {
            assert!(!html.contains(raw), "{raw} stands on the page:\n{html}");
        }
        assert!(html.contains("&lt;script&gt;alert(1)") && html.contains("&quot;&gt;&lt;img"));
    }

    #[test]
    fn a_path_in_front_of_us_is_kept() {
        assert_eq!(root("https://shop.example/loyalty/"), "/loyalty");
        assert_eq!(root("http://127.0.0.1:4610"), "");
    }
}
