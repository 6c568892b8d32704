//! What the widget knows, in one [`Store`], and the intents that change it. Screens read the
//! signals and call the intents; they hold nothing themselves.

mod checkout;
mod consent;
mod history;
mod hold;
mod join;
mod kept;
mod notice;

pub use checkout::{Checkout, Held, MostPoints, Step, refusal, refused};
pub use consent::{Choice, Consenting, Offer};
pub use history::History;
pub use kept::Kept;

use crate::client::{Failure, Request, read};
use crate::config::{Config, env};
use crate::event;
use crate::i18n::texts;
use crate::session;
use crate::ui::go;
use habitue_api::card::Card;
use habitue_api::me::{Me, Member};
use habitue_api::path;
use habitue_api::program::ProgramCard;
use habitue_domain::money::{Currency, Money};
use habitue_domain::points::Points;
use habitue_domain::quote::{Facts, worth};
use habitue_domain::rate::Rate;
use habitue_domain::text::Text;
use habitue_domain::tier::Tier;
use habitue_domain::time::Timestamp;
use std::cell::Cell;
use std::sync::Arc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// What is asked for, there, or not to be had.
#[derive(Clone, Debug)]
pub enum Face<T> {
    /// On its way.
    Loading,
    /// There.
    Ready(T),
    /// Not to be had just now.
    Failed(Failure),
}

/// The program and who is in front of the screen.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The program's card.
    pub program: Arc<ProgramCard>,
    /// The shopper, if signed in.
    pub me: Option<Arc<Me>>,
}

impl Scene {
    /// The member, if the shopper is one.
    pub fn member(&self) -> Option<&Member> {
        self.me.as_deref()?.member.as_ref()
    }

    /// A tier of the ladder.
    pub fn tier(&self, id: &str) -> Option<&Tier> {
        self.program.tiers.iter().find(|tier| tier.id == id)
    }

    /// What a merchant wrote, in the shopper's language.
    pub fn say(&self, text: &Text) -> String {
        text.in_locale(&texts().locale, &self.program.locale).to_owned()
    }
}

/// A place of the panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Balance and the one action.
    #[default]
    Home,
    /// Coupons.
    Coupon,
    /// The ladder.
    Tier,
    /// What happened to the points.
    History,
    /// Redeeming on the cart.
    Redeem,
    /// News and offers.
    Consent,
}

impl View {
    /// The view of this name; home where there is none.
    pub fn named(name: &str) -> Self {
        match name {
            "coupon" => Self::Coupon,
            "tier" => Self::Tier,
            "history" => Self::History,
            "redeem" => Self::Redeem,
            "consent" => Self::Consent,
            _ => Self::Home,
        }
    }
}

/// Everything the screens read.
#[derive(Clone, Copy)]
pub struct Store {
    /// The settings of the page.
    pub config: Kept<Config>,
    /// Program and shopper.
    pub scene: Kept<Face<Scene>>,
    /// What happened to the points; nothing until somebody looks.
    pub history: Kept<Option<Face<History>>>,
    /// The member card, once somebody looked; or why it did not come.
    pub card: Kept<Option<Result<Card, String>>>,
    /// Where the panel is.
    pub view: Kept<View>,
    /// Whether the panel is open.
    pub is_open: Kept<bool>,
    /// Said to whoever cannot see the change.
    pub status: Kept<String>,
    /// Whether that is shown as well.
    pub is_shown: Kept<bool>,
    /// The balance that home showed last, to count from.
    pub counted: Kept<Option<i64>>,
    /// Whether it was said that the member has seen what ends soon.
    pub is_told: Kept<bool>,
    /// Whether joining is under way.
    pub is_joining: Kept<bool>,
    /// Why joining did not work.
    pub join_refusal: Kept<Option<String>>,
    /// What the shopper has consented to.
    pub consent: Consenting,
    /// What a price depends on besides the cart.
    pub facts: Kept<Facts>,
    /// The cart and what is asked for.
    pub checkout: Checkout,
}

thread_local! {
    /// Milliseconds that the server's clock is ahead of this device's.
    static AHEAD: Cell<i64> = const { Cell::new(0) };
    /// Counts who asked what the shopper has, so that a late answer to an earlier one is dropped.
    static ROUND: Cell<u32> = const { Cell::new(0) };
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 as an integer")]
fn device_millis() -> i64 {
    js_sys::Date::now() as i64
}

/// The server's time, by this device's clock and what the server said last.
pub fn now() -> Timestamp {
    let millis = device_millis().saturating_add(AHEAD.get());
    Timestamp::from_micros(millis.saturating_mul(1000)).unwrap_or(Timestamp::MAX)
}

impl Store {
    /// Nothing known yet.
    pub fn new(config: Config) -> Self {
        Self {
            config: Kept::new(config),
            scene: Kept::new(Face::Loading),
            history: Kept::new(None),
            card: Kept::new(None),
            view: Kept::new(View::Home),
            is_open: Kept::new(false),
            status: Kept::new(String::new()),
            is_shown: Kept::new(false),
            counted: Kept::new(None),
            is_told: Kept::new(false),
            is_joining: Kept::new(false),
            join_refusal: Kept::new(None),
            consent: Consenting::new(),
            facts: Kept::new(Facts::default()),
            checkout: Checkout::new(),
        }
    }

    /// The shopper, untracked.
    pub fn me(self) -> Option<Arc<Me>> {
        match self.scene.get_untracked() {
            Face::Ready(scene) => scene.me,
            _ => None,
        }
    }

    /// The currency to speak of: the cart's, the page's, or the program's first.
    pub fn currency(self, scene: &Scene) -> Option<Currency> {
        let cart = self.checkout.cart.get().map(|cart| cart.currency());
        let page = self.config.with(|config| config.currency);
        let first = scene.program.rates.first().map(|row| row.currency);
        cart.or(page).or(first)
    }

    /// What the member's points are worth in the currency to speak of.
    pub fn worth(self, scene: &Scene) -> Option<Money> {
        let member = scene.member()?;
        let own = || {
            let currency = self.currency(scene)?;
            let rate = self.points_rate(currency)?;
            currency.amount(rate.floor(member.balance.available.get().max(0))?)
        };
        own().or(member.worth)
    }

    /// Minor units of `currency` that a point is worth.
    pub fn points_rate(self, currency: Currency) -> Option<Rate> {
        self.facts.with_untracked(|facts| worth(&facts.public.redeem, currency))
    }

    /// Finds out who the shopper is. `adopt`s the session the loader began, if it did.
    pub fn load(self, adopt: bool) {
        self.consent.forget();
        self.scene.set(Face::Loading);
        go(async move {
            match look(adopt).await {
                Ok((program, me)) => {
                    if let Some(me) = &me {
                        tell_identified(me.member.is_some());
                    }
                    self.show(program, me);
                }
                Err(failure) => {
                    report(&failure);
                    self.scene.set(Face::Failed(failure));
                }
            }
        });
    }

    fn show(self, program: Arc<ProgramCard>, me: Option<Me>) {
        let me = me.map(|mut me| {
            AHEAD.set(me.now.micros().div_euclid(1000).saturating_sub(device_millis()));
            let public = std::mem::take(&mut me.facts);
            self.facts.set(Facts { public, shop: None });
            Arc::new(me)
        });
        let scene = Scene { program, me };
        if let Some(member) = scene.member() {
            let balance = event::Balance { points: member.balance.available, tier: &member.tier };
            event::emit("balance", &balance, &JsValue::UNDEFINED);
        }
        self.scene.set(Face::Ready(scene));
        self.checkout.recalculate(self);
    }

    /// Puts the shopper that the server just told of in place of the one known.
    fn replace_me(self, me: Me) {
        if let Face::Ready(scene) = self.scene.get_untracked() {
            self.show(scene.program, Some(me));
        }
    }

    /// Asks what the shopper has now, without a skeleton; a failure changes nothing. A balance that
    /// changed is told once, after what changed it.
    pub async fn refresh(self) {
        let before = self.balance();
        let round = ROUND.get().wrapping_add(1);
        ROUND.set(round);
        let reply = session::send_as_shopper(&Request::get(path::ME)).await;
        if ROUND.get() != round {
            return;
        }
        if let Ok(me) = reply.and_then(read::<Me>) {
            self.history.set(None);
            self.replace_me(me);
        }
        let after = self.balance();
        if let Some(points) = after.filter(|_| after != before) {
            let texts = texts();
            let said = texts.balance_said(&texts.quantity(points));
            self.status.update(|status| *status = [status, ". ", &said].concat());
        }
    }

    fn balance(self) -> Option<Points> {
        Some(self.me()?.member.as_ref()?.balance.available)
    }

    /// Opens the panel.
    pub fn open(self, view: Option<View>) {
        if let Some(view) = view {
            self.view.set(view);
        }
        if matches!(self.scene.get_untracked(), Face::Failed(_)) {
            self.load(false);
        }
        if !self.is_open.get_untracked() {
            if self.me().is_some() {
                self.consent.doubt();
            }
            self.set_open(true);
            event::tell("open");
        }
    }

    /// Closes it.
    pub fn close(self) {
        if self.is_open.get_untracked() {
            self.set_open(false);
            event::tell("close");
        }
    }

    fn set_open(self, is_open: bool) {
        self.is_open.set(is_open);
        // Only a page that has taken the loader's place has no such method.
        drop(env().map(|env| env.lock(is_open)));
    }

    /// Forgets the shopper.
    pub fn log_out(self) {
        go(session::end());
        self.counted.set(None);
        self.card.set(None);
        self.history.set(None);
        self.consent.forget();
        self.checkout.reset();
        if let Face::Ready(scene) = self.scene.get_untracked() {
            self.scene.set(Face::Ready(Scene { me: None, ..scene }));
        }
    }
}

async fn look(adopt: bool) -> Result<(Arc<ProgramCard>, Option<Me>), Failure> {
    let unreachable = |_| Failure::Unreachable;
    // On its way while the shopper's session begins.
    let program = env().ok_or(Failure::Unreachable)?.program().map_err(unreachable)?;
    let adopted = if adopt { session::adopt().await } else { None };
    let me = match adopted {
        Some(me) => Some(me),
        None => session::begin().await?,
    };
    let program = JsFuture::from(program).await.map_err(unreachable)?;
    Ok((Arc::new(read(program)?), me))
}

fn tell_identified(member: bool) {
    event::emit("identified", &event::Identified { member }, &JsValue::UNDEFINED);
}

/// Tells the shop's page that something is wrong, by its code.
pub fn report(failure: &Failure) {
    let code = match failure {
        Failure::Unreachable => "network",
        Failure::NoToken => "auth",
        Failure::Problem(problem) if matches!(problem.status, 401 | 403) => "auth",
        Failure::Problem(problem) if problem.status >= 500 => "internal",
        Failure::Problem(_) => return,
    };
    event::emit("error", &event::Error { code }, &JsValue::UNDEFINED);
}

/// What to tell the shopper of a failure, in one sentence.
pub fn sentence(failure: &Failure) -> String {
    let texts = texts();
    match failure {
        Failure::Unreachable => texts.failed_network(),
        Failure::NoToken => texts.failed_token(),
        Failure::Problem(problem) => match problem.code.as_str() {
            "terms_changed" => texts.terms_changed(),
            "text_changed" => texts.text_changed(),
            "too_many_requests" => texts.too_many(),
            code => checkout::reason_named(code)
                .map_or_else(|| texts.failed_here(), |reason| texts.reason(reason)),
        },
    }
}
