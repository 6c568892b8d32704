//! `/hooks/brevo/{shop}`: whoever leaves at the newsletter service has left.

use crate::app::App;
use crate::body::parse;
use crate::consent::{How, record};
use crate::error::Error;
use crate::segment::Path;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use habitue_api::problem::Code;
use habitue_domain::consent::{Act, Purpose};
use habitue_domain::contact::Email;
use habitue_domain::id::ShopId;
use habitue_store::{Tx, consent, contact};
use serde::Deserialize;

/// What Brevo tells of a marketing mail; of everything else it tells nothing is kept:
/// <https://developers.brevo.com/docs/marketing-webhooks>.
#[derive(Deserialize)]
struct Event {
    event: String,
    #[serde(default)]
    email: String,
}

/// What is a withdrawal: leaving, a complaint, an address that does not exist, and a contact that
/// was deleted there. All of it is about every list.
const LEAVES: [&str; 6] =
    ["unsubscribe", "unsubscribed", "spam", "hard_bounce", "hard_bounced", "contact_deleted"];

/// By what the service proves itself: a bearer of our own, told when it was connected
/// (<https://developers.brevo.com/docs/secure-webhook-calls>).
pub fn proof(app: &crate::secret::MasterKey, shop: ShopId) -> String {
    app.link("brevo", &shop.to_string())
}

/// Takes back what somebody took back there. Told twice it changes nothing.
pub async fn brevo(
    State(app): State<App>,
    Path(shop): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Error> {
    let shop: ShopId = shop.parse().map_err(|_| Error::from(Code::KeyUnknown))?;
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.split_once(' ')).map_or("", |(_, bearer)| bearer);
    if !app.master.proves("brevo", &shop.to_string(), bearer.trim()) {
        return Err(Code::KeyUnknown.into());
    }
    let event: Event = parse(&body)?;
    let Ok(email) = event.email.parse::<Email>() else { return Ok(StatusCode::NO_CONTENT) };
    if !LEAVES.contains(&event.event.as_str()) {
        return Ok(StatusCode::NO_CONTENT);
    }
    let (hash, now) = (app.master.email_hash(&email), app.clock.now());
    let refused = event.event.starts_with("hard_bounce");
    let job = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
        let Some(known) = contact::of_email(tx, shop, &hash).await? else { return Ok(()) };
        for (matter, _) in consent::all(tx, known.id).await? {
            if matter.purpose == Purpose::Newsletter {
                let deed = (&matter, Act::Withdraw);
                record(tx, (shop, known.id), deed, &How::by("service"), now).await?;
            }
        }
        if refused {
            contact::suppress(tx, known.id, "refused", now).await?;
        }
        Ok(())
    };
    app.store.write(job).await?;
    Ok(StatusCode::NO_CONTENT)
}
