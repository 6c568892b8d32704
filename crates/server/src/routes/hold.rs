//! `/v1/holds`: hold → confirm → commit or release. Each step is one transaction.

use crate::app::App;
use crate::auth::{AsBuyer, AsMerchant, check_fresh};
use crate::body::Json;
use crate::booking::Booking;
use crate::error::{Error, refused};
use crate::facts::Pricing;
use crate::idempotent::{Key, once};
use crate::issued;
use crate::limit::Guesser;
use crate::programs::Compiled;
use crate::redemption::{check_outcomes, reserve, spend, take_uses, veiled};
use crate::release::tidy_up;
use crate::routes::quote::{behind, check_asked};
use crate::secret::MasterKey;
use crate::segment::Path;
use axum::extract::State;
use axum::response::Response;
use habitue_api::hold::{CommitRequest, ConfirmRequest, HoldReply, HoldRequest, HoldState};
use habitue_api::problem::{Code, Problem};
use habitue_api::{path, quote::QuoteReply};
use habitue_domain::contact::Email;
use habitue_domain::hold::{HOLD_SECONDS, Hold, Step, Terms};
use habitue_domain::id::HoldId;
use habitue_domain::quote::{Asked, Quote, quote};
use habitue_domain::refusal::Refusal;
use habitue_domain::time::Timestamp;
use habitue_store::authority::{Merchant, Subject};
use habitue_store::hold::Stored;
use habitue_store::{Tx, coupon, hold, id};

/// How long a confirmed hold waits for its payment if the shop does not say, in seconds.
const CONFIRM_SECONDS: i64 = 3600;

/// Reserves the member's own points and codes for 15 minutes; takes the place of the member's
/// unconfirmed hold at this shop.
#[utoipa::path(post, path = path::HOLDS, tag = "checkout", request_body = HoldRequest,
    security(("session" = []), ("secret_key" = [])),
    params(("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The hold", body = HoldReply),
    (status = 401, description = "fresh_token_required", body = Problem),
    (status = 422, description = "A reason, such as below_minimum", body = Problem)))]
pub async fn make(
    State(app): State<App>,
    buyer: AsBuyer,
    guesser: Guesser,
    key: Key,
    body: Json<HoldRequest>,
) -> Result<Response, Error> {
    let (programs, now) = (app.programs.clone(), app.clock.now());
    if let AsBuyer::Shopper(shopper) = &buyer {
        check_fresh(shopper, now)?;
    }
    let (request, owner) = (body.value, buyer.owner());
    let guess = guesser.guess(request.asked.codes.len())?;
    let has_codes = !request.asked.codes.is_empty();
    let master = app.master.clone();
    let job = async move |tx: &mut Tx<'_>| -> Result<HoldReply, Error> {
        check_asked(&request.asked)?;
        let email_hash = guest_of(&master, &buyer, &request)?;
        let cart = request.cart.clone().check()?;
        let [mut one, mut other] = tx.forks();
        let (subject, compiled) = tokio::try_join!(
            buyer.subject(&mut one, request.customer.as_deref()),
            programs.current(&mut other, buyer.program())
        )?;
        hold::replace(tx, &subject, email_hash.as_deref(), now).await?;
        let by_shop = matches!(buyer, AsBuyer::Merchant(_));
        let (master, compiled, subject) = (&master, &*compiled, &subject);
        let by = email_hash.as_deref();
        let pricing =
            Pricing { master, compiled, subject, but: None, by_shop, email_hash: by, now };
        let loaded = pricing.load(tx, &request.asked).await?;
        let quote = quote(&loaded.facts, &cart, &request.asked, now);
        check_outcomes(&quote, &loaded)?;
        let stored = Stored {
            id: id::hold(),
            member: subject.member,
            customer: subject.customer.clone(),
            hold: Hold::new(now),
            program_version: compiled.program.version,
            asked: request.asked.clone(),
            quote,
            pieces: None,
            email_hash,
        };
        let veiled = veiled(&stored, &loaded);
        hold::add(tx, subject.shop, &issued::hidden(&veiled, &loaded.codes), now).await?;
        let span = (now.plus_seconds(HOLD_SECONDS), now);
        issued::reserve(tx, compiled, &loaded.codes, &stored, span).await?;
        reserve(tx, &stored, &loaded, now).await?;
        Ok(reply(&stored, now))
    };
    guess.settled(once(&app, owner, key.sealed(has_codes), body.hash, job).await)
}

/// By what a guest is known: a shop says the e-mail address of somebody without an account.
fn guest_of(
    master: &MasterKey,
    buyer: &AsBuyer,
    request: &HoldRequest,
) -> Result<Option<String>, Error> {
    let Some(email) = request.email.as_deref().filter(|_| matches!(buyer, AsBuyer::Merchant(_)))
    else {
        return Ok(None);
    };
    let email: Email = email.parse().map_err(|reason: &str| {
        Error::from(Problem::new(Code::InvalidBody).field("email").detail(reason))
    })?;
    Ok(Some(master.email_hash(&email)))
}

fn reply(stored: &Stored, now: Timestamp) -> HoldReply {
    let is_live = stored.hold.is_live(now);
    let (state, expires_at) = match &stored.hold {
        Hold::Held { expires_at } if is_live => (HoldState::Held, Some(*expires_at)),
        Hold::Confirmed { expires_at, .. } if is_live => (HoldState::Confirmed, Some(*expires_at)),
        Hold::Committed { .. } => (HoldState::Committed, None),
        Hold::Held { .. } | Hold::Confirmed { .. } | Hold::Released { .. } => {
            (HoldState::Released, None)
        }
    };
    let (customer, quote) = (stored.customer.clone(), stored.quote.clone());
    HoldReply { hold: stored.id.to_string(), customer, state, expires_at, quote }
}

/// A shop's hold.
#[utoipa::path(get, path = path::HOLD, tag = "checkout", security(("secret_key" = [])),
    params(("id" = String, Path)), responses(
    (status = 200, description = "The hold", body = HoldReply),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn show(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
) -> Result<axum::Json<HoldReply>, Error> {
    let (id, now) = (parse(&id)?, app.clock.now());
    let look =
        async move |tx: &mut Tx<'_>| issued::load(tx, &app.master, merchant.shop(), id).await;
    let stored = app.store.read(look).await?.ok_or(Code::NotFound)?;
    Ok(axum::Json(reply(&stored, now)))
}

fn parse(id: &str) -> Result<HoldId, Error> {
    id.parse().map_err(|_| Code::NotFound.into())
}

/// Gives the shopper's own unconfirmed hold back.
#[utoipa::path(delete, path = path::HOLD, tag = "checkout", security(("session" = [])),
    params(("id" = String, Path)), responses(
    (status = 200, description = "Given back", body = HoldReply),
    (status = 404, description = "not_found", body = Problem),
    (status = 409, description = "hold_confirmed, hold_committed", body = Problem)))]
pub async fn withdraw(
    State(app): State<App>,
    buyer: AsBuyer,
    Path(id): Path<String>,
) -> Result<axum::Json<HoldReply>, Error> {
    let AsBuyer::Shopper(shopper) = buyer else {
        return Err(Code::KeyUnknown.into());
    };
    let (id, now) = (parse(&id)?, app.clock.now());
    let job = async move |tx: &mut Tx<'_>| -> Result<HoldReply, Error> {
        let own = |stored: &Stored| stored.customer.as_deref() == Some(shopper.customer());
        let stored = issued::load(tx, &app.master, shopper.shop(), id).await?;
        let stored = stored.filter(own).ok_or(Code::NotFound)?;
        if matches!(stored.hold, Hold::Confirmed { .. }) {
            return Err(Refusal::HoldConfirmed.into());
        }
        Ok(reply(&end(tx, shopper.program(), stored, now).await?, now))
    };
    app.store.write(job).await.map(axum::Json)
}

/// Releases a hold with everything it took.
async fn end(
    tx: &mut Tx<'_>,
    program: habitue_domain::id::ProgramId,
    mut stored: Stored,
    now: Timestamp,
) -> Result<Stored, Error> {
    match stored.hold.clone().release(now)? {
        Step::Already(_) => {}
        Step::Moved(released) => {
            hold::release(tx, stored.id, now).await?;
            coupon::give_back(tx, program, stored.member, stored.id).await?;
            stored.hold = released;
        }
    }
    Ok(stored)
}

/// Confirms a hold just before payment, with the order's own figures: reserves the shared uses and
/// answers the final amounts, or `price_changed` with the new quote.
#[utoipa::path(post, path = path::HOLD_CONFIRM, tag = "checkout", request_body = ConfirmRequest,
    security(("secret_key" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The final price", body = HoldReply),
    (status = 409, description = "price_changed, hold_expired, …", body = Problem),
    (status = 422, description = "A reason, such as used_up", body = Problem)))]
pub async fn confirm(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    key: Key,
    body: Json<ConfirmRequest>,
) -> Result<Response, Error> {
    let (id, now) = (parse(&id)?, app.clock.now());
    let (programs, master, request) = (app.programs.clone(), app.master.clone(), body.value);
    let (owner, key) = (merchant.owner(), key.sealed(true));
    once(&app, owner, key, body.hash, async move |tx: &mut Tx<'_>| -> Result<HoldReply, Error> {
        let cart = request.cart.clone().check()?;
        let stored = issued::load(tx, &master, merchant.shop(), id).await?;
        let stored = stored.ok_or(Code::NotFound)?;
        let version = stored.program_version;
        let compiled = programs.version(tx, merchant.program(), version).await?;
        let terms = Terms {
            order: request.order.clone(),
            customer: request.customer.clone(),
            amount: request.to_pay,
        };
        if stored.customer != terms.customer {
            return Err(Refusal::CustomerMismatch.into());
        }
        let ttl = request.ttl_seconds.unwrap_or(CONFIRM_SECONDS);
        let Step::Moved(confirmed) = stored.hold.clone().confirm(terms.clone(), ttl, now)? else {
            return Ok(reply(&stored, now));
        };
        let [mut one, mut other] = tx.forks();
        let (taken, _) = tokio::try_join!(
            async { Ok(hold::other_of_order(&mut one, merchant.shop(), &terms.order, id).await?) },
            tidy_up(&mut other, merchant.program(), now)
        )?;
        if taken.is_some() {
            return Err(Refusal::OrderMismatch.into());
        }
        let subject = of(&merchant, &stored);
        let asked = stored.asked.clone();
        let (compiled, subject, but) = (&*compiled, &subject, Some(id));
        let (master, email_hash) = (&master, stored.email_hash.as_deref());
        let pricing = Pricing { master, compiled, subject, but, by_shop: true, email_hash, now };
        let loaded = Box::pin(pricing.load(tx, &asked)).await?;
        let quote = quote(&loaded.facts, &cart, &asked, now);
        check_outcomes(&quote, &loaded)?;
        if quote.to_pay != request.to_pay {
            return Err(price_changed(compiled, &asked, quote, now));
        }
        let Hold::Confirmed { expires_at, .. } = &confirmed else {
            return Err(Refusal::HoldNotConfirmed.into());
        };
        let expires_at = *expires_at;
        let pieces = cart.lines().iter().map(|line| (line.id.clone(), line.quantity)).collect();
        let stored = Stored { hold: confirmed, quote, ..stored };
        let kept = issued::hidden(&stored, &loaded.codes);
        hold::confirm(tx, id, &terms, (&kept.quote, &pieces), expires_at).await?;
        let stored = Stored { pieces: Some(pieces), ..stored };
        issued::keep(tx, id, &loaded.codes, expires_at).await?;
        take_uses(tx, &merchant, &compiled.program, &stored).await?;
        reserve(tx, &stored, &loaded, now).await?;
        Ok(reply(&stored, now))
    })
    .await
}

fn of(merchant: &Merchant, stored: &Stored) -> Subject {
    Subject {
        shop: merchant.shop(),
        program: merchant.program(),
        customer: stored.customer.clone(),
        member: stored.member,
    }
}

fn price_changed(compiled: &Compiled, asked: &Asked, quote: Quote, now: Timestamp) -> Error {
    let promotions = behind(compiled, asked, now);
    let mut problem = refused(&Refusal::PriceChanged);
    problem.quote = Some(Box::new(QuoteReply { quote, promotions }));
    problem.into()
}

/// Commits a hold once the order is paid. A live confirmed hold never refuses for price or time;
/// committing twice answers the same.
#[utoipa::path(post, path = path::HOLD_COMMIT, tag = "checkout", request_body = CommitRequest,
    security(("secret_key" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "Committed", body = HoldReply),
    (status = 409, description = "amount_mismatch, hold_expired, …", body = Problem)))]
pub async fn commit(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    key: Key,
    body: Json<CommitRequest>,
) -> Result<Response, Error> {
    let (id, now) = (parse(&id)?, app.clock.now());
    let CommitRequest { order, customer, amount } = body.value;
    let terms = Terms { order, customer, amount };
    let (owner, programs) = (merchant.owner(), app.programs.clone());
    let (master, key) = (app.master.clone(), key.sealed(true));
    once(&app, owner, key, body.hash, async move |tx: &mut Tx<'_>| -> Result<HoldReply, Error> {
        let mut stored = hold::load(tx, merchant.shop(), id).await?.ok_or(Code::NotFound)?;
        if let Step::Moved(committed) = stored.hold.clone().commit(&terms, now)? {
            hold::commit(tx, id, now).await?;
            issued::use_up(tx, &stored).await?;
            // An order that came before its commit may have returns already.
            if let Some(mut order) = spend(tx, &merchant, &stored, &terms.order, now).await? {
                let (shop, program) = (merchant.shop(), merchant.program());
                let booking = Booking { programs: &programs, shop, program, occurred_at: now, now };
                Box::pin(booking.book(tx, &mut order)).await?;
            }
            stored.hold = committed;
        }
        Ok(reply(&issued::filled(tx, &master, stored).await?, now))
    })
    .await
}

/// Gives a hold back at any time before its commit; twice changes nothing.
#[utoipa::path(post, path = path::HOLD_RELEASE, tag = "checkout",
    security(("secret_key" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "Given back", body = HoldReply),
    (status = 409, description = "hold_committed", body = Problem)))]
pub async fn release(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    key: Key,
) -> Result<Response, Error> {
    let (id, now) = (parse(&id)?, app.clock.now());
    let (owner, master) = (merchant.owner(), app.master.clone());
    let key = key.sealed(true);
    once(&app, owner, key, String::new(), async move |tx: &mut Tx<'_>| {
        let stored = issued::load(tx, &master, merchant.shop(), id).await?;
        let stored = stored.ok_or(Code::NotFound)?;
        let stored = end(tx, merchant.program(), stored, now).await?;
        Ok::<_, Error>(reply(&stored, now))
    })
    .await
}
