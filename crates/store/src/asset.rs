//! The widget's files, of this version and of those before: a page that was opened before an upgrade
//! still finds its payload.

use crate::{Error, Tx, values};
use habitue_domain::time::Timestamp;

/// A file as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Where it is served, without the first slash: `a/0123456789abcdef/app.js`.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Its bytes in base64.
    pub body: String,
    /// Whether it is kept for ever.
    pub is_pinned: bool,
}

const SHIP: &str = "INSERT INTO asset (path, sha256, body, last_shipped_at, pinned_at) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (path) DO UPDATE SET \
     last_shipped_at = excluded.last_shipped_at, \
     pinned_at = COALESCE(asset.pinned_at, excluded.pinned_at) \
     WHERE asset.last_shipped_at <= excluded.last_shipped_at";

/// Notes that a running server carries this file. The first content of a path stays its content.
pub async fn ship(tx: &mut Tx<'_>, asset: &Asset, now: Timestamp) -> Result<(), Error> {
    let pinned = asset.is_pinned.then_some(now);
    let row = values![&asset.path, &asset.sha256, &asset.body, now, pinned];
    tx.execute(SHIP, row).await.map(drop)
}

const LOAD: &str = "SELECT path, sha256, body, pinned_at FROM asset WHERE path = $1";

/// A file; `None` where no server ever carried it, or too long ago.
pub async fn load(tx: &mut Tx<'_>, path: &str) -> Result<Option<Asset>, Error> {
    let read = |row: crate::Row| {
        Ok(Asset {
            path: row.text(0)?.to_owned(),
            sha256: row.text(1)?.to_owned(),
            body: row.text(2)?.to_owned(),
            is_pinned: row.opt_int(3)?.is_some(),
        })
    };
    tx.row(LOAD, values![path]).await?.map(read).transpose()
}

const PRUNE: &str = "DELETE FROM asset WHERE path IN ( \
     SELECT path FROM asset WHERE pinned_at IS NULL AND last_shipped_at < $1 \
     ORDER BY last_shipped_at LIMIT 100)";

/// Forgets files that no server has carried since an instant, at most 100; says how many.
pub async fn prune(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.execute(PRUNE, values![before]).await
}
