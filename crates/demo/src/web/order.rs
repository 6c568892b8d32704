//! "Thank you", "my orders", cancelling and taking back.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use crate::cart::title_of;
use crate::checkout;
use crate::money::count;
use crate::order::{Order, OrderLine};
use crate::session::Notice;
use crate::shop::Shop;
use crate::text::with;

use super::checkout::{Row, named, rows, taken_rows};
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
    let (paid, off): (Vec<_>, Vec<_>) = order.taken.iter().partition(|taken| taken.is_payment);
    let [covered, off] =
        [paid, off].map(|taken| taken.iter().map(|taken| taken.amount.minor).sum::<i64>());
    let body = html! {
        section.thanks {
            h1 { (texts.thanks) }
            p.lead { (with(texts.order, &order.id)) }
            p {
                (with(texts.paid_line, page.money(order.paid)))
                @if off > 0 {
                    " " (with(texts.saved_line, page.money(order.paid.currency.cents(off))))
                }
                @if covered > 0 {
                    " " (with(texts.covered_line, page.money(order.paid.currency.cents(covered))))
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
        (format!("{} × {title}", line.quantity), page.money(line.cost), "")
    });
    let shipping = (texts.shipping.to_owned(), page.money(order.shipping), "");
    let taken = taken_rows(page, &order.taken, order.paid);
    let all: Vec<Row> = lines.chain([shipping]).chain(taken).collect();
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
    let (state, is_open) = match (order.cancelled_at, order.keeps_any()) {
        (Some(_), _) => (texts.state_cancelled, false),
        (None, false) => (texts.state_returned, false),
        (None, true) if order.returns.is_empty() => (texts.state_paid, true),
        (None, true) => (texts.state_partly, true),
    };
    html! {
        article.order aria-label=(with(texts.order, &order.id)) {
            header {
                h2 { a href={ "/orders/" (order.id) } { (order.id) } }
                span.chip .off[!is_open] { (state) }
            }
            ul { @for line in &order.lines { (piece(page, order, line)) } }
            (refunded(page, order))
            footer {
                strong { (page.money(order.paid)) }
                (points(page, order))
                @if is_open {
                    form method="post" action={ "/orders/" (order.id) "/cancel" } {
                        (page.hidden())
                        button.quiet type="submit"
                            aria-label={ (texts.cancel) " " (order.id) } { (texts.cancel) }
                    }
                }
            }
            @if is_open { (give_back(page, order)) }
        }
    }
}

fn piece(page: &Page<'_>, order: &Order, line: &OrderLine) -> Markup {
    let back = line.quantity - order.kept(line);
    html! {
        li {
            (line.quantity) " × " (title_of(&line.slug, page.lang))
            @if back > 0 && order.cancelled_at.is_none() {
                " " span.fine { (with(page.texts.pieces_back, back)) }
            }
        }
    }
}

/// What the order brings and took, in points, as Habitué has answered it.
fn points(page: &Page<'_>, order: &Order) -> Markup {
    let Some(reply) = order.reply.filter(|_| order.cancelled_at.is_none()) else {
        return html! {};
    };
    let texts = page.texts;
    let [earned, used] = [reply.earned, reply.redeemed].map(|points| count(points, page.lang));
    html! {
        span.fine {
            @if reply.earned > 0 { (with(texts.points_given, earned)) }
            @if reply.earned > 0 && reply.redeemed > 0 { " · " }
            @if reply.redeemed > 0 { (with(texts.points_used, used)) }
            @if let Some(credit) = reply.credit_earned.filter(|credit| credit.minor > 0) {
                " · " (with(texts.credit_given, page.money(credit)))
            }
        }
    }
}

/// What went back, and to what.
fn refunded(page: &Page<'_>, order: &Order) -> Markup {
    let texts = page.texts;
    let refunds = order.refunds().into_iter().map(|refund| {
        let to = refund.to.map(|item| named(page, &item, true));
        (to.unwrap_or_else(|| texts.card.to_owned()), page.money(refund.amount), "")
    });
    let back = order.points_back();
    let points =
        (back > 0).then(|| (texts.points_back.to_owned(), count(back, page.lang), "")).into_iter();
    let all: Vec<Row> = refunds.chain(points).collect();
    html! {
        @if !all.is_empty() {
            section.refunds aria-label=(texts.refunded) {
                h3 { (texts.refunded) }
                (rows(&all))
            }
        }
    }
}

/// A form for the pieces that come back. It says how many returns there were when it was drawn, so
/// that pressing twice is one return.
fn give_back(page: &Page<'_>, order: &Order) -> Markup {
    let texts = page.texts;
    html! {
        details {
            summary aria-label={ (texts.give_back) " " (order.id) } { (texts.give_back) }
            form.back method="post" action={ "/orders/" (order.id) "/return" } {
                (page.hidden())
                input type="hidden" name="known" value=(order.returns.len());
                @for line in order.lines.iter().filter(|line| order.kept(line) > 0) {
                    @let title = title_of(&line.slug, page.lang);
                    label {
                        span { (title) " " span.fine { (with(texts.of_pieces, order.kept(line))) } }
                        input type="number" inputmode="numeric" name={ "line." (line.slug) }
                            value="0" min="0" max=(order.kept(line));
                    }
                }
                button.button type="submit" { (texts.give_back_these) }
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
        tell(&shop, &visitor, Notice::Cancelled(id));
    }
    see("/orders")
}

/// `POST /orders/DS-2026-000123/return`: `line.night-ferry` is how many of it come back.
pub async fn take_back(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
    visitor: Visitor,
    form: Posted,
) -> Response {
    let order = own(&shop, &visitor, &id);
    let known = form.number("known").and_then(|known| usize::try_from(known).ok());
    if let Some(order) = order.filter(|order| Some(order.returns.len()) == known) {
        let pieces = |line: &OrderLine| {
            (line.slug.clone(), form.number(&format!("line.{}", line.slug)).unwrap_or_default())
        };
        let wanted: Vec<_> = order.lines.iter().map(pieces).collect();
        let any = checkout::take_back(&shop, &id, &wanted).await;
        tell(&shop, &visitor, if any { Notice::Returned(id) } else { Notice::NoPieces });
    }
    see("/orders")
}

fn tell(shop: &Shop, visitor: &Visitor, notice: Notice) {
    shop.sessions.with(&visitor.id, |session| session.notice = Some(notice));
}
