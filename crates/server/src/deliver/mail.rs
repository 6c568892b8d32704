//! Mails of the outbox: written when they are sent, so that whoever has left by then gets none.

use super::{Post, Verdict};
use crate::consent::shown;
use crate::error::Error;
use crate::expiry;
use crate::link::{Links, VISIT_SECONDS};
use crate::mail::template::{Kind, line};
use crate::mail::{Mail, Mailer, Sent};
use crate::page::amount;
use crate::page::text::Lang;
use crate::programs::Compiled;
use crate::secret::MasterKey;
use crate::tier;
use habitue_domain::consent::{Matter, Purpose, State};
use habitue_domain::contact::Email;
use habitue_domain::id::{MemberId, ProgramId};
use habitue_domain::program::Program;
use habitue_domain::text::Text;
use habitue_domain::tier::Metric;
use habitue_store::contact::Contact;
use habitue_store::outbox::{self, Channel, Message};
use habitue_store::{Tx, consent, contact, link, lot, member, newsletter, shop};
use minijinja::{Value, context};

/// How many contacts a newsletter is put into the outbox for in one transaction.
const SLICE: i64 = 100;

/// Puts newsletters into the outbox of everybody whose consent counts now, a slice at a time.
///
/// # Errors
/// Faults of the database.
pub async fn expand(post: &Post) -> Result<(), Error> {
    loop {
        let now = post.app.clock.now();
        let slice = async move |tx: &mut Tx<'_>| -> Result<bool, Error> {
            let Some(mail) = newsletter::unqueued(tx).await? else { return Ok(false) };
            let matter = Matter::topic(&mail.topic);
            let found = contact::list(tx, mail.shop, &matter, &mail.reached, SLICE).await?;
            for (contact, _) in &found {
                let new = outbox::New {
                    shop: mail.shop,
                    channel: Channel::Mail,
                    about: "newsletter",
                    reference: mail.id.to_string(),
                    contact: contact.id,
                    endpoint: String::new(),
                };
                outbox::add(tx, &new, now).await?;
            }
            let last = found.last().map_or(String::new(), |(contact, _)| contact.id.to_string());
            let done = (found.len() < usize::try_from(SLICE).unwrap_or_default()).then_some(now);
            newsletter::reach(tx, mail.id, &last, done).await?;
            Ok(true)
        };
        if !post.app.store.write(slice).await? {
            return Ok(());
        }
    }
}

/// What a mail says, before it has words.
enum Said {
    /// Nobody is to get it.
    Nothing(&'static str),
    /// This, to this address.
    This {
        to: Email,
        from: String,
        kind: Kind,
        locales: [String; 2],
        values: Value,
        leave: Option<String>,
    },
}

/// Writes a message and hands it over.
///
/// # Errors
/// Faults of the database.
pub async fn send(post: &Post, message: &Message) -> Result<Verdict, Error> {
    let Some(mailer) = &post.mailer else { return Ok(Verdict::Down("no mail server".to_owned())) };
    let writer = Writer {
        links: Links::new(&post.app.master, &post.app.public_url),
        master: post.app.master.clone(),
        programs: post.app.programs.clone(),
        message: message.clone(),
        now: post.app.clock.now(),
    };
    let look = async move |tx: &mut Tx<'_>| writer.write(tx).await;
    Ok(match post.app.store.read(look).await? {
        Said::Nothing(why) => Verdict::Dropped(why),
        Said::This { to, from, kind, locales, values, leave } => {
            let wanted = [locales[0].as_str(), locales[1].as_str()];
            match mailer.templates.render_in(kind, &wanted, &values) {
                // A template that a merchant broke after the start: the next start names it.
                Err(_) => Verdict::Down("a template cannot be filled in".to_owned()),
                Ok(texts) => {
                    let id = message.id.to_string();
                    hand_over(mailer, &Mail { id, to, from, texts, leave }).await
                }
            }
        }
    })
}

async fn hand_over(mailer: &Mailer, mail: &Mail) -> Verdict {
    match mailer.send(mail).await {
        Sent::Taken => Verdict::Sent,
        Sent::Refused(said, address) => Verdict::Dead(said, address),
        Sent::Later(said) => Verdict::Later(said, None),
        Sent::Down(said) => Verdict::Down(said),
    }
}

struct Writer {
    links: Links,
    master: MasterKey,
    programs: crate::programs::Programs,
    message: Message,
    now: habitue_domain::time::Timestamp,
}

impl Writer {
    async fn write(&self, tx: &mut Tx<'_>) -> Result<Said, Error> {
        let found = contact::load(tx, self.message.contact).await?;
        let Some(contact) = found.filter(|contact| !contact.is_leaving) else {
            return Ok(Said::Nothing("the contact was forgotten"));
        };
        let Some(to) = self.address(tx, &contact).await? else {
            return Ok(Said::Nothing("there is no address"));
        };
        let Some(program_id) = shop::program_of(tx, contact.shop).await? else {
            return Ok(Said::Nothing("there is no shop"));
        };
        let from = line(&shop::name(tx, contact.shop).await?.unwrap_or_default());
        let compiled = self.programs.current(tx, program_id).await?;
        let program = &compiled.program;
        let locale = contact.locale.clone().unwrap_or_else(|| program.locale.clone());
        let written = match self.message.about.as_str() {
            "confirm" => self.confirm(tx, &contact, program, &locale).await?,
            "open" => self.open(tx, &program_id.to_string()).await?,
            "newsletter" => self.newsletter(tx, &contact, program, &locale).await?,
            expiry::ABOUT => self.expiring(tx, program_id, &compiled, &locale).await?,
            tier::ABOUT => self.falling(tx, program_id, &compiled, &locale).await?,
            _ => Err("nobody knows what it is about"),
        };
        let (kind, own, leave) = match written {
            Ok(written) => written,
            Err(why) => return Ok(Said::Nothing(why)),
        };
        let say = |text: &Text| line(text.in_locale(&locale, &program.locale));
        let privacy = program.consent.as_ref().map(|consent| consent.privacy_url.clone());
        let values = context! {
            shop => from.clone(),
            program => say(&program.name),
            privacy_url => privacy.unwrap_or_else(|| program.terms.url.clone()),
            ..own
        };
        let locales = [locale.clone(), program.locale.clone()];
        Ok(Said::This { to, from, kind, locales, values, leave })
    }

    /// The contact's own address; for what concerns a membership the one that its shop vouches for,
    /// too, unless nothing is to be sent there.
    async fn address(&self, tx: &mut Tx<'_>, contact: &Contact) -> Result<Option<Email>, Error> {
        let member = expiry::member_told_by(&self.message);
        let (None, Some(member)) = (&contact.email, member) else {
            return Ok(contact.email.clone());
        };
        let Some(email) = contact::email_of_member(tx, member).await? else { return Ok(None) };
        let hash = self.master.email_hash(&email);
        let refuses = contact::refuses(tx, contact.shop, &hash).await?;
        Ok((!refuses).then_some(email))
    }

    async fn confirm(
        &self,
        tx: &mut Tx<'_>,
        contact: &Contact,
        program: &Program,
        locale: &str,
    ) -> Result<Written, Error> {
        let Ok(link) = self.message.reference.parse() else { return Ok(Err("no such link")) };
        let known = link::load(tx, link::Kind::Confirm, link).await?;
        let works = known.is_some_and(|link| link.used_at.is_none() && self.now < link.expires_at);
        let asked = consent::all(tx, contact.id).await?;
        let topics = pending(&asked, program, locale);
        if !works || topics.is_empty() {
            return Ok(Err("there is nothing to confirm any more"));
        }
        let days = habitue_domain::consent::CONFIRM_DAYS;
        let own = context! { topics, days, link => self.links.confirm(link) };
        Ok(Ok((Kind::Confirm, own, None)))
    }

    async fn open(&self, tx: &mut Tx<'_>, program: &str) -> Result<Written, Error> {
        let Ok(link) = self.message.reference.parse() else { return Ok(Err("no such link")) };
        let known = link::load(tx, link::Kind::Open, link).await?;
        if !known.is_some_and(|link| link.used_at.is_none() && self.now < link.expires_at) {
            return Ok(Err("the link has run out"));
        }
        let minutes = VISIT_SECONDS / 60;
        let own = context! { minutes, link => self.links.open(program, link) };
        Ok(Ok((Kind::Open, own, None)))
    }

    async fn expiring(
        &self,
        tx: &mut Tx<'_>,
        id: ProgramId,
        compiled: &Compiled,
        locale: &str,
    ) -> Result<Written, Error> {
        let member = match self.member(tx).await? {
            Ok(member) => member,
            Err(why) => return Ok(Err(why)),
        };
        let lots = lot::holdings(tx, member, None, self.now).await?.lots;
        let soon = habitue_domain::lot::expiring(&lots, self.now).filter(|soon| !soon.told);
        let day = soon.and_then(|soon| compiled.last_day(soon.at));
        let (Some(soon), Some(day)) = (soon, day) else {
            return Ok(Err("nothing ends soon that was not told"));
        };
        // Templates of other languages write the figures themselves.
        let lang = Lang::parse(locale).unwrap_or(Lang::En);
        let own = context! {
            points => amount::counted(lang, &lang.texts().points, soon.points.get()),
            day => amount::day(lang, day),
            count => soon.points.get(),
            date => day.to_string(),
            link => self.links.program(&id.to_string()),
        };
        Ok(Ok((Kind::Expiring, own, None)))
    }

    /// The member whom it concerns, while they agree to the program.
    async fn member(&self, tx: &mut Tx<'_>) -> Result<Result<MemberId, &'static str>, Error> {
        let Some(member) = expiry::member_told_by(&self.message) else {
            return Ok(Err("no such member"));
        };
        let program = Matter::of(Purpose::Program);
        let agreed = consent::standing(tx, self.message.contact, &program).await?;
        let counts = agreed.is_some_and(|standing| standing.state.is_effective());
        Ok(if counts { Ok(member) } else { Err("the program is not agreed to any more") })
    }

    async fn falling(
        &self,
        tx: &mut Tx<'_>,
        id: ProgramId,
        compiled: &Compiled,
        locale: &str,
    ) -> Result<Written, Error> {
        let member = match self.member(tx).await? {
            Ok(member) => member,
            Err(why) => return Ok(Err(why)),
        };
        let who = member::load(tx, member).await?;
        let (progress, keeping) = tier::standing(tx, compiled, &who, self.now).await?;
        let warning = keeping.and_then(|keeping| keeping.warning).filter(|it| !it.told);
        let day = warning.as_ref().and_then(|warning| compiled.last_day(warning.until));
        let (Some(warning), Some(day)) = (warning, day) else {
            return Ok(Err("no tier is lost that was not told"));
        };
        let program = &compiled.program;
        let name = |id: &str| {
            let tier = program.tier(id);
            tier.map_or(String::new(), |it| line(it.name.in_locale(locale, &program.locale)))
        };
        let lang = Lang::parse(locale).unwrap_or(Lang::En);
        let count = warning.missing.get();
        let missing = match (progress.metric, progress.currency) {
            (Metric::Spent, Some(currency)) => amount::amount(lang, currency.clamped(count)),
            (Metric::Ordered, _) => amount::counted(lang, &lang.texts().orders, count),
            _ => amount::counted(lang, &lang.texts().points, count),
        };
        let own = context! {
            tier => name(&who.tier),
            lower => name(&warning.tier),
            missing,
            day => amount::day(lang, day),
            count,
            date => day.to_string(),
            link => self.links.program(&id.to_string()),
        };
        Ok(Ok((Kind::Tier, own, None)))
    }

    async fn newsletter(
        &self,
        tx: &mut Tx<'_>,
        contact: &Contact,
        program: &Program,
        locale: &str,
    ) -> Result<Written, Error> {
        let Ok(id) = self.message.reference.parse() else { return Ok(Err("no such newsletter")) };
        let Some(mail) = newsletter::load(tx, id).await? else {
            return Ok(Err("no such newsletter"));
        };
        let matter = Matter::topic(&mail.topic);
        let standing = consent::standing(tx, contact.id, &matter).await?;
        if !standing.is_some_and(|standing| standing.state.is_effective()) {
            return Ok(Err("the consent was withdrawn"));
        }
        let leave = self.links.leave(contact.id, &mail.topic);
        let body = mail.body.in_locale(locale, &program.locale).replace("\r\n", "\n");
        let paragraphs: Vec<String> = body
            .split("\n\n")
            .map(|text| text.chars().filter(|c| !c.is_control() || *c == '\n').collect::<String>())
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
            .collect();
        let own = context! {
            topic => topic(program, &matter, locale),
            subject => line(mail.subject.in_locale(locale, &program.locale)),
            paragraphs,
            leave => leave.clone(),
        };
        Ok(Ok((Kind::Newsletter, own, Some(leave))))
    }
}

/// A kind with what it is filled in with and where it is left; or why nobody is to get it.
type Written = Result<(Kind, Value, Option<String>), &'static str>;

/// What a topic is called; its id where the program has dropped it.
pub fn topic(program: &Program, matter: &Matter, locale: &str) -> String {
    let statement = program.statement(matter, locale);
    line(statement.map_or(matter.topic.as_str(), |statement| statement.name))
}

/// The topics that wait for a confirmation and are still offered.
pub fn pending(all: &[(Matter, State)], program: &Program, locale: &str) -> Vec<String> {
    let waits = |(matter, state): &&(Matter, State)| {
        matter.purpose == Purpose::Newsletter
            && matches!(state, State::Pending(_))
            && shown(program, matter, locale).is_some()
    };
    all.iter().filter(waits).map(|(matter, _)| topic(program, matter, locale)).collect()
}
