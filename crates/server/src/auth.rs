//! Who is asking, and from which page: keys, sessions and exact origins.

use crate::app::App;
use crate::error::{Error, respond};
use crate::limit::{Guesser, client};
use crate::observe::OfShop;
use crate::secret::sha256;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use habitue_api::problem::{Code, Problem};
use habitue_domain::id::{ProgramId, ShopId};
use habitue_domain::time::Timestamp;
use habitue_store::authority::{self, Merchant, Shopper, Subject, Visitor};
use habitue_store::shop;
use habitue_store::{Tx, lane};

/// Who is asking.
#[derive(Clone, Debug)]
pub enum Caller {
    /// No key.
    Nobody,
    /// A key or session that opens nothing; the code says why.
    Unknown(Code),
    /// Anybody with a shop's public key.
    Visitor(Visitor),
    /// A signed-in customer.
    Shopper(Shopper),
    /// A shop's back end.
    Merchant(Merchant),
}

impl Caller {
    const fn shop(&self) -> Option<ShopId> {
        match self {
            Self::Nobody | Self::Unknown(_) => None,
            Self::Visitor(visitor) => Some(visitor.shop()),
            Self::Shopper(shopper) => Some(shopper.shop()),
            Self::Merchant(merchant) => Some(merchant.shop()),
        }
    }

    /// The problem for somebody this route is not for.
    const fn problem(&self) -> Code {
        match self {
            Self::Nobody => Code::KeyMissing,
            Self::Unknown(code) => *code,
            _ => Code::KeyUnknown,
        }
    }
}

async fn resolve(tx: &mut Tx<'_>, bearer: &str, now: Timestamp) -> Result<Caller, Error> {
    let unknown = Caller::Unknown(Code::KeyUnknown);
    Ok(if bearer.starts_with("pk_") {
        authority::visitor(tx, bearer).await?.map_or(unknown, Caller::Visitor)
    } else if bearer.starts_with("sk_") {
        let hash = sha256(bearer.as_bytes());
        authority::merchant(tx, &hash).await?.map_or(unknown, Caller::Merchant)
    } else if bearer.starts_with("ses_") {
        let hash = sha256(bearer.as_bytes());
        let ended = Caller::Unknown(Code::SessionEnded);
        authority::shopper(tx, &hash, now).await?.map_or(ended, Caller::Shopper)
    } else {
        unknown
    })
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, bearer) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| bearer.trim().to_owned())
}

/// Finds out who is asking, refuses pages of other origins, and lets the shop's own pages read the
/// answer. The origin is a hint against mistakes, never the proof of who asks: that is the key.
pub async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    if request.method() == Method::OPTIONS {
        return preflight(&app, origin).await;
    }
    let (given, page) = (bearer(request.headers()), origin.clone());
    let now = app.clock.now();
    let found = app
        .store
        .peek(async move |tx: &mut Tx<'_>| -> Result<(Caller, bool), Error> {
            let caller = match &given {
                None => Caller::Nobody,
                Some(bearer) => resolve(tx, bearer, now).await?,
            };
            let allowed = match page.as_ref().map(HeaderValue::to_str) {
                None => true,
                Some(Err(_)) => false,
                Some(Ok(origin)) => match caller.shop() {
                    Some(shop) => shop::has_origin(tx, shop, origin).await?,
                    None => shop::is_any_origin(tx, origin).await?,
                },
            };
            Ok((caller, allowed))
        })
        .await;
    let (caller, allowed) = match found {
        Ok(found) => found,
        Err(error) => return vary(error.into_response()),
    };
    if origin.is_some() && matches!(caller, Caller::Merchant(_)) {
        return vary(respond(&Problem::new(Code::SecretKeyInBrowser)));
    }
    if !allowed && caller.shop().is_some() {
        return vary(respond(&Problem::new(Code::OriginNotAllowed)));
    }
    let shop = caller.shop();
    let address = client(request.extensions(), request.headers(), &app.limits.proxies);
    let mut response = if let Err(limited) = app.limits.admit(&caller, address, &app.clock) {
        vary(limited.into_response())
    } else {
        let guesser = Guesser::new(&app, &caller, address);
        let extensions = request.extensions_mut();
        extensions.insert(guesser);
        extensions.insert(caller);
        let answer = next.run(request);
        vary(match shop {
            Some(shop) => lane::of(shop, answer).await,
            None => answer.await,
        })
    };
    if let Some(shop) = shop {
        response.extensions_mut().insert(OfShop(shop));
    }
    if let (Some(origin), true) = (origin, allowed) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let seen = HeaderValue::from_static("retry-after");
        response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, seen);
    }
    response
}

fn vary(mut response: Response) -> Response {
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
    response
}

/// A preflight carries no key, so it is answered for the origins of all shops; the request itself
/// is then held to the origins of its key's shop.
async fn preflight(app: &App, origin: Option<HeaderValue>) -> Response {
    let asked = origin.as_ref().and_then(|origin| origin.to_str().ok()).map(str::to_owned);
    let known = match asked {
        None => Ok(false),
        Some(origin) => {
            let look = async move |tx: &mut Tx<'_>| shop::is_any_origin(tx, &origin).await;
            app.store.peek(look).await
        }
    };
    match (known, origin) {
        (Ok(true), Some(origin)) => {
            let headers = [
                (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE"),
                (
                    header::ACCESS_CONTROL_ALLOW_HEADERS,
                    "authorization, content-type, idempotency-key",
                ),
                (header::ACCESS_CONTROL_MAX_AGE, "600"),
            ];
            let mut response = vary((StatusCode::NO_CONTENT, headers).into_response());
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            response
        }
        (Err(error), _) => vary(Error::from(error).into_response()),
        _ => vary(respond(&Problem::new(Code::OriginNotAllowed))),
    }
}

fn caller(parts: &Parts) -> Caller {
    parts.extensions.get::<Caller>().cloned().unwrap_or(Caller::Nobody)
}

/// Demands a public key.
pub struct AsVisitor(pub Visitor);
/// Demands a session.
pub struct AsShopper(pub Shopper);
/// Demands a secret key.
pub struct AsMerchant(pub Merchant);

/// Takes a public key, a session or a secret key.
pub struct AsAnybody(pub Caller);

/// Takes a session or a secret key.
pub enum AsBuyer {
    /// The shopper in the browser.
    Shopper(Shopper),
    /// The shop for one of its customers.
    Merchant(Merchant),
}

macro_rules! demand {
    ($name:ident, $($pattern:pat => $made:expr),+) => {
        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Error;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
                match caller(parts) {
                    $($pattern => Ok($made),)+
                    other => Err(other.problem().into()),
                }
            }
        }
    };
}
demand!(AsVisitor, Caller::Visitor(visitor) => Self(visitor));
demand!(AsShopper, Caller::Shopper(shopper) => Self(shopper));
demand!(AsMerchant, Caller::Merchant(merchant) => Self(merchant));
demand!(AsBuyer,
    Caller::Shopper(shopper) => Self::Shopper(shopper),
    Caller::Merchant(merchant) => Self::Merchant(merchant)
);
/// Takes a public key or a session: somebody in a browser.
pub enum AsPerson {
    /// Anybody.
    Visitor(Visitor),
    /// A signed-in customer.
    Shopper(Shopper),
}
demand!(AsPerson,
    Caller::Visitor(visitor) => Self::Visitor(visitor),
    Caller::Shopper(shopper) => Self::Shopper(shopper)
);
demand!(AsAnybody,
    known @ (Caller::Visitor(_) | Caller::Shopper(_) | Caller::Merchant(_)) => Self(known)
);

impl AsBuyer {
    /// Whose idempotency keys these are.
    pub fn owner(&self) -> String {
        match self {
            Self::Shopper(shopper) => shopper.owner(),
            Self::Merchant(merchant) => merchant.owner(),
        }
    }

    /// The program of the shop.
    pub const fn program(&self) -> ProgramId {
        match self {
            Self::Shopper(shopper) => shopper.program(),
            Self::Merchant(merchant) => merchant.program(),
        }
    }

    /// For whom it is: the shopper, or the customer the shop names.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn subject(&self, tx: &mut Tx<'_>, customer: Option<&str>) -> Result<Subject, Error> {
        Ok(match self {
            Self::Shopper(shopper) => shopper.subject(),
            Self::Merchant(merchant) => merchant.subject(tx, customer).await?,
        })
    }
}

/// How old a token may be for a spend, in seconds (rules §3.7).
const FRESH_SECONDS: i64 = 300;

/// A spend needs a session whose token is young.
///
/// # Errors
/// `fresh_token_required`.
pub fn check_fresh(shopper: &Shopper, now: Timestamp) -> Result<(), Error> {
    if shopper.issued_at().plus_seconds(FRESH_SECONDS) < now {
        return Err(Code::FreshTokenRequired.into());
    }
    Ok(())
}
