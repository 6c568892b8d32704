//! Logging in as a customer of the sample; and telling Habitué's widget who that is.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use crate::checkout;
use crate::customer::Customer;
use crate::gift;
use crate::money::Currency;
use crate::session::Notice;
use crate::shop::Shop;
use crate::text::with;
use crate::token::mint;

use super::form::{Posted, see};
use super::layout::Page;
use super::visitor::{Visitor, set_cookie};

/// The page to go on to.
#[derive(Debug, Default, Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// `GET /loyalty-token`, what the script tag's `data-token-url` names.
///
/// Only our own pages can read the answer: the cookie is `SameSite` and we send no CORS headers.
pub async fn token(State(shop): State<Arc<Shop>>, visitor: Visitor) -> Response {
    let (customer, lang) =
        shop.sessions.with(&visitor.id, |session| (session.customer.clone(), session.lang));
    let customer = customer.as_deref().and_then(|id| shop.customers.get(id));
    let now = jiff::Timestamp::now().as_second();
    let token = customer.and_then(|customer| {
        mint(&shop.file, &shop.habitue_url, customer, lang.tag(), now)
            .inspect_err(|error| tracing::error!(%error, "no token"))
            .ok()
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "token": token }))).into_response()
}

/// `GET /login`
pub async fn page(
    State(shop): State<Arc<Shop>>,
    Query(next): Query<Next>,
    visitor: Visitor,
) -> Response {
    let page = Page::of(&shop, &visitor);
    let texts = page.texts;
    let customers = &shop.customers;
    let groups = [
        (texts.regulars, texts.regulars_lead, &customers.regulars),
        (texts.newcomers, texts.newcomers_lead, &customers.newcomers),
        (texts.collectors, texts.collectors_lead, &customers.collectors),
    ];
    let recommended = customers.recommended().map(|one| one.id.as_str());
    let body = html! {
        section.login {
            h1 { (texts.log_in) }
            p.lead { (texts.login_lead) }
            form method="post" action="/login" {
                (page.hidden())
                input type="hidden" name="next" value=(next.next);
                @for (title, lead, people) in groups {
                    fieldset {
                        legend { (title) }
                        p { (lead) }
                        ul.people {
                            @for one in people {
                                li { (person(&page, one, recommended == Some(one.id.as_str()),
                                    gift::is_for(&shop, one))) }
                            }
                        }
                    }
                }
            }
            form.number method="post" action="/login" {
                (page.hidden())
                input type="hidden" name="next" value=(next.next);
                h2 { (texts.any_customer) }
                label {
                    span { (texts.customer_number) }
                    input name="customer" inputmode="numeric" autocomplete="off" required
                        maxlength="8" placeholder="0004";
                }
                button.button type="submit" { (texts.log_in) }
            }
            p.fine { (with(&with(texts.free_card, page.money(gift::CARD)), gift::FREE_CODE)) }
        }
    };
    page.draw(texts.log_in, &body)
}

fn person(page: &Page<'_>, one: &Customer, recommended: bool, is_given: bool) -> Markup {
    let texts = page.texts;
    let spent = Currency::Usd.cents(i64::try_from(one.cents).unwrap_or(i64::MAX));
    let spent = page.money(spent);
    html! {
        button.person .first[recommended] type="submit" name="customer" value=(one.id) {
            strong { (one.given_name()) " " (one.family_name()) }
            @if recommended { " " span.chip { (texts.recommended) } }
            span.fine {
                (one.id) " · "
                @if one.is_member() { (with(&with(texts.customer_line, one.orders), spent)) }
                @else { (with(texts.one_order, spent)) }
            }
            @if is_given {
                span.fine {
                    (with(&with(texts.gift_line, page.money(gift::CARD)), page.money(gift::CREDIT)))
                }
            }
        }
    }
}

/// `POST /login`
pub async fn log_in(State(shop): State<Arc<Shop>>, visitor: Visitor, form: Posted) -> Response {
    let id = form.text("customer");
    let next = form.text("next");
    let Some(customer) = shop.customers.get(id) else {
        let unknown = Notice::UnknownCustomer(id.chars().take(20).collect());
        shop.sessions.with(&visitor.id, |session| session.notice = Some(unknown));
        return see("/login");
    };
    // What was held was held for somebody else.
    checkout::let_go(&shop, &visitor.id);
    let session = shop.sessions.rotate(&visitor.id);
    shop.sessions.with(&session, |session| {
        session.customer = Some(customer.id.clone());
    });
    let next = if is_ours(next) { next } else { "/" };
    ([(header::SET_COOKIE, set_cookie(&session))], see(next)).into_response()
}

/// `POST /logout`
pub async fn log_out(State(shop): State<Arc<Shop>>, visitor: Visitor, _form: Posted) -> Response {
    checkout::let_go(&shop, &visitor.id);
    let session = shop.sessions.rotate(&visitor.id);
    shop.sessions.with(&session, |session| session.customer = None);
    ([(header::SET_COOKIE, set_cookie(&session))], see("/")).into_response()
}

/// Whether `next` is a page of ours: a link must not send anybody elsewhere by way of our login.
fn is_ours(next: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
    next.starts_with('/') && !next.starts_with("//") && next != "/login" && next.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn logging_in_leads_to_our_own_pages_only() {
        assert!(is_ours("/checkout") && is_ours("/records/night-ferry") && is_ours("/"));
        for elsewhere in ["//evil.example", "https://evil.example", "/\\evil.example", "", "/login"]
        {
            assert!(!is_ours(elsewhere), "{elsewhere}");
        }
    }
}
