//! The OpenAPI document, made from the code and committed as `openapi.json`.

mod answers;

use crate::routes::{
    action, batch, card, claim, code, consent, contact, credit, gift_card, health, history, hold,
    issued, join, me, measure, member, newsletter, notice, order, points, program, quote, reward,
    session, statement, tier,
};
use answers::Answers;
use axum::http::header;
use axum::response::IntoResponse;
use habitue_api::path;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};

#[derive(OpenApi)]
#[openapi(
    info(title = "Habitué", description = "Loyalty for any online shop.",
        license(name = "MIT OR Apache-2.0")),
    paths(
        program::card, session::open, session::end, me::show, join::join, notice::give, history::page,
        quote::price, quote::dry_run, hold::make, hold::show, hold::withdraw, hold::confirm, hold::commit,
        hold::release, order::save, order::show, order::add_return, program::versions,
        program::publish, consent::show, consent::answer, contact::list, contact::export,
        contact::erase, contact::proof, newsletter::send, code::add, code::list,
        code::withdraw, batch::add, batch::list, batch::show, batch::withdraw, batch::add_codes,
        batch::export, gift_card::issue, gift_card::list, gift_card::show, gift_card::adjust,
        gift_card::cancel, gift_card::balance, credit::adjust, points::adjust, card::show,
        card::renew, card::find, tier::show, tier::give, reward::list, claim::make,
        claim::make_for, claim::list_own, claim::list_open, claim::settle,
        statement::own, statement::own_csv, statement::of_member, statement::of_member_csv,
        action::add, member::show, member::save,
        issued::show, measure::show, health::health, health::ready, serve
    ),
    modifiers(&Keys, &Answers)
)]
struct Document;

struct Keys;

impl utoipa::Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, description) in [
            ("public_key", "`pk_…`, in the script tag: finds the shop."),
            ("session", "`ses_…`, for 15 minutes: one shopper."),
            ("secret_key", "`sk_…`, in the shop's back end only: never with an Origin header."),
        ] {
            let mut scheme = Http::new(HttpAuthScheme::Bearer);
            scheme.description = Some(description.to_owned());
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}

/// The document as JSON, with a line break at its end.
pub fn document() -> String {
    let json = Document::openapi().to_pretty_json().unwrap_or_default();
    format!("{json}\n")
}

/// This document.
#[utoipa::path(get, path = path::OPENAPI, tag = "operations", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub async fn serve() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document())
}
