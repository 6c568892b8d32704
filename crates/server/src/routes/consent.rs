//! `/v1/consents`: what may be consented to, and what somebody answers.

use crate::app::App;
use crate::auth::AsPerson;
use crate::body::Json;
use crate::consent::{How, invite, of_shopper, record, shown, with_email};
use crate::error::Error;
use crate::idempotent::{Key, once};
use crate::limit::Guesser;
use crate::programs::Programs;
use crate::secret::MasterKey;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Shared};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use habitue_api::consent::{
    Choice, ConsentReply, ConsentRequest, Consents, Matter as Named, MatterState,
};
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_domain::consent::{Act, Matter, Purpose, State};
use habitue_domain::contact::Email;
use habitue_domain::id::{ProgramId, ShopId};
use habitue_domain::program::Program;
use habitue_domain::refusal::Refusal;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Shopper;
use habitue_store::contact::{self, Contact};
use habitue_store::{Tx, consent};
use serde::Deserialize;

/// The most matters of one request.
const MATTERS: usize = 20;

/// In which language.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InLocale {
    /// The language of the texts; the program's where it has none in this one.
    locale: Option<String>,
}

/// What may be consented to, and how it stands with the shopper. Nothing is ticked beforehand.
#[utoipa::path(get, path = path::CONSENTS, tag = "shopper", params(InLocale),
    security(("public_key" = []), ("session" = [])), responses(
    (status = 200, description = "The choices", body = Consents)))]
pub async fn show(
    Shared(app): Shared<App>,
    person: AsPerson,
    query: Result<Query<InLocale>, QueryRejection>,
) -> Result<axum::Json<Consents>, Error> {
    let unreadable = |error: QueryRejection| {
        Error::from(Problem::new(Code::InvalidParameter).detail(error.body_text()))
    };
    let asked = query.map_err(unreadable)?.0.locale;
    let (programs, master) = (app.programs.clone(), app.master.clone());
    let look = async move |tx: &mut Tx<'_>| -> Result<Consents, Error> {
        let (program, locale) = match &person {
            AsPerson::Visitor(visitor) => (visitor.program(), None),
            AsPerson::Shopper(shopper) => (shopper.program(), shopper.locale()),
        };
        let program = programs.current(tx, program).await?;
        let program = &program.program;
        let locale = asked.as_deref().or(locale).unwrap_or(&program.locale);
        let (mut states, mut email_needed) = (Vec::new(), true);
        if let AsPerson::Shopper(shopper) = &person {
            email_needed = vouched(tx, shopper).await?.is_none();
            for contact in own(tx, &master, shopper).await? {
                states.extend(consent::all(tx, contact.id).await?);
                email_needed &= contact.email.is_none();
            }
        }
        Ok(choices(program, locale, &states, email_needed))
    };
    app.store.read(look).await.map(axum::Json)
}

fn choices(
    program: &Program,
    locale: &str,
    states: &[(Matter, State)],
    email_needed: bool,
) -> Consents {
    let offered = program.consent.as_ref();
    let choice = |matter: Matter| {
        let statement = program.statement(&matter, locale)?;
        let state = states.iter().find(|(known, _)| *known == matter);
        Some(Choice {
            purpose: matter.purpose,
            name: statement.name.to_owned(),
            text: statement.text.to_owned(),
            locale: statement.locale.to_owned(),
            state: state.map_or("none", |(_, state)| state.word()).to_owned(),
            topic: matter.topic,
        })
    };
    Consents {
        program_version: program.version,
        privacy_url: offered.map(|offered| offered.privacy_url.clone()).unwrap_or_default(),
        email_needed,
        choices: offered
            .map(|offered| offered.matters().into_iter().filter_map(choice).collect())
            .unwrap_or_default(),
    }
}

/// The address that the shopper's shop vouches for.
async fn vouched(tx: &mut Tx<'_>, shopper: &Shopper) -> Result<Option<Email>, Error> {
    match shopper.member() {
        Some(member) => Ok(contact::email_of_member(tx, member).await?),
        None => Ok(None),
    }
}

/// What the shopper is known as: the customer's contact, and that of the vouched-for address where
/// nobody has said yet that they are the same.
async fn own(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    shopper: &Shopper,
) -> Result<Vec<Contact>, Error> {
    let shop = shopper.shop();
    let mut all = Vec::new();
    all.extend(contact::of_customer(tx, shop, shopper.customer()).await?);
    if let Some(email) = vouched(tx, shopper).await? {
        let by_email = contact::of_email(tx, shop, &master.email_hash(&email)).await?;
        all.extend(by_email.filter(|found| all.iter().all(|known: &Contact| known.id != found.id)));
    }
    all.retain(|contact| !contact.is_leaving);
    Ok(all)
}

/// Ticks and takes back. A newsletter topic counts once its address has confirmed it.
///
/// With a public key there is no `Idempotency-Key`: the same request again changes nothing.
#[utoipa::path(post, path = path::CONSENTS, tag = "shopper", request_body = ConsentRequest,
    security(("public_key" = []), ("session" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "With a session")),
    responses((status = 200, description = "How things stand", body = ConsentReply),
    (status = 409, description = "text_changed", body = Problem),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn answer(
    Shared(app): Shared<App>,
    person: AsPerson,
    key: Result<Key, Error>,
    guesser: Guesser,
    headers: HeaderMap,
    body: Json<ConsentRequest>,
) -> Result<Response, Error> {
    let request = body.value;
    check(&request, matches!(person, AsPerson::Shopper(_)))?;
    if request.email.is_some() {
        // Paid for and not given back: each may send a mail to somebody who has not asked for it.
        drop(guesser.guess(1)?);
    }
    let place = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let asking = Asking {
        programs: app.programs.clone(),
        master: app.master.clone(),
        place: place.map(str::to_owned),
        now: app.clock.now(),
        request,
    };
    match person {
        AsPerson::Shopper(shopper) => {
            let (key, owner) = (key?, shopper.owner());
            let job = async move |tx: &mut Tx<'_>| asking.of_shopper(tx, &shopper).await;
            once(&app, owner, key, body.hash, job).await
        }
        AsPerson::Visitor(visitor) => {
            let job = async move |tx: &mut Tx<'_>| {
                asking.of_visitor(tx, visitor.program(), visitor.shop()).await
            };
            Ok(axum::Json(app.store.write(job).await?).into_response())
        }
    }
}

/// What can be seen from the request alone.
fn check(request: &ConsentRequest, is_shopper: bool) -> Result<(), Error> {
    let refuse = |field: String| Error::from(Refusal::out_of_bounds(field));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !(1..=35).contains(&request.locale.len()) || !request.locale.bytes().all(plain) {
        return Err(refuse("locale".to_owned()));
    }
    let matters = request.give.len().saturating_add(request.withdraw.len());
    if !(1..=MATTERS).contains(&matters) {
        return Err(refuse("give".to_owned()));
    }
    if !is_shopper && !request.withdraw.is_empty() {
        return Err(refuse("withdraw".to_owned()));
    }
    for (place, matter) in request.give.iter().enumerate() {
        let newsletter = matter.purpose == Purpose::Newsletter;
        let joining = matter.purpose == Purpose::Program;
        if joining || (!is_shopper && !newsletter) {
            return Err(refuse(format!("give[{place}]")));
        }
    }
    // Leaving the program is not a matter of ticking a box.
    if let Some(place) =
        request.withdraw.iter().position(|matter| matter.purpose == Purpose::Program)
    {
        return Err(refuse(format!("withdraw[{place}]")));
    }
    Ok(())
}

fn matter(named: &Named) -> Matter {
    Matter { purpose: named.purpose, topic: named.topic.clone() }
}

/// A request with what it takes to answer it.
struct Asking {
    programs: Programs,
    master: MasterKey,
    request: ConsentRequest,
    place: Option<String>,
    now: Timestamp,
}

impl Asking {
    /// Each text as it was shown, which must be the one in force.
    async fn texts(&self, tx: &mut Tx<'_>, program: ProgramId) -> Result<Vec<How<'_>>, Error> {
        let current = self.programs.current(tx, program).await?;
        let version = self.request.program_version;
        if !(1..=current.program.version).contains(&version) {
            return Err(Refusal::TextChanged.into());
        }
        let seen = self.programs.version(tx, program, version).await?;
        let mut all = Vec::new();
        for (place, named) in self.request.give.iter().enumerate() {
            let (matter, locale) = (matter(named), self.request.locale.as_str());
            let now = shown(&current.program, &matter, locale);
            let now = now.ok_or_else(|| Refusal::out_of_bounds(format!("give[{place}]")))?;
            if shown(&seen.program, &matter, locale).as_ref() != Some(&now) {
                return Err(Refusal::TextChanged.into());
            }
            let (place, program_version) = (self.place.as_deref(), current.program.version);
            all.push(How { channel: "widget", place, shown: Some(now), program_version });
        }
        Ok(all)
    }

    fn email(&self) -> Result<Option<Email>, Error> {
        let Some(text) = &self.request.email else { return Ok(None) };
        let email = text.parse::<Email>();
        email.map(Some).map_err(|_| Refusal::out_of_bounds("email").into())
    }

    async fn of_visitor(
        &self,
        tx: &mut Tx<'_>,
        program: ProgramId,
        shop: ShopId,
    ) -> Result<ConsentReply, Error> {
        let texts = self.texts(tx, program).await?;
        let email = self.email()?.ok_or_else(|| Refusal::out_of_bounds("email"))?;
        let locale = self.request.locale.as_str();
        let contact = with_email(tx, &self.master, shop, (&email, locale), self.now).await?;
        let mut asked = false;
        for (named, how) in self.request.give.iter().zip(&texts) {
            let deed = (&matter(named), Act::Give);
            let state = record(tx, (shop, contact.id), deed, how, self.now).await?;
            asked |= matches!(state, Some(State::Pending(_)));
        }
        if asked {
            invite(tx, &contact, None, self.now).await?;
        }
        let states = self.request.give.iter().map(|named| stands(named, "pending"));
        Ok(ConsentReply { states: states.collect() })
    }

    async fn of_shopper(&self, tx: &mut Tx<'_>, shopper: &Shopper) -> Result<ConsentReply, Error> {
        let texts = self.texts(tx, shopper.program()).await?;
        let shop = shopper.shop();
        let addressed = self.addressed(tx, shopper).await?;
        let (mut states, mut asked) = (Vec::new(), false);
        for (named, how) in self.request.give.iter().zip(&texts) {
            let contact = match (&addressed, named.purpose) {
                (Some((contact, _)), Purpose::Newsletter) => contact.id,
                (None, Purpose::Newsletter) => {
                    return Err(Refusal::out_of_bounds("email").into());
                }
                _ => of_shopper(tx, shopper, self.now).await?,
            };
            let deed = (&matter(named), Act::Give);
            let state = record(tx, (shop, contact), deed, how, self.now).await?;
            asked |= matches!(state, Some(State::Pending(_)));
            // Of an address that may be somebody else's nothing is told.
            let strange = addressed.as_ref().is_some_and(|(_, is_own)| !is_own);
            let hidden = strange && named.purpose == Purpose::Newsletter;
            let word = if hidden { "pending" } else { state.map_or("none", State::word) };
            states.push(stands(named, word));
        }
        if let (true, Some((contact, _))) = (asked, &addressed) {
            invite(tx, contact, Some(shopper.customer()), self.now).await?;
        }
        let own = own(tx, &self.master, shopper).await?;
        for named in &self.request.withdraw {
            let state = self.take_back(tx, &own, &matter(named)).await?;
            states.push(stands(named, state.map_or("none", State::word)));
        }
        Ok(ConsentReply { states })
    }

    /// The contact that newsletter topics go to, and whether it is known to be the shopper's: an
    /// address that the shop does not vouch for may be anybody's until it has confirmed.
    async fn addressed(
        &self,
        tx: &mut Tx<'_>,
        shopper: &Shopper,
    ) -> Result<Option<(Contact, bool)>, Error> {
        let customer = shopper.customer();
        let vouched = vouched(tx, shopper).await?;
        let own = own(tx, &self.master, shopper).await?;
        let known = own.into_iter().find_map(|contact| contact.email);
        let email = self.email()?.or_else(|| vouched.clone()).or(known);
        let wanted = self.request.give.iter().any(|one| one.purpose == Purpose::Newsletter);
        let Some(email) = email.filter(|_| wanted) else { return Ok(None) };
        let at = (&email, self.request.locale.as_str());
        let contact = with_email(tx, &self.master, shopper.shop(), at, self.now).await?;
        let is_vouched = vouched.is_some_and(|vouched| vouched.key() == email.key());
        if is_vouched {
            contact::attach(tx, &contact, customer).await?;
            contact::speaks(tx, contact.id, &self.request.locale).await?;
        }
        let is_own = is_vouched || contact.customer.as_deref() == Some(customer);
        Ok(Some((contact, is_own)))
    }

    async fn take_back(
        &self,
        tx: &mut Tx<'_>,
        own: &[Contact],
        matter: &Matter,
    ) -> Result<Option<State>, Error> {
        let how = How { place: self.place.as_deref(), ..How::by("widget") };
        let mut stands = None;
        for contact in own {
            let whose = (contact.shop, contact.id);
            let state = record(tx, whose, (matter, Act::Withdraw), &how, self.now).await?;
            stands = state.or(stands);
        }
        Ok(stands)
    }
}

fn stands(named: &Named, state: &str) -> MatterState {
    let (purpose, topic) = (named.purpose, named.topic.clone());
    MatterState { purpose, topic, state: state.to_owned() }
}
