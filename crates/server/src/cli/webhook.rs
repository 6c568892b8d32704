//! `habitue webhook`.

use super::{Setting, ShopArg, shop};
use crate::clock::Clock;
use crate::routes::hook::proof;
use crate::web::{Settings, Web};
use crate::webhook::secret;
use anyhow::{anyhow, bail};
use clap::{Args, Subcommand};
use habitue_domain::id::EndpointId;
use habitue_store::Tx;
use habitue_store::authority::Admin;
use habitue_store::endpoint::{self, Kind, New};
use std::collections::BTreeMap;

/// Brevo's API: <https://developers.brevo.com/docs/synchronise-contact-lists>.
const BREVO: &str = "https://api.brevo.com/v3";

/// Tells other systems of consents: your own by signed webhooks, or Brevo.
#[derive(Debug, Subcommand)]
pub enum Webhook {
    /// Adds an address that is told of every consent given, confirmed and withdrawn.
    Add(Add),
    /// Adds a Brevo account: whoever confirms a topic is put on its list, whoever leaves is taken off.
    Brevo(Brevo),
    /// Lists them, without their secrets.
    List {
        #[command(flatten)]
        shop: ShopArg,
    },
    /// Switches one off, at once.
    Disable {
        #[command(flatten)]
        shop: ShopArg,
        /// Which one: `end_…`.
        endpoint: String,
    },
}

/// An address of your own.
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    shop: ShopArg,
    /// The address: https.
    url: String,
    #[command(flatten)]
    web: Settings,
}

/// A Brevo account.
#[derive(Debug, Args)]
pub struct Brevo {
    #[command(flatten)]
    shop: ShopArg,
    /// The account's API key.
    #[arg(long, env = "HABITUE_BREVO_KEY", hide_env_values = true)]
    api_key: String,
    /// A topic and the number of its list there: `--list news=7`.
    #[arg(long, required = true, value_parser = list)]
    list: Vec<(String, i64)>,
    /// The API's address, where it is another one.
    #[arg(long, default_value = BREVO)]
    url: String,
    #[command(flatten)]
    web: Settings,
}

fn list(text: &str) -> Result<(String, i64), &'static str> {
    const SHAPE: &str = "write it as topic=number";
    let (topic, number) = text.split_once('=').ok_or(SHAPE)?;
    Ok((topic.to_owned(), number.parse().map_err(|_| SHAPE)?))
}

impl Webhook {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => {
                let secret = secret();
                let none = BTreeMap::new();
                let at = (add.url.as_str(), &add.web);
                let id = save(setting, &add.shop, Kind::Webhook, at, (&secret, &none)).await?;
                println!("{id}\nSecret  {secret}   (Standard Webhooks; shown once)");
            }
            Self::Brevo(brevo) => {
                let lists = brevo.list.into_iter().collect();
                let at = (brevo.url.as_str(), &brevo.web);
                let own = (brevo.api_key.as_str(), &lists);
                let id = save(setting, &brevo.shop, Kind::Brevo, at, own).await?;
                let store = setting.store().await?;
                let shop = shop::find(&store, brevo.shop.shop.as_deref()).await?;
                println!("{id}\nFor whoever leaves there, make a marketing webhook at Brevo:");
                println!("  URL     https://YOUR-HABITUE-HOST/hooks/brevo/{shop}");
                println!("  Token   {}   (bearer)", proof(&setting.master()?, shop));
            }
            Self::List { shop } => {
                let store = setting.store().await?;
                let shop = shop::find(&store, shop.shop.as_deref()).await?;
                let look = async move |tx: &mut Tx<'_>| endpoint::of_shop(tx, shop).await;
                for one in store.read(look).await? {
                    let off = one.disabled_at.map(|at| {
                        format!("  off since {at}: {}", one.reason.clone().unwrap_or_default())
                    });
                    let off = off.unwrap_or_default();
                    println!("{}  {:7}  {}{off}", one.id, one.kind.word(), one.url);
                }
            }
            Self::Disable { shop, endpoint } => disable(setting, &shop, &endpoint).await?,
        }
        Ok(())
    }
}

async fn save(
    setting: &Setting,
    shop: &ShopArg,
    kind: Kind,
    (url, web): (&str, &Settings),
    (secret, lists): (&str, &BTreeMap<String, i64>),
) -> anyhow::Result<EndpointId> {
    Web::new(web)?.check(url).map_err(|why| anyhow!("{url}: {why}"))?;
    let sealed = setting.master()?.seal(secret).map_err(|why| anyhow!(why))?;
    let store = setting.store().await?;
    let shop = shop::find(&store, shop.shop.as_deref()).await?;
    let (url, lists, now) = (url.to_owned(), lists.clone(), Clock::System.now());
    let add = async move |tx: &mut Tx<'_>| {
        let new = New { shop, kind, url: &url, sealed: &sealed, lists: &lists };
        endpoint::add(tx, &Admin::local(), &new, now).await
    };
    Ok(store.write(add).await?)
}

async fn disable(setting: &Setting, shop: &ShopArg, endpoint: &str) -> anyhow::Result<()> {
    let store = setting.store().await?;
    let shop = shop::find(&store, shop.shop.as_deref()).await?;
    let id: EndpointId = endpoint.parse().map_err(|why: &str| anyhow!(why))?;
    let now = Clock::System.now();
    let end = async move |tx: &mut Tx<'_>| -> Result<bool, habitue_store::Error> {
        let known = endpoint::of_shop(tx, shop).await?.iter().any(|one| one.id == id);
        Ok(known && endpoint::disable(tx, id, now, "by hand").await?)
    };
    if !store.write(end).await? {
        bail!("this shop has no live endpoint {id} (habitue webhook list)");
    }
    Ok(())
}
