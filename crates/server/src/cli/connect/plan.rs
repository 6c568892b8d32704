//! What there is, what is wanted, and the difference: only that is done, after a yes.

use super::super::program::read;
use super::super::shop::check_origin;
use super::ask::{agreed, or_ask};
use super::{Connect, starter};
use crate::clock::Clock;
use crate::error::Error;
use crate::secret::MasterKey;
use crate::shop::{Chosen, NewShop, create, make_key};
use anyhow::{Context, anyhow, bail};
use habitue_domain::id::{KeyId, ProgramId, ShopId};
use habitue_domain::money::Currency;
use habitue_domain::program::ProgramDocument;
use habitue_store::authority::Admin;
use habitue_store::shop::{Key, KeyKind};
use habitue_store::{Store, Tx, program, shop};

/// A secret, as far as it can be shown.
pub enum Secret {
    /// Just made.
    Made(String),
    /// Made before: only how it ends is known.
    Kept(String),
}

/// What the shop's pages and back end need.
pub struct Settings {
    pub shop: ShopId,
    pub program: ProgramId,
    pub public_key: String,
    pub secret_key: Secret,
    pub token_key_id: KeyId,
    pub token_secret: Secret,
}

impl From<NewShop> for Settings {
    fn from(new: NewShop) -> Self {
        Self {
            shop: new.shop,
            program: new.program,
            public_key: new.public_key,
            secret_key: Secret::Made(new.secret_key),
            token_key_id: new.token_key_id,
            token_secret: Secret::Made(new.token_secret),
        }
    }
}

/// Says what it will do, does it, and answers with the settings; `None` where the merchant said no.
pub async fn plan(
    asked: &Connect,
    store: &Store,
    master: &MasterKey,
) -> anyhow::Result<Option<Settings>> {
    let origins = asked.origin.iter().map(|origin| check_origin(origin));
    let origins = origins.collect::<anyhow::Result<Vec<_>>>()?;
    let document = asked.program.as_deref().map(read).transpose()?;
    let known = match &asked.shop {
        Some(named) => Some(super::shop::find(store, Some(named)).await?),
        None => None,
    };
    if let Some(shop) = known {
        return old(store, master, Wanted { shop, origins, document, yes: asked.yes }).await;
    }
    let name = or_ask(asked.name.clone(), "--name", "what the shop is called", None)?;
    match called(store, &name).await? {
        Some(shop) => old(store, master, Wanted { shop, origins, document, yes: asked.yes }).await,
        None => new(asked, store, master, (name, origins, document)).await,
    }
}

/// The shop of this name, where there is one.
pub async fn called(store: &Store, name: &str) -> anyhow::Result<Option<ShopId>> {
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let from = after.clone();
        let look = async move |tx: &mut Tx<'_>| shop::list(tx, &Admin::local(), &from).await;
        let page = store.read(look).await?;
        let Some((last, ..)) = page.last() else { break };
        after = last.to_string();
        found.extend(page.into_iter().filter(|(_, _, known)| known == name).map(|(id, ..)| id));
    }
    match found.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(*only)),
        _ => bail!("several shops are called {name:?}; name one with --shop (habitue shop list)"),
    }
}

type NewParts = (String, Vec<String>, Option<ProgramDocument>);

async fn new(
    asked: &Connect,
    store: &Store,
    master: &MasterKey,
    (name, mut origins, document): NewParts,
) -> anyhow::Result<Option<Settings>> {
    if origins.is_empty() {
        let question = "the origin of the shop's pages, such as https://shop.example";
        origins.push(check_origin(&or_ask(None, "--origin", question, None)?)?);
    }
    let mut start = None;
    let document = if let Some(document) = document {
        document
    } else {
        let text = starter_text(asked, &name, &origins)?;
        let document = starter::document(&text)?;
        start = Some(text);
        document
    };
    println!("This adds the shop {name:?} with its keys, for pages of {}.", origins.join(", "));
    match (&start, &asked.program) {
        (None, Some(file)) => println!("It publishes {} as its program.", file.display()),
        _ => println!("It publishes a starter program: 5 points for each 1 paid, 100 take 1 off."),
    }
    if !agreed(asked.yes)? {
        return Ok(None);
    }
    let chosen = Chosen::New(Box::new(document));
    let made = create(store, master, name, origins, chosen, Clock::System.now()).await;
    let made = made.map_err(|error| anyhow!(error.into_problem().title))?;
    if let Some(text) = start {
        let file = starter::FILE;
        if starter::keep(&text)? {
            println!("The starter program is in {file}: change it, then habitue program publish.");
        } else {
            println!(
                "{file} is there already and was left alone; name it with --program to use it."
            );
        }
    }
    Ok(Some(made.into()))
}

fn starter_text(asked: &Connect, name: &str, origins: &[String]) -> anyhow::Result<String> {
    let currency = match asked.currency {
        Some(currency) => currency,
        None => or_ask(None, "--currency", "the currency of the shop, such as EUR", None)?
            .parse::<Currency>()
            .map_err(|reason| anyhow!("--currency: {reason}"))?,
    };
    let first = origins.first().map(String::as_str).unwrap_or_default();
    let (_, host) = first.split_once("://").unwrap_or_default();
    let usual = format!("https://{host}/loyalty-terms");
    let terms_url = asked.terms_url.clone().unwrap_or(usual);
    Ok(starter::text(name, currency, &terms_url, &asked.locale))
}

/// What is wanted of a shop that is there.
struct Wanted {
    shop: ShopId,
    origins: Vec<String>,
    document: Option<ProgramDocument>,
    yes: bool,
}

/// What there is of it.
struct There {
    program: ProgramId,
    origins: Vec<String>,
    document: Option<ProgramDocument>,
    keys: Vec<Key>,
}

async fn load(store: &Store, shop: ShopId) -> anyhow::Result<There> {
    let look = async move |tx: &mut Tx<'_>| -> Result<Option<There>, habitue_store::Error> {
        let Some(program) = shop::program_of(tx, shop).await? else { return Ok(None) };
        let version = program::current(tx, program).await?;
        let document = program::load(tx, program, version).await?.map(|stored| stored.document);
        let mut keys = shop::keys(tx, &Admin::local(), shop, "").await?;
        keys.retain(|key| key.revoked_at.is_none());
        Ok(Some(There { program, origins: shop::origins(tx, shop).await?, document, keys }))
    };
    store.read(look).await?.with_context(|| format!("there is no shop {shop}"))
}

async fn old(
    store: &Store,
    master: &MasterKey,
    wanted: Wanted,
) -> anyhow::Result<Option<Settings>> {
    let there = load(store, wanted.shop).await?;
    let origins: Vec<String> =
        wanted.origins.into_iter().filter(|origin| !there.origins.contains(origin)).collect();
    let document = wanted.document.filter(|document| there.document.as_ref() != Some(document));
    let has = |kind| there.keys.iter().any(|key| key.kind == kind);
    let kinds = [KeyKind::Public, KeyKind::Secret, KeyKind::Token];
    let kinds: Vec<KeyKind> = kinds.into_iter().filter(|kind| !has(*kind)).collect();
    if origins.is_empty() && document.is_none() && kinds.is_empty() {
        println!("Nothing to change: the shop, its origins, keys and program are as you say.");
        return settings(wanted.shop, &there, &[]).map(Some);
    }
    for origin in &origins {
        println!("This adds the origin {origin}.");
    }
    for kind in &kinds {
        println!("This makes a {} key: there is no live one.", kind.word());
    }
    if document.is_some() {
        println!("This publishes the program file as the next version, in force at once.");
    }
    if !agreed(wanted.yes)? {
        return Ok(None);
    }
    let made = kinds.iter().map(|kind| make_key(*kind, master).map_err(|why| anyhow!(why)));
    let made = made.collect::<anyhow::Result<Vec<_>>>()?;
    let new: Vec<_> = made.iter().map(|made| made.new.clone()).collect();
    let (shop, now) = (wanted.shop, Clock::System.now());
    let job = async move |tx: &mut Tx<'_>| -> Result<(), Error> {
        let admin = Admin::local();
        for origin in &origins {
            shop::add_origin(tx, &admin, shop, origin).await?;
        }
        for key in &new {
            shop::add_key(tx, &admin, shop, key, now).await?;
        }
        if let (Some(document), Some(merchant)) = (&document, admin.merchant(tx, shop).await?) {
            program::publish(tx, &merchant, document, now).await?;
        }
        Ok(())
    };
    store.write(job).await.map_err(|error| anyhow!(error.into_problem().title))?;
    let shown: Vec<(KeyId, String)> =
        made.into_iter().map(|made| (made.new.id, made.shown)).collect();
    settings(shop, &load(store, shop).await?, &shown).map(Some)
}

/// The newest live key of each kind, with its secret where it was just made.
fn settings(shop: ShopId, there: &There, made: &[(KeyId, String)]) -> anyhow::Result<Settings> {
    let newest = |kind: KeyKind| {
        let found = there.keys.iter().rfind(|key| key.kind == kind);
        found.with_context(|| format!("the shop has no live {} key", kind.word()))
    };
    let secret = |key: &Key| {
        let made = made.iter().find(|(id, _)| *id == key.id);
        made.map_or_else(|| Secret::Kept(key.hint.clone()), |(_, it)| Secret::Made(it.clone()))
    };
    let token = newest(KeyKind::Token)?;
    Ok(Settings {
        shop,
        program: there.program,
        public_key: newest(KeyKind::Public)?.hint.clone(),
        secret_key: secret(newest(KeyKind::Secret)?),
        token_key_id: token.id,
        token_secret: secret(token),
    })
}
