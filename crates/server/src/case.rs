//! Answers a [`Case`]: for `POST /v1/quotes/dry-run` and `habitue quote`. No database is asked.

use crate::calendar::Zone;
use crate::error::{Error, refused};
use habitue_api::problem::{Code, Problem};
use habitue_domain::case::{Case, CaseError};
use habitue_domain::quote::Quote;
use habitue_domain::time::Timestamp;
use habitue_domain::validate::Mistake;

/// The quote of a case; `now` counts where it names no instant.
///
/// # Errors
/// `invalid_body` for an unknown zone, `invalid_program` for mistakes in the promotions,
/// `out_of_bounds`.
pub fn answer(case: &Case, now: Timestamp) -> Result<Quote, Error> {
    let zone = case.time_zone.as_deref().unwrap_or("UTC");
    let zone = Zone::named(zone).ok_or_else(|| {
        let problem = Problem::new(Code::InvalidBody).field("time_zone");
        problem.detail("Not a time zone such as Europe/Paris.")
    })?;
    case.quote(&zone, now).map_err(|error| match error {
        CaseError::Mistakes(mistakes) => invalid(&mistakes).into(),
        CaseError::Refused(refusal) => refused(&refusal).into(),
    })
}

/// All mistakes of a document as one problem.
pub fn invalid(mistakes: &[Mistake]) -> Problem {
    let all: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    let problem = Problem::new(Code::InvalidProgram).detail(all.join("; "));
    let first = mistakes.first().map(|mistake| mistake.path.clone());
    match first {
        Some(field) => problem.field(field),
        None => problem,
    }
}
