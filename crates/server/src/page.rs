//! The hosted page of a program, `/m/{program}`: plain HTML without script, for a shopper whose
//! browser cannot run the widget, or who follows a link.
//!
//! It is found by the program's id or by a shop's public key. Everything on it is public; a code is
//! never on it, so that nobody collects codes from here.

pub(crate) mod amount;
pub(crate) mod text;
mod view;

use crate::app::App;
use crate::error::Error;
use crate::programs::Compiled;
use axum::Router;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use habitue_domain::id::ProgramId;
use habitue_domain::program::ProgramDocument;
use habitue_store::{Tx, authority, program, shop};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, LazyLock};
use text::Lang;
use view::{ProgramView, TroubleView};

/// The stylesheet of these pages.
pub const STYLE: &str = include_str!("page/page.css");

/// Nothing but our own stylesheet: text that got past the escaping could still do nothing.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";
const CACHE: &str = "public, max-age=300";
/// The most shops a page names.
const SHOPS: usize = 20;

/// The routes of these pages.
pub fn routes() -> Router<App> {
    Router::new().route("/m/{program}", get(show))
}

/// What the address may ask for; whatever else stands there is left alone.
#[derive(Clone, Debug, Default, Deserialize)]
struct Asked {
    lang: Option<String>,
}

/// A shop that takes part, and where its pages are.
#[derive(Clone, Debug)]
struct Place {
    name: String,
    origin: Option<String>,
}

/// What the page is drawn from.
struct Found {
    document: ProgramDocument,
    compiled: Arc<Compiled>,
    places: Vec<Place>,
}

async fn show(
    State(app): State<App>,
    named: Result<Path<String>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let asked = asked.map_or(None, |Query(asked)| asked.lang);
    let lang = asked.as_deref().and_then(Lang::parse);
    let lang = lang.unwrap_or_else(|| Lang::accepted(&headers));
    // What is no text names no program either.
    let named = named.map_or_else(|_| String::new(), |Path(named)| named);
    let style = app.files.style_path().to_owned();
    let programs = app.programs.clone();
    let look = async move |tx: &mut Tx<'_>| -> Result<Option<Found>, Error> {
        let Some((id, places)) = places(tx, &named).await? else {
            return Ok(None);
        };
        let version = program::current(tx, id).await?;
        let Some(stored) = program::load(tx, id, version).await? else {
            return Ok(None);
        };
        let compiled = programs.version(tx, id, version).await?;
        Ok(Some(Found { document: stored.document, compiled, places }))
    };
    match app.store.read(look).await {
        Ok(Some(found)) => {
            let view = ProgramView::of(&found, lang, &style, app.clock.now());
            page(StatusCode::OK, "program.html", &view)
        }
        Ok(None) => {
            page(StatusCode::NOT_FOUND, "trouble.html", &TroubleView::missing(lang, &style))
        }
        Err(error) => {
            let problem = error.into_problem();
            let status = StatusCode::from_u16(problem.status);
            let view = TroubleView::unavailable(lang, &style);
            page(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), "trouble.html", &view)
        }
    }
}

/// The program with this id and its shops, or the shop with this public key and its program.
async fn places(
    tx: &mut Tx<'_>,
    named: &str,
) -> Result<Option<(ProgramId, Vec<Place>)>, habitue_store::Error> {
    let (program, shops) = if let Ok(program) = named.parse::<ProgramId>() {
        (program, shop::of_program(tx, program).await?)
    } else if let Some(visitor) = authority::visitor(tx, named).await? {
        let shops = shop::of_program(tx, visitor.program()).await?;
        let own = shops.into_iter().filter(|(shop, _)| *shop == visitor.shop()).collect();
        (visitor.program(), own)
    } else {
        return Ok(None);
    };
    let mut places = Vec::new();
    for (shop, name) in shops.into_iter().take(SHOPS) {
        let origin = shop::origins(tx, shop).await?.into_iter().next();
        places.push(Place { name, origin });
    }
    Ok(Some((program, places)))
}

/// The templates; whatever they are given is escaped.
static TEMPLATES: LazyLock<Result<Environment<'static>, minijinja::Error>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_syntax(SyntaxConfig::builder().trim_blocks(true).build()?);
    templates.add_template("layout.html", include_str!("page/layout.html"))?;
    templates.add_template("program.html", include_str!("page/program.html"))?;
    templates.add_template("trouble.html", include_str!("page/trouble.html"))?;
    Ok(templates)
});

fn page(status: StatusCode, template: &str, view: &impl Serialize) -> Response {
    let drawn = TEMPLATES.as_ref().map_err(ToString::to_string).and_then(|templates| {
        let drawn =
            templates.get_template(template).and_then(|template| template.render(Serde(view)));
        drawn.map_err(|error| format!("{error:#}"))
    });
    let mut response = match drawn {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(error, template, "a page could not be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    let is_shown = response.status().is_success();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::VARY, "Accept-Language"),
        (header::CACHE_CONTROL, if is_shown { CACHE } else { "no-store" }),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
