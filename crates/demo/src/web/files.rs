//! Style, script and pictures: all in the program, all from our own origin.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::catalogue;

const SVG: &str = "image/svg+xml";

/// `/static/…`
pub async fn file(Path(name): Path<String>) -> Response {
    match name.as_str() {
        "shop.css" => content("text/css; charset=utf-8", include_str!("../../static/shop.css")),
        "shop.js" => {
            content("text/javascript; charset=utf-8", include_str!("../../static/shop.js"))
        }
        "icon.svg" => content(SVG, include_str!("../../static/icon.svg")),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `/covers/night-ferry.svg`
pub async fn cover(Path(name): Path<String>) -> Response {
    let record = name.strip_suffix(".svg").and_then(catalogue::record);
    record
        .map_or_else(|| StatusCode::NOT_FOUND.into_response(), |record| content(SVG, record.cover))
}

fn content(kind: &'static str, body: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=60")];
    (headers, body).into_response()
}
