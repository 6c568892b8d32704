//! Who may do what: every operation of the OpenAPI document with every kind of key.
//!
//! What to expect is derived from the operation's `security`, so that a new route is covered by
//! being in the document, and fails here until it says whom it is for.

mod scene;

use crate::harness::{Answer, ORIGIN, Server, from};
use axum::body::Body;
use axum::http::{Request, header};
use habitue_server::limit::Settings;
use scene::{Scene, World};
use serde_json::Value;

const OTHER_ORIGIN: &str = "https://other.example";
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// What a caller holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Nobody,
    Garbage,
    GarbageSecret,
    RevokedSecret,
    EndedSession,
    Public,
    PublicElsewhere,
    Session,
    SessionElsewhere,
    OtherMember,
    Secret,
    SecretInBrowser,
    /// Another shop of the same program.
    SisterPublic,
    SisterSession,
    SisterSecret,
    /// A shop of another program.
    StrangerPublic,
    StrangerSession,
    StrangerSecret,
}

const HOLDERS: [Holder; 18] = [
    Holder::Nobody,
    Holder::Garbage,
    Holder::GarbageSecret,
    Holder::RevokedSecret,
    Holder::EndedSession,
    Holder::SecretInBrowser,
    Holder::PublicElsewhere,
    Holder::SessionElsewhere,
    Holder::SisterPublic,
    Holder::SisterSession,
    Holder::SisterSecret,
    Holder::StrangerPublic,
    Holder::StrangerSession,
    Holder::StrangerSecret,
    Holder::OtherMember,
    Holder::Public,
    Holder::Session,
    Holder::Secret,
];

impl Holder {
    /// The security scheme that opens an operation to this holder, if any could.
    const fn scheme(self) -> Option<&'static str> {
        match self {
            Self::Public | Self::SisterPublic | Self::StrangerPublic | Self::PublicElsewhere => {
                Some("public_key")
            }
            Self::Session
            | Self::OtherMember
            | Self::SisterSession
            | Self::StrangerSession
            | Self::SessionElsewhere => Some("session"),
            Self::Secret | Self::SisterSecret | Self::StrangerSecret => Some("secret_key"),
            _ => None,
        }
    }

    /// Whether what belongs to the scene's shopper and shop is this holder's to see.
    const fn owns(self) -> bool {
        matches!(self, Self::Public | Self::Session | Self::Secret)
    }

    const fn origin(self) -> Option<&'static str> {
        match self {
            Self::SecretInBrowser => Some(ORIGIN),
            Self::PublicElsewhere | Self::SessionElsewhere => Some(OTHER_ORIGIN),
            _ => None,
        }
    }
}

/// One operation of the document.
struct Operation {
    path: String,
    method: String,
    /// Schemes any of which is enough; empty for everybody.
    open_to: Vec<String>,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// Whether it names something that must have been there before: a PUT of its own id makes it. A
    /// card is named in the query, and a member in the path of their tier.
    fn names_something(&self) -> bool {
        let names = self.path.matches('{').count();
        let is_theirs = self.path.starts_with("/v1/members");
        names > 1 || (names == 1 && self.method != "put") || is_theirs
    }
}

fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&habitue_server::openapi::document()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let rules = operation["security"].as_array();
            let rules =
                rules.unwrap_or_else(|| panic!("{method} {path} does not say whom it is for"));
            assert!(!rules.is_empty(), "{method} {path} does not say whom it is for");
            let schemes = rules.iter().flat_map(|rule| rule.as_object().unwrap().keys().cloned());
            let open_to = schemes.collect();
            all.push(Operation { path: path.clone(), method: method.clone(), open_to });
        }
    }
    all
}

/// What must be answered: a status and, for a refusal, its code.
fn expected(operation: &Operation, holder: Holder) -> (u16, &'static str) {
    if operation.open_to.is_empty() {
        return (200, "");
    }
    let refused = match holder {
        Holder::Nobody => Some((401, "key_missing")),
        Holder::Garbage | Holder::GarbageSecret | Holder::RevokedSecret => {
            Some((401, "key_unknown"))
        }
        Holder::EndedSession => Some((401, "session_ended")),
        Holder::SecretInBrowser => Some((403, "secret_key_in_browser")),
        Holder::PublicElsewhere | Holder::SessionElsewhere => Some((403, "origin_not_allowed")),
        _ => None,
    };
    if let Some(refused) = refused {
        return refused;
    }
    if !operation.open_to.iter().any(|scheme| Some(scheme.as_str()) == holder.scheme()) {
        return (401, "key_unknown");
    }
    match (holder.owns(), operation.names_something()) {
        (false, true) => (404, "not_found"),
        // A shop's token is good with its own public key alone.
        (false, false) if operation.name() == "POST /v1/session" => (401, "token_invalid"),
        _ => (200, ""),
    }
}

async fn ask(
    server: &Server,
    scene: &Scene,
    (method, path): (&str, &str),
    (holder, cell): (Holder, u16),
) -> Answer {
    let filled = scene.fill(path);
    let mut request = Request::builder().method(method.to_uppercase().as_str()).uri(filled);
    if let Some(bearer) = &scene.bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
    }
    if let Some(origin) = holder.origin() {
        request = request.header(header::ORIGIN, origin);
    }
    request = request.header(header::CONTENT_TYPE, "application/json");
    request = request.header("idempotency-key", format!("cell-{cell}"));
    let body = scene.body(server, method, path).map_or_else(String::new, |body| body.to_string());
    // Every cell comes from its own address, so that none is limited for another's wrong keys.
    server.send(from(request.body(Body::from(body)).unwrap(), cell)).await
}

/// What is wrong with an answer, if something is.
fn complaint(operation: &Operation, holder: Holder, scene: &Scene, got: &Answer) -> Option<String> {
    let (status, code) = expected(operation, holder);
    let readiness = operation.path == "/readyz" && got.status == 503;
    let status_fits = match status {
        200 => (200..300).contains(&got.status) || readiness,
        _ => got.status == status && got.body["code"] == code,
    };
    let text = String::from_utf8_lossy(&got.bytes);
    let told = scene.secrets().into_iter().find(|secret| text.contains(secret.as_str()));
    let told = told.filter(|_| !holder.owns());
    let what = match (status_fits, told) {
        (true, None) => return None,
        (true, Some(secret)) => format!("told {secret}"),
        (false, _) => format!("expected {status} {code}"),
    };
    Some(format!("{} with {holder:?}: {} {text}: {what}", operation.name(), got.status))
}

#[tokio::test]
async fn every_operation_answers_every_kind_of_key_as_the_document_says() {
    // Hundreds of shoppers sign in while the clock stands: how many may is no question here.
    let settings = Settings { limit_visitor: 0, ..Settings::default() };
    let server = Server::start().await.limited(&settings);
    let world = World::make(&server).await;
    let (mut cells, mut unexpected) = (0_u16, Vec::new());
    for operation in operations() {
        for holder in HOLDERS {
            cells += 1;
            let scene = Scene::set(&server, &world, &operation.name(), (holder, cells)).await;
            let before = scene.state(&server).await;
            let at = (operation.method.as_str(), operation.path.as_str());
            let got = ask(&server, &scene, at, (holder, cells)).await;
            unexpected.extend(complaint(&operation, holder, &scene, &got));
            if !holder.owns() && scene.state(&server).await != before {
                unexpected.push(format!("{} with {holder:?} changed it", operation.name()));
            }
        }
    }
    println!("{cells} cells, {} unexpected answers", unexpected.len());
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
}

#[tokio::test]
async fn a_method_that_is_not_in_the_document_does_nothing_for_anybody() {
    // As above.
    let settings = Settings { limit_visitor: 0, ..Settings::default() };
    let server = Server::start().await.limited(&settings);
    let world = World::make(&server).await;
    let (all, mut cells) = (operations(), 0_u16);
    let mut scene = Scene::set(&server, &world, "", (Holder::Nobody, 0)).await;
    let before = scene.state(&server).await;
    let mut paths: Vec<&str> = all.iter().map(|operation| operation.path.as_str()).collect();
    paths.dedup();
    for path in paths {
        let known = |method: &&str| {
            !all.iter().any(|operation| operation.path == path && operation.method == *method)
        };
        for method in METHODS.into_iter().filter(known) {
            for holder in HOLDERS {
                cells += 1;
                scene.hand_over(&server, &world, holder).await;
                let got = ask(&server, &scene, (method, path), (holder, cells)).await;
                let refused = [401, 403, 405].contains(&got.status);
                assert!(refused, "{method} {path} with {holder:?}: {} {}", got.status, got.body);
            }
        }
    }
    assert_eq!(scene.state(&server).await, before);
    println!("{cells} cells, 0 unexpected answers");
}

#[test]
fn every_route_of_the_contract_is_in_the_matrix() {
    let contract = include_str!("../../../api/src/path.rs");
    let routes = contract.lines().filter_map(|line| line.strip_prefix("pub const ")).map(|line| {
        line.split('"').nth(1).unwrap_or_else(|| panic!("{line} is not one line with its address"))
    });
    let all = operations();
    for route in routes {
        assert!(all.iter().any(|operation| operation.path == route), "{route} is not tried");
    }
}
