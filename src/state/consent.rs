//! What the shopper is asked beside joining, what they tick and take back. The server decides what
//! counts; nothing is ticked that has not been given.
//!
//! The offer stays the browser's own object, as the texts of `i18n.rs` do: reading it into types of
//! ours, and writing it again, would cost more bytes than all of its screen.

use super::{Face, Kept, Store, report, sentence};
use crate::client::{self, Failure, Request, set};
use crate::config::env;
use crate::i18n::texts;
use crate::session;
use crate::ui::go;
use habitue_api::path;
use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;

/// What is offered, [`habitue_api::consent::Consents`], and in `asked` the language that was asked
/// for, which goes into the proof.
#[derive(Clone, Debug)]
pub struct Offer(JsValue);

/// A box of it, [`habitue_api::consent::Choice`].
#[derive(Clone, Debug)]
pub struct Choice(JsValue);

#[inline(never)]
fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

#[inline(never)]
fn list(object: &JsValue, name: &str) -> Array {
    get(object, name).dyn_into().unwrap_or_default()
}

impl Offer {
    /// Shows each box in its order.
    #[inline(never)]
    pub fn each(&self, visit: &mut dyn FnMut(&Choice)) {
        for choice in list(&self.0, "choices") {
            visit(&Choice(choice));
        }
    }

    /// Whether any of these is how it stands with a box.
    pub fn has(&self, states: &[&str]) -> bool {
        let mut has = false;
        self.each(&mut |choice| has |= states.contains(&choice.text("state").as_str()));
        has
    }

    /// Whether something is sent on the strength of it, or will be.
    pub fn is_open(&self) -> bool {
        self.has(&OPEN)
    }

    /// Whether nobody has told the address.
    pub fn needs_email(&self) -> bool {
        get(&self.0, "email_needed").is_truthy()
    }

    /// Where to read what becomes of the data.
    pub fn privacy_url(&self) -> String {
        get(&self.0, "privacy_url").as_string().unwrap_or_default()
    }

    /// What that means for the shopper; what waits for them comes first.
    pub fn said(&self) -> String {
        let texts = texts();
        if self.has(&["pending"]) {
            texts.consent_pending()
        } else if self.has(&["given"]) {
            texts.consent_given()
        } else if self.has(&["withdrawn"]) {
            texts.consent_left()
        } else {
            texts.consent_new()
        }
    }
}

/// Something is sent, or will be once its mail is answered.
const OPEN: [&str; 2] = ["given", "pending"];

impl Choice {
    /// Its `name`, `text`, `locale` or `state`; empty where it has none.
    pub fn text(&self, name: &str) -> String {
        get(&self.0, name).as_string().unwrap_or_default()
    }

    /// Whether something is sent on the strength of it, or will be.
    pub fn is_open(&self) -> bool {
        OPEN.contains(&self.text("state").as_str())
    }

    fn is_newsletter(&self) -> bool {
        self.text("purpose") == "newsletter"
    }

    /// Which one it is, for the server.
    fn matter(&self) -> JsValue {
        let matter = Object::new();
        for name in ["purpose", "topic"] {
            set(&matter, name, &get(&self.0, name));
        }
        matter.into()
    }
}

/// The part of the store that is about consent.
#[derive(Clone, Copy)]
pub struct Consenting {
    /// What is offered; nothing until somebody looks.
    pub offer: Kept<Option<Face<Offer>>>,
    /// The address as it was typed when it was saved last.
    pub email: Kept<String>,
    /// Whether it cannot be one.
    pub is_email_bad: Kept<bool>,
    /// Why nothing was saved.
    pub refusal: Kept<Option<String>>,
    /// Whether saving is under way.
    pub is_saving: Kept<bool>,
    /// Whether the shopper has just joined.
    pub has_joined: Kept<bool>,
    /// Other each time everything is forgotten: an answer from before is about somebody else.
    turn: Kept<i64>,
}

impl Consenting {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self {
            offer: Kept::new(None),
            email: Kept::new(String::new()),
            is_email_bad: Kept::new(false),
            refusal: Kept::new(None),
            is_saving: Kept::new(false),
            has_joined: Kept::new(false),
            turn: Kept::new(0),
        }
    }

    /// Forgets how it stands with whoever was there.
    pub fn forget(self) {
        self.turn.update(|turn| *turn += 1);
        self.is_saving.set(false);
        self.refuse(None, false);
        self.offer.set(None);
    }

    /// Forgets what somebody may have changed in the meantime, in their mailbox.
    pub fn doubt(self) {
        let waits = |offer: &Option<Face<Offer>>| matches!(offer, Some(Face::Ready(offer)) if offer.has(&["pending"]));
        if self.offer.with_untracked(waits) {
            self.forget();
        }
    }

    fn refuse(self, text: Option<String>, is_email_bad: bool) {
        self.refusal.set(text);
        self.is_email_bad.set(is_email_bad);
    }
}

/// What is done with an answer.
type Take = Box<dyn FnOnce(Result<JsValue, Failure>)>;

impl Store {
    /// Asks what is offered, if nobody has yet.
    pub fn want_consents(self) {
        let consent = self.consent;
        // Until it is known who is there, nobody can be asked.
        let is_known = self.scene.with_untracked(|face| matches!(face, Face::Ready(_)));
        if !is_known || consent.offer.with_untracked(Option::is_some) {
            return;
        }
        consent.offer.set(Some(Face::Loading));
        let locale = texts().locale.clone();
        let address = [path::CONSENTS, "?locale=", &path::encode(&locale)].concat();
        let take = move |reply| {
            consent.offer.set(Some(match reply {
                Ok(reply) => Face::Ready(self.offer(reply, &locale)),
                Err(failure) => Face::Failed(failure),
            }));
        };
        self.ask(address, None, Box::new(take));
    }

    fn offer(self, reply: JsValue, locale: &str) -> Offer {
        let offer = Offer(reply);
        if self.me().is_none() {
            // Text messages and letters go to customers alone.
            let mail = Array::new();
            offer.each(&mut |choice| {
                if choice.is_newsletter() {
                    mail.push(&choice.0);
                }
            });
            set(offer.0.unchecked_ref(), "choices", &mail);
        }
        set(offer.0.unchecked_ref(), "asked", &locale.into());
        offer
    }

    /// Asks for the shopper, or for a visitor with the shop's public key. Who is somebody else by
    /// the time of the answer does not get it.
    fn ask(self, address: String, body: Option<String>, take: Take) {
        let turn = self.consent.turn.get_untracked();
        go(async move {
            let method = if body.is_some() { "POST" } else { "GET" };
            let request = Request { method, body, ..Request::get(&address) };
            let reply = match (self.me(), env()) {
                (None, Some(env)) => client::send(&request, &env.key()).await,
                _ => session::act(request).await,
            };
            if self.consent.turn.get_untracked() == turn {
                take(reply.inspect_err(report));
            }
        });
    }

    /// Gives what is ticked now and was not, and takes back what is not any more. `fields` are the
    /// form's `elements`: the boxes in their order, and the address where there is one.
    pub fn save_consents(self, fields: &JsValue) {
        let Some(Face::Ready(offer)) = self.consent.offer.get_untracked() else {
            return;
        };
        let (give, withdraw) = (Array::new(), Array::new());
        let (mut place, mut is_mail) = (0_i64, false);
        offer.each(&mut |choice| {
            let is_ticked = get(&get(fields, &place.to_string()), "checked").is_truthy();
            place += 1;
            // What waits for its mail is asked for again: the mail may have been lost.
            if is_ticked && choice.text("state") != "given" {
                give.push(&choice.matter());
                is_mail |= choice.is_newsletter();
            } else if !is_ticked && choice.is_open() {
                withdraw.push(&choice.matter());
            }
        });
        if give.length() + withdraw.length() == 0 {
            return self.consent.refuse(Some(texts().nothing_ticked()), false);
        }
        let field = get(fields, "email");
        let email = get(&field, "value").as_string().filter(|_| is_mail);
        if let Some(typed) = &email {
            self.consent.email.set(typed.clone());
            if !get(&get(&field, "validity"), "valid").is_truthy() {
                self.consent.refuse(Some(texts().bad_email()), true);
                return drop(field.unchecked_ref::<HtmlElement>().focus());
            }
        }
        self.answer(offer, email, (&give, &withdraw));
    }

    /// Takes everything back.
    pub fn leave(self) {
        if let Some(Face::Ready(offer)) = self.consent.offer.get_untracked() {
            let withdraw = Array::new();
            offer.each(&mut |choice| {
                if choice.is_open() {
                    withdraw.push(&choice.matter());
                }
            });
            self.answer(offer, None, (&Array::new(), &withdraw));
        }
    }

    /// `POST`s a [`habitue_api::consent::ConsentRequest`].
    fn answer(self, offer: Offer, email: Option<String>, (give, withdraw): (&Array, &Array)) {
        let consent = self.consent;
        if consent.is_saving.get_untracked() {
            return;
        }
        consent.is_saving.set(true);
        consent.refuse(None, false);
        let body = Object::new();
        set(&body, "program_version", &get(&offer.0, "program_version"));
        set(&body, "locale", &get(&offer.0, "asked"));
        // What is undefined is not written.
        set(&body, "email", &email.map_or(JsValue::UNDEFINED, JsValue::from));
        set(&body, "give", give);
        set(&body, "withdraw", withdraw);
        let body = JSON::stringify(&body).ok().and_then(|text| text.as_string());
        let take = move |reply: Result<JsValue, Failure>| {
            consent.is_saving.set(false);
            match reply {
                Ok(reply) => self.take_answer(offer, &reply),
                Err(failure) => self.refuse_answer(&failure),
            }
        };
        self.ask(path::CONSENTS.to_owned(), body, Box::new(take));
    }

    /// Puts a [`habitue_api::consent::ConsentReply`] into the offer.
    fn take_answer(self, offer: Offer, reply: &JsValue) {
        for told in list(reply, "states") {
            let same = |choice: &Choice, name: &str| get(&choice.0, name) == get(&told, name);
            offer.each(&mut |choice| {
                if same(choice, "purpose") && same(choice, "topic") {
                    set(choice.0.unchecked_ref(), "state", &get(&told, "state"));
                }
            });
            // The shop's page hears purpose, topic and state, and no address.
            drop(env().map(|env| env.emit("consent", &told, &JsValue::UNDEFINED)));
        }
        // Shown on the screen already.
        self.status.set(offer.said());
        self.consent.offer.set(Some(Face::Ready(offer)));
    }

    fn refuse_answer(self, failure: &Failure) {
        let is_email_bad = matches!(failure, Failure::Problem(problem)
            if problem.field.as_deref() == Some("email"));
        let text = if is_email_bad { texts().bad_email() } else { sentence(failure) };
        self.consent.refuse(Some(text), is_email_bad);
        if failure.code() == "text_changed" {
            // A box was ticked beside another text: it is shown anew, to be ticked anew.
            self.consent.offer.set(None);
        }
    }
}
