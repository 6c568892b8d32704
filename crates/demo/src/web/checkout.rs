//! The checkout page, and what its forms and the widget's events ask of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::cart::{Shipping, title_of};
use crate::checkout::{self, NotKept, Payment, Price};
use crate::loyalty::{Cart, Error, Item};
use crate::money::{Money, count};
use crate::order::{Taken, taken};
use crate::shop::Shop;
use crate::text::with;

use super::cart::nothing;
use super::form::{Posted, see};
use super::layout::Page;
use super::visitor::Visitor;

/// A row: what it is, how much, and its class (`off` for a discount, `paid` for a payment).
pub type Row = (String, String, &'static str);

/// The summary as figures: drawn into the page, and sent to `shop.js` when something changes.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// What stands in each row.
    rows: Vec<Row>,
    /// The last row.
    total: String,
    /// The button.
    pay: String,
    /// The amount on it, in cents; where it is nothing, no card is asked for.
    to_pay: i64,
    /// The order's number.
    order: String,
    /// The hold behind the discount, and what it takes off, for `<habitue-redeem>`.
    hold: Option<String>,
    saved: Option<String>,
    /// Goods, as `<habitue-redeem amount>` wants them.
    amount: String,
    /// For `Habitue.cart(…)`.
    cart: Cart,
    /// What there is to say.
    notice: Option<String>,
}

/// `12.90`: how amounts stand in HTML attributes, in every language.
fn plain(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl Summary {
    fn of(page: &Page<'_>, price: Price, order: String) -> Self {
        let texts = page.texts;
        let currency = price.cart.currency;
        let to_pay = price.to_pay();
        let mut rows: Vec<Row> = Vec::new();
        for line in &price.cart.lines {
            let title = title_of(&line.id, page.lang);
            let cost = page.money(currency.cents(line.unit_price * line.quantity));
            rows.push((format!("{} × {title}", line.quantity), cost, ""));
        }
        let shipping = page.money(currency.cents(price.cart.shipping));
        rows.push((texts.shipping.to_owned(), shipping, ""));
        let taken = price.quote.as_ref().map(taken).unwrap_or_default();
        rows.extend(taken_rows(page, &taken, to_pay));
        let saved = price.quote.as_ref().filter(|_| price.hold.is_some());
        Self {
            rows,
            total: page.money(to_pay),
            pay: match to_pay.minor {
                0 => texts.pay_nothing.to_owned(),
                _ => with(texts.pay, page.money(to_pay)),
            },
            to_pay: to_pay.minor,
            order,
            saved: saved.map(|quote| plain(quote.saved().minor)),
            hold: price.hold,
            amount: plain(price.cart.total().minor - price.cart.shipping),
            cart: price.cart,
            notice: page.notice.as_ref().map(|notice| notice.words(page.lang)),
        }
    }
}

/// Rows for what came off; then what the order costs, and what has been paid of it already.
pub fn taken_rows(page: &Page<'_>, taken: &[Taken], to_pay: Money) -> Vec<Row> {
    let row = |taken: &Taken, class| {
        let what = match &taken.item {
            Item::Points(asked) => {
                let points = count(taken.points.unwrap_or(*asked), page.lang);
                with(page.texts.by_points, points)
            }
            item => named(page, item, taken.is_payment),
        };
        (what, format!("−{}", page.money(taken.amount)), class)
    };
    let (paid, off): (Vec<&Taken>, Vec<&Taken>) = taken.iter().partition(|it| it.is_payment);
    let mut rows: Vec<Row> = off.into_iter().map(|it| row(it, "off")).collect();
    if !paid.is_empty() {
        let covered: i64 = paid.iter().map(|it| it.amount.minor).sum();
        let cost = page.money(to_pay.currency.cents(to_pay.minor + covered));
        rows.push((page.texts.costs.to_owned(), cost, "sub"));
        rows.extend(paid.into_iter().map(|it| row(it, "paid")));
    }
    rows
}

/// What something that came off or paid is called. A gift card's code is money, and stands nowhere.
pub fn named(page: &Page<'_>, item: &Item, is_payment: bool) -> String {
    match item {
        Item::Code(_) if is_payment => page.texts.gift_card.to_owned(),
        Item::Code(code) => code.clone(),
        Item::Points(points) => with(page.texts.by_points, count(*points, page.lang)),
        Item::Credit(_) => page.texts.credit.to_owned(),
        Item::Automatic(_) => page.texts.by_itself.to_owned(),
    }
}

/// Prices the cart. The page is made afterwards, so that it has the notice of what was lost.
async fn summary<'a>(shop: &'a Shop, visitor: &Visitor) -> anyhow::Result<(Page<'a>, Summary)> {
    let price = checkout::price(shop, &visitor.id).await;
    let order = checkout::number(shop, &visitor.id)?;
    let page = Page::of(shop, visitor);
    let summary = Summary::of(&page, price, order);
    Ok((page, summary))
}

/// `GET /checkout`
pub async fn page(State(shop): State<Arc<Shop>>, visitor: Visitor) -> Response {
    let (empty, chosen) =
        shop.sessions.with(&visitor.id, |session| (session.cart.is_empty(), session.shipping));
    if empty {
        let page = Page::of(&shop, &visitor);
        return page.draw(page.texts.checkout, &nothing(&page));
    }
    match summary(&shop, &visitor).await {
        Ok((page, summary)) => {
            let body = draw(&page, &summary, chosen);
            page.draw(page.texts.checkout, &body)
        }
        Err(error) => failed(&shop, &visitor, &error),
    }
}

fn failed(shop: &Shop, visitor: &Visitor, error: &anyhow::Error) -> Response {
    tracing::error!(%error, "checkout failed");
    let page = Page::of(shop, visitor);
    page.message(StatusCode::INTERNAL_SERVER_ERROR, page.texts.failed, "")
}

fn draw(page: &Page<'_>, summary: &Summary, chosen: Shipping) -> Markup {
    let texts = page.texts;
    let cart = json!(summary.cart).to_string();
    html! {
        h1 { (texts.checkout) }
        div.checkout data-checkout data-cart=(cart) {
            div.steps {
                (delivery(page, chosen))
                section aria-labelledby="rewards" {
                    h2 #rewards { (texts.rewards) }
                    (redeem(page, summary))
                    @if page.name.is_none() { (guest(page, summary)) }
                }
                (payment(page, summary))
            }
            aside.summary aria-labelledby="summary" {
                h2 #summary { (texts.summary) }
                (rows(&summary.rows))
                p.sum { span { (texts.total) } strong data-total { (summary.total) } }
            }
        }
    }
}

/// The widget's place. `hold` and `saved` tell it what this cart has already, so that a reloaded
/// page shows the code as applied. What stands inside is there without script, and if Habitué
/// cannot be reached.
fn redeem(page: &Page<'_>, summary: &Summary) -> Markup {
    html! {
        habitue-redeem amount=(summary.amount) currency=(page.currency.code())
            data-choice[page.name.is_some()] data-purse[page.has_gifts]
            hold=[summary.hold.as_ref()] saved=[summary.saved.as_ref()] {
            p.fine { (page.texts.rewards_fallback) }
        }
    }
}

/// A guest has no session at Habitué, so that the code is typed into a form of ours.
fn guest(page: &Page<'_>, summary: &Summary) -> Markup {
    let texts = page.texts;
    html! {
        form.guest method="post" action="/checkout/code" {
            (page.hidden())
            @if summary.hold.is_some() {
                p { (texts.guest_applied) }
                button.quiet type="submit" name="remove" value="1" { (texts.remove) }
            } @else {
                input type="hidden" name="attempt" value=(Uuid::now_v7());
                p.fine { (texts.guest_lead) }
                label {
                    span { (texts.email) }
                    input type="email" name="email" autocomplete="email" required maxlength="200";
                }
                label {
                    span { (texts.code) }
                    input name="code" autocomplete="off" autocapitalize="characters"
                        spellcheck="false" required maxlength="60";
                }
                button.quiet type="submit" { (texts.apply) }
            }
        }
    }
}

fn delivery(page: &Page<'_>, chosen: Shipping) -> Markup {
    let texts = page.texts;
    html! {
        section aria-labelledby="delivery" {
            h2 #delivery { (texts.delivery) }
            form.options method="post" action="/checkout/shipping" data-shipping {
                (page.hidden())
                @for way in Shipping::ALL {
                    @let (name, lead) = way.words(texts);
                    label.option {
                        input type="radio" name="shipping" value=(way.slug())
                            checked[way == chosen];
                        span { strong { (name) } " " span.fine { (lead) } }
                        span.cost { (page.money(way.price(page.currency))) }
                    }
                }
                button.quiet type="submit" data-update { (texts.choose) }
            }
        }
    }
}

fn payment(page: &Page<'_>, summary: &Summary) -> Markup {
    let texts = page.texts;
    html! {
        section aria-labelledby="payment" {
            h2 #payment { (texts.payment) }
            form.options method="post" action="/checkout/pay" data-pay {
                (page.hidden())
                input type="hidden" name="order" value=(summary.order);
                input type="hidden" name="to_pay" value=(summary.to_pay);
                p.fine { (texts.payment_lead) }
                div.options data-cards hidden[summary.to_pay == 0] {
                    label.option {
                        input type="radio" name="card" value="works" checked;
                        span { strong { (texts.card_works) } } span.cost { "•••• 4242" }
                    }
                    label.option {
                        input type="radio" name="card" value="declined";
                        span { strong { (texts.card_declined) } } span.cost { "•••• 0002" }
                    }
                }
                p data-covered hidden[summary.to_pay != 0] { (texts.covered) }
                button.button.wide type="submit" { (summary.pay) }
            }
        }
    }
}

/// Rows of a summary.
pub fn rows(rows: &[Row]) -> Markup {
    html! {
        dl data-rows {
            @for (what, amount, class) in rows {
                div class=(class) { dt { (what) } dd { (amount) } }
            }
        }
    }
}

/// The figures after a change, or the page for a browser without script.
async fn changed(shop: &Shop, visitor: &Visitor) -> Response {
    if !visitor.wants_json {
        return see("/checkout");
    }
    let held = shop.sessions.with(&visitor.id, |session| session.hold.is_some());
    match summary(shop, visitor).await {
        Ok((page, summary)) if held && summary.hold.is_none() => {
            // The discount is lost, which the widget cannot know: the page is to be drawn anew,
            // and the notice is for that page.
            shop.sessions.with(&visitor.id, |session| session.notice = page.notice);
            Json(json!({ "reload": true })).into_response()
        }
        Ok((_, summary)) => Json(summary).into_response(),
        Err(error) => failed(shop, visitor, &error),
    }
}

/// `POST /checkout/shipping`
pub async fn shipping(State(shop): State<Arc<Shop>>, visitor: Visitor, form: Posted) -> Response {
    if let Some(way) = Shipping::parse(form.text("shipping")) {
        // The hold stays: `checkout::price` makes it anew for the new total.
        shop.sessions.with(&visitor.id, |session| session.shipping = way);
    }
    changed(&shop, &visitor).await
}

/// `POST /cart/hold`: the page heard `habitue:redeem` (with a hold) or `habitue:release`.
///
/// An error here makes `shop.js` reject the event's promise; the widget then gives the hold back
/// and tells the shopper.
pub async fn hold(State(shop): State<Arc<Shop>>, visitor: Visitor, form: Posted) -> Response {
    let hold = form.text("hold");
    if hold.is_empty() {
        checkout::let_go(&shop, &visitor.id);
        return changed(&shop, &visitor).await;
    }
    match checkout::keep(&shop, &visitor.id, hold).await {
        Ok(()) => changed(&shop, &visitor).await,
        Err(error) => {
            tracing::warn!(hold, %error, "not kept");
            let status = match error {
                NotKept::Unanswered(Error::Silent(_)) => StatusCode::SERVICE_UNAVAILABLE,
                NotKept::Unanswered(Error::Refused(_)) | NotKept::Unusable => StatusCode::CONFLICT,
            };
            status.into_response()
        }
    }
}

/// `POST /checkout/code`: a guest's code, or taking it back.
pub async fn code(State(shop): State<Arc<Shop>>, visitor: Visitor, form: Posted) -> Response {
    if form.text("remove").is_empty() {
        let [email, code, attempt] = ["email", "code", "attempt"].map(|name| form.text(name));
        if attempt.parse::<Uuid>().is_ok() {
            checkout::take_code(&shop, &visitor.id, email, code, attempt).await;
        }
    } else {
        checkout::let_go(&shop, &visitor.id);
    }
    see("/checkout")
}

/// `POST /checkout/pay`
pub async fn pay(State(shop): State<Arc<Shop>>, visitor: Visitor, form: Posted) -> Response {
    let payment = Payment {
        order: form.text("order").to_owned(),
        to_pay: form.number("to_pay").unwrap_or(-1),
        card_works: form.text("card") != "declined",
    };
    match checkout::pay(&shop, &visitor.id, &payment).await {
        Some(order) => see(&format!("/orders/{order}")),
        None => see("/checkout"),
    }
}
