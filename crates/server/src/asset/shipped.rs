//! What servers carry is kept in the database: an older page finds its payload at a newer server,
//! and a pinned tag the loader it names.

use super::files::{Files, LOADER};
use crate::clock::Clock;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use habitue_domain::time::Timestamp;
use habitue_store::asset::{self as store, Asset};
use habitue_store::{Error, Store, Tx};
use sha2::{Digest, Sha384};
use std::sync::Arc;
use std::time::Duration;

/// How often a running server says that it still carries its files.
const SHIP_EVERY: Duration = Duration::from_hours(24);
/// How soon it tries again where the database did not answer.
const SHIP_AGAIN: Duration = Duration::from_mins(1);

/// Keeps this server's files in the database, now and every day, until dropped.
pub async fn keep_shipped(files: Arc<Files>, store: Store, clock: Clock) {
    loop {
        let wait = match ship(&files, &store, &clock).await {
            Ok(()) => SHIP_EVERY,
            Err(error) => {
                tracing::warn!(%error, "the widget's files could not be noted; trying again soon");
                SHIP_AGAIN
            }
        };
        tokio::time::sleep(wait).await;
    }
}

/// Notes that this server carries its files: the payload, and the loader under its version.
///
/// # Errors
/// Faults of the database.
pub async fn ship(files: &Files, store: &Store, clock: &Clock) -> Result<(), Error> {
    let now = clock.now();
    let forms: Vec<Asset> =
        files.pinned().into_iter().map(|(path, file)| asset(path, file, true)).collect();
    let is_first = match forms.first().cloned() {
        // The first build of a version is the one that a page may name for ever, in all its forms.
        Some(loader) => {
            let job = async move |tx: &mut Tx<'_>| -> Result<bool, Error> {
                let kept = store::load(tx, &loader.path).await?;
                let is_first = kept.is_none_or(|kept| kept.sha256 == loader.sha256);
                for form in forms.iter().filter(|_| is_first) {
                    store::ship(tx, form, now).await?;
                }
                Ok(is_first)
            };
            store.write(job).await?
        }
        None => false,
    };
    for (path, file) in files.payload() {
        let is_pinned = is_first && path != files.style_path();
        save(store, asset(path.clone(), file, is_pinned), now).await?;
    }
    Ok(())
}

fn asset(path: String, file: &super::files::File, is_pinned: bool) -> Asset {
    Asset { path, sha256: file.sha256.clone(), body: STANDARD.encode(&file.bytes), is_pinned }
}

async fn save(store: &Store, asset: Asset, now: Timestamp) -> Result<(), Error> {
    store.write(async move |tx: &mut Tx<'_>| store::ship(tx, &asset, now).await).await
}

/// The `integrity` of a pinned loader as it is served: `sha384-…`; `None` where no server ever
/// carried that version.
///
/// # Errors
/// Faults of the database.
pub async fn integrity(store: &Store, path: String) -> Result<Option<String>, Error> {
    let look = async move |tx: &mut Tx<'_>| store::load(tx, &path).await;
    let bytes = store.read(look).await?.and_then(|asset| STANDARD.decode(asset.body).ok());
    Ok(bytes.map(|bytes| of(&bytes)))
}

/// Where this binary's version stays for ever, with its `integrity`: as the database has it, else
/// as it will once a server has started; `None` where no widget is packed.
///
/// # Errors
/// Faults of the database.
pub async fn pinned_integrity(
    files: &Files,
    store: &Store,
) -> Result<Option<(String, String)>, Error> {
    let path = files.pinned_path();
    let kept = integrity(store, path.clone()).await?;
    let carried = files.find(LOADER).map(|file| of(&file.bytes));
    Ok(kept.or(carried).map(|integrity| (path, integrity)))
}

/// The value of an `integrity` attribute.
fn of(bytes: &[u8]) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(bytes)))
}
