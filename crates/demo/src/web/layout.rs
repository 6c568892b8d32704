//! What every page has around it, with Habitué's one line: the script tag.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::catalogue::Category;
use crate::money::{Currency, Money};
use crate::session::Notice;
use crate::shop::Shop;
use crate::text::{Lang, Texts, with};

use super::visitor::Visitor;

/// The shop's colour. Habitué derives the rest from it and sees to the contrast.
const ACCENT: &str = "#b3361b";

/// What a page is drawn with.
pub struct Page<'a> {
    shop: &'a Shop,
    path: String,
    /// The visitor's language.
    pub lang: Lang,
    /// Its sentences.
    pub texts: &'static Texts,
    /// The visitor's currency.
    pub currency: Currency,
    /// Stands in every form.
    pub csrf: String,
    /// The customer who is logged in: their given name.
    pub name: Option<&'static str>,
    /// Whether the house has given them something to pay with.
    pub has_gifts: bool,
    /// What the page has to say at its top.
    pub notice: Option<Notice>,
    count: i64,
}

impl<'a> Page<'a> {
    /// A page for this visitor. Takes the notice that waits for them.
    pub fn of(shop: &'a Shop, visitor: &Visitor) -> Self {
        shop.sessions.with(&visitor.id, |session| {
            let customer = session.customer.as_deref().and_then(|id| shop.customers.get(id));
            Self {
                shop,
                path: visitor.path.clone(),
                lang: session.lang,
                texts: session.lang.texts(),
                currency: session.currency,
                csrf: session.csrf.clone(),
                name: customer.map(crate::customer::Customer::given_name),
                has_gifts: customer.is_some_and(|one| crate::gift::is_for(shop, one)),
                notice: session.notice.take(),
                count: session.cart.count(),
            }
        })
    }

    /// An amount in the visitor's language.
    pub fn money(&self, money: Money) -> String {
        money.show(self.lang)
    }

    /// The whole page.
    pub fn draw(&self, title: &str, body: &Markup) -> Response {
        let markup = html! {
            (DOCTYPE)
            html lang=(self.lang.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · Sillon Records" }
                    link rel="icon" href="/static/icon.svg" type="image/svg+xml";
                    link rel="stylesheet" href="/static/shop.css";
                    // Not painted in halves, however slowly it comes.
                    link rel="expect" href="#content" blocking="render";
                    script defer src="/static/shop.js" {}
                    (self.tag())
                }
                body {
                    a.skip href="#content" { (self.texts.skip) }
                    (self.header())
                    main #content tabindex="-1" {
                        (self.notice())
                        (body)
                    }
                    (self.footer())
                }
            }
        };
        Html(markup.into_string()).into_response()
    }

    /// A page that only says something.
    pub fn message(&self, status: StatusCode, title: &str, lead: &str) -> Response {
        let body = html! {
            section.plain {
                h1 { (title) }
                p.lead { (lead) }
                a.button href="/" { (self.texts.back) }
            }
        };
        (status, self.draw(title, &body)).into_response()
    }

    /// All that a shop adds to its pages.
    ///
    /// `data-token-url` is fetched when the shopper shows interest; with `data-signed-in` already
    /// when the page is idle, so that the launcher shows their points.
    fn tag(&self) -> Markup {
        html! {
            script async src={ (self.shop.habitue_url) "/v1/habitue.js" }
                data-key=(self.shop.file.public_key)
                data-token-url="/loyalty-token"
                data-login-url={ "/login?next=" (self.path) }
                data-locale=(self.lang.tag())
                data-currency=(self.currency.code())
                data-accent=(ACCENT)
                data-signed-in[self.name.is_some()] {}
        }
    }

    fn header(&self) -> Markup {
        let texts = self.texts;
        html! {
            header.site {
                a.logo href="/" {
                    img src="/static/icon.svg" alt="" width="36" height="36";
                    span { "Sillon" } " "
                    small { (texts.tagline) }
                }
                nav.account aria-label=(self.name.unwrap_or(texts.log_in)) {
                    @if let Some(name) = self.name {
                        a href="/orders" {
                            (icon("M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6"))
                            span.words { (texts.my_orders) }
                        }
                        form method="post" action="/logout" data-logout {
                            (self.hidden())
                            button.link type="submit" {
                                (icon("M10 4H5v16h5M15 8l4 4-4 4M19 12H9"))
                                span.words { (texts.log_out) " " span.who { (name) } }
                            }
                        }
                    } @else {
                        a href={ "/login?next=" (self.path) } { (texts.log_in) }
                    }
                    a.cart href="/cart" aria-label=(with(texts.cart_of, self.count)) data-cart-link {
                        (texts.cart) " " span.count data-cart-count { (self.count) }
                    }
                }
                nav.shelves aria-label=(texts.menu) {
                    (self.shelf("/", texts.all_records))
                    @for category in Category::ALL {
                        (self.shelf(&format!("/shelf/{}", category.slug()), category.name(self.lang)))
                    }
                }
            }
        }
    }

    fn shelf(&self, path: &str, name: &str) -> Markup {
        let here = self.path == path;
        html! { a href=(path) aria-current=[here.then_some("page")] { (name) } }
    }

    /// Stays in the page while it is empty: a script may fill it, and is then read out.
    fn notice(&self) -> Markup {
        let trouble = self.notice.as_ref().is_some_and(Notice::is_trouble);
        html! {
            p #notice .notice .trouble[trouble] role="status" {
                @if let Some(notice) = &self.notice { (notice.words(self.lang)) }
            }
        }
    }

    fn footer(&self) -> Markup {
        let texts = self.texts;
        html! {
            footer.site {
                p { (texts.about) }
                nav aria-label=(texts.language) {
                    @for lang in Lang::ALL {
                        a href={ "?lang=" (lang.tag()) } lang=(lang.tag()) hreflang=(lang.tag())
                            aria-current=[(lang == self.lang).then_some("true")] { (lang.name()) }
                    }
                }
                nav aria-label=(texts.currency) {
                    @for currency in Currency::ALL {
                        a href={ "?currency=" (currency.code()) }
                            aria-current=[(currency == self.currency).then_some("true")] {
                            (currency.code())
                        }
                    }
                }
            }
        }
    }

    /// The field that proves a form to be ours.
    pub fn hidden(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.csrf); }
    }
}

/// A line drawing that stands for a word on narrow screens; the word is still there to be read out.
fn icon(path: &str) -> Markup {
    html! {
        svg.icon viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" { path d=(path) {} }
    }
}
