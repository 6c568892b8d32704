//! Links in mails: what stands in them proves itself, and only its hash-like remains are kept.
//!
//! A link that works once is a row with an id; the code beside the id is derived from the master key,
//! so that neither the database nor the outbox holds anything that opens it. A link by which
//! somebody leaves works for ever, since the mail may be read in ten years.

use crate::secret::MasterKey;
use habitue_domain::consent::Matter;
use habitue_domain::id::{ContactId, LinkId};
use habitue_domain::time::Timestamp;
use habitue_store::link::Kind;

/// For how long the page behind an opened link may be used, in seconds.
pub const VISIT_SECONDS: i64 = 15 * 60;

/// Makes and reads links.
#[derive(Clone, Debug)]
pub struct Links {
    master: MasterKey,
    public_url: String,
}

impl Links {
    /// Links of the server at `public_url`.
    pub fn new(master: &MasterKey, public_url: &str) -> Self {
        Self { master: master.clone(), public_url: public_url.to_owned() }
    }

    /// What a link that works once carries.
    pub fn once(&self, kind: Kind, link: LinkId) -> String {
        let id = link.to_string();
        format!("{id}.{}", self.master.link(kind.word(), &id))
    }

    /// The link that [`Links::once`] made; `None` for anything else.
    pub fn read_once(&self, kind: Kind, text: &str) -> Option<LinkId> {
        let (id, code) = text.split_once('.')?;
        self.master.proves(kind.word(), id, code).then(|| id.parse().ok())?
    }

    /// The address of the page that confirms.
    pub fn confirm(&self, link: LinkId) -> String {
        format!("{}/n/confirm/{}", self.public_url, self.once(Kind::Confirm, link))
    }

    /// The address of the page of one's own.
    pub fn open(&self, program: &str, link: LinkId) -> String {
        format!("{}/m/{program}/mail/{}", self.public_url, self.once(Kind::Open, link))
    }

    /// The address of a program's page.
    pub fn program(&self, program: &str) -> String {
        format!("{}/m/{program}", self.public_url)
    }

    /// What the link by which a contact leaves a topic carries.
    pub fn leaving(&self, contact: ContactId, topic: &str) -> String {
        let what = format!("{contact}.{topic}");
        format!("{what}.{}", self.master.link("leave", &what))
    }

    /// The contact and topic of [`Links::leaving`].
    pub fn read_leaving(&self, text: &str) -> Option<(ContactId, Matter)> {
        let (what, code) = text.rsplit_once('.')?;
        let (contact, topic) = what.split_once('.')?;
        let proved = self.master.proves("leave", what, code);
        proved.then(|| contact.parse().ok().map(|contact| (contact, Matter::topic(topic))))?
    }

    /// The address by which a contact leaves a topic, and changes what else it gets.
    pub fn leave(&self, contact: ContactId, topic: &str) -> String {
        format!("{}/n/leave/{}", self.public_url, self.leaving(contact, topic))
    }

    /// What the hidden field of an opened page carries, for a quarter of an hour.
    pub fn visit(&self, contact: ContactId, now: Timestamp) -> String {
        let what = format!("{contact}.{}", now.plus_seconds(VISIT_SECONDS).seconds());
        format!("{what}.{}", self.master.link("visit", &what))
    }

    /// The contact of [`Links::visit`], while it lasts.
    pub fn read_visit(&self, text: &str, now: Timestamp) -> Option<ContactId> {
        let (what, code) = text.rsplit_once('.')?;
        if !self.master.proves("visit", what, code) {
            return None;
        }
        let (contact, until) = what.split_once('.')?;
        let until: i64 = until.parse().ok()?;
        if now.seconds() < until { contact.parse().ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(key: &str) -> Links {
        Links::new(&MasterKey::new(&key.repeat(32)).unwrap(), "https://h.example")
    }

    #[test]
    fn a_link_reads_back_and_no_other_kind_key_or_id_does() {
        let (ours, link) = (links("a"), LinkId::from_u128(7));
        let text = ours.once(Kind::Confirm, link);
        assert_eq!(ours.read_once(Kind::Confirm, &text), Some(link));
        assert_eq!(ours.read_once(Kind::Open, &text), None);
        assert_eq!(links("b").read_once(Kind::Confirm, &text), None);
        let other = text.replace("07.", "08.");
        assert_eq!(ours.read_once(Kind::Confirm, &other), None);
        assert_eq!(ours.read_once(Kind::Confirm, ""), None);
    }

    #[test]
    fn a_way_out_is_one_contacts_and_one_topics() {
        let (ours, contact) = (links("a"), ContactId::from_u128(7));
        let text = ours.leaving(contact, "news");
        assert_eq!(ours.read_leaving(&text), Some((contact, Matter::topic("news"))));
        assert_eq!(ours.read_leaving(&text.replace("news", "sale")), None);
        assert_eq!(links("b").read_leaving(&text), None);
    }

    #[test]
    fn a_visit_lasts_a_quarter_of_an_hour() {
        let (ours, contact, now) = (links("a"), ContactId::from_u128(7), Timestamp::MIN);
        let text = ours.visit(contact, now);
        assert_eq!(ours.read_visit(&text, now.plus_seconds(899)), Some(contact));
        assert_eq!(ours.read_visit(&text, now.plus_seconds(900)), None);
        let longer = text.replace(".-", ".");
        assert_eq!(ours.read_visit(&longer, now), None);
    }
}
