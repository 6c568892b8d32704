//! `/v1/contacts`: for the merchant, who has consented to one matter, the proof of it, and the end.

use crate::app::App;
use crate::auth::AsMerchant;
use crate::consent::{How, withdraw_all};
use crate::csv::safe;
use crate::error::Error;
use crate::segment::Path;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use habitue_api::consent::{Contact, Contacts, Proof, ProofRow, Shown};
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_domain::consent::{Matter, Purpose};
use habitue_domain::id::{ContactId, ShopId};
use habitue_domain::time::Timestamp;
use habitue_store::{Store, Tx, consent, contact};
use serde::Deserialize;

/// How many contacts stand on a page.
const PAGE: usize = 100;
/// How many lines a CSV file has at most, its head aside.
const LINES: usize = 10_000;

/// Which contacts: those of one matter.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// `program`, `newsletter`, `sms` or `postal`.
    #[param(value_type = String)]
    purpose: Purpose,
    /// The topic, with `newsletter`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    topic: String,
    /// Only contacts after this one; `next` of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    after: String,
}

type Asked = Result<Query<Which>, QueryRejection>;

fn which(query: Asked) -> Result<(Matter, String), Error> {
    let unreadable = |error: QueryRejection| {
        Error::from(Problem::new(Code::InvalidParameter).detail(error.body_text()))
    };
    let Which { purpose, topic, after } = query.map_err(unreadable)?.0;
    Ok((Matter { purpose, topic }, after))
}

async fn page(
    store: &Store,
    shop: ShopId,
    matter: &Matter,
    after: String,
) -> Result<Vec<Contact>, Error> {
    let matter = matter.clone();
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let look = async move |tx: &mut Tx<'_>| -> Result<Vec<Contact>, Error> {
        let found = contact::list(tx, shop, &matter, &after, limit).await?;
        Ok(found.into_iter().map(|(known, since)| told(known, matter.purpose, since)).collect())
    };
    store.read(look).await
}

/// The address stands with the newsletter alone: whoever consented to letters gave us none.
fn told(known: contact::Contact, purpose: Purpose, since: Timestamp) -> Contact {
    let email = known.email.filter(|_| purpose == Purpose::Newsletter);
    Contact {
        id: known.id.to_string(),
        email: email.map(|email| email.to_string()),
        customer: known.customer,
        locale: known.locale,
        since,
    }
}

/// Whose consent to one matter counts; nothing of any other matter.
#[utoipa::path(get, path = path::CONTACTS, tag = "shop", params(Which),
    security(("secret_key" = [])),
    responses((status = 200, description = "At most 100", body = Contacts)))]
pub async fn list(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    query: Asked,
) -> Result<axum::Json<Contacts>, Error> {
    let (matter, after) = which(query)?;
    let contacts = page(&app.store, merchant.shop(), &matter, after).await?;
    let next = contacts.last().filter(|_| contacts.len() == PAGE).map(|last| last.id.clone());
    Ok(axum::Json(Contacts { contacts, next }))
}

/// The same as CSV, at most 10,000 lines; where there are more, `habitue-next` says what `after` is
/// next. No cell can be taken for a formula.
#[utoipa::path(get, path = path::CONTACTS_CSV, tag = "shop", params(Which),
    security(("secret_key" = [])),
    responses((status = 200, description = "The lines", body = String, content_type = "text/csv")))]
pub async fn export(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    query: Asked,
) -> Result<Response, Error> {
    let (matter, after) = which(query)?;
    let (text, next) = csv(&app.store, merchant.shop(), &matter, after).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"contacts.csv\""),
    ];
    let mut response = (headers, text).into_response();
    if let Some(next) = next.and_then(|next| HeaderValue::from_str(&next).ok()) {
        response.headers_mut().insert(HeaderName::from_static("habitue-next"), next);
    }
    Ok(response)
}

/// The lines of a matter after `after`, and what comes after them.
///
/// # Errors
/// Faults of the database.
pub async fn csv(
    store: &Store,
    shop: ShopId,
    matter: &Matter,
    mut after: String,
) -> Result<(String, Option<String>), Error> {
    let mut text = "contact,email,customer,locale,purpose,topic,since\r\n".to_owned();
    let mut lines = 0_usize;
    loop {
        let found = page(store, shop, matter, after.clone()).await?;
        for one in &found {
            let cells = [
                one.id.as_str(),
                one.email.as_deref().unwrap_or_default(),
                one.customer.as_deref().unwrap_or_default(),
                one.locale.as_deref().unwrap_or_default(),
                matter.purpose.word(),
                &matter.topic,
                &one.since.to_string(),
            ];
            text.push_str(&cells.map(safe).join(","));
            text.push_str("\r\n");
        }
        lines = lines.saturating_add(found.len());
        let Some(last) = found.last().filter(|_| found.len() == PAGE) else {
            return Ok((text, None));
        };
        after.clone_from(&last.id);
        if lines >= LINES {
            return Ok((text, Some(after)));
        }
    }
}

/// Which rows.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// Only rows after this one; `next` of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    after: String,
}

/// Everything a contact did, oldest first, each with the very text that was shown.
#[utoipa::path(get, path = path::CONTACT_CONSENTS, tag = "shop",
    params(("id" = String, Path), After), security(("secret_key" = [])),
    responses((status = 200, description = "At most 100 rows", body = Proof)))]
pub async fn proof(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    query: Result<Query<After>, QueryRejection>,
) -> Result<axum::Json<Proof>, Error> {
    let unreadable = |error: QueryRejection| {
        Error::from(Problem::new(Code::InvalidParameter).detail(error.body_text()))
    };
    let after = query.map_err(unreadable)?.0.after;
    let contact: ContactId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let look = async move |tx: &mut Tx<'_>| -> Result<Vec<consent::ProofRow>, Error> {
        if !contact::is_of(tx, &merchant, contact).await? {
            return Err(Code::NotFound.into());
        }
        Ok(consent::proof(tx, contact, &after).await?)
    };
    let rows: Vec<ProofRow> = app.store.read(look).await?.into_iter().map(row).collect();
    let next = rows.last().filter(|_| rows.len() == PAGE).map(|last| last.id.clone());
    Ok(axum::Json(Proof { id, rows, next }))
}

fn row(known: consent::ProofRow) -> ProofRow {
    let program_version = known.program_version;
    let shown = known.shown.map(|shown| Shown {
        sha256: shown.hash,
        program_version,
        locale: shown.locale,
        text: shown.body,
        privacy_url: shown.privacy_url,
    });
    ProofRow {
        id: known.id.to_string(),
        purpose: known.matter.purpose,
        topic: known.matter.topic,
        action: known.action,
        channel: known.channel,
        place: known.place,
        at: known.at,
        shown,
    }
}

/// Forgets who a contact is, once its withdrawals have been told to whoever else was told of its
/// consents. The rows stay and name nobody; the address is kept out by a keyed hash.
#[utoipa::path(delete, path = path::CONTACT, tag = "shop", params(("id" = String, Path)),
    security(("secret_key" = [])), responses((status = 204, description = "Forgotten")))]
pub async fn erase(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let now = app.clock.now();
    let contact: ContactId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let job = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
        if !contact::is_of(tx, &merchant, contact).await? {
            return Err(Code::NotFound.into());
        }
        let whose = (merchant.shop(), contact);
        withdraw_all(tx, whose, &How::by("shop"), now).await?;
        contact::suppress(tx, contact, "erased", now).await?;
        contact::leave(tx, contact, now).await?;
        Ok(())
    };
    app.store.write(job).await?;
    Ok(StatusCode::NO_CONTENT)
}
