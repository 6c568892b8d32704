//! `POST /v1/quotes`, and the same without a database: `POST /v1/quotes/dry-run`.

use crate::app::App;
use crate::auth::{AsAnybody, AsMerchant, Caller};
use crate::body::Json;
use crate::case::answer;
use crate::error::Error;
use crate::facts::Pricing;
use crate::limit::Guesser;
use crate::programs::Compiled;
use axum::extract::State;
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_api::quote::{QuoteReply, QuoteRequest};
use habitue_domain::case::Case;
use habitue_domain::promotion::Promotion;
use habitue_domain::quote::{Asked, MAX_CODES, Outcome, Quote, Verdict, quote};
use habitue_domain::refusal::{Reason, Refusal};
use habitue_domain::time::Timestamp;
use habitue_store::Tx;

/// Prices a cart. Status 200 also where everything was refused: the answers stand in the quote.
#[utoipa::path(post, path = path::QUOTES, tag = "checkout", request_body = QuoteRequest,
    security(("public_key" = []), ("session" = []), ("secret_key" = [])), responses(
    (status = 200, description = "The price", body = QuoteReply),
    (status = 422, description = "out_of_bounds", body = Problem)))]
pub async fn price(
    State(app): State<App>,
    AsAnybody(caller): AsAnybody,
    guesser: Guesser,
    body: Json<QuoteRequest>,
) -> Result<axum::Json<QuoteReply>, Error> {
    let QuoteRequest { cart, asked, customer } = body.value;
    check_asked(&asked)?;
    let cart = cart.check()?;
    let guess = guesser.guess(asked.codes.len())?;
    let (programs, master, now) = (app.programs.clone(), app.master.clone(), app.clock.now());
    let reply = app
        .store
        .read(async move |tx: &mut Tx<'_>| -> Result<QuoteReply, Error> {
            let subject = match &caller {
                Caller::Visitor(visitor) => visitor.subject(),
                Caller::Shopper(shopper) => shopper.subject(),
                Caller::Merchant(merchant) => merchant.subject(tx, customer.as_deref()).await?,
                Caller::Nobody | Caller::Unknown(_) => return Err(Code::KeyMissing.into()),
            };
            let compiled = programs.current(tx, subject.program).await?;
            let (master, compiled, subject) = (&master, &*compiled, &subject);
            let by_shop = matches!(caller, Caller::Merchant(_));
            let but = None;
            let pricing =
                Pricing { master, compiled, subject, but, by_shop, email_hash: None, now };
            let loaded = pricing.load(tx, &asked).await?;
            let quote = quote(&loaded.facts, &cart, &asked, now);
            let mut promotions = behind(compiled, &asked, now);
            promotions.extend(loaded.codes.into_iter().map(|known| known.promotion));
            Ok(QuoteReply { quote, promotions })
        })
        .await;
    if let Ok(reply) = &reply {
        count_refusals(&reply.quote);
    }
    guess.settle(reply.as_ref().map_or(0, |reply| missed(&reply.quote)));
    reply.map(axum::Json)
}

/// Prices a cart with the promotions and facts that stand in the request: nothing is looked up,
/// nothing is changed. The form is described in `docs/quote-cases.md`.
#[utoipa::path(post, path = path::DRY_RUN, tag = "checkout", request_body = Object,
    security(("secret_key" = [])), responses(
    (status = 200, description = "The price", body = QuoteReply),
    (status = 422, description = "invalid_program, out_of_bounds", body = Problem)))]
pub async fn dry_run(
    State(app): State<App>,
    AsMerchant(_): AsMerchant,
    body: Json<Case>,
) -> Result<axum::Json<QuoteReply>, Error> {
    let quote = answer(&body.value, app.clock.now())?;
    Ok(axum::Json(QuoteReply { quote, promotions: Vec::new() }))
}

fn count_refusals(quote: &Quote) {
    for outcome in &quote.outcomes {
        if let Verdict::Refused { reason, .. } = outcome.verdict {
            let reason = reason.code();
            metrics::counter!("habitue_codes_refused_total", "reason" => reason).increment(1);
        }
    }
}

/// How many of the codes there are none of.
fn missed(quote: &Quote) -> usize {
    let unknown = |outcome: &&Outcome| {
        matches!(outcome.verdict, Verdict::Refused { reason: Reason::NotFound, .. })
    };
    quote.outcomes.iter().filter(unknown).count()
}

/// The promotions behind the codes asked for, as the browser may know them.
pub fn behind(compiled: &Compiled, asked: &Asked, now: Timestamp) -> Vec<Promotion> {
    let by_code = |code| compiled.program.by_code(code);
    let mut promotions: Vec<Promotion> = asked.codes.iter().filter_map(by_code).cloned().collect();
    compiled.expand(&mut promotions, now);
    promotions
}

/// Bounds on what is asked for (rules §1.2).
///
/// # Errors
/// `out_of_bounds` naming the field.
pub fn check_asked(asked: &Asked) -> Result<(), Error> {
    if asked.codes.len() > MAX_CODES {
        return Err(Refusal::out_of_bounds("asked.codes").into());
    }
    if asked.points.is_some_and(|points| points.get() < 0) {
        return Err(Refusal::out_of_bounds("asked.points").into());
    }
    if asked.credit.is_some_and(|credit| credit.minor() < 0) {
        return Err(Refusal::out_of_bounds("asked.credit").into());
    }
    Ok(())
}
