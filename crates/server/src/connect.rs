//! The self-test of a shop's connection: looks at a page as a browser would, and names each step
//! that is missing.
//!
//! It fetches the page the merchant typed, the token address on that page's own origin, and our own
//! public address; nothing else, nothing without bounds, and follows nobody elsewhere.

mod fetch;
mod finding;
mod ours;
mod policy;
mod tag;
mod token;

use crate::clock::Clock;
use crate::secret::MasterKey;
use fetch::{Fetched, Fetcher, Trouble};
use finding::Findings;
pub use finding::{Code, Finding, Line};
use habitue_domain::id::ShopId;
use habitue_store::authority::visitor;
use habitue_store::{Error, Store, Tx, shop};
use tag::{Reading, Tag};
use url::Url;

/// The most bytes of a page.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// What is looked at.
#[derive(Clone)]
pub struct SelfTest {
    /// The database.
    pub store: Store,
    /// What the shop's token keys are encrypted with.
    pub master: MasterKey,
    /// What time it is.
    pub clock: Clock,
    /// Our address as shops and browsers see it, without a slash at the end.
    pub public_url: Url,
    /// The shop, where it is known already; else the one of the tag's key.
    pub shop: Option<ShopId>,
    /// A page of the shop with the tag.
    pub page: Option<Url>,
    /// A token of a signed-in customer, where the token address gives one only to them.
    pub token: Option<String>,
}

/// What a browser knows once it has the page.
struct Seen<'a> {
    test: &'a SelfTest,
    page: Url,
    answer: Fetched,
    reading: Reading,
}

impl SelfTest {
    /// Looks at everything; one thing amiss does not stop the rest.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn run(&self) -> Result<Vec<Line>, Error> {
        let mut findings = Findings::default();
        let fetcher = Fetcher::new().map_err(Error::Database)?;
        let answers = ours::answers(self, &fetcher, &mut findings).await;
        let Some(page) = self.page.clone() else {
            findings.skip("no page was named: put the tag into one, then say --check --page …");
            return Ok(findings.lines());
        };
        let shown = page.to_string();
        match fetcher.get(page, PAGE_BYTES).await {
            Err(trouble) => unreachable(&shown, &trouble, &mut findings),
            Ok(answer) if !answer.status.is_success() => {
                let what = format!("{shown} answers {}", answer.status);
                findings.wrong(Code::PageUnreachable, &what);
            }
            Ok(answer) => {
                let reading = tag::read(&answer.url, &answer.body);
                let seen = Seen { test: self, page: answer.url.clone(), answer, reading };
                seen.look(&fetcher, answers, &mut findings).await?;
            }
        }
        Ok(findings.lines())
    }
}

fn unreachable(shown: &str, trouble: &Trouble, findings: &mut Findings) {
    match trouble {
        Trouble::Elsewhere(to) => {
            findings.wrong(Code::PageElsewhere, &format!("{shown} leads to {to}"));
        }
        Trouble::Failed(why) => findings.wrong(Code::PageUnreachable, &format!("{shown}: {why}")),
    }
}

impl Seen<'_> {
    async fn look(
        &self,
        fetcher: &Fetcher,
        answers: bool,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        let Some(tag) = self.reading.tags.first() else {
            let what = format!("{} has no <script> of Habitué", self.page);
            findings.wrong(Code::TagMissing, &what);
            findings.skip("policy and token need the tag");
            self.origin(self.test.shop, findings).await?;
            return Ok(());
        };
        let (shop, key) = self.key(tag, findings).await?;
        self.host(tag, findings).await?;
        policy::check(self, tag, findings);
        let is_registered = self.origin(shop, findings).await?;
        if !is_registered {
            findings.skip("CORS is looked at once the origin is registered");
        } else if answers {
            ours::across(self.test, fetcher, &self.page, key.as_deref(), findings).await;
        }
        token::check(self, tag, shop, fetcher, findings).await
    }

    /// The shop, and the tag's key where it is that shop's.
    async fn key(
        &self,
        tag: &Tag,
        findings: &mut Findings,
    ) -> Result<(Option<ShopId>, Option<String>), Error> {
        let shop = self.test.shop;
        let Some(key) = tag.key.clone() else {
            findings.wrong(Code::KeyMissing, "the tag has no data-key");
            return Ok((shop, None));
        };
        if key.starts_with("sk_") {
            let what = "the tag's data-key is a secret key, for everybody to read";
            findings.wrong(Code::KeySecret, what);
            return Ok((shop, None));
        }
        let named = key.clone();
        let look = async move |tx: &mut Tx<'_>| visitor(tx, &named).await;
        let found = self.test.store.read(look).await?.map(|visitor| visitor.shop());
        match (found, shop) {
            (None, _) => {
                let what = format!("the tag's data-key {key:?} is no live key of this server");
                findings.wrong(Code::KeyUnknown, &what);
                Ok((shop, None))
            }
            (Some(found), Some(wanted)) if found != wanted => {
                let what = format!("the tag's data-key belongs to {found}, not to {wanted}");
                findings.wrong(Code::KeyOfAnother, &what);
                Ok((shop, None))
            }
            _ => {
                findings.right("the tag is there, with the shop's public key");
                Ok((found, Some(key)))
            }
        }
    }

    /// Whether the tag fetches from us, and what the browser will hold its bytes against.
    async fn host(&self, tag: &Tag, findings: &mut Findings) -> Result<(), Error> {
        let base = format!("{}/", self.test.public_url.as_str().trim_end_matches('/'));
        let Some(file) = tag.src.as_str().strip_prefix(&base) else {
            let what = format!("the tag fetches {}, our address is {base}", tag.src);
            findings.wrong(Code::TagHost, &what);
            return Ok(());
        };
        let Some(given) = tag.integrity.as_deref() else {
            findings.right("the tag fetches from our public address");
            return Ok(());
        };
        let file = file.to_owned();
        let known = crate::asset::integrity(&self.test.store, file.clone()).await?;
        if file.starts_with("v1/") {
            let what = format!("the tag has an integrity, but {file} changes with each release");
            findings.wrong(Code::TagIntegrity, &what);
        } else if known.as_deref() != Some(given) {
            let known = known.unwrap_or_else(|| "unknown: no server ever carried it".to_owned());
            let what = format!("the tag's integrity is not the one of {file}, which is {known}");
            findings.wrong(Code::TagIntegrity, &what);
        } else if !tag.is_cors {
            let what = "the tag has an integrity and no crossorigin attribute";
            findings.wrong(Code::TagIntegrity, what);
        } else {
            findings.right("the tag fetches a pinned version from our public address, whole");
        }
        Ok(())
    }

    async fn origin(&self, shop: Option<ShopId>, findings: &mut Findings) -> Result<bool, Error> {
        let origin = self.page.origin().ascii_serialization();
        let Some(shop) = shop else {
            findings
                .skip("the origin is looked at once the shop is known: right the key, or --shop");
            return Ok(false);
        };
        let named = origin.clone();
        let look = async move |tx: &mut Tx<'_>| shop::has_origin(tx, shop, &named).await;
        let is_registered = self.test.store.read(look).await?;
        if is_registered {
            findings.right(&format!("the origin {origin} is one of the shop's"));
        } else {
            let what = format!("the page's origin {origin} is none of the shop's");
            findings.wrong(Code::OriginNotRegistered, &what);
        }
        Ok(is_registered)
    }
}
