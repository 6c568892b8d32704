//! `/n/…`: confirming by a button, leaving by one click, and what one receives, without a login.

use crate::action;
use crate::app::App;
use crate::consent::{How, record, shown};
use crate::deliver::mail::topic;
use crate::error::Error;
use crate::link::Links;
use crate::mail::page::{message, page, say};
use crate::segment::Path;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use habitue_domain::action::ActionKind;
use habitue_domain::consent::{Act, Matter, Purpose, State as Stands};
use habitue_domain::id::ContactId;
use habitue_domain::program::Program;
use habitue_domain::time::Timestamp;
use habitue_store::contact::{self, Contact};
use habitue_store::link::{self, Kind};
use habitue_store::{Tx, consent, member, shop};
use minijinja::{Value, context};
use std::sync::Arc;

/// A contact with what its pages need.
pub struct Scene {
    /// Who.
    pub contact: Contact,
    /// The program in force.
    pub program: Arc<crate::programs::Compiled>,
    /// What the shop is called.
    pub shop: String,
    /// Every matter of theirs.
    pub states: Vec<(Matter, Stands)>,
}

impl Scene {
    /// Loads a contact; `None` where it is forgotten.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn load(
        tx: &mut Tx<'_>,
        programs: &crate::programs::Programs,
        contact: ContactId,
    ) -> Result<Option<Self>, Error> {
        let found = contact::load(tx, contact).await?;
        let Some(contact) = found.filter(|found| !found.is_leaving) else { return Ok(None) };
        let Some(program) = shop::program_of(tx, contact.shop).await? else { return Ok(None) };
        let program = programs.current(tx, program).await?;
        let shop = shop::name(tx, contact.shop).await?.unwrap_or_default();
        let states = consent::all(tx, contact.id).await?;
        Ok(Some(Self { contact, program, shop, states }))
    }

    /// The language of its pages.
    pub fn locale(&self) -> &str {
        self.contact.locale.as_deref().unwrap_or(&self.program.program.locale)
    }

    /// What is the same on every page.
    pub fn common(&self) -> Value {
        let consent = self.program.program.consent.as_ref();
        let privacy_url = consent.map(|consent| consent.privacy_url.clone());
        context! { shop => self.shop.clone(), privacy_url }
    }

    /// The newsletter's topics in a state, with what is agreed to.
    pub fn topics(&self, wanted: impl Fn(Stands) -> bool) -> Vec<Value> {
        let program: &Program = &self.program.program;
        let locale = self.locale();
        let of_newsletter = self
            .states
            .iter()
            .filter(|(matter, state)| matter.purpose == Purpose::Newsletter && wanted(*state));
        of_newsletter
            .map(|(matter, _)| {
                let text = shown(program, matter, locale).map(|shown| shown.body);
                let (id, name) = (matter.topic.clone(), topic(program, matter, locale));
                context! { id, name, text => text.unwrap_or_default() }
            })
            .collect()
    }
}

fn gone(app: &App) -> Result<Response, Error> {
    message(app, StatusCode::GONE, "en", ("gone_title", "gone"), "")
}

fn links(app: &App) -> Links {
    Links::new(&app.master, &app.public_url)
}

/// The values of one field of a form, in order; the field may come several times.
pub fn fields(form: &[u8], name: &str) -> Vec<String> {
    let pairs = url::form_urlencoded::parse(form);
    pairs.filter(|(field, _)| field == name).map(|(_, value)| value.into_owned()).collect()
}

/// Whether it is the one click of a mailbox, in either of the two forms of RFC 8058 §3.2.
fn is_one_click(form: &[u8]) -> bool {
    let parts = String::from_utf8_lossy(form);
    let multipart = parts.contains("name=\"List-Unsubscribe\"") && parts.contains("One-Click");
    multipart || fields(form, "List-Unsubscribe").iter().any(|value| value == "One-Click")
}

/// Shows what is to be confirmed, and a button. It changes nothing, however often it is opened.
pub async fn confirm_page(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response, Error> {
    let Some(link) = links(&app).read_once(Kind::Confirm, &token) else { return gone(&app) };
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let look = async move |tx: &mut Tx<'_>| -> Result<Option<Scene>, Error> {
        let known = link::load(tx, Kind::Confirm, link).await?;
        let works = known.filter(|link| link.used_at.is_none() && now < link.expires_at);
        let Some(link) = works else { return Ok(None) };
        Scene::load(tx, &programs, link.contact).await
    };
    let Some(scene) = app.store.read(look).await? else { return gone(&app) };
    let topics = scene.topics(|state| matches!(state, Stands::Pending(_)));
    if topics.is_empty() {
        return gone(&app);
    }
    let values = context! { topics, ..scene.common() };
    page(&app, StatusCode::OK, "confirm.html", (scene.locale(), "confirm_title"), values)
}

/// Confirms what the page has shown. The link is used up by whoever comes first.
pub async fn confirm(
    State(app): State<App>,
    Path(token): Path<String>,
    form: Bytes,
) -> Result<Response, Error> {
    let Some(link) = links(&app).read_once(Kind::Confirm, &token) else { return gone(&app) };
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let topics = fields(&form, "topic");
    let job = async move |tx: &mut Tx<'_>| -> Result<Option<Scene>, Error> {
        let Some(known) = link::load(tx, Kind::Confirm, link).await? else { return Ok(None) };
        if topics.is_empty() || !link::burn(tx, Kind::Confirm, link, now).await? {
            return Ok(None);
        }
        let Some(scene) = Scene::load(tx, &programs, known.contact).await? else {
            return Ok(None);
        };
        if confirm_all(tx, &scene, &topics, now).await? == 0 {
            return Ok(None);
        }
        contact::allow(tx, scene.contact.id).await?;
        if let Some(customer) = &known.customer {
            contact::attach(tx, &scene.contact, customer).await?;
        }
        reward(tx, &programs, &scene, known.customer.as_deref(), now).await?;
        Ok(Some(scene))
    };
    let Some(scene) = app.store.write(job).await? else { return gone(&app) };
    let told = ("confirmed_title", "confirmed");
    message(&app, StatusCode::OK, scene.locale(), told, &scene.shop)
}

/// Points for the newsletter, where the program gives some and the address is a member's.
async fn reward(
    tx: &mut Tx<'_>,
    programs: &crate::programs::Programs,
    scene: &Scene,
    customer: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let contact = &scene.contact;
    let Some(customer) = customer.or(contact.customer.as_deref()) else { return Ok(()) };
    let member = member::of_customer(tx, contact.shop, customer).await?;
    let program = shop::program_of(tx, contact.shop).await?;
    let (Some(member), Some(program)) = (member, program) else { return Ok(()) };
    let whose = (program, contact.shop, member);
    action::see(tx, programs, whose, ActionKind::Newsletter, now).await
}

/// Confirms the topics that wait for it among those the page has shown; says how many.
async fn confirm_all(
    tx: &mut Tx<'_>,
    scene: &Scene,
    topics: &[String],
    now: Timestamp,
) -> Result<usize, Error> {
    let (shop, contact) = (scene.contact.shop, scene.contact.id);
    let program = &scene.program.program;
    let mut confirmed = 0_usize;
    for (matter, before) in &scene.states {
        let asked = matter.purpose == Purpose::Newsletter && topics.contains(&matter.topic);
        let Some(text) = shown(program, matter, scene.locale()).filter(|_| asked) else { continue };
        let how = How {
            channel: "link",
            place: None,
            shown: Some(text),
            program_version: program.version,
        };
        let after = record(tx, (shop, contact), (matter, Act::Confirm), &how, now).await?;
        confirmed += usize::from(after != Some(*before));
    }
    Ok(confirmed)
}

/// Shows what a contact receives, with the topic of the mail unticked. It changes nothing.
pub async fn leave_page(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response, Error> {
    let Some((contact, matter)) = links(&app).read_leaving(&token) else { return gone(&app) };
    let programs = app.programs.clone();
    let look = async move |tx: &mut Tx<'_>| Scene::load(tx, &programs, contact).await;
    let Some(scene) = app.store.read(look).await? else { return gone(&app) };
    receiving(&app, &scene, &matter.topic, None)
}

fn receiving(
    app: &App,
    scene: &Scene,
    leaving: &str,
    saved: Option<&str>,
) -> Result<Response, Error> {
    let topics = scene.topics(Stands::is_effective);
    let saved = saved.map(|text| say(scene.locale(), text));
    let values = context! { topics, leaving, saved, ..scene.common() };
    page(app, StatusCode::OK, "leave.html", (scene.locale(), "leave_title"), values)
}

/// Leaves: one click of a mailbox (RFC 8058) leaves the mail's topic; the page keeps what is ticked.
/// It takes effect at once, asks for nothing, and works as often as it is sent.
pub async fn leave(
    State(app): State<App>,
    Path(token): Path<String>,
    form: Bytes,
) -> Result<Response, Error> {
    let Some((contact, matter)) = links(&app).read_leaving(&token) else { return gone(&app) };
    let act = fields(&form, "act");
    let act = act.first().map_or("", String::as_str).to_owned();
    let one_click = is_one_click(&form);
    // Whoever only saves may have left nothing.
    let told = if act == "keep" { "saved" } else { "left" };
    let kept = fields(&form, "topic");
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let job = async move |tx: &mut Tx<'_>| -> Result<Option<Scene>, Error> {
        let Some(scene) = Scene::load(tx, &programs, contact).await? else { return Ok(None) };
        let stays = |other: &Matter| match act.as_str() {
            "keep" => kept.contains(&other.topic),
            "none" => false,
            _ => *other != matter,
        };
        let channel = if one_click { "one_click" } else { "page" };
        take_back(tx, &scene, stays, channel, now).await?;
        Scene::load(tx, &programs, contact).await
    };
    match app.store.write(job).await? {
        // Whoever is forgotten receives nothing either, and that is what was asked for.
        _ if one_click => Ok(StatusCode::OK.into_response()),
        None => gone(&app),
        Some(scene) => receiving(&app, &scene, "", Some(told)),
    }
}

/// Takes back every topic of the newsletter but those that stay.
///
/// # Errors
/// Faults of the database.
pub async fn take_back(
    tx: &mut Tx<'_>,
    scene: &Scene,
    stays: impl Fn(&Matter) -> bool,
    channel: &'static str,
    now: Timestamp,
) -> Result<(), Error> {
    let whose = (scene.contact.shop, scene.contact.id);
    for (matter, _) in &scene.states {
        if matter.purpose == Purpose::Newsletter && !stays(matter) {
            record(tx, whose, (matter, Act::Withdraw), &How::by(channel), now).await?;
        }
    }
    Ok(())
}
