//! Shops, their origins and their keys.

use crate::authority::Admin;
use crate::{Error, Tx, values};
use habitue_domain::id::{KeyId, ProgramId, ShopId};
use habitue_domain::time::Timestamp;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// In the script tag; finds the shop.
    Public,
    /// In the shop's back end; does everything for the shop.
    Secret,
    /// Signs the tokens that name a shopper.
    Token,
}

impl KeyKind {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Secret => "secret",
            Self::Token => "token",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Public, Self::Secret, Self::Token].into_iter().find(|kind| kind.word() == word)
    }
}

/// A key as its owner may see it again.
#[derive(Clone, Debug)]
pub struct Key {
    /// `key_…`
    pub id: KeyId,
    /// What it is for.
    pub kind: KeyKind,
    /// The public key itself, or how a secret one ends.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was withdrawn.
    pub revoked_at: Option<Timestamp>,
}

/// A key to be saved.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// `key_…`
    pub id: KeyId,
    /// What it is for.
    pub kind: KeyKind,
    /// By what it is found: see the table.
    pub lookup: String,
    /// A token key's secret, encrypted.
    pub sealed: Option<String>,
    /// What its owner may see again.
    pub hint: String,
}

const NAME: &str = "SELECT name FROM shop WHERE id = $1";

/// What a shop is called.
pub async fn name(tx: &mut Tx<'_>, shop: ShopId) -> Result<Option<String>, Error> {
    let row = tx.row(NAME, values![shop]).await?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

const ADD: &str = "INSERT INTO shop (id, program_id, name, created_at) VALUES ($1, $2, $3, $4)";

/// Adds a shop to a program.
pub async fn add(
    tx: &mut Tx<'_>,
    _: &Admin,
    shop: ShopId,
    program: ProgramId,
    name: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(ADD, values![shop, program, name, now]).await.map(drop)
}

const ADD_ORIGIN: &str = "INSERT INTO origin (shop_id, origin, place) \
     SELECT $1, $2, COALESCE(MAX(place), 0) + 1 FROM origin WHERE shop_id = $1 \
     ON CONFLICT DO NOTHING";

/// Lets pages of `origin` speak for the shop.
pub async fn add_origin(
    tx: &mut Tx<'_>,
    _: &Admin,
    shop: ShopId,
    origin: &str,
) -> Result<(), Error> {
    tx.execute(ADD_ORIGIN, values![shop, origin]).await.map(drop)
}

const ORIGINS: &str = "SELECT origin FROM origin WHERE shop_id = $1 \
     ORDER BY place, origin LIMIT 100";

/// The shop's origins in the order in which they were added, at most 100.
pub async fn origins(tx: &mut Tx<'_>, shop: ShopId) -> Result<Vec<String>, Error> {
    let rows = tx.rows(ORIGINS, values![shop]).await?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

const PROGRAM_OF: &str = "SELECT program_id FROM shop WHERE id = $1";

/// The shop's program; `None` where there is no such shop.
pub async fn program_of(tx: &mut Tx<'_>, shop: ShopId) -> Result<Option<ProgramId>, Error> {
    tx.row(PROGRAM_OF, values![shop]).await?.map(|row| row.parsed(0)).transpose()
}

const LIST: &str = "SELECT id, program_id, name FROM shop WHERE id > $1 ORDER BY id LIMIT 100";

/// All shops after `after`, in pages of 100: id, program and name.
pub async fn list(
    tx: &mut Tx<'_>,
    _: &Admin,
    after: &str,
) -> Result<Vec<(ShopId, ProgramId, String)>, Error> {
    let rows = tx.rows(LIST, values![after]).await?;
    rows.iter().map(|row| Ok((row.parsed(0)?, row.parsed(1)?, row.text(2)?.to_owned()))).collect()
}

const OF_PROGRAM: &str = "SELECT id, name FROM shop WHERE program_id = $1 ORDER BY id LIMIT 100";

/// The shops of a program, oldest first, at most 100: id and name.
pub async fn of_program(
    tx: &mut Tx<'_>,
    program: ProgramId,
) -> Result<Vec<(ShopId, String)>, Error> {
    let rows = tx.rows(OF_PROGRAM, values![program]).await?;
    rows.iter().map(|row| Ok((row.parsed(0)?, row.text(1)?.to_owned()))).collect()
}

const HAS_ORIGIN: &str = "SELECT 1 FROM origin WHERE shop_id = $1 AND origin = $2";

/// Whether pages of `origin` may speak for the shop.
pub async fn has_origin(tx: &mut Tx<'_>, shop: ShopId, origin: &str) -> Result<bool, Error> {
    Ok(tx.row(HAS_ORIGIN, values![shop, origin]).await?.is_some())
}

const ANY_ORIGIN: &str = "SELECT 1 FROM origin WHERE origin = $1 LIMIT 1";

/// Whether any shop lists `origin`: all a preflight can tell, since it carries no key.
pub async fn is_any_origin(tx: &mut Tx<'_>, origin: &str) -> Result<bool, Error> {
    Ok(tx.row(ANY_ORIGIN, values![origin]).await?.is_some())
}

const ADD_KEY: &str = "INSERT INTO api_key (id, shop_id, kind, lookup, sealed, hint, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Saves a new key.
pub async fn add_key(
    tx: &mut Tx<'_>,
    _: &Admin,
    shop: ShopId,
    key: &NewKey,
    now: Timestamp,
) -> Result<(), Error> {
    let sealed = key.sealed.as_deref();
    let row = values![key.id, shop, key.kind.word(), &key.lookup, sealed, &key.hint, now];
    tx.execute(ADD_KEY, row).await.map(drop)
}

const KEYS: &str = "SELECT id, kind, hint, created_at, revoked_at FROM api_key \
     WHERE shop_id = $1 AND id > $2 ORDER BY id LIMIT 100";

/// The shop's keys after `after`, in pages of 100, oldest first.
pub async fn keys(
    tx: &mut Tx<'_>,
    _: &Admin,
    shop: ShopId,
    after: &str,
) -> Result<Vec<Key>, Error> {
    let rows = tx.rows(KEYS, values![shop, after]).await?;
    let read = |row: &crate::Row| {
        let kind = KeyKind::from_word(row.text(1)?).ok_or_else(|| Error::Inconsistent {
            table: "api_key",
            column: "kind",
            reason: row.text(1).unwrap_or_default().to_owned(),
        })?;
        Ok(Key {
            id: row.parsed(0)?,
            kind,
            hint: row.text(2)?.to_owned(),
            created_at: row.time(3)?,
            revoked_at: row.opt_time(4)?,
        })
    };
    rows.iter().map(read).collect()
}

const REVOKE: &str = "UPDATE api_key SET revoked_at = $3 \
     WHERE shop_id = $1 AND id = $2 AND revoked_at IS NULL";

/// Withdraws a key; `false` where the shop has no such live key.
pub async fn revoke_key(
    tx: &mut Tx<'_>,
    _: &Admin,
    shop: ShopId,
    key: KeyId,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(tx.execute(REVOKE, values![shop, key, now]).await? > 0)
}

const TOKEN_KEY: &str = "SELECT shop_id, sealed FROM api_key \
     WHERE lookup = $1 AND kind = 'token' AND revoked_at IS NULL";

/// The shop and the encrypted secret of a live token key.
pub async fn token_key(tx: &mut Tx<'_>, key: KeyId) -> Result<Option<(ShopId, String)>, Error> {
    let row = tx.row(TOKEN_KEY, values![key]).await?;
    row.map(|row| Ok((row.parsed(0)?, row.text(1)?.to_owned()))).transpose()
}
