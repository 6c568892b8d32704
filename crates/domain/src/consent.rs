//! [`decide`]: what becomes of somebody's consent, purpose by purpose.
//!
//! Nothing follows from anything else: joining the program is no consent to the newsletter, one
//! topic is not another. Withdrawing is one act and takes effect at once (GDPR art. 7(3)); giving an
//! address takes a second act, from that address ("double opt-in").

use crate::program::Program;
use crate::text::Text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// For how many days a request waits for its confirmation; then the address is forgotten.
pub const CONFIRM_DAYS: i64 = 7;

/// What a consent is for. Closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The loyalty program: its terms, agreed to on joining.
    Program,
    /// E-mail about one topic.
    Newsletter,
    /// Text messages.
    Sms,
    /// Letters.
    Postal,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::Program, Self::Newsletter, Self::Sms, Self::Postal];

    /// The stable word, as on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Newsletter => "newsletter",
            Self::Sms => "sms",
            Self::Postal => "postal",
        }
    }

    /// The purpose with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.word() == word)
    }

    /// Whether an address has to say yes itself before anything is sent to it.
    pub const fn needs_confirmation(self) -> bool {
        matches!(self, Self::Newsletter)
    }
}

/// One thing to consent to: a purpose and, for the newsletter, its topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matter {
    /// What for.
    pub purpose: Purpose,
    /// The topic's id; empty but for the newsletter.
    pub topic: String,
}

impl Matter {
    /// A purpose without topics.
    pub const fn of(purpose: Purpose) -> Self {
        Self { purpose, topic: String::new() }
    }

    /// A topic of the newsletter.
    pub fn topic(topic: &str) -> Self {
        Self { purpose: Purpose::Newsletter, topic: topic.to_owned() }
    }
}

/// How things stand with one matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Asked for; counts once confirmed before this instant.
    Pending(Timestamp),
    /// Given.
    Given,
    /// Taken back.
    Withdrawn,
    /// Asked for and never confirmed.
    Lapsed,
}

impl State {
    /// The stable word, as on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending(_) => "pending",
            Self::Given => "given",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }

    /// Until when it may be confirmed.
    pub const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Pending(until) => Some(until),
            Self::Given | Self::Withdrawn | Self::Lapsed => None,
        }
    }

    /// The state of this word.
    pub fn from_word(word: &str, until: Option<Timestamp>) -> Option<Self> {
        match (word, until) {
            ("pending", Some(until)) => Some(Self::Pending(until)),
            ("given", _) => Some(Self::Given),
            ("withdrawn", _) => Some(Self::Withdrawn),
            ("lapsed", _) => Some(Self::Lapsed),
            _ => None,
        }
    }

    /// Whether anything may be sent on the strength of it.
    pub const fn is_effective(self) -> bool {
        matches!(self, Self::Given)
    }
}

/// What somebody does about a matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Ticks the box.
    Give,
    /// Says yes from the address itself.
    Confirm,
    /// Takes it back.
    Withdraw,
    /// Let the time pass.
    Lapse,
}

/// What is written down. Closed list; a row is never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Asked for, to be confirmed.
    Asked,
    /// Given, where no confirmation is needed.
    Given,
    /// Confirmed: given.
    Confirmed,
    /// Taken back.
    Withdrawn,
    /// Never confirmed.
    Lapsed,
}

impl Action {
    /// The stable word, as on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Given => "given",
            Self::Confirmed => "confirmed",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }
}

/// What becomes of a matter, with the row that says so; `None` where everything stays as it is.
///
/// `now` is the server's instant. A request that ran out counts as none.
pub fn decide(
    before: Option<State>,
    act: Act,
    purpose: Purpose,
    now: Timestamp,
) -> Option<(State, Action)> {
    match (act, before) {
        (Act::Give, Some(State::Given))
        | (Act::Confirm | Act::Lapse | Act::Withdraw, None)
        | (Act::Withdraw, Some(State::Withdrawn | State::Lapsed)) => None,
        (Act::Give, _) if purpose.needs_confirmation() => {
            Some((State::Pending(now.plus_days(CONFIRM_DAYS)), Action::Asked))
        }
        (Act::Give, _) => Some((State::Given, Action::Given)),
        (Act::Confirm, Some(State::Pending(until))) if now < until => {
            Some((State::Given, Action::Confirmed))
        }
        (Act::Lapse, Some(State::Pending(until))) if now >= until => {
            Some((State::Lapsed, Action::Lapsed))
        }
        (Act::Confirm | Act::Lapse, Some(_)) => None,
        (Act::Withdraw, Some(State::Pending(_) | State::Given)) => {
            Some((State::Withdrawn, Action::Withdrawn))
        }
    }
}

/// What a merchant asks consent for, in the program's document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConsentDocument {
    /// Where to read what becomes of the data: an `https` address.
    pub privacy_url: String,
    /// What the newsletter is about, each ticked by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<TopicDocument>,
    /// What is agreed to for text messages; not offered if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<Text>,
    /// What is agreed to for letters; not offered if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal: Option<Text>,
}

/// A topic of the newsletter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TopicDocument {
    /// A short name, stable over versions: `news`.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// What is agreed to, word for word as it stands beside the box.
    pub text: Text,
}

/// What somebody is shown beside a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The language it is in.
    pub locale: &'a str,
    /// What the topic is called; empty but for the newsletter.
    pub name: &'a str,
    /// What is agreed to.
    pub text: &'a str,
}

impl ConsentDocument {
    /// Everything that is offered, in the order of the document.
    pub fn matters(&self) -> Vec<Matter> {
        let mut all: Vec<Matter> =
            self.topics.iter().map(|topic| Matter::topic(&topic.id)).collect();
        all.extend(self.sms.is_some().then(|| Matter::of(Purpose::Sms)));
        all.extend(self.postal.is_some().then(|| Matter::of(Purpose::Postal)));
        all
    }

    /// What is shown for a matter; `None` where it is not offered.
    pub fn statement(&self, matter: &Matter, locale: &str, default: &str) -> Option<Statement<'_>> {
        let (name, text) = match matter.purpose {
            Purpose::Newsletter => {
                let topic = self.topics.iter().find(|topic| topic.id == matter.topic)?;
                (topic.name.in_locale(locale, default), &topic.text)
            }
            Purpose::Sms => ("", self.sms.as_ref()?),
            Purpose::Postal => ("", self.postal.as_ref()?),
            Purpose::Program => return None,
        };
        let (locale, text) = text.with_locale(locale, default)?;
        Some(Statement { locale, name, text })
    }
}

impl Program {
    /// What is shown for a matter in a language; `None` where it is not offered.
    pub fn statement(&self, matter: &Matter, locale: &str) -> Option<Statement<'_>> {
        self.consent.as_ref()?.statement(matter, locale, &self.locale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const NOW: Timestamp = Timestamp::MIN;
    const PAST: State = State::Pending(Timestamp::MIN);

    fn open() -> State {
        State::Pending(NOW.plus_days(1))
    }

    #[rstest]
    #[case(None)]
    #[case(Some(State::Withdrawn))]
    #[case(Some(State::Lapsed))]
    #[case(Some(open()))]
    fn asking_for_the_newsletter_waits_for_a_confirmation(#[case] before: Option<State>) {
        let after = decide(before, Act::Give, Purpose::Newsletter, NOW);
        assert_eq!(after, Some((State::Pending(NOW.plus_days(7)), Action::Asked)));
        assert!(!after.unwrap().0.is_effective());
    }

    #[rstest]
    #[case(Purpose::Sms)]
    #[case(Purpose::Postal)]
    #[case(Purpose::Program)]
    fn what_needs_no_confirmation_counts_at_once(#[case] purpose: Purpose) {
        assert_eq!(decide(None, Act::Give, purpose, NOW), Some((State::Given, Action::Given)));
    }

    #[test]
    fn a_confirmation_counts_once_and_only_in_time() {
        let confirm = |before| decide(before, Act::Confirm, Purpose::Newsletter, NOW);
        assert_eq!(confirm(Some(open())), Some((State::Given, Action::Confirmed)));
        for before in [None, Some(PAST), Some(State::Given), Some(State::Withdrawn)] {
            assert_eq!(confirm(before), None);
        }
    }

    #[test]
    fn only_what_ran_out_lapses() {
        let lapse = |before| decide(Some(before), Act::Lapse, Purpose::Newsletter, NOW);
        assert_eq!(lapse(PAST), Some((State::Lapsed, Action::Lapsed)));
        for before in [open(), State::Given, State::Withdrawn, State::Lapsed] {
            assert_eq!(lapse(before), None);
        }
    }

    fn any_act() -> impl Strategy<Value = (Act, i64)> {
        let act =
            prop_oneof![Just(Act::Give), Just(Act::Confirm), Just(Act::Withdraw), Just(Act::Lapse)];
        (act, 0_i64..9)
    }

    proptest! {
        #[test]
        fn whatever_came_before_after_a_withdrawal_nothing_counts_until_asked_and_confirmed(
            before in prop::collection::vec(any_act(), 0..30),
            after in prop::collection::vec(any_act(), 0..30),
        ) {
            let (mut state, mut now) = (None, NOW);
            let mut take = |act, days, state: &mut Option<State>| {
                now = now.plus_days(days);
                if let Some((next, _)) = decide(*state, act, Purpose::Newsletter, now) {
                    *state = Some(next);
                }
            };
            for (act, days) in before {
                take(act, days, &mut state);
            }
            take(Act::Withdraw, 0, &mut state);
            prop_assert!(!state.is_some_and(State::is_effective));
            let (mut asked, mut confirmed) = (false, false);
            for (act, days) in after {
                take(act, days, &mut state);
                asked |= act == Act::Give;
                confirmed |= asked && act == Act::Confirm;
                prop_assert!(confirmed || !state.is_some_and(State::is_effective));
            }
        }
    }
}
