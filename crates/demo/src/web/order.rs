//! "Thank you", "my orders", and cancelling.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use crate::cart::title_of;
use crate::checkout;
use crate::money::count;
use crate::order::Order;
use crate::session::Notice;
use crate::shop::Shop;
use crate::text::with;

use super::checkout::{rows, taken_row};
use super::form::{Posted, see};
use super::layout::Page;
use super::nothing_here;
use super::visitor::Visitor;

/// The order, if it is this visitor's.
fn own(shop: &Shop, visitor: &Visitor, id: &str) -> Option<Order> {
    let customer = shop.sessions.with(&visitor.id, |session| session.customer.clone());
    shop.orders.of(id, customer.as_deref(), &visitor.id)
}

/// `GET /orders/DS-2026-000123`
pub async fn one(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Response {
    let Some(order) = own(&shop, &visitor, &id) else {
        return nothing_here(State(shop), visitor).await;
    };
    let page = Page::of(&shop, &visitor);
    let texts = page.texts;
    let off: i64 = order.taken.iter().map(|taken| taken.amount.minor).sum();
    let body = html! {
        section.thanks {
            h1 { (texts.thanks) }
            p.lead { (with(texts.order, &order.id)) }
            p {
                (with(texts.paid_line, page.money(order.paid)))
                @if off > 0 {
                    " " (with(texts.saved_line, page.money(order.paid.currency.cents(off))))
                }
            }
            (to_come(&page, &order))
            (receipt(&page, &order))
            p.ways {
                a.button href="/orders" { (texts.my_orders) }
                a.button.second href="/" { (texts.browse) }
            }
        }
    };
    page.draw(texts.thanks, &body)
}

/// What the order does for the shopper's points, as Habitué has answered it.
fn to_come(page: &Page<'_>, order: &Order) -> Markup {
    let texts = page.texts;
    let (words, view) = match (&order.customer, &order.reply) {
        (None, _) => (texts.points_guest.to_owned(), None),
        (Some(_), None) => (texts.points_later.to_owned(), None),
        (Some(_), Some(reply)) if reply.earned > 0 => (
            with(texts.points_to_come, count(reply.earned, page.lang)),
            Some(("history", texts.see_points)),
        ),
        // Who has redeemed something is a member: the goods were paid by points alone.
        (Some(_), Some(_)) if order.hold.is_some() => (texts.points_none.to_owned(), None),
        (Some(_), Some(_)) => (texts.points_for_members.to_owned(), Some(("home", texts.join))),
    };
    html! {
        div.points {
            p { (words) }
            @if let Some((view, name)) = view {
                // Shown once the widget is there to open.
                button.quiet type="button" data-open=(view) hidden { (name) }
            }
        }
    }
}

fn receipt(page: &Page<'_>, order: &Order) -> Markup {
    let texts = page.texts;
    let lines = order.lines.iter().map(|line| {
        let title = title_of(&line.slug, page.lang);
        (format!("{} × {title}", line.quantity), page.money(line.cost), false)
    });
    let shipping = (texts.shipping.to_owned(), page.money(order.shipping), false);
    let taken = order.taken.iter().map(|taken| taken_row(page, taken));
    let all: Vec<_> = lines.chain([shipping]).chain(taken).collect();
    html! {
        (rows(&all))
        p.sum { span { (texts.paid) } strong { (page.money(order.paid)) } }
    }
}

/// `GET /orders`
pub async fn all(State(shop): State<Arc<Shop>>, visitor: Visitor) -> Response {
    let customer = shop.sessions.with(&visitor.id, |session| session.customer.clone());
    let orders = shop.orders.all_of(customer.as_deref(), &visitor.id);
    let page = Page::of(&shop, &visitor);
    let texts = page.texts;
    let body = html! {
        section.orders {
            h1 { (texts.my_orders) }
            p.lead { (texts.orders_lead) }
            @if orders.is_empty() {
                p { (texts.no_orders) }
                a.button href="/" { (texts.browse) }
            }
            @for order in &orders { (card(&page, order)) }
        }
    };
    page.draw(texts.my_orders, &body)
}

fn card(page: &Page<'_>, order: &Order) -> Markup {
    let texts = page.texts;
    let cancelled = order.cancelled_at.is_some();
    html! {
        article.order aria-label=(with(texts.order, &order.id)) {
            header {
                h2 { a href={ "/orders/" (order.id) } { (order.id) } }
                span.chip .off[cancelled] {
                    (if cancelled { texts.state_cancelled } else { texts.state_paid })
                }
            }
            ul {
                @for line in &order.lines {
                    li { (line.quantity) " × " (title_of(&line.slug, page.lang)) }
                }
            }
            footer {
                strong { (page.money(order.paid)) }
                @if let Some(reply) = order.reply.filter(|_| !cancelled) {
                    @let [earned, used] =
                        [reply.earned, reply.redeemed].map(|points| count(points, page.lang));
                    span.fine {
                        @if reply.earned > 0 { (with(texts.points_given, earned)) }
                        @if reply.earned > 0 && reply.redeemed > 0 { " · " }
                        @if reply.redeemed > 0 { (with(texts.points_used, used)) }
                    }
                }
                @if !cancelled {
                    form method="post" action={ "/orders/" (order.id) "/cancel" } {
                        (page.hidden())
                        button.quiet type="submit"
                            aria-label={ (texts.cancel) " " (order.id) } { (texts.cancel) }
                    }
                }
            }
        }
    }
}

/// `POST /orders/DS-2026-000123/cancel`
pub async fn cancel(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
    visitor: Visitor,
    _form: Posted,
) -> Response {
    if own(&shop, &visitor, &id).is_some() {
        checkout::cancel(&shop, &id).await;
        shop.sessions.with(&visitor.id, |session| {
            session.notice = Some(Notice::Cancelled(id));
        });
    }
    see("/orders")
}
