//! A new shop with its keys, and perhaps its program.

use crate::error::Error;
use crate::secret::{MasterKey, random, sha256};
use habitue_domain::id::{KeyId, ProgramId, ShopId};
use habitue_domain::program::ProgramDocument;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Admin;
use habitue_store::shop::{KeyKind, NewKey};
use habitue_store::{Store, Tx, id, program, shop};

/// The program of a new shop.
#[derive(Clone, Debug)]
pub enum Chosen {
    /// Its own, published with it.
    New(Box<ProgramDocument>),
    /// Another shop's, joined.
    Existing(ProgramId),
}

/// What the merchant needs; the secrets are shown this once.
#[derive(Clone, Debug)]
pub struct NewShop {
    /// `shp_…`
    pub shop: ShopId,
    /// `prg_…`
    pub program: ProgramId,
    /// `pk_…`, for the script tag.
    pub public_key: String,
    /// `sk_…`, for the back end.
    pub secret_key: String,
    /// The `kid` of the shop's tokens.
    pub token_key_id: KeyId,
    /// The HS256 secret of the shop's tokens.
    pub token_secret: String,
}

/// Adds a shop in one transaction: nothing is left behind where something fails.
///
/// # Errors
/// Where there is no such program; faults of the database.
pub async fn create(
    store: &Store,
    master: &MasterKey,
    name: String,
    origins: Vec<String>,
    chosen: Chosen,
    now: Timestamp,
) -> Result<NewShop, Error> {
    let make =
        |kind| make_key(kind, master).map_err(|why| habitue_store::Error::Database(why.to_owned()));
    let (public, secret, token) =
        (make(KeyKind::Public)?, make(KeyKind::Secret)?, make(KeyKind::Token)?);
    let shop = id::shop();
    let program = match &chosen {
        Chosen::New(_) => id::program(),
        Chosen::Existing(program) => *program,
    };
    let new = [public.new, secret.new, token.new];
    let token_key_id = new[2].id;
    store
        .write(async move |tx: &mut Tx<'_>| -> Result<(), Error> {
            let admin = Admin::local();
            if let Chosen::New(_) = &chosen {
                program::add(tx, &admin, program, now).await?;
            }
            shop::add(tx, &admin, shop, program, &name, now).await?;
            for origin in &origins {
                shop::add_origin(tx, &admin, shop, origin).await?;
            }
            for key in &new {
                shop::add_key(tx, &admin, shop, key, now).await?;
            }
            if let (Chosen::New(document), Some(merchant)) =
                (&chosen, admin.merchant(tx, shop).await?)
            {
                program::publish(tx, &merchant, document, now).await?;
            }
            Ok(())
        })
        .await?;
    let (public_key, secret_key, token_secret) = (public.shown, secret.shown, token.shown);
    Ok(NewShop { shop, program, public_key, secret_key, token_key_id, token_secret })
}

/// A key just made, with what is shown once.
pub struct Made {
    /// What is saved.
    pub new: NewKey,
    /// What its owner needs.
    pub shown: String,
}

/// Makes a key.
///
/// # Errors
/// Where the secret cannot be encrypted.
pub fn make_key(kind: KeyKind, master: &MasterKey) -> Result<Made, &'static str> {
    let key = id::key();
    let tail = |text: &str| text.get(text.len().saturating_sub(4)..).unwrap_or_default().to_owned();
    Ok(match kind {
        KeyKind::Public => {
            let shown = random("pk");
            let (lookup, hint) = (shown.clone(), shown.clone());
            Made { new: NewKey { id: key, kind, lookup, sealed: None, hint }, shown }
        }
        KeyKind::Secret => {
            let shown = random("sk");
            let (lookup, hint) = (sha256(shown.as_bytes()), format!("sk_…{}", tail(&shown)));
            Made { new: NewKey { id: key, kind, lookup, sealed: None, hint }, shown }
        }
        KeyKind::Token => {
            let shown = random("hts");
            let sealed = master.seal(&shown)?;
            let (lookup, hint) = (key.to_string(), format!("hts_…{}", tail(&shown)));
            Made { new: NewKey { id: key, kind, lookup, sealed: Some(sealed), hint }, shown }
        }
    })
}
