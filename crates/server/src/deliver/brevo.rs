//! Brevo: who has confirmed a topic stands on its list, whoever leaves is taken off it.
//!
//! Written from the vendor's documentation, each rule with its address; it has never run against
//! the real service. What is told is how things stand now, not what happened, so that the order in
//! which messages arrive changes nothing.

use super::Verdict;
use super::web::{Told, verdict};
use crate::web::{Reply, Web};
use axum::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use habitue_domain::consent::Purpose;
use serde::Deserialize;
use serde_json::{Value, json};

/// What the removal of contacts from a list answers.
#[derive(Deserialize)]
struct Removed {
    contacts: Failed,
}

#[derive(Deserialize)]
struct Failed {
    #[serde(default)]
    failure: Vec<Value>,
}

/// Brings one contact's place on one list to where it should be.
pub async fn tell(web: &Web, told: &Told, key: &str) -> Verdict {
    if told.matter.purpose != Purpose::Newsletter {
        return Verdict::Dropped("newsletter services are told of the newsletter alone");
    }
    let Some(list) = told.endpoint.lists.get(&told.matter.topic) else {
        return Verdict::Dropped("this topic has no list there");
    };
    let Some(email) = &told.contact.email else {
        return Verdict::Dropped("the address was forgotten");
    };
    let Some(headers) = headers(key) else {
        return Verdict::Dead("its key is none".to_owned(), false);
    };
    let base = told.endpoint.url.trim_end_matches('/');
    if told.counts {
        // Made or brought up to date in one call, with `updateEnabled`; whoever had left there has
        // come back by confirming here, so the block of then is lifted:
        // https://developers.brevo.com/docs/synchronise-contact-lists
        let body = json!({ "email": email.as_str(), "listIds": [list], "updateEnabled": true,
            "emailBlacklisted": false });
        return read(&web.post(&format!("{base}/contacts"), headers, body.to_string()).await);
    }
    // https://developers.brevo.com/reference/remove-contact-from-list.md
    let path = format!("{base}/contacts/lists/{list}/contacts/remove");
    let body = json!({ "emails": [email.as_str()] }).to_string();
    removed(&web.post(&path, headers, body).await)
}

/// `api-key`, never in the address: <https://developers.brevo.com/docs/authentication-schemes>.
fn headers(key: &str) -> Option<HeaderMap> {
    let mut key = HeaderValue::from_str(key).ok()?;
    key.set_sensitive(true);
    let json = HeaderValue::from_static("application/json");
    Some(HeaderMap::from_iter([
        (HeaderName::from_static("api-key"), key),
        (CONTENT_TYPE, json.clone()),
        (ACCEPT, json),
    ]))
}

/// 400 says the same however often it is asked; 401 and 403 are about the key, 404 about the list:
/// all three wait for a person. 429 says when to come back.
fn read(answer: &Result<Reply, &'static str>) -> Verdict {
    match answer {
        Ok(Reply { status: status @ 400, .. }) => Verdict::Dead(format!("HTTP {status}"), false),
        // 410 has no meaning of its own here.
        Ok(Reply { status: 410, wait, .. }) => Verdict::Later("HTTP 410".to_owned(), *wait),
        other => verdict(other),
    }
}

/// 201 may still name the address among those it failed for. 400 is also the answer for somebody
/// who is on no list any more, and that is what was wanted.
fn removed(answer: &Result<Reply, &'static str>) -> Verdict {
    match answer {
        Ok(Reply { status: 400, .. }) => Verdict::Sent,
        Ok(Reply { status: 200..=299, wait, body }) => {
            let read = serde_json::from_str::<Removed>(body);
            let failed = read.is_ok_and(|read| !read.contacts.failure.is_empty());
            if failed { Verdict::Later("it failed there".to_owned(), *wait) } else { Verdict::Sent }
        }
        other => read(other),
    }
}
