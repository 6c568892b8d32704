//! `habitue keys`.

use super::{Setting, ShopArg, shop};
use crate::clock::Clock;
use crate::shop::make_key;
use anyhow::{anyhow, bail};
use clap::{Subcommand, ValueEnum};
use habitue_domain::id::KeyId;
use habitue_store::Tx;
use habitue_store::authority::Admin;
use habitue_store::shop::KeyKind;

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

impl Keys {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let store = setting.store().await?;
        match self {
            Self::Add { shop, kind } => {
                let kind = match kind {
                    Kind::Public => KeyKind::Public,
                    Kind::Secret => KeyKind::Secret,
                    Kind::Token => KeyKind::Token,
                };
                let shop = shop::find(&store, shop.shop.as_deref()).await?;
                let made = make_key(kind, &setting.master()?).map_err(|reason| anyhow!(reason))?;
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
