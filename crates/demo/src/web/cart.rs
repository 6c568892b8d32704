//! The cart page, and changing what is in it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::json;

use crate::cart::{Cart, MAX_QUANTITY};
use crate::catalogue::{self, Record};
use crate::checkout;
use crate::session::Notice;
use crate::shop::Shop;
use crate::text::with;

use super::form::{Posted, see};
use super::layout::Page;
use super::visitor::Visitor;

/// `GET /cart`
pub async fn page(State(shop): State<Arc<Shop>>, visitor: Visitor) -> Response {
    let page = Page::of(&shop, &visitor);
    let cart = shop.sessions.with(&visitor.id, |session| session.cart.clone());
    let body = if cart.is_empty() { nothing(&page) } else { lines(&page, &cart) };
    page.draw(page.texts.cart, &body)
}

/// An empty cart, also in front of an empty checkout.
pub fn nothing(page: &Page<'_>) -> Markup {
    html! {
        section.plain {
            h1 { (page.texts.cart) }
            p.lead { (page.texts.cart_empty) }
            a.button href="/" { (page.texts.browse) }
        }
    }
}

fn lines(page: &Page<'_>, cart: &Cart) -> Markup {
    let texts = page.texts;
    html! {
        section.basket {
            h1 { (texts.cart) }
            ul.lines {
                @for (record, quantity) in cart.lines() { (line(page, record, quantity)) }
            }
            p.sum { span { (texts.goods) } strong { (page.money(cart.goods(page.currency))) } }
            a.button.wide href="/checkout" { (texts.to_checkout) }
        }
    }
}

fn line(page: &Page<'_>, record: &Record, quantity: i64) -> Markup {
    let texts = page.texts;
    let cost = record.price.in_currency(page.currency).minor * quantity;
    html! {
        li {
            img.cover src=(record.cover_path()) alt="" width="88" height="88";
            div {
                a href={ "/records/" (record.slug) } { strong { (record.title) } }
                span.artist { (record.artist) }
                form method="post" action="/cart/set" data-quantity {
                    (page.hidden())
                    input type="hidden" name="record" value=(record.slug);
                    label {
                        span.unseen { (texts.quantity) ", " (record.title) }
                        input type="number" name="quantity" value=(quantity) min="0"
                            max=(MAX_QUANTITY) required;
                    }
                    button.quiet type="submit" data-update { (texts.update) }
                    button.quiet type="submit" name="remove" value="1"
                        aria-label={ (texts.remove) ", " (record.title) } { (texts.remove) }
                }
            }
            span.cost { (page.money(page.currency.cents(cost))) }
        }
    }
}

/// `POST /cart/add`
pub async fn add(State(shop): State<Arc<Shop>>, visitor: Visitor, form: Posted) -> Response {
    let Some(record) = catalogue::record(form.text("record")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let quantity = form.number("quantity").unwrap_or(1);
    checkout::let_go(&shop, &visitor.id);
    let (count, lang) = shop.sessions.with(&visitor.id, |session| {
        session.cart.add(record, quantity);
        (session.cart.count(), session.lang)
    });
    let added = Notice::Added(record.title);
    if visitor.wants_json {
        let label = with(lang.texts().cart_of, count);
        let words = added.words(lang);
        return Json(json!({ "count": count, "label": label, "notice": words })).into_response();
    }
    shop.sessions.with(&visitor.id, |session| session.notice = Some(added));
    see("/cart")
}

/// `POST /cart/set`
pub async fn set(State(shop): State<Arc<Shop>>, visitor: Visitor, form: Posted) -> Response {
    if let Some(record) = catalogue::record(form.text("record")) {
        let quantity = form.number("quantity").unwrap_or(1);
        let quantity = if form.text("remove").is_empty() { quantity } else { 0 };
        checkout::let_go(&shop, &visitor.id);
        shop.sessions.with(&visitor.id, |session| session.cart.set(record, quantity));
    }
    see("/cart")
}
