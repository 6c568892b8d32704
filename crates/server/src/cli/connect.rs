//! `habitue connect`: guides a merchant from nothing to a shop that works, and tests it.

mod ask;
mod plan;
mod starter;

use super::tag::{check_token_url, evergreen, pinned, public_url, web_address};
use super::{Setting, shop};
use crate::asset::{Files, pinned_integrity};
use crate::clock::Clock;
use crate::connect::{Line, SelfTest};
use anyhow::{Context, anyhow, bail};
use ask::or_ask;
use clap::Args;
use habitue_domain::id::ShopId;
use habitue_domain::money::Currency;
use habitue_store::Store;
use plan::{Secret, Settings, plan};
use std::path::PathBuf;
use url::Url;

/// Connects a shop step by step, then tests the connection and names what is missing. Running it
/// again changes nothing.
#[derive(Clone, Debug, Args)]
pub struct Connect {
    /// Only test: change nothing.
    #[arg(long, requires = "page")]
    check: bool,
    /// A page of the shop with the tag, to look at as a browser would.
    #[arg(long)]
    page: Option<String>,
    /// A token of a signed-in customer, to look at; without it, the one the token address gives.
    #[arg(long, requires = "page")]
    token: Option<String>,
    /// The shop: `shp_…`; else the one of that name, or a new one.
    #[arg(long)]
    shop: Option<String>,
    /// What the shop is called.
    #[arg(long)]
    name: Option<String>,
    /// An origin of its pages: `https://shop.example`. May be given several times.
    #[arg(long)]
    origin: Vec<String>,
    /// The program file to publish; a starter program if absent.
    #[arg(long)]
    program: Option<PathBuf>,
    /// The currency of the starter program.
    #[arg(long, conflicts_with = "program")]
    currency: Option<Currency>,
    /// Where the starter program's terms are; `/loyalty-terms` of the first origin if absent.
    #[arg(long, conflicts_with = "program")]
    terms_url: Option<String>,
    /// The language of the starter program's name.
    #[arg(long, default_value = "en", conflicts_with = "program")]
    locale: String,
    /// The shop's address that answers with a token, on its own origin.
    #[arg(long, default_value = "/loyalty-token")]
    token_url: String,
    /// Our own address as shops and browsers see it.
    #[arg(long, env = "HABITUE_PUBLIC_URL")]
    public_url: Option<String>,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
}

impl Connect {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let master = setting.master()?;
        let page = self.page.as_deref().map(|page| web_address(page, "--page")).transpose()?;
        check_token_url(&self.token_url)?;
        let question = "our own address as shops and browsers see it";
        let base = or_ask(self.public_url.clone(), "--public-url", question, None)?;
        let base = public_url(&base)?;
        let store = setting.store().await?;
        let shop = if self.check {
            self.known(&store).await?
        } else {
            let Some(settings) = plan(&self, &store, &master).await? else {
                bail!("nothing was changed");
            };
            self.print(&store, &base, &settings).await?;
            Some(settings.shop)
        };
        let (clock, token) = (Clock::System, self.token.clone());
        let test = SelfTest { store, master, clock, public_url: base, shop, page, token };
        report(&test.run().await?)
    }

    /// The shop that is tested: the one named, or the only one; else the tag's key says it.
    async fn known(&self, store: &Store) -> anyhow::Result<Option<ShopId>> {
        match (&self.shop, &self.name) {
            (Some(named), _) => shop::find(store, Some(named)).await.map(Some),
            (None, Some(name)) => {
                let found = plan::called(store, name).await?;
                found.map(Some).with_context(|| format!("no shop is called {name:?}"))
            }
            (None, None) => Ok(shop::find(store, None).await.ok()),
        }
    }

    async fn print(&self, store: &Store, base: &Url, settings: &Settings) -> anyhow::Result<()> {
        let (key, token_url) = (&settings.public_key, &self.token_url);
        let shown = base.as_str().trim_end_matches('/');
        let origin = base.origin().ascii_serialization();
        println!("\nShop     {}\nProgram  {}", settings.shop, settings.program);
        println!("\n1. In the <head> of every page of the shop:\n");
        println!("{}", evergreen(base, key, token_url));
        if let Some((path, integrity)) = pinned_integrity(&Files::embedded(), store).await? {
            println!(
                "\n   or, where a page must know each script's bytes, one version for ever:\n"
            );
            println!("{}", pinned(base, &path, &integrity, key, token_url));
        }
        println!("\n2. If the shop sends a Content-Security-Policy, it must have:\n");
        println!("   script-src {origin} 'wasm-unsafe-eval'; connect-src 'self' {origin}");
        println!("\n3. In the settings of the shop's back end, never in a page:\n");
        println!("   HABITUE_URL={shown}   (aud of the tokens)");
        println!("   HABITUE_SHOP={}   (iss of the tokens)", settings.shop);
        println!("   HABITUE_TOKEN_KEY_ID={}   (kid of the tokens)", settings.token_key_id);
        println!("   HABITUE_TOKEN_SECRET={}", shown_once(&settings.token_secret, "token"));
        println!("   HABITUE_SECRET_KEY={}", shown_once(&settings.secret_key, "secret"));
        println!(
            "\n4. {token_url} on the shop answers {{\"token\": \"…\"}} for who is signed in there, \
             a JWT (HS256) of at most 300 seconds, and {{\"token\": null}} for nobody."
        );
        Ok(())
    }
}

fn shown_once(secret: &Secret, kind: &str) -> String {
    match secret {
        Secret::Made(secret) => format!("{secret}   (shown once)"),
        Secret::Kept(hint) => {
            format!("{hint}   (was shown when made; lost? habitue keys add --kind {kind})")
        }
    }
}

fn report(lines: &[Line]) -> anyhow::Result<()> {
    println!("\nSelf-test");
    for line in lines {
        println!("{line}");
    }
    let missing = lines.iter().filter(|line| matches!(line, Line::Wrong(_))).count();
    match missing {
        0 => Ok(()),
        1 => Err(anyhow!("1 step is missing, see above")),
        _ => Err(anyhow!("{missing} steps are missing, see above")),
    }
}
