//! Whoever else is told of events: a merchant's own addresses, and newsletter services.

use crate::authority::Admin;
use crate::tx::json;
use crate::{Error, Row, Tx, id, values};
use habitue_domain::id::{EndpointId, ShopId};
use habitue_domain::time::Timestamp;
use std::collections::BTreeMap;

/// What kind of endpoint it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Standard Webhooks.
    Webhook,
    /// Brevo's contact lists.
    Brevo,
}

impl Kind {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Brevo => "brevo",
        }
    }
}

/// An endpoint as stored.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `end_…`
    pub id: EndpointId,
    /// The shop.
    pub shop: ShopId,
    /// What kind.
    pub kind: Kind,
    /// Its address.
    pub url: String,
    /// Its secret, encrypted.
    pub sealed: String,
    /// For a service: the list of each topic.
    pub lists: BTreeMap<String, i64>,
    /// When it was switched off.
    pub disabled_at: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
}

const ADD: &str = "INSERT INTO endpoint (id, shop_id, kind, url, sealed, settings, made_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// An endpoint to be.
pub struct New<'a> {
    /// The shop.
    pub shop: ShopId,
    /// What kind.
    pub kind: Kind,
    /// Its address.
    pub url: &'a str,
    /// Its secret, encrypted.
    pub sealed: &'a str,
    /// For a service: the list of each topic.
    pub lists: &'a BTreeMap<String, i64>,
}

/// Adds an endpoint.
pub async fn add(
    tx: &mut Tx<'_>,
    _: &Admin,
    new: &New<'_>,
    now: Timestamp,
) -> Result<EndpointId, Error> {
    let endpoint = id::endpoint();
    let (kind, lists) = (new.kind.word(), json(new.lists)?);
    let row = values![endpoint, new.shop, kind, new.url, new.sealed, lists, now];
    tx.execute(ADD, row).await?;
    Ok(endpoint)
}

fn read(row: &Row) -> Result<Endpoint, Error> {
    let kind = match row.text(2)? {
        "brevo" => Kind::Brevo,
        _ => Kind::Webhook,
    };
    Ok(Endpoint {
        id: row.parsed(0)?,
        shop: row.parsed(1)?,
        kind,
        url: row.text(3)?.to_owned(),
        sealed: row.text(4)?.to_owned(),
        lists: row.json(5)?,
        disabled_at: row.opt_time(6)?,
        reason: row.opt_text(7)?.map(str::to_owned),
    })
}

const LIST: &str = "SELECT id, shop_id, kind, url, sealed, settings, disabled_at, reason \
     FROM endpoint WHERE shop_id = $1 ORDER BY id LIMIT 20";

/// The endpoints of a shop, at most 20.
pub async fn of_shop(tx: &mut Tx<'_>, shop: ShopId) -> Result<Vec<Endpoint>, Error> {
    tx.rows(LIST, values![shop]).await?.iter().map(read).collect()
}

const LOAD: &str = "SELECT id, shop_id, kind, url, sealed, settings, disabled_at, reason \
     FROM endpoint WHERE id = $1";

/// One endpoint.
pub async fn load(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<Option<Endpoint>, Error> {
    tx.row(LOAD, values![endpoint]).await?.map(|row| read(&row)).transpose()
}

const DISABLE: &str = "UPDATE endpoint SET disabled_at = $2, reason = $3 \
     WHERE id = $1 AND disabled_at IS NULL";

/// Switches an endpoint off; `false` where it was off.
pub async fn disable(
    tx: &mut Tx<'_>,
    endpoint: EndpointId,
    now: Timestamp,
    reason: &str,
) -> Result<bool, Error> {
    Ok(tx.execute(DISABLE, values![endpoint, now, reason]).await? > 0)
}
