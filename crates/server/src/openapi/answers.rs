//! The problems every operation may answer with, derived from what it takes, so that no handler
//! lists them by hand; and their media type.

use habitue_api::problem::{Code, MEDIA_TYPE};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, Schema};

/// What anybody may be told before the handler is asked.
const ALWAYS: [Code; 1] = [Code::Unavailable];
const WITH_KEY: [Code; 5] = [
    Code::KeyUnknown,
    Code::OriginNotAllowed,
    Code::NotFound,
    Code::TooManyRequests,
    Code::Internal,
];
const WITH_PARAMETERS: [Code; 1] = [Code::InvalidParameter];
const WITH_BODY: [Code; 4] =
    [Code::InvalidBody, Code::RequestTimeout, Code::BodyTooLarge, Code::UnsupportedMediaType];
const WITH_IDEMPOTENCY: [Code; 3] =
    [Code::IdempotencyKeyMissing, Code::IdempotencyKeyInUse, Code::IdempotencyKeyReused];

/// Completes the answers of all operations.
pub struct Answers;

impl utoipa::Modify for Answers {
    fn modify(&self, document: &mut OpenApi) {
        for item in document.paths.paths.values_mut() {
            let changing = [&mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
            let methods = changing.into_iter().chain([&mut item.get]);
            methods.flatten().for_each(complete);
        }
    }
}

fn complete(operation: &mut Operation) {
    let mut codes = ALWAYS.to_vec();
    let needs_key =
        operation.security.iter().flatten().any(|rule| *rule != SecurityRequirement::default());
    if needs_key {
        codes.extend(WITH_KEY);
    }
    if operation.request_body.is_some() {
        codes.extend(WITH_BODY);
    }
    let parameters =
        operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(&parameter.parameter_in),
            RefOr::Ref(_) => None,
        });
    for place in parameters {
        match place {
            ParameterIn::Header => codes.extend(WITH_IDEMPOTENCY),
            ParameterIn::Path | ParameterIn::Query => codes.extend(WITH_PARAMETERS),
            ParameterIn::Cookie | ParameterIn::QueryString => {}
        }
    }
    let responses = &mut operation.responses.responses;
    for code in codes {
        let status = code.status().to_string();
        let told = responses.entry(status).or_insert_with(|| RefOr::T(Response::new("")));
        if let RefOr::T(response) = told {
            if !response.description.contains(code.code()) {
                let comma = if response.description.is_empty() { "" } else { ", " };
                response.description.extend([comma, code.code()]);
            }
            let schema: RefOr<Schema> = Ref::from_schema_name("Problem").into();
            let content = Content::new(Some(schema));
            response.content.insert("application/json".to_owned(), RefOr::T(content));
        }
    }
    for (_, response) in responses.iter_mut().filter(|(status, _)| status.as_str() >= "4") {
        if let RefOr::T(response) = response
            && let Some(problem) = response.content.shift_remove("application/json")
        {
            response.content.insert(MEDIA_TYPE.to_owned(), problem);
        }
    }
}
