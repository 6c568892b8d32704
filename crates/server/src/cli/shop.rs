//! `habitue shop`.

use super::{Setting, program};
use crate::clock::Clock;
use crate::shop::{Chosen, NewShop, create};
use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use habitue_domain::id::{ProgramId, ShopId};
use habitue_store::authority::Admin;
use habitue_store::{Store, Tx, shop};
use std::path::PathBuf;

/// Adds and lists shops.
#[derive(Debug, Subcommand)]
pub enum Shop {
    /// Adds a shop, with its keys, and publishes its program.
    Add(Add),
    /// Lists the shops.
    List,
    /// Lets pages of a further origin speak for a shop.
    Origin(Origin),
}

/// What a new shop needs.
#[derive(Debug, Args)]
pub struct Add {
    /// What it is called.
    #[arg(long)]
    name: String,
    /// The origins of its pages: `https://shop.example`. May be given several times.
    #[arg(long, required = true)]
    origin: Vec<String>,
    /// The program file to publish for it.
    #[arg(long, required_unless_present = "join")]
    program: Option<PathBuf>,
    /// Join the program of another shop (`prg_…`) instead.
    #[arg(long, conflicts_with = "program")]
    join: Option<String>,
    /// Print one JSON object instead of sentences.
    #[arg(long)]
    json: bool,
}

/// A further origin.
#[derive(Debug, Args)]
pub struct Origin {
    #[command(flatten)]
    shop: super::ShopArg,
    /// The origin: `https://shop.example`.
    origin: String,
}

impl Shop {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(setting).await,
            Self::List => {
                for (shop, program, name) in list(&setting.store().await?).await? {
                    println!("{shop}  {program}  {name}");
                }
                Ok(())
            }
            Self::Origin(Origin { shop, origin }) => {
                let store = setting.store().await?;
                let shop = find(&store, shop.shop.as_deref()).await?;
                let origin = check_origin(&origin)?;
                store
                    .write(async move |tx: &mut Tx<'_>| {
                        shop::add_origin(tx, &Admin::local(), shop, &origin).await
                    })
                    .await?;
                Ok(())
            }
        }
    }
}

async fn list(store: &Store) -> anyhow::Result<Vec<(ShopId, ProgramId, String)>> {
    let look = async |tx: &mut Tx<'_>| shop::list(tx, &Admin::local(), "").await;
    Ok(store.read(look).await?)
}

/// The shop named, or the only one.
pub async fn find(store: &Store, named: Option<&str>) -> anyhow::Result<ShopId> {
    let shops = list(store).await?;
    let Some(named) = named else {
        return match shops.as_slice() {
            [(only, ..)] => Ok(*only),
            [] => bail!("there is no shop yet; add one with: habitue shop add"),
            _ => bail!("there are several shops; name one with --shop (habitue shop list)"),
        };
    };
    let wanted: ShopId = named.parse().map_err(|reason: &str| anyhow!("--shop: {reason}"))?;
    let look = async move |tx: &mut Tx<'_>| shop::program_of(tx, wanted).await;
    let found = store.read(look).await?;
    found.map(|_| wanted).with_context(|| format!("there is no shop {wanted} (habitue shop list)"))
}

/// An origin exactly as browsers send it: scheme and host, a port only where it is not the usual
/// one, no path.
pub fn check_origin(text: &str) -> anyhow::Result<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let usual = text.ends_with(":443") && text.starts_with("https://")
        || text.ends_with(":80") && text.starts_with("http://");
    let host =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
    match rest {
        Some(rest) if !rest.is_empty() && rest.bytes().all(host) && !usual => Ok(text.to_owned()),
        _ => bail!(
            "{text:?} is not an origin such as https://shop.example (small letters, no path, no \
             slash at the end, no usual port; international names in punycode)"
        ),
    }
}

impl Add {
    async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let master = setting.master()?;
        let origins = self.origin.iter().map(|text| check_origin(text));
        let origins = origins.collect::<anyhow::Result<Vec<_>>>()?;
        let document = self.program.as_deref().map(program::read).transpose()?;
        let joined = self.join.as_deref().map(str::parse::<ProgramId>).transpose();
        let joined = joined.map_err(|reason| anyhow!("--join: {reason}"))?;
        let program = match (document, joined) {
            (Some(document), None) => Chosen::New(Box::new(document)),
            (None, Some(program)) => Chosen::Existing(program),
            _ => bail!("name either --program or --join"),
        };
        let store = setting.store().await?;
        let made = create(&store, &master, self.name, origins, program, Clock::System.now());
        let made = made.await.map_err(|error| anyhow!(error.into_problem().title));
        print(self.json, &made.context("the shop could not be added (is there such a program?)")?);
        Ok(())
    }
}

fn print(json: bool, made: &NewShop) {
    let NewShop { shop, program, public_key, secret_key, token_key_id, token_secret } = made;
    if json {
        let object = serde_json::json!({
            "shop": shop,
            "program": program,
            "public_key": public_key,
            "secret_key": secret_key,
            "token_key": { "id": token_key_id, "secret": token_secret },
        });
        println!("{object}");
        return;
    }
    println!("Shop        {shop}\nProgram     {program}");
    println!("Public key  {public_key}   (for the script tag)");
    println!("Secret key  {secret_key}   (for the shop's back end; shown once)");
    println!("Token key   {token_key_id}   (kid)");
    println!("            {token_secret}   (HS256 secret; shown once)");
    println!(
        "\n<script async src=\"https://YOUR-HABITUE-HOST/v1/habitue.js\" \
         data-key=\"{public_key}\" data-token-url=\"/loyalty-token\"></script>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://shop.example")]
    #[case("http://127.0.0.1:4620")]
    #[case("https://xn--bcher-kva.example:8443")]
    fn an_origin_is_taken_as_browsers_send_it(#[case] text: &str) {
        assert_eq!(check_origin(text).unwrap(), text);
    }

    #[rstest]
    #[case("shop.example")]
    #[case("https://shop.example/")]
    #[case("https://Shop.example")]
    #[case("https://shop.example:443")]
    #[case("http://shop.example:80")]
    #[case("https://")]
    #[case("null")]
    #[case("*")]
    #[case("https://bücher.example")]
    fn what_no_browser_sends_is_refused(#[case] text: &str) {
        assert!(check_origin(text).is_err());
    }
}
