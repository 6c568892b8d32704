//! Member cards: found by the keyed hash of their code, one in use for each member.

use crate::{Error, Tx, values};
use habitue_domain::id::{MemberId, ShopId};
use habitue_domain::time::Timestamp;

const SHOW: &str = "SELECT sealed FROM member_card WHERE member_id = $1 AND ended_at IS NULL";

/// The code of the member's card, encrypted; none before they first look at it.
pub async fn show(tx: &mut Tx<'_>, member: MemberId) -> Result<Option<String>, Error> {
    let row = tx.row(SHOW, values![member]).await?;
    row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
}

const ADD: &str = "INSERT INTO member_card (hash, member_id, sealed, made_at) \
     VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

/// Gives the member a card; [`Error::Conflict`] where they got one meanwhile.
pub async fn add(
    tx: &mut Tx<'_>,
    member: MemberId,
    (hash, sealed): (&str, &str),
    now: Timestamp,
) -> Result<(), Error> {
    tx.claim(ADD, values![hash, member, sealed, now]).await
}

const END: &str = "UPDATE member_card SET ended_at = $2 WHERE member_id = $1 AND ended_at IS NULL";

/// Ends the card in use: its code names nobody any more.
pub async fn end(tx: &mut Tx<'_>, member: MemberId, now: Timestamp) -> Result<(), Error> {
    tx.execute(END, values![member, now]).await.map(drop)
}

const FIND: &str = "SELECT customer.member_id, customer.external_id FROM member_card \
     JOIN customer ON customer.member_id = member_card.member_id AND customer.shop_id = $3 \
     WHERE member_card.hash IN ($1, $2) AND member_card.ended_at IS NULL";

/// Whose card it is, and who that is at a shop.
pub async fn find(
    tx: &mut Tx<'_>,
    shop: ShopId,
    [typed, meant]: [&str; 2],
) -> Result<Option<(MemberId, String)>, Error> {
    let row = tx.row(FIND, values![typed, meant, shop]).await?;
    row.map(|row| Ok((row.parsed(0)?, row.text(1)?.to_owned()))).transpose()
}
