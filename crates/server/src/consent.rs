//! What somebody does about a matter: the domain decides, the ledger gets a row, and whoever is to
//! be told of it finds it in the outbox, all in one transaction.

use crate::error::Error;
use crate::secret::{MasterKey, sha256};
use habitue_domain::consent::{Act, Action, Matter, Purpose, State, decide};
use habitue_domain::contact::Email;
use habitue_domain::id::{ContactId, ShopId};
use habitue_domain::program::Program;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Shopper;
use habitue_store::consent::{self, NewRow, Shown};
use habitue_store::contact::{self, Contact, New};
use habitue_store::outbox::{self, Channel};
use habitue_store::{Tx, endpoint, link};

/// At least so many seconds from one confirmation mail to the next.
const BETWEEN_MAILS: i64 = 600;
/// At most so many confirmation mails to an address in a week.
const MAILS_A_WEEK: usize = 5;
/// For how many days an address that does not exist gets no mail.
const REFUSED_DAYS: i64 = 30;

/// By what, where and on which text something was done.
#[derive(Clone, Debug)]
pub struct How<'a> {
    /// `widget`, `link`, `one_click`, `page`, `shop`, `service` or `clock`.
    pub channel: &'static str,
    /// The page's origin.
    pub place: Option<&'a str>,
    /// What was shown.
    pub shown: Option<Shown>,
    /// The version of the program it is from.
    pub program_version: i64,
}

impl How<'_> {
    /// Without a text: what is taken back needs none.
    pub const fn by(channel: &'static str) -> Self {
        Self { channel, place: None, shown: None, program_version: 0 }
    }
}

/// What a program shows for a matter in a language, as it is kept.
pub fn shown(program: &Program, matter: &Matter, locale: &str) -> Option<Shown> {
    let statement = program.statement(matter, locale)?;
    let privacy_url = program.consent.as_ref()?.privacy_url.clone();
    Some(text(statement.locale, statement.text, privacy_url))
}

fn text(locale: &str, body: &str, privacy_url: String) -> Shown {
    let hash = sha256(format!("{locale}\n{body}\n{privacy_url}").as_bytes());
    Shown { hash, locale: locale.to_owned(), body: body.to_owned(), privacy_url }
}

/// Does one thing about one matter; answers how it stands then.
///
/// # Errors
/// Faults of the database, and a conflict where somebody else was quicker.
pub async fn record(
    tx: &mut Tx<'_>,
    (shop, contact): (ShopId, ContactId),
    (matter, act): (&Matter, Act),
    how: &How<'_>,
    now: Timestamp,
) -> Result<Option<State>, Error> {
    let before = consent::standing(tx, contact, matter).await?;
    let stood = before.as_ref().map(|before| before.state);
    let Some((state, action)) = decide(stood, act, matter.purpose, now) else { return Ok(stood) };
    consent::change(tx, (shop, contact), matter, before.as_ref(), (state, now)).await?;
    let row = NewRow {
        shop,
        contact,
        matter,
        action,
        channel: how.channel,
        place: how.place,
        shown: how.shown.as_ref(),
        program_version: how.program_version,
        at: now,
    };
    let written = consent::add(tx, &row).await?;
    if event(action).is_some() {
        for endpoint in endpoint::of_shop(tx, shop).await? {
            let told = outbox::New {
                shop,
                channel: Channel::Web,
                about: "consent",
                reference: written.to_string(),
                contact,
                endpoint: endpoint.id.to_string(),
            };
            if endpoint.disabled_at.is_none() {
                outbox::add(tx, &told, now).await?;
            }
        }
    }
    Ok(Some(state))
}

/// What others are told of a row, if anything: what is only asked for is nobody's business yet.
pub const fn event(action: Action) -> Option<&'static str> {
    match action {
        Action::Given => Some("consent.given"),
        Action::Confirmed => Some("consent.confirmed"),
        Action::Withdrawn => Some("consent.withdrawn"),
        Action::Asked | Action::Lapsed => None,
    }
}

/// The contact with an address, added where there is none.
///
/// # Errors
/// Faults of the database, and a conflict where it was added meanwhile.
pub async fn with_email(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    shop: ShopId,
    (email, locale): (&Email, &str),
    now: Timestamp,
) -> Result<Contact, Error> {
    let hash = master.email_hash(email);
    let known = contact::of_email(tx, shop, &hash).await?;
    match known {
        Some(known) if !known.is_leaving => return Ok(known),
        // Whoever comes back before everybody was told of their leaving is somebody new.
        Some(leaving) => drop(contact::erase(tx, leaving.id, now).await?),
        None => {}
    }
    let email_and_hash = Some((email, hash.as_str()));
    let new = New { shop, customer: None, email: email_and_hash, locale: Some(locale) };
    let id = contact::add(tx, &new, now).await?;
    let (email, locale) = (Some(email.clone()), Some(locale.to_owned()));
    Ok(Contact { id, shop, customer: None, email, locale, is_leaving: false })
}

/// The contact that a shopper is, added where there is none.
///
/// # Errors
/// As [`with_email`].
pub async fn of_shopper(
    tx: &mut Tx<'_>,
    shopper: &Shopper,
    now: Timestamp,
) -> Result<ContactId, Error> {
    let (shop, customer) = (shopper.shop(), shopper.customer());
    if let Some(known) = contact::of_customer(tx, shop, customer).await? {
        return Ok(known.id);
    }
    let new = New { shop, customer: Some(customer), email: None, locale: shopper.locale() };
    Ok(contact::add(tx, &new, now).await?)
}

/// Writes down that a shopper agreed to the program's terms on joining.
///
/// # Errors
/// As [`record`].
pub async fn joined(
    tx: &mut Tx<'_>,
    shopper: &Shopper,
    program: &Program,
    now: Timestamp,
) -> Result<(), Error> {
    let contact = of_shopper(tx, shopper, now).await?;
    let terms = &program.terms;
    let how = How {
        channel: "widget",
        place: None,
        shown: Some(text("", &format!("Terms {}", terms.version), terms.url.clone())),
        program_version: program.version,
    };
    let deed = (&Matter::of(Purpose::Program), Act::Give);
    record(tx, (shopper.shop(), contact), deed, &how, now).await.map(drop)
}

/// Asks an address to say yes itself, unless it has been asked often enough. Whoever asked is told
/// the same in either case, or the answer would tell who is a customer here.
///
/// # Errors
/// Faults of the database.
pub async fn invite(
    tx: &mut Tx<'_>,
    contact: &Contact,
    customer: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let kind = link::Kind::Confirm;
    let made = link::made(tx, kind, contact.id, now.plus_days(-7)).await?;
    let lately = made.first().is_some_and(|last| *last > now.plus_seconds(-BETWEEN_MAILS));
    let most =
        match contact::suppressed(tx, contact.id).await? {
            None => MAILS_A_WEEK,
            Some((reason, since)) if reason == "refused" => {
                if since > now.plus_days(-REFUSED_DAYS) { 0 } else { MAILS_A_WEEK }
            }
            // Whoever asked to be forgotten is asked once whether it is them who came back.
            Some(_) => 1,
        };
    if lately || made.len() >= most {
        return Ok(());
    }
    let ends = now.plus_days(habitue_domain::consent::CONFIRM_DAYS);
    let link = link::add(tx, kind, contact.id, customer, (now, ends)).await?;
    let mail = outbox::New {
        shop: contact.shop,
        channel: Channel::Mail,
        about: "confirm",
        reference: link.to_string(),
        contact: contact.id,
        endpoint: String::new(),
    };
    outbox::add(tx, &mail, now).await?;
    Ok(())
}

/// Takes back everything a contact ever consented to.
///
/// # Errors
/// As [`record`].
pub async fn withdraw_all(
    tx: &mut Tx<'_>,
    (shop, contact): (ShopId, ContactId),
    how: &How<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    for (matter, _) in consent::all(tx, contact).await? {
        record(tx, (shop, contact), (&matter, Act::Withdraw), how, now).await?;
    }
    Ok(())
}
