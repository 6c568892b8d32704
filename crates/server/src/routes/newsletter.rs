//! `POST /v1/newsletters`: a mail to everybody who has consented to a topic.

use crate::app::App;
use crate::auth::AsMerchant;
use crate::body::Json;
use crate::error::Error;
use crate::idempotent::{Key, once};
use axum::extract::State;
use axum::response::Response;
use habitue_api::newsletter::{NewsletterReply, NewsletterRequest};
use habitue_api::path;
use habitue_api::problem::Problem;
use habitue_domain::consent::Matter;
use habitue_domain::program::Program;
use habitue_domain::refusal::Refusal;
use habitue_domain::text::Text;
use habitue_store::{Tx, newsletter};

/// The most characters of a subject.
const SUBJECT: usize = 200;
/// The most characters of a text.
const BODY: usize = 20_000;

/// Takes on a mail to a topic. It goes to whoever's consent still counts when it is sent, in their
/// language, with both headers by which mailboxes offer to leave (RFC 8058).
#[utoipa::path(post, path = path::NEWSLETTERS, tag = "shop", request_body = NewsletterRequest,
    security(("secret_key" = [])), params(("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "Taken on", body = NewsletterReply),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn send(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    key: Key,
    body: Json<NewsletterRequest>,
) -> Result<Response, Error> {
    let (request, now) = (body.value, app.clock.now());
    let (programs, owner) = (app.programs.clone(), merchant.owner());
    let job = async move |tx: &mut Tx<'_>| -> Result<NewsletterReply, Error> {
        let program = programs.current(tx, merchant.program()).await?;
        check(&program.program, &request)?;
        let texts = (&request.subject, &request.body);
        let id = newsletter::add(tx, merchant.shop(), &request.topic, texts, now).await?;
        Ok(NewsletterReply { id: id.to_string(), made_at: now })
    };
    once(&app, owner, key, body.hash, job).await
}

/// What a mail may be.
///
/// # Errors
/// The field that is out of bounds.
pub fn check(program: &Program, request: &NewsletterRequest) -> Result<(), Refusal> {
    if program.statement(&Matter::topic(&request.topic), "").is_none() {
        return Err(Refusal::out_of_bounds("topic"));
    }
    let has = |text: &Text, most: usize| {
        let own = text.0.get(&program.locale).is_some_and(|text| !text.trim().is_empty());
        own && text.0.values().all(|text| text.chars().count() <= most)
    };
    let one_line = |text: &Text| !text.0.values().any(|text| text.chars().any(char::is_control));
    if !has(&request.subject, SUBJECT) || !one_line(&request.subject) {
        return Err(Refusal::out_of_bounds("subject"));
    }
    if !has(&request.body, BODY) {
        return Err(Refusal::out_of_bounds("body"));
    }
    Ok(())
}
