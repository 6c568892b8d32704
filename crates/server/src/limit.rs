//! How much is too much: ceilings on requests, and budgets for wrong guesses.
//!
//! governor only counts by taking; it can neither look first nor give back what turned out to be
//! no miss, and a guess must be paid for before it is answered. So the bucket is ours.

mod address;
mod bucket;

pub use address::{Proxies, client};
pub use bucket::{Bucket, Rate};

use crate::app::App;
use crate::auth::Caller;
use crate::clock::Clock;
use crate::error::{Error, Told};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use clap::Args;
use habitue_domain::refusal::Reason;
use habitue_store::authority::Shopper;
use ipnet::IpNet;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::Arc;

/// How many minutes of wrong guesses may come at once.
const MISSES_AT_ONCE: u32 = 5;
/// How many seconds of requests may come at once.
const REQUESTS_AT_ONCE: u32 = 30;
/// How many times one address's misses a whole shop's visitors may make.
const SHOP_MISSES: u32 = 100;

/// What is too much; 0 switches a limit off.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// A reverse proxy in front of us (`10.0.0.0/8`, `127.0.0.1`): its `X-Forwarded-For` is
    /// believed. May be given several times; without it the peer's address counts.
    #[arg(long, env = "HABITUE_TRUSTED_PROXY", value_delimiter = ',', value_parser = address::parse)]
    pub trusted_proxy: Vec<IpNet>,
    /// Wrong codes, tokens and keys a minute from one address (and wrong codes of one shopper);
    /// five minutes' worth at once.
    #[arg(long, env = "HABITUE_LIMIT_MISSES", default_value_t = 6)]
    pub limit_misses: u32,
    /// Requests a second of one signed-in shopper; 30 seconds' worth at once.
    #[arg(long, env = "HABITUE_LIMIT_SHOPPER", default_value_t = 10)]
    pub limit_shopper: u32,
    /// Requests a second with a shop's public key from one address; 30 seconds' worth at once.
    #[arg(long, env = "HABITUE_LIMIT_VISITOR", default_value_t = 20)]
    pub limit_visitor: u32,
    /// Requests a second with one secret key; 30 seconds' worth at once.
    #[arg(long, env = "HABITUE_LIMIT_SHOP", default_value_t = 5_000)]
    pub limit_shop: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            trusted_proxy: Vec::new(),
            limit_misses: 6,
            limit_shopper: 10,
            limit_visitor: 20,
            limit_shop: 5_000,
        }
    }
}

/// A limit, by the name under which it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    AddressMisses,
    ShopMisses,
    ShopperMisses,
    Shopper,
    Visitor,
    Shop,
}

impl Which {
    const fn name(self) -> &'static str {
        match self {
            Self::AddressMisses => "address_misses",
            Self::ShopMisses => "shop_misses",
            Self::ShopperMisses => "shopper_misses",
            Self::Shopper => "shopper",
            Self::Visitor => "visitor",
            Self::Shop => "shop",
        }
    }
}

/// All limits of a server, in its own memory.
pub struct Limits {
    /// Whose `X-Forwarded-For` is believed.
    pub proxies: Proxies,
    address_misses: Bucket,
    shop_misses: Bucket,
    shopper_misses: Bucket,
    shopper: Bucket,
    visitor: Bucket,
    shop: Bucket,
    /// Keyed anew by every process: nobody can choose keys that meet.
    hasher: RandomState,
}

impl Limits {
    /// The limits of these settings.
    pub fn new(settings: &Settings) -> Self {
        let misses = |times: u32| {
            let a_minute = settings.limit_misses.saturating_mul(times);
            Bucket::new(Rate::a_minute(a_minute, a_minute.saturating_mul(MISSES_AT_ONCE)))
        };
        let requests = |a_second: u32| {
            Bucket::new(Rate::a_second(a_second, a_second.saturating_mul(REQUESTS_AT_ONCE)))
        };
        Self {
            proxies: Proxies::new(settings.trusted_proxy.clone()),
            address_misses: misses(1),
            shop_misses: misses(SHOP_MISSES),
            shopper_misses: misses(1),
            shopper: requests(settings.limit_shopper),
            visitor: requests(settings.limit_visitor),
            shop: requests(settings.limit_shop),
            hasher: RandomState::new(),
        }
    }

    const fn bucket(&self, which: Which) -> &Bucket {
        match which {
            Which::AddressMisses => &self.address_misses,
            Which::ShopMisses => &self.shop_misses,
            Which::ShopperMisses => &self.shopper_misses,
            Which::Shopper => &self.shopper,
            Which::Visitor => &self.visitor,
            Which::Shop => &self.shop,
        }
    }

    fn key(&self, whom: impl Hash) -> u64 {
        self.hasher.hash_one(whom)
    }

    fn take(&self, which: Which, key: u64, pieces: u32, clock: &Clock) -> Result<(), Error> {
        self.bucket(which).take(key, pieces, clock.now()).map_err(|seconds| {
            metrics::counter!("habitue_limited_total", "limit" => which.name()).increment(1);
            Error::Limited { seconds }
        })
    }

    /// Counts a request against the ceiling of whoever sends it, and a key that opens nothing as
    /// a miss of its address. A session that has ended is no miss: honest pages meet that daily.
    ///
    /// # Errors
    /// `too_many_requests`.
    pub fn admit(&self, caller: &Caller, address: IpAddr, clock: &Clock) -> Result<(), Error> {
        let (which, key) = match caller {
            Caller::Nobody | Caller::Unknown(_) => (Which::Visitor, self.key(address)),
            Caller::Visitor(visitor) => (Which::Visitor, self.key((address, visitor.shop()))),
            Caller::Shopper(shopper) => (Which::Shopper, self.of(shopper)),
            Caller::Merchant(merchant) => (Which::Shop, self.key(merchant.owner())),
        };
        self.take(which, key, 1, clock)?;
        if matches!(caller, Caller::Unknown(habitue_api::problem::Code::KeyUnknown)) {
            self.take(Which::AddressMisses, self.key(address), 1, clock)?;
        }
        Ok(())
    }

    fn of(&self, shopper: &Shopper) -> u64 {
        self.key((shopper.shop(), shopper.customer()))
    }
}

/// Somebody who may be guessing, with the budgets their misses come from.
#[derive(Clone)]
pub struct Guesser {
    limits: Arc<Limits>,
    clock: Clock,
    budgets: Vec<(Which, u64)>,
}

impl Guesser {
    /// A shopper has a budget of their own, so that somebody who uses up that of all the shop's
    /// visitors keeps no signed-in shopper from a code. Shops do not guess.
    pub fn new(app: &App, caller: &Caller, address: IpAddr) -> Self {
        let limits = Arc::clone(&app.limits);
        let by_address = (Which::AddressMisses, limits.key(address));
        let budgets = match caller {
            Caller::Shopper(shopper) => {
                vec![by_address, (Which::ShopperMisses, limits.of(shopper))]
            }
            Caller::Visitor(visitor) => {
                vec![by_address, (Which::ShopMisses, limits.key(visitor.shop()))]
            }
            Caller::Nobody | Caller::Unknown(_) | Caller::Merchant(_) => Vec::new(),
        };
        Self { limits, clock: app.clock.clone(), budgets }
    }

    /// Pays for so many guesses before they are answered, so that none is free because many come
    /// at once.
    ///
    /// # Errors
    /// `too_many_requests` where the budget is spent, whether or not the guess is right.
    pub fn guess(&self, guesses: usize) -> Result<Guess<'_>, Error> {
        let guesses = u32::try_from(guesses).unwrap_or(u32::MAX);
        for (place, (which, key)) in self.budgets.iter().enumerate() {
            if let Err(limited) = self.limits.take(*which, *key, guesses, &self.clock) {
                for (which, key) in self.budgets.iter().take(place) {
                    self.limits.bucket(*which).give_back(*key, guesses);
                }
                return Err(limited);
            }
        }
        Ok(Guess { guesser: self, guesses })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Guesser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let guesser = parts.extensions.get::<Self>().cloned();
        // Every route of a handler that asks for one lies behind `identify`.
        guesser.ok_or_else(|| habitue_api::problem::Code::KeyMissing.into())
    }
}

/// Guesses that were paid for. Dropped unsettled, as when the caller hangs up, they stay paid.
#[must_use]
pub struct Guess<'a> {
    guesser: &'a Guesser,
    guesses: u32,
}

impl Guess<'_> {
    /// Gives back what was no miss.
    pub fn settle(self, misses: usize) {
        let misses = u32::try_from(misses).unwrap_or(u32::MAX);
        let right = self.guesses.saturating_sub(misses);
        for (which, key) in &self.guesser.budgets {
            self.guesser.limits.bucket(*which).give_back(*key, right);
        }
    }

    /// Settles by an answer that names at most one code.
    ///
    /// # Errors
    /// Those of the answer, which are no misses.
    pub fn settled(self, answer: Result<Response, Error>) -> Result<Response, Error> {
        self.settle(usize::from(answer.as_ref().is_ok_and(is_miss)));
        answer
    }
}

/// Whether the answer is that there is no such code.
fn is_miss(response: &Response) -> bool {
    let told = response.extensions().get::<Told>();
    told.is_some_and(|Told(code)| code == Reason::NotFound.code())
}
