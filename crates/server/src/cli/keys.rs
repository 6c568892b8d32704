//! `habitue keys`.

use super::{Setting, ShopArg, shop};
use crate::clock::Clock;
use crate::secret::{MasterKey, random, sha256};
use anyhow::{anyhow, bail};
use clap::{Subcommand, ValueEnum};
use habitue_domain::id::KeyId;
use habitue_store::authority::Admin;
use habitue_store::shop::{KeyKind, NewKey};
use habitue_store::{Tx, id};

/// Makes, lists and revokes keys of a shop.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Makes a key. Several of a kind may live side by side, so that one can be replaced in peace.
    Add {
        #[command(flatten)]
        shop: ShopArg,
        /// What it is for.
        #[arg(long)]
        kind: Kind,
    },
    /// Lists the keys, without their secrets.
    List {
        #[command(flatten)]
        shop: ShopArg,
    },
    /// Withdraws a key, at once.
    Revoke {
        #[command(flatten)]
        shop: ShopArg,
        /// The key: `key_…`.
        key: String,
    },
}

/// What a key is for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    /// In the script tag.
    Public,
    /// In the shop's back end.
    Secret,
    /// Signs the tokens that name a shopper.
    Token,
}

/// A key just made, with what is shown once.
pub struct Made {
    /// What is saved.
    pub new: NewKey,
    /// What its owner needs.
    pub shown: String,
}

/// Makes a key.
pub fn make(kind: KeyKind, master: &MasterKey) -> anyhow::Result<Made> {
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
            let sealed = master.seal(&shown).map_err(|reason| anyhow!(reason))?;
            let (lookup, hint) = (key.to_string(), format!("hts_…{}", tail(&shown)));
            Made { new: NewKey { id: key, kind, lookup, sealed: Some(sealed), hint }, shown }
        }
    })
}

impl Keys {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let store = setting.store()?;
        match self {
            Self::Add { shop, kind } => {
                let kind = match kind {
                    Kind::Public => KeyKind::Public,
                    Kind::Secret => KeyKind::Secret,
                    Kind::Token => KeyKind::Token,
                };
                let shop = shop::find(&store, shop.shop.as_deref()).await?;
                let made = make(kind, &setting.master()?)?;
                let (new, now) = (made.new.clone(), Clock::System.now());
                let save = async move |tx: &mut Tx<'_>| {
                    habitue_store::shop::add_key(tx, &Admin::local(), shop, &new, now).await
                };
                store.write(save).await?;
                println!("{}  {}   (shown once)", made.new.id, made.shown);
            }
            Self::List { shop } => {
                let shop = shop::find(&store, shop.shop.as_deref()).await?;
                let look = async move |tx: &mut Tx<'_>| {
                    habitue_store::shop::keys(tx, &Admin::local(), shop, "").await
                };
                for key in store.read(look).await? {
                    let ended = key.revoked_at.map(|at| format!("  revoked {at}"));
                    let (id, kind, hint) = (key.id, key.kind.word(), key.hint);
                    println!("{id}  {kind:6}  {hint}{}", ended.unwrap_or_default());
                }
            }
            Self::Revoke { shop, key } => {
                let shop = shop::find(&store, shop.shop.as_deref()).await?;
                let key: KeyId = key.parse().map_err(|reason: &str| anyhow!(reason))?;
                let now = Clock::System.now();
                let end = async move |tx: &mut Tx<'_>| {
                    habitue_store::shop::revoke_key(tx, &Admin::local(), shop, key, now).await
                };
                if !store.write(end).await? {
                    bail!("this shop has no live key {key} (habitue keys list)");
                }
            }
        }
        Ok(())
    }
}
