//! Sessions of shoppers: one per shop and token.

use crate::authority::Shopper;
use crate::{Error, Tx, values};
use habitue_domain::id::ShopId;
use habitue_domain::time::Timestamp;

/// A session to be.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The shop whose token it was.
    pub shop: ShopId,
    /// The token's id.
    pub jti: String,
    /// SHA-256 of the bearer.
    pub bearer_hash: String,
    /// The shop's customer.
    pub customer: String,
    /// For the greeting.
    pub given_name: Option<String>,
    /// The shopper's language.
    pub locale: Option<String>,
    /// When the token was signed.
    pub issued_at: Timestamp,
    /// When the session ends.
    pub expires_at: Timestamp,
}

const ADD: &str = "INSERT INTO session (shop_id, jti, bearer_hash, customer_id, given_name, \
     locale, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
const FIND: &str = "SELECT expires_at, ended_at, customer_id FROM session \
     WHERE shop_id = $1 AND jti = $2";

/// Opens the session of a token, or finds the one it opened before; answers when it ends.
///
/// `None` where that session has ended, or the token's id was used for another customer.
pub async fn open(tx: &mut Tx<'_>, new: &NewSession) -> Result<Option<Timestamp>, Error> {
    let (name, locale) = (new.given_name.as_deref(), new.locale.as_deref());
    let row = values![
        new.shop,
        &new.jti,
        &new.bearer_hash,
        &new.customer,
        name,
        locale,
        new.issued_at,
        new.expires_at
    ];
    if tx.execute(ADD, row).await? == 0 {
        let found = tx.row(FIND, values![new.shop, &new.jti]).await?;
        let Some(row) = found else { return Ok(None) };
        let ended = row.opt_int(1)?.is_some() || row.text(2)? != new.customer;
        return if ended { Ok(None) } else { row.time(0).map(Some) };
    }
    Ok(Some(new.expires_at))
}

const END: &str = "UPDATE session SET ended_at = $3 \
     WHERE shop_id = $1 AND customer_id = $2 AND ended_at IS NULL";

/// Ends all sessions of a shopper; the tokens behind them open nothing any more.
pub async fn end(tx: &mut Tx<'_>, shopper: &Shopper, now: Timestamp) -> Result<(), Error> {
    tx.execute(END, values![shopper.shop(), shopper.customer(), now]).await.map(drop)
}

const PRUNE: &str = "DELETE FROM session WHERE bearer_hash IN ( \
     SELECT bearer_hash FROM session WHERE expires_at < $1 ORDER BY expires_at LIMIT 100)";

/// Forgets sessions that ended before an instant, at most 100; says how many.
pub async fn prune(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.execute(PRUNE, values![before]).await
}
