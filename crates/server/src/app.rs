//! [`App`]: what every handler shares; and the router.

use crate::asset::Files;
use crate::auth::identify;
use crate::clock::Clock;
use crate::error::respond;
use crate::limit::{Limits, Settings};
use crate::load::{Bounds, bound};
use crate::observe::observe;
use crate::programs::Programs;
use crate::routes::{
    action, batch, card, claim, code, consent, contact, credit, gift_card, health, history, hold,
    hook, issued, join, leave, me, measure, member, newsletter, notice, order, points, program,
    quote, reward, session, statement, tier, visit,
};
use crate::secret::MasterKey;
use crate::{asset, openapi, page};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_store::Store;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// The most bytes of a shopper's or visitor's request.
const BODY: usize = 64 * 1024;
/// The most bytes of a request that carries a cart.
const CART: usize = 256 * 1024;
/// The most bytes of a shop's request.
const SHOP: usize = 1024 * 1024;

/// What every handler shares. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Secrets at rest and sessions.
    pub master: MasterKey,
    /// Compiled programs.
    pub programs: Programs,
    /// Our address as tokens must name it, without a slash at the end.
    pub public_url: Arc<str>,
    /// What is too much.
    pub limits: Arc<Limits>,
    /// How much is taken on at once, and for how long.
    pub bounds: Bounds,
    /// The widget it carries.
    pub files: Arc<Files>,
}

impl App {
    /// What the handlers share.
    pub fn new(store: Store, clock: Clock, master: MasterKey, public_url: &str) -> Self {
        let public_url = Arc::from(public_url.trim_end_matches('/'));
        let limits = Arc::new(Limits::new(&Settings::default()));
        let (programs, bounds) = (Programs::keyed(master.clone()), Bounds::default());
        let files = Files::embedded();
        Self { store, clock, master, programs, public_url, limits, bounds, files }
    }

    /// The same with other limits.
    #[must_use]
    pub fn limited(mut self, settings: &Settings) -> Self {
        self.limits = Arc::new(Limits::new(settings));
        self
    }

    /// The same with other bounds.
    #[must_use]
    pub fn bounded(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// The same with the widget of another version.
    #[must_use]
    pub fn carrying(mut self, files: Files) -> Self {
        self.files = Arc::new(files);
        self
    }

    /// The router with every route of `api::path`.
    pub fn router(self) -> Router {
        let api = shopper_routes()
            .merge(cart_routes())
            .merge(shop_routes())
            .method_not_allowed_fallback(method_not_allowed)
            .layer(from_fn_with_state(self.clone(), identify));
        Router::new()
            .merge(api)
            .route(path::READY, get(health::ready))
            .route(path::OPENAPI, get(openapi::serve))
            .merge(page::routes())
            .merge(mail_pages())
            .merge(asset::routes())
            .fallback(not_found)
            .layer(from_fn_with_state(self.clone(), bound))
            // A server that is busy is not dead.
            .route(path::HEALTH, get(health::health))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn(observe))
            .with_state(self)
    }
}

/// What shoppers ask for.
fn shopper_routes() -> Router<App> {
    Router::new()
        .route(path::PROGRAM, get(program::card))
        .route(path::SESSION, post(session::open).delete(session::end))
        .route(path::ME, get(me::show))
        .route(path::JOIN, post(join::join))
        .route(path::NOTICE, post(notice::give))
        .route(path::HISTORY, get(history::page))
        .route(path::CARD, get(card::show).post(card::renew))
        .route(path::ME_REWARDS, get(reward::list))
        .route(path::ME_CLAIMS, post(claim::make).get(claim::list_own))
        .route(path::STATEMENT, get(statement::own))
        .route(path::STATEMENT_CSV, get(statement::own_csv))
        .route(path::CONSENTS, get(consent::show).post(consent::answer))
        .route(path::GIFT_CARD_BALANCE, post(gift_card::balance))
        .layer(DefaultBodyLimit::max(BODY))
}

/// What comes with a cart.
fn cart_routes() -> Router<App> {
    Router::new()
        .route(path::QUOTES, post(quote::price))
        .route(path::HOLDS, post(hold::make))
        .route(path::HOLD, delete(hold::withdraw).get(hold::show))
        .layer(DefaultBodyLimit::max(CART))
}

/// What a shop's back end asks for.
fn shop_routes() -> Router<App> {
    Router::new()
        .route(path::HOLD_CONFIRM, post(hold::confirm))
        .route(path::HOLD_COMMIT, post(hold::commit))
        .route(path::HOLD_RELEASE, post(hold::release))
        .route(path::ORDER, put(order::save).get(order::show))
        .route(path::ORDER_RETURN, put(order::add_return))
        .route(path::DRY_RUN, post(quote::dry_run))
        .route(path::ISSUED, get(issued::show))
        .route(path::METRICS, get(measure::show))
        .route(path::GIFT_CARDS, get(gift_card::list).post(gift_card::issue))
        .route(path::GIFT_CARD, get(gift_card::show))
        .route(path::GIFT_CARD_ADJUST, post(gift_card::adjust))
        .route(path::GIFT_CARD_CANCEL, post(gift_card::cancel))
        .route(path::MEMBER_CREDIT, post(credit::adjust))
        .route(path::MEMBER, get(member::show).patch(member::save))
        .route(path::MEMBER_ACTIONS, post(action::add))
        .route(path::MEMBERS, get(card::find))
        .route(path::MEMBER_TIER, get(tier::show).put(tier::give))
        .route(path::MEMBER_POINTS, post(points::adjust))
        .route(path::MEMBER_CLAIMS, post(claim::make_for))
        .route(path::CLAIMS, get(claim::list_open))
        .route(path::CLAIM, put(claim::settle))
        .route(path::MEMBER_STATEMENT, get(statement::of_member))
        .route(path::MEMBER_STATEMENT_CSV, get(statement::of_member_csv))
        .route(path::PROGRAMS, get(program::versions).post(program::publish))
        .route(path::CONTACTS, get(contact::list))
        .route(path::CONTACTS_CSV, get(contact::export))
        .route(path::CONTACT, delete(contact::erase))
        .route(path::CONTACT_CONSENTS, get(contact::proof))
        .route(path::NEWSLETTERS, post(newsletter::send))
        .route(path::COUPONS, post(code::add).get(code::list))
        .route(path::COUPON, delete(code::withdraw))
        .route(path::BATCHES, post(batch::add).get(batch::list))
        .route(path::BATCH, get(batch::show).delete(batch::withdraw))
        .route(path::BATCH_CODES, post(batch::add_codes))
        .route(path::BATCH_CSV, get(batch::export))
        .layer(DefaultBodyLimit::max(SHOP))
}

/// What the links of mails lead to: pages without script, and what newsletter services call.
fn mail_pages() -> Router<App> {
    Router::new()
        .route("/n/confirm/{token}", get(leave::confirm_page).post(leave::confirm))
        .route("/n/leave/{token}", get(leave::leave_page).post(leave::leave))
        .route("/m/{program}/mail", get(visit::ask_page).post(visit::ask))
        .route("/m/{program}/mail/preferences", post(visit::save))
        .route("/m/{program}/mail/{token}", get(visit::open_page).post(visit::open))
        .route("/hooks/brevo/{shop}", post(hook::brevo))
        .layer(DefaultBodyLimit::max(BODY))
}

async fn not_found() -> Response {
    respond(&Problem::new(Code::NotFound))
}

async fn method_not_allowed(_: Method) -> Response {
    respond(&Problem::new(Code::MethodNotAllowed))
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    let incident = uuid::Uuid::now_v7().simple().to_string();
    tracing::error!(incident, "a handler panicked");
    respond(&Problem { incident: Some(incident), ..Problem::new(Code::Internal) })
}
