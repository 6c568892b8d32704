//! The records: all, one shelf, one record.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use crate::cart::MAX_QUANTITY;
use crate::catalogue::{self, Category, RECORDS, Record};
use crate::shop::Shop;
use crate::text::with;

use super::layout::Page;
use super::nothing_here;
use super::visitor::Visitor;

/// `/`
pub async fn all(State(shop): State<Arc<Shop>>, visitor: Visitor) -> Response {
    let page = Page::of(&shop, &visitor);
    let texts = page.texts;
    let body = html! {
        section.hero {
            h1 { (texts.headline) }
            p.lead { (texts.subline) }
        }
        (grid(&page, RECORDS.iter()))
    };
    page.draw(texts.all_records, &body)
}

/// `/shelf/jazz`
pub async fn shelf(
    State(shop): State<Arc<Shop>>,
    Path(category): Path<String>,
    visitor: Visitor,
) -> Response {
    let Some(category) = Category::ALL.into_iter().find(|known| known.slug() == category) else {
        return nothing_here(State(shop), visitor).await;
    };
    let page = Page::of(&shop, &visitor);
    let title = category.name(page.lang);
    let records = RECORDS.iter().filter(|record| record.category == category);
    let body = html! {
        section.hero { h1 { (title) } }
        (grid(&page, records))
    };
    page.draw(title, &body)
}

/// `/records/night-ferry`
pub async fn record(
    State(shop): State<Arc<Shop>>,
    Path(slug): Path<String>,
    visitor: Visitor,
) -> Response {
    let Some(record) = catalogue::record(&slug) else {
        return nothing_here(State(shop), visitor).await;
    };
    let page = Page::of(&shop, &visitor);
    let texts = page.texts;
    let neighbours = RECORDS
        .iter()
        .filter(|other| other.category == record.category && other.slug != record.slug);
    let body = html! {
        article.record {
            div.sleeve {
                span.disc aria-hidden="true" {}
                (cover(&page, record, 600))
            }
            div.about {
                p.shelf {
                    a href={ "/shelf/" (record.category.slug()) } { (record.category.name(page.lang)) }
                }
                h1 { (record.title) }
                p.artist { (record.artist) }
                p.lead { (record.words(page.lang)) }
                p.price { (price(&page, record)) }
                (earning(&page, record))
                (add(&page, record))
                p.fine {
                    (with(&with(texts.pressing, record.category.name(page.lang)), record.year))
                }
            }
        }
        section {
            h2 { (texts.more_of) }
            (grid(&page, neighbours))
        }
    };
    page.draw(record.title, &body)
}

/// `<habitue-points>` turns into "124 points"; until then, and without script, the words inside
/// stand there. They end the line, so that nothing moves. The amount is written with a point.
fn earning(page: &Page<'_>, record: &Record) -> Markup {
    let price = record.price.in_currency(page.currency);
    let amount = format!("{}.{:02}", price.minor / 100, price.minor % 100);
    html! {
        p.earn {
            (page.texts.earn_before)
            habitue-points amount=(amount) currency=(price.currency.code()) { (page.texts.points) }
        }
    }
}

fn add(page: &Page<'_>, record: &Record) -> Markup {
    html! {
        form.add method="post" action="/cart/add" data-add {
            (page.hidden())
            input type="hidden" name="record" value=(record.slug);
            label {
                span { (page.texts.quantity) }
                input type="number" name="quantity" value="1" min="1" max=(MAX_QUANTITY) required;
            }
            button.button type="submit" { (page.texts.add) }
        }
    }
}

fn grid<'r>(page: &Page<'_>, records: impl Iterator<Item = &'r Record>) -> Markup {
    html! {
        ul.grid {
            @for record in records {
                li.card {
                    a href={ "/records/" (record.slug) } {
                        (cover(page, record, 320))
                        strong { (record.title) }
                        span.artist { (record.artist) }
                        span.price { (price(page, record)) }
                    }
                }
            }
        }
    }
}

fn cover(page: &Page<'_>, record: &Record, size: u32) -> Markup {
    html! {
        img.cover src=(record.cover_path()) alt=(with(page.texts.cover_of, record.title))
            width=(size) height=(size);
    }
}

fn price(page: &Page<'_>, record: &Record) -> Markup {
    html! {
        (page.money(record.price.in_currency(page.currency)))
        @if let Some(was) = record.was {
            " " s aria-label=(with(page.texts.was, page.money(was.in_currency(page.currency)))) {
                (page.money(was.in_currency(page.currency)))
            }
            " " span.chip { (page.texts.sale) }
        }
    }
}
