//! [`Error`]: what a handler answers when it cannot do what was asked, as `problem+json`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use habitue_api::problem::{Code, MEDIA_TYPE, Problem};
use habitue_domain::refusal::{Reason, Refusal};

/// Why a request was not done. Nothing was changed.
#[derive(Debug)]
pub enum Error {
    /// The caller's mistake, or a refusal, as it is told.
    Problem(Box<Problem>),
    /// A fault of the database.
    Store(habitue_store::Error),
    /// Too much; in so many seconds it may be tried again.
    Limited {
        /// The seconds.
        seconds: i64,
    },
}

/// The code of a problem, on its response for whoever counts and logs.
#[derive(Clone, Debug)]
pub struct Told(pub String);

impl From<habitue_store::Error> for Error {
    fn from(error: habitue_store::Error) -> Self {
        Self::Store(error)
    }
}

impl habitue_store::Failure for Error {
    fn fault(&self) -> Option<&habitue_store::Error> {
        match self {
            Self::Problem(_) | Self::Limited { .. } => None,
            Self::Store(error) => Some(error),
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Problem::new(code).into()
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        refused(&refusal).into()
    }
}

impl Error {
    /// The problem to tell, with faults logged once under an incident number.
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Problem(problem) => *problem,
            Self::Limited { .. } => Problem::new(Code::TooManyRequests),
            Self::Store(error) if is_temporary(&error) => {
                tracing::warn!(%error, "a request was put off");
                Problem::new(Code::Unavailable)
            }
            Self::Store(error) => {
                let incident = uuid::Uuid::now_v7().simple().to_string();
                tracing::error!(%error, incident, "a request failed");
                Problem { incident: Some(incident), ..Problem::new(Code::Internal) }
            }
        }
    }
}

/// Whether the same request may do better in a moment.
const fn is_temporary(error: &habitue_store::Error) -> bool {
    use habitue_store::Error as Fault;
    matches!(
        error,
        Fault::Conflict
            | Fault::Closed
            | Fault::Busy(_)
            | Fault::Unavailable(_)
            | Fault::Uncertain(_)
    )
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let wait = match &self {
            Self::Limited { seconds } => Some(HeaderValue::from(*seconds)),
            Self::Problem(_) | Self::Store(_) => None,
        };
        let mut response = respond(&self.into_problem());
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }
}

/// A problem as a response.
pub fn respond(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = (status, body).into_response();
    response.extensions_mut().insert(Told(problem.code.clone()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let in_use = problem.code == Code::IdempotencyKeyInUse.code();
    if in_use || status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// A refusal as a problem: 422 for what the request says, 409 for what has become of things.
pub fn refused(refusal: &Refusal) -> Problem {
    let (status, title) = sentence(refusal);
    let mut problem = Problem::with(refusal.code(), status, title);
    match refusal {
        Refusal::OutOfBounds { field } => problem.field = Some(field.clone()),
        Refusal::NotApplied { code, missing, .. } => {
            problem.detail = code.as_ref().map(ToString::to_string);
            problem.missing = *missing;
        }
        _ => {}
    }
    problem
}

const fn sentence(refusal: &Refusal) -> (u16, &'static str) {
    match refusal {
        Refusal::OutOfBounds { .. } => (422, "A value lies outside its bounds."),
        Refusal::NotApplied { reason, .. } => (422, reason_sentence(*reason)),
        Refusal::PriceChanged => (409, "The price differs from the one the shopper has seen."),
        Refusal::HoldExpired => (409, "The hold ran out; make a new one."),
        Refusal::HoldReleased => (409, "The hold was given back; make a new one."),
        Refusal::HoldCommitted => (409, "The hold is committed; return the order instead."),
        Refusal::HoldNotConfirmed => (409, "Confirm the hold before committing it."),
        Refusal::HoldConfirmed => (409, "The hold is confirmed; only the shop may release it."),
        Refusal::CustomerMismatch => (409, "The hold belongs to another customer."),
        Refusal::AmountMismatch => (409, "The amount or currency differs from the confirmed one."),
        Refusal::OrderMismatch => (409, "The order differs from the confirmed one."),
        Refusal::NotAMember => (409, "This customer has not joined the program."),
        Refusal::TermsChanged => (409, "The terms have changed; show the current ones."),
        Refusal::TextChanged => (409, "The consent text has changed; show the current one."),
        Refusal::ReturnExceedsOrder => (422, "More is returned than was bought."),
        Refusal::ReturnDiffers => (409, "This return was recorded before with other units."),
        Refusal::EventDiffers => (409, "This event is known as another member's."),
        Refusal::OrderDiffers => {
            (409, "This order is known with another customer, currency or content.")
        }
        Refusal::ClaimSettled => {
            (409, "The claim was withdrawn before, or what it granted was fulfilled or used.")
        }
    }
}

const fn reason_sentence(reason: Reason) -> &'static str {
    match reason {
        Reason::NotFound => "There is no such code.",
        Reason::Expired => "The code has expired.",
        Reason::NotStarted => "The code is not valid yet.",
        Reason::UsedUp => "All uses of the code are taken.",
        Reason::UsedUpForMember => "The member has used the code before.",
        Reason::BelowMinimum => "The cart is below the minimum spend.",
        Reason::NotApplicable => "Nothing in the cart qualifies.",
        Reason::LoginRequired => "Only a signed-in member can use this.",
        Reason::NotEligible => "This member cannot use this.",
        Reason::NotCombinable => "It cannot be combined with something else in the cart.",
        Reason::WrongCurrency => "It is not offered in the cart's currency.",
        Reason::BudgetSpent => "Its budget is spent.",
        Reason::NotEnoughPoints => "There are not enough points.",
        Reason::InDebt => "Points are owed from an earlier return.",
        Reason::OutOfStock => "It is out of stock.",
    }
}
