//! `habitue tag`: the one line that a shop adds to its pages.

use super::{Setting, ShopArg, shop};
use crate::asset::{Files, integrity, pinned_integrity};
use anyhow::{Context, bail};
use clap::Args;
use habitue_domain::id::ShopId;
use habitue_store::authority::Admin;
use habitue_store::shop::{Key, KeyKind};
use habitue_store::{Store, Tx};
use std::net::IpAddr;
use url::Url;

/// Prints the script tag of a shop.
#[derive(Clone, Debug, Args)]
pub struct Tag {
    #[command(flatten)]
    shop: ShopArg,
    /// Our own address as shops and browsers see it.
    #[arg(long, env = "HABITUE_PUBLIC_URL")]
    public_url: String,
    /// The shop's address that answers with a token, on its own origin.
    #[arg(long, default_value = "/loyalty-token")]
    token_url: String,
    /// Name this version for ever, with its integrity: for pages that must know each script.
    #[arg(long)]
    pinned: bool,
    /// The version to pin; the one of this binary if absent.
    #[arg(long, requires = "pinned")]
    release: Option<String>,
}

impl Tag {
    pub(super) async fn run(self, setting: &Setting) -> anyhow::Result<()> {
        let (base, token_url) = (public_url(&self.public_url)?, self.token_url);
        check_token_url(&token_url)?;
        let store = setting.store().await?;
        let shop = shop::find(&store, self.shop.shop.as_deref()).await?;
        let key = public_key(&store, shop)
            .await?
            .context("the shop has no public key; make one with: habitue keys add --kind public")?;
        if !self.pinned {
            println!("{}", evergreen(&base, &key, &token_url));
            return Ok(());
        }
        let pin = match self.release {
            Some(release) => {
                let path = crate::asset::pinned_path(release.trim_start_matches('v'));
                integrity(&store, path.clone()).await?.map(|integrity| (path, integrity))
            }
            None => pinned_integrity(&Files::embedded(), &store).await?,
        };
        let Some((path, integrity)) = pin else {
            bail!("no server of this database ever carried that version of the widget");
        };
        println!("{}", pinned(&base, &path, &integrity, &key, &token_url));
        Ok(())
    }
}

/// The tag that takes each new version by itself.
pub fn evergreen(base: &Url, key: &str, token_url: &str) -> String {
    let base = base.as_str().trim_end_matches('/');
    format!(
        "<script async src=\"{base}/v1/habitue.js\"\n        data-key=\"{key}\" \
         data-token-url=\"{token_url}\"></script>"
    )
}

/// The tag that names one version and its bytes.
pub fn pinned(base: &Url, path: &str, integrity: &str, key: &str, token_url: &str) -> String {
    let base = base.as_str().trim_end_matches('/');
    format!(
        "<script async src=\"{base}/{path}\" crossorigin=\"anonymous\"\n        \
         integrity=\"{integrity}\"\n        data-key=\"{key}\" \
         data-token-url=\"{token_url}\"></script>"
    )
}

/// The shop's newest live public key.
pub async fn public_key(store: &Store, shop: ShopId) -> anyhow::Result<Option<String>> {
    let look =
        async move |tx: &mut Tx<'_>| habitue_store::shop::keys(tx, &Admin::local(), shop, "").await;
    let keys = store.read(look).await?;
    let is_live = |key: &&Key| key.kind == KeyKind::Public && key.revoked_at.is_none();
    Ok(keys.iter().rfind(is_live).map(|key| key.hint.clone()))
}

/// An address that browsers take from a shop's page: `https`, or on this machine.
///
/// # Errors
/// A sentence where it is another.
pub fn web_address(text: &str, option: &str) -> anyhow::Result<Url> {
    let url: Url = text.parse().ok().with_context(|| {
        format!("{option}: {text:?} is not an address such as https://shop.example/")
    })?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let is_here = host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if is_here => {}
        _ => bail!("{option}: {text:?} must begin with https:// (http:// only on this machine)"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        bail!("{option}: the address must not hold a name or a password");
    }
    Ok(url)
}

/// Our own address, without a query.
///
/// # Errors
/// A sentence where it is no such address.
pub fn public_url(text: &str) -> anyhow::Result<Url> {
    let url = web_address(text, "--public-url")?;
    if url.query().is_some() || url.fragment().is_some() {
        bail!("--public-url: {text:?} must end with its path");
    }
    Ok(url)
}

/// The shop's own address that answers with a token.
///
/// # Errors
/// A sentence where it is not a path on the shop's own origin.
pub fn check_token_url(text: &str) -> anyhow::Result<()> {
    let is_path = text.starts_with('/') && !text.starts_with("//");
    if !is_path || text.contains(|c: char| c.is_whitespace() || "\"'<>&".contains(c)) {
        bail!("--token-url: {text:?} is not a path on the shop's own origin, as /loyalty-token");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://loyalty.shop.example")]
    #[case("https://shop.example/loyalty")]
    #[case("http://127.0.0.1:4610")]
    #[case("http://[::1]:4610")]
    #[case("http://localhost:4610/")]
    fn an_address_of_ours_is_https_or_on_this_machine(#[case] text: &str) {
        let tag = evergreen(&public_url(text).unwrap(), "pk_1", "/token");
        let base = text.trim_end_matches('/');
        assert!(tag.starts_with(&format!("<script async src=\"{base}/v1/habitue.js\"")), "{tag}");
    }

    #[rstest]
    #[case("http://shop.example")]
    #[case("http://10.0.0.1")]
    #[case("https://a:b@shop.example")]
    #[case("ftp://shop.example")]
    #[case("shop.example")]
    #[case("https://shop.example/?a=1")]
    fn any_other_address_is_refused(#[case] text: &str) {
        assert!(public_url(text).is_err());
    }

    #[rstest]
    #[case("https://other.example/token")]
    #[case("//other.example/token")]
    #[case("/a\" onload=\"x")]
    #[case("token")]
    fn a_token_address_elsewhere_is_refused(#[case] text: &str) {
        assert!(check_token_url(text).is_err());
    }
}
