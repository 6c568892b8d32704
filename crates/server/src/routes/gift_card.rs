//! `/v1/gift-cards`: issuing, looking up, putting right and ending them; and what is left on one.

use crate::app::App;
use crate::auth::{AsMerchant, AsPerson};
use crate::body::Json;
use crate::code;
use crate::error::Error;
use crate::idempotent::{Key, once};
use crate::limit::Guesser;
use crate::programs::Programs;
use crate::secret::MasterKey;
use crate::segment::Path;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use habitue_api::gift_card::{
    AdjustRequest, BalanceReply, BalanceRequest, CancelRequest, GiftCardPage, GiftCardReply,
    GiftCardRequest,
};
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_domain::cart::MAX_NAME;
use habitue_domain::code::{Prefix, Size, last_four};
use habitue_domain::coupon::CouponCode;
use habitue_domain::id::GiftCardId;
use habitue_domain::ledger::{Holder, TransferKind, Unit};
use habitue_domain::money::Money;
use habitue_domain::points::Points;
use habitue_domain::refusal::{Reason, Refusal};
use habitue_domain::time::Timestamp;
use habitue_store::authority::Merchant;
use habitue_store::gift_card::{self, NewCard, Stored};
use habitue_store::ledger::{Explanation, NewTransfer};
use habitue_store::{Tx, id, ledger, member, program};
use serde::Deserialize;

/// How often a random code is made anew where it is taken, which chance does not bring about.
const TRIES: usize = 4;
/// The most characters of a reason.
const REASON: usize = 500;

/// Issues a gift card. Its code stands in this answer alone, also where it is asked for again.
#[utoipa::path(post, path = path::GIFT_CARDS, tag = "shop", request_body = GiftCardRequest,
    security(("secret_key" = [])), params(("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The card with its code", body = GiftCardReply),
    (status = 409, description = "code_taken", body = Problem),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn issue(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    key: Key,
    body: Json<GiftCardRequest>,
) -> Result<Response, Error> {
    let (programs, master, now) = (app.programs.clone(), app.master.clone(), app.clock.now());
    let (owner, request) = (merchant.owner(), body.value);
    let issue = async move |tx: &mut Tx<'_>| -> Result<GiftCardReply, Error> {
        check(&request, now)?;
        let prefix = prefix(request.prefix.as_deref())?;
        if let Some(code) = &request.code {
            check_free(tx, (&programs, &master), &merchant, code).await?;
        }
        for _ in 0..TRIES {
            let code = request.code.clone();
            let code = code.unwrap_or_else(|| code::random(prefix.as_ref(), Size::Twelve));
            let (id, new) = (id::gift_card(), (&request, &code));
            if add(tx, &master, &merchant, (id, new), now).await? {
                book_issue(tx, &merchant, (id, &request), now).await?;
                let stored = gift_card::load(tx, merchant.shop(), id, None, now).await?;
                let reply = reply(&stored.ok_or(Code::Internal)?);
                return Ok(GiftCardReply { code: Some(code), ..reply });
            }
            if request.code.is_some() {
                break;
            }
        }
        Err(Code::CodeTaken.into())
    };
    once(&app, owner, key.sealed(true), body.hash, issue).await
}

fn check(request: &GiftCardRequest, now: Timestamp) -> Result<(), Refusal> {
    let named = |name: &Option<String>| {
        name.as_ref().is_none_or(|name| (1..=MAX_NAME).contains(&name.len()))
    };
    let field = if request.amount.minor() <= 0 {
        "amount"
    } else if request.until.is_some_and(|until| until <= now) {
        "until"
    } else if !named(&request.customer) {
        "customer"
    } else if !named(&request.order) {
        "order"
    } else {
        return Ok(());
    };
    Err(Refusal::out_of_bounds(field))
}

fn prefix(text: Option<&str>) -> Result<Option<Prefix>, Error> {
    text.map(str::parse).transpose().map_err(|reason: &str| {
        Problem::new(Code::InvalidBody).field("prefix").detail(reason).into()
    })
}

/// A code opens one thing only: a promotion's would never reach the card.
async fn check_free(
    tx: &mut Tx<'_>,
    (programs, master): (&Programs, &MasterKey),
    merchant: &Merchant,
    code: &CouponCode,
) -> Result<(), Error> {
    let compiled = programs.current(tx, merchant.program()).await?;
    let issued = code::id_of(&master.code_hash(merchant.program(), code));
    let taken = compiled.program.by_code(code).is_some()
        || habitue_store::code::batch_of(tx, issued).await?.is_some();
    if taken { Err(Code::CodeTaken.into()) } else { Ok(()) }
}

async fn add(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    merchant: &Merchant,
    (id, (request, code)): (GiftCardId, (&GiftCardRequest, &CouponCode)),
    now: Timestamp,
) -> Result<bool, Error> {
    let [typed, plain] = code::hashes(master, merchant.program(), code);
    // One that the shop chose is compared as typed: its letters may mean something.
    let code_hash = if request.code.is_some() { typed } else { plain };
    let customer = request.customer.as_deref();
    let fault = |reason: &str| habitue_store::Error::Database(reason.to_owned());
    let sealed = customer.map(|_| master.seal(code.as_str())).transpose().map_err(fault)?;
    if let Some(customer) = customer {
        member::know(tx, merchant.shop(), customer).await?;
    }
    let new = NewCard {
        id,
        code_hash: &code_hash,
        last_four: &last_four(code),
        sealed: sealed.as_deref(),
        customer,
        amount: request.amount,
        until: request.until,
    };
    Ok(gift_card::add(tx, (merchant.program(), merchant.shop()), &new, now).await?)
}

async fn book_issue(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    (card, request): (GiftCardId, &GiftCardRequest),
    now: Timestamp,
) -> Result<(), Error> {
    let version = program::current(tx, merchant.program()).await?;
    let moved = (TransferKind::Issue, request.amount);
    let new = transfer(merchant, card, moved, (version, now));
    ledger::book(tx, &NewTransfer { order: request.order.as_deref(), ..new }).await?;
    Ok(())
}

fn transfer<'a>(
    merchant: &Merchant,
    card: GiftCardId,
    (kind, amount): (TransferKind, Money),
    (program_version, now): (i64, Timestamp),
) -> NewTransfer<'a> {
    NewTransfer {
        program: merchant.program(),
        shop: merchant.shop(),
        holder: Holder::Card(card),
        unit: Unit::Gift(amount.currency()),
        kind,
        amount: Points::clamped(amount.minor().saturating_abs()),
        order: None,
        program_version,
        explanation: Explanation::default(),
        occurred_at: now,
        recorded_at: now,
    }
}

fn reply(card: &Stored) -> GiftCardReply {
    let money = |minor: i64| card.currency().clamped(minor);
    GiftCardReply {
        gift_card: card.id.to_string(),
        code: None,
        last_four: card.last_four.clone(),
        customer: card.customer.clone(),
        issued: card.issued,
        balance: money(card.balance),
        held: money(card.held),
        until: card.until,
        issued_at: card.issued_at,
        cancelled_at: card.cancelled_at,
    }
}

/// Which page.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Only cards issued before this one; `next` of the page before.
    before: Option<String>,
    /// At most so many, 1 to 100; 20 if absent.
    limit: Option<i64>,
}

/// The shop's gift cards, newest first.
#[utoipa::path(get, path = path::GIFT_CARDS, tag = "shop", params(Page),
    security(("secret_key" = [])), responses(
    (status = 200, description = "One page", body = GiftCardPage),
    (status = 400, description = "invalid_parameter", body = Problem)))]
pub async fn list(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<axum::Json<GiftCardPage>, Error> {
    let unreadable = |error: QueryRejection| {
        Error::from(Problem::new(Code::InvalidParameter).detail(error.body_text()))
    };
    let Query(page) = page.map_err(unreadable)?;
    let limit = page.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(Problem::new(Code::InvalidParameter).field("limit").into());
    }
    // What stands behind every identifier.
    let before = page.before.unwrap_or_else(|| "gft_~".to_owned());
    let (now, more) = (app.clock.now(), limit.saturating_add(1));
    let look =
        async move |tx: &mut Tx<'_>| gift_card::page(tx, &merchant, &before, more, now).await;
    let mut cards = app.store.read(look).await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = (cards.len() > shown).then(|| {
        cards.truncate(shown);
        cards.last().map(|card| card.id.to_string())
    });
    let gift_cards = cards.iter().map(reply).collect();
    Ok(axum::Json(GiftCardPage { gift_cards, next: next.flatten() }))
}

/// A shop's gift card, without its code.
#[utoipa::path(get, path = path::GIFT_CARD, tag = "shop", security(("secret_key" = [])),
    params(("id" = String, Path)), responses(
    (status = 200, description = "The card", body = GiftCardReply),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn show(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
) -> Result<axum::Json<GiftCardReply>, Error> {
    let (id, now) = (parse(&id)?, app.clock.now());
    let look =
        async move |tx: &mut Tx<'_>| gift_card::load(tx, merchant.shop(), id, None, now).await;
    let card = app.store.read(look).await?.ok_or(Code::NotFound)?;
    Ok(axum::Json(reply(&card)))
}

fn parse(id: &str) -> Result<GiftCardId, Error> {
    id.parse().map_err(|_| Code::NotFound.into())
}

/// Checks who asks, and why (rules §5.2).
///
/// # Errors
/// `out_of_bounds` naming the field.
pub fn check_author(author: &str, reason: &str) -> Result<(), Refusal> {
    let characters = |text: &str| text.trim().chars().count();
    if !(1..=MAX_NAME).contains(&characters(author)) {
        return Err(Refusal::out_of_bounds("author"));
    }
    if !(1..=REASON).contains(&characters(reason)) {
        return Err(Refusal::out_of_bounds("reason"));
    }
    Ok(())
}

/// Puts what is on a card right: adds, or takes away at most what is not reserved.
#[utoipa::path(post, path = path::GIFT_CARD_ADJUST, tag = "shop", request_body = AdjustRequest,
    security(("secret_key" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The card after it", body = GiftCardReply),
    (status = 404, description = "not_found", body = Problem),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn adjust(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    key: Key,
    body: Json<AdjustRequest>,
) -> Result<Response, Error> {
    let (id, now) = (parse(&id)?, app.clock.now());
    let (owner, request) = (merchant.owner(), body.value);
    let adjust = async move |tx: &mut Tx<'_>| -> Result<GiftCardReply, Error> {
        check_author(&request.author, &request.reason)?;
        let card = gift_card::load(tx, merchant.shop(), id, None, now).await?;
        let card = card.ok_or(Code::NotFound)?;
        let (minor, there) = (request.amount.minor(), card.available().minor());
        let enough = minor != 0 && minor.saturating_add(there) >= 0;
        if !enough || request.amount.currency() != card.currency() || card.cancelled_at.is_some() {
            return Err(Refusal::out_of_bounds("amount").into());
        }
        gift_card::lock(tx, card.id, card.version).await?;
        let kind = if minor > 0 { TransferKind::Grant } else { TransferKind::Withdraw };
        let said = (request.author.as_str(), request.reason.as_str());
        put_right(tx, &merchant, (id, kind, request.amount), said, now).await?;
        let after = gift_card::load(tx, merchant.shop(), id, None, now).await?;
        Ok(reply(&after.ok_or(Code::NotFound)?))
    };
    once(&app, owner, key, body.hash, adjust).await
}

async fn put_right(
    tx: &mut Tx<'_>,
    merchant: &Merchant,
    (card, kind, amount): (GiftCardId, TransferKind, Money),
    (author, reason): (&str, &str),
    now: Timestamp,
) -> Result<(), Error> {
    let version = program::current(tx, merchant.program()).await?;
    let new = transfer(merchant, card, (kind, amount), (version, now));
    let booked = ledger::book(tx, &new).await?;
    Ok(ledger::note(tx, booked.transfer, author.trim(), reason.trim()).await?)
}

/// Ends a card: what is on it and not reserved is taken away, its code opens nothing any more. What
/// a return gives back to it later lies on it until the shop puts it right.
#[utoipa::path(post, path = path::GIFT_CARD_CANCEL, tag = "shop", request_body = CancelRequest,
    security(("secret_key" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The card after it", body = GiftCardReply),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn cancel(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    Path(id): Path<String>,
    key: Key,
    body: Json<CancelRequest>,
) -> Result<Response, Error> {
    let (id, now) = (parse(&id)?, app.clock.now());
    let (owner, request) = (merchant.owner(), body.value);
    let cancel = async move |tx: &mut Tx<'_>| -> Result<GiftCardReply, Error> {
        check_author(&request.author, &request.reason)?;
        let card = gift_card::load(tx, merchant.shop(), id, None, now).await?;
        let card = card.ok_or(Code::NotFound)?;
        if card.cancelled_at.is_none() {
            gift_card::lock(tx, card.id, card.version).await?;
            gift_card::cancel(tx, card.id, now).await?;
            let left = card.available();
            if left.minor() > 0 {
                let what = (id, TransferKind::Withdraw, left);
                let said = (request.author.as_str(), request.reason.as_str());
                put_right(tx, &merchant, what, said, now).await?;
            }
        }
        let after = gift_card::load(tx, merchant.shop(), id, None, now).await?;
        Ok(reply(&after.ok_or(Code::NotFound)?))
    };
    once(&app, owner, key, body.hash, cancel).await
}

/// What is left on a card, for whoever may spend it.
#[utoipa::path(post, path = path::GIFT_CARD_BALANCE, tag = "shopper",
    request_body = BalanceRequest, security(("public_key" = []), ("session" = [])), responses(
    (status = 200, description = "What is left, or why nothing is", body = BalanceReply)))]
pub async fn balance(
    State(app): State<App>,
    person: AsPerson,
    guesser: Guesser,
    body: Json<BalanceRequest>,
) -> Result<axum::Json<BalanceReply>, Error> {
    let guess = guesser.guess(1)?;
    let (subject, now) = match &person {
        AsPerson::Visitor(visitor) => (visitor.subject(), app.clock.now()),
        AsPerson::Shopper(shopper) => (shopper.subject(), app.clock.now()),
    };
    let [typed, meant] = code::hashes(&app.master, subject.program, &body.value.code);
    let look = async move |tx: &mut Tx<'_>| {
        let by = (typed.as_str(), meant.as_str());
        gift_card::by_code(tx, subject.shop, by, subject.customer.as_deref(), now).await
    };
    let found = app.store.read(look).await?;
    guess.settle(usize::from(found.is_none()));
    let Some(card) = found else {
        let refused = Some(Reason::NotFound);
        return Ok(axum::Json(BalanceReply { balance: None, until: None, refused }));
    };
    let over = card.until.is_some_and(|until| until <= now);
    let refused = over.then_some(Reason::Expired);
    let (balance, until) = (Some(card.available()), card.until);
    Ok(axum::Json(BalanceReply { balance, until, refused }))
}
