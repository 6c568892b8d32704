//! `/m/{program}/mail…`: the page of one's own by a link in a mail, without script, cookie or token
//! in the address.

use crate::app::App;
use crate::auth::Caller;
use crate::error::Error;
use crate::facts;
use crate::limit::client;
use crate::link::{Links, VISIT_SECONDS};
use crate::mail::page::{message, page, say};
use crate::page::amount::{amount, number};
use crate::page::text::Lang;
use crate::routes::leave::{Scene, fields, take_back};
use crate::segment::Path;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use habitue_api::problem::Code;
use habitue_domain::consent::State as Stands;
use habitue_domain::contact::Email;
use habitue_domain::id::{ContactId, ProgramId};
use habitue_domain::lot::balance;
use habitue_domain::text::Text;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Subject;
use habitue_store::link::{self, Kind};
use habitue_store::outbox::{self, Channel};
use habitue_store::{Tx, contact, member, program};
use minijinja::{Value, context};

/// At least so many seconds from one link to the next.
const BETWEEN: i64 = 120;
/// At most so many links in a day.
const A_DAY: usize = 5;

async fn known(app: &App, id: &str) -> Result<(ProgramId, String, String), Error> {
    let id: ProgramId = id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let programs = app.programs.clone();
    let look = async move |tx: &mut Tx<'_>| -> Result<(ProgramId, String, String), Error> {
        let version = program::current(tx, id).await?;
        if version == 0 {
            return Err(Code::NotFound.into());
        }
        let program = programs.version(tx, id, version).await?;
        let (name, locale) = (&program.program.name, &program.program.locale);
        Ok((id, locale.clone(), name.in_locale(locale, "").to_owned()))
    };
    app.store.read(look).await
}

/// Asks for an address.
pub async fn ask_page(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Error> {
    let (_, locale, name) = known(&app, &id).await?;
    page(&app, StatusCode::OK, "ask.html", (&locale, "ask_title"), context! { shop => name })
}

/// Sends a link to an address, if it is known; the answer is the same in any case.
pub async fn ask(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    let (program, locale, name) = known(&app, &id).await?;
    let address = client(request.extensions(), request.headers(), &app.limits.proxies);
    if app.limits.admit(&Caller::Unknown(Code::KeyUnknown), address, &app.clock).is_err() {
        let told = ("busy_title", "busy");
        return message(&app, StatusCode::TOO_MANY_REQUESTS, &locale, told, &name);
    }
    let form = axum::body::to_bytes(request.into_body(), 8 * 1024).await.unwrap_or_default();
    let email = fields(&form, "email").first().and_then(|text| text.parse::<Email>().ok());
    let Some(email) = email else {
        let told = ("ask_title", "not_email");
        return message(&app, StatusCode::UNPROCESSABLE_ENTITY, &locale, told, &name);
    };
    let (hash, now) = (app.master.email_hash(&email), app.clock.now());
    let job = async move |tx: &mut Tx<'_>| send_link(tx, program, &hash, now).await;
    app.store.write(job).await?;
    message(&app, StatusCode::OK, &locale, ("asked_title", "asked"), &name)
}

async fn send_link(
    tx: &mut Tx<'_>,
    program: ProgramId,
    hash: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let found = contact::of_program(tx, program, hash).await?;
    // Whoever is known as a customer has more to see.
    let chosen = found.iter().find(|one| one.customer.is_some()).or(found.first());
    let Some(contact) = chosen.filter(|one| !one.is_leaving) else { return Ok(()) };
    let made = link::made(tx, Kind::Open, contact.id, now.plus_days(-1)).await?;
    let lately = made.first().is_some_and(|last| *last > now.plus_seconds(-BETWEEN));
    let refused = contact::suppressed(tx, contact.id).await?.is_some();
    if lately || refused || made.len() >= A_DAY {
        return Ok(());
    }
    let ends = (now, now.plus_seconds(VISIT_SECONDS));
    let link = link::add(tx, Kind::Open, contact.id, None, ends).await?;
    let mail = outbox::New {
        shop: contact.shop,
        channel: Channel::Mail,
        about: "open",
        reference: link.to_string(),
        contact: contact.id,
        endpoint: String::new(),
    };
    Ok(outbox::add(tx, &mail, now).await?)
}

/// Shows a button and nothing else. It changes nothing, however often it is opened.
pub async fn open_page(
    State(app): State<App>,
    Path((id, token)): Path<(String, String)>,
) -> Result<Response, Error> {
    let (_, locale, name) = known(&app, &id).await?;
    if links(&app).read_once(Kind::Open, &token).is_none() {
        return gone(&app, &locale, &name);
    }
    page(&app, StatusCode::OK, "open.html", (&locale, "ask_title"), context! { shop => name })
}

fn links(app: &App) -> Links {
    Links::new(&app.master, &app.public_url)
}

fn gone(app: &App, locale: &str, name: &str) -> Result<Response, Error> {
    message(app, StatusCode::GONE, locale, ("gone_title", "gone"), name)
}

/// Uses the link up and shows what the contact has. What comes after travels in a hidden field.
pub async fn open(
    State(app): State<App>,
    Path((id, token)): Path<(String, String)>,
) -> Result<Response, Error> {
    let (program, locale, name) = known(&app, &id).await?;
    let Some(link) = links(&app).read_once(Kind::Open, &token) else {
        return gone(&app, &locale, &name);
    };
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let job = async move |tx: &mut Tx<'_>| -> Result<Option<Shown>, Error> {
        let Some(known) = link::load(tx, Kind::Open, link).await? else { return Ok(None) };
        if !link::burn(tx, Kind::Open, link, now).await? {
            return Ok(None);
        }
        load(tx, &programs, (program, known.contact), now).await
    };
    match app.store.write(job).await? {
        Some(shown) => show(&app, &shown, None),
        None => gone(&app, &locale, &name),
    }
}

/// Keeps the topics that are ticked, while the visit lasts.
pub async fn save(
    State(app): State<App>,
    Path(id): Path<String>,
    form: Bytes,
) -> Result<Response, Error> {
    let (program, locale, name) = known(&app, &id).await?;
    let now = app.clock.now();
    let visit = fields(&form, "visit");
    let contact = visit.first().and_then(|visit| links(&app).read_visit(visit, now));
    let Some(contact) = contact else { return gone(&app, &locale, &name) };
    let (programs, kept) = (app.programs.clone(), fields(&form, "topic"));
    let job = async move |tx: &mut Tx<'_>| -> Result<Option<Shown>, Error> {
        let Some(scene) = Scene::load(tx, &programs, contact).await? else { return Ok(None) };
        let stays = |matter: &habitue_domain::consent::Matter| kept.contains(&matter.topic);
        take_back(tx, &scene, stays, "page", now).await?;
        load(tx, &programs, (program, contact), now).await
    };
    match app.store.write(job).await? {
        Some(shown) => show(&app, &shown, Some("saved")),
        None => gone(&app, &locale, &name),
    }
}

/// A contact's page, before it is drawn.
struct Shown {
    scene: Scene,
    program: ProgramId,
    member: Option<Value>,
    now: Timestamp,
}

async fn load(
    tx: &mut Tx<'_>,
    programs: &crate::programs::Programs,
    (program, contact): (ProgramId, ContactId),
    now: Timestamp,
) -> Result<Option<Shown>, Error> {
    let Some(scene) = Scene::load(tx, programs, contact).await? else { return Ok(None) };
    let mut member = None;
    if let Some(customer) = &scene.contact.customer {
        let shop = scene.contact.shop;
        let who = member::of_customer(tx, shop, customer).await?;
        let subject = Subject { shop, program, customer: Some(customer.clone()), member: who };
        let rules = &scene.program.program;
        let loaded = facts::own(tx, &subject, None, now).await?;
        if let (Some(known), Some(own)) = (&loaded.member, &loaded.facts) {
            let balance = balance(&loaded.lots, own.debt, now);
            let locale = scene.locale();
            let say = |text: &Text| text.in_locale(locale, &rules.locale).to_owned();
            let coupons: Vec<Value> = facts::public(&scene.program, None, now)
                .promotions
                .iter()
                .filter(|promotion| promotion.until.is_none_or(|until| now < until))
                .filter_map(|promotion| {
                    let code = promotion.code.clone()?;
                    Some(context! { name => say(&promotion.name), code })
                })
                .collect();
            let lang = Lang::parse(locale).unwrap_or(Lang::En);
            let worth = rules.worth(balance.available).map(|money| amount(lang, money));
            let pending = balance.pending.get();
            member = Some(context! {
                points => number(lang, balance.available.get()),
                pending => (pending > 0).then(|| number(lang, pending)),
                worth,
                tier => rules.tier(&known.tier).map(|tier| say(&tier.name)),
                coupons,
            });
        }
    }
    Ok(Some(Shown { scene, program, member, now }))
}

fn show(app: &App, shown: &Shown, saved: Option<&str>) -> Result<Response, Error> {
    let scene = &shown.scene;
    let values = context! {
        topics => scene.topics(Stands::is_effective),
        saved => saved.map(|text| say(scene.locale(), text)),
        member => shown.member.clone(),
        action => format!("/m/{}/mail/preferences", shown.program),
        visit => links(app).visit(scene.contact.id, shown.now),
        ..scene.common()
    };
    let program = &scene.program.program;
    let title = program.name.in_locale(scene.locale(), &program.locale);
    page(app, StatusCode::OK, "visit.html", (scene.locale(), title), values)
}
