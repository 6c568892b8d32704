//! Webhooks and newsletter services: what is told is looked up when it is told.

use super::brevo;
use super::{Post, Verdict};
use crate::consent::event;
use crate::error::Error;
use crate::web::Reply;
use crate::webhook;
use habitue_domain::consent::{Action, Matter, Purpose};
use habitue_domain::time::Timestamp;
use habitue_store::endpoint::{self, Endpoint, Kind};
use habitue_store::outbox::Message;
use habitue_store::{Tx, consent, contact};
use serde_json::json;

/// What is to be told.
pub struct Told {
    /// Whom.
    pub endpoint: Endpoint,
    /// Of whom.
    pub contact: contact::Contact,
    /// About what.
    pub matter: Matter,
    /// The event's name.
    pub event: &'static str,
    /// Whether the consent counts now, whatever the event was.
    pub counts: bool,
    at: Timestamp,
}

/// Tells one endpoint of one event.
///
/// # Errors
/// Faults of the database.
pub async fn send(post: &Post, message: &Message) -> Result<Verdict, Error> {
    let (asked, now) = (message.clone(), post.app.clock.now());
    let look = async move |tx: &mut Tx<'_>| load(tx, &asked).await;
    let Some(told) = post.app.store.read(look).await? else {
        return Ok(Verdict::Dropped("nobody is to be told any more"));
    };
    let Some(secret) = post.app.master.unseal(&told.endpoint.sealed) else {
        return Ok(Verdict::Down("its secret is encrypted with another master key".to_owned()));
    };
    if told.endpoint.kind == Kind::Brevo {
        return Ok(brevo::tell(&post.web, &told, &secret).await);
    }
    let body = body(&told);
    let id = message.id.to_string();
    let Some(headers) = webhook::headers(&secret, &id, now.seconds(), &body) else {
        return Ok(Verdict::Dead("its secret is none".to_owned(), false));
    };
    let answer = post.web.post(&told.endpoint.url, headers, body).await;
    Ok(verdict(&answer))
}

async fn load(tx: &mut Tx<'_>, message: &Message) -> Result<Option<Told>, Error> {
    let (Ok(endpoint), Ok(row)) = (message.endpoint.parse(), message.reference.parse()) else {
        return Ok(None);
    };
    let endpoint = endpoint::load(tx, endpoint).await?;
    let endpoint = endpoint.filter(|endpoint| endpoint.disabled_at.is_none());
    let contact = contact::load(tx, message.contact).await?;
    let row = consent::one(tx, row).await?;
    let (Some(endpoint), Some(contact), Some(row)) = (endpoint, contact, row) else {
        return Ok(None);
    };
    let named = [Action::Given, Action::Confirmed, Action::Withdrawn];
    let action = named.into_iter().find(|action| action.word() == row.action);
    let Some(event) = action.and_then(event) else { return Ok(None) };
    let standing = consent::standing(tx, contact.id, &row.matter).await?;
    let counts = standing.is_some_and(|standing| standing.state.is_effective());
    Ok(Some(Told { endpoint, contact, matter: row.matter, event, counts, at: row.at }))
}

/// The address goes along with the newsletter alone.
fn body(told: &Told) -> String {
    let newsletter = told.matter.purpose == Purpose::Newsletter;
    let email = told.contact.email.as_ref().filter(|_| newsletter).map(ToString::to_string);
    json!({
        "type": told.event,
        "timestamp": told.at.to_string(),
        "data": {
            "contact": told.contact.id.to_string(),
            "email": email,
            "customer": told.contact.customer,
            "locale": told.contact.locale,
            "purpose": told.matter.purpose,
            "topic": told.matter.topic,
            "counts": told.counts,
        },
    })
    .to_string()
}

/// Only 2xx is success; a redirect is none; 410 wants to hear nothing any more.
pub fn verdict(answer: &Result<Reply, &'static str>) -> Verdict {
    match answer {
        Ok(Reply { status: 200..=299, .. }) => Verdict::Sent,
        Ok(Reply { status: 410, .. }) => Verdict::Gone,
        Ok(Reply { status, wait, .. }) => Verdict::Later(format!("HTTP {status}"), *wait),
        Err(why) => Verdict::Later((*why).to_owned(), None),
    }
}
