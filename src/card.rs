//! The member's card: its QR code for the till, and the code in clear.

use crate::client::{Request, read};
use crate::i18n::texts;
use crate::session;
use crate::state::{Store, report, sentence};
use crate::ui::button::{Weight, plain};
use crate::ui::el::{El, el, live, svg};
use crate::ui::{go, status};
use habitue_api::card::Card;
use habitue_api::path;

/// A button that shows it, and then the card.
pub fn button(store: Store) -> El {
    live(move || match store.card.get() {
        Some(Ok(card)) => drawn(&card),
        Some(Err(said)) => status::bad(said),
        None => plain(Weight::Quiet, &texts().my_card(), Box::new(move || fetch(store))),
    })
}

fn fetch(store: Store) {
    go(async move {
        let reply = session::send_as_shopper(&Request::get(path::CARD)).await;
        let card = reply.and_then(read::<Card>).inspect_err(report);
        store.card.set(Some(card.map_err(|failure| sentence(&failure))));
    });
}

/// With the quiet zone of four modules that readers need around it (ISO/IEC 18004).
fn drawn(card: &Card) -> El {
    let size = card.size.saturating_add(8).to_string();
    let field = ["-4 -4 ", &size, " ", &size].concat();
    let code = svg("svg").set("viewBox", &field).set("class", "qr").set("aria-hidden", "true");
    let code = code.child(svg("path").set("d", &card.path));
    el("p", "qrs").child(code).child(el("strong", "strong").text(&card.code))
}
