//! History: every movement of points, credit and gift cards with its reason, by month, newest first.

use crate::i18n::{Texts, texts};
use crate::state::{Face, History, Store, now, sentence};
use crate::ui::button::{Weight, button};
use crate::ui::el::{Busy, El, el, live};
use crate::ui::{icon, skeleton, status};
use habitue_api::history::{HistoryRow, Instrument};
use habitue_domain::ledger::TransferKind;
use habitue_domain::time::Timestamp;
use std::rc::Rc;

/// What it looks like before it is there.
pub const BONES: [&str; 4] = ["bone line", "bone row", "bone row", "bone row"];

/// The list, or one of its other faces.
pub fn screen(store: Store) -> El {
    store.want_history();
    let again = move || {
        store.history.set(None);
        store.want_history();
    };
    live(move || match store.history.get() {
        None | Some(Face::Loading) => skeleton::skeleton(&BONES),
        Some(Face::Failed(failure)) => status::failed(&failure, Box::new(again)),
        Some(Face::Ready(history)) if history.rows.is_empty() => {
            let texts = texts();
            status::empty(icon::HISTORY, texts.no_history(), texts.no_history_hint())
        }
        Some(Face::Ready(history)) => list(store, &history),
    })
}

fn list(store: Store, history: &History) -> El {
    let texts = texts();
    let now = now();
    let mut months: Vec<El> = Vec::new();
    let mut rows: Vec<El> = Vec::new();
    let mut month = String::new();
    for it in &history.rows {
        let its_month = texts.month(it.occurred_at);
        if its_month != month {
            push_month(&mut months, &mut rows, month);
            month = its_month;
        }
        rows.push(row(&texts, it, now));
    }
    push_month(&mut months, &mut rows, month);
    let is_loading = history.is_loading_more;
    let more = history.next.is_some().then(|| {
        let act = move || store.more_history();
        {
            let is_busy: Busy = Rc::new(move || is_loading);
            button(Weight::Quiet, &texts.show_more(), &is_busy, Box::new(act))
        }
    });
    let failure = history.failure.as_ref().map(|failure| status::bad(sentence(failure)));
    el("div", "stack").children(months).maybe(failure).maybe(more)
}

#[expect(clippy::needless_pass_by_value, reason = "callers have made it for this")]
fn push_month(months: &mut Vec<El>, rows: &mut Vec<El>, month: String) {
    if rows.is_empty() {
        return;
    }
    let heading = el("h3", "caption").text(&month);
    let rows = el("ul", "rows").children(std::mem::take(rows));
    months.push(el("section", "month").child(heading).child(rows));
}

fn title_of(texts: &Texts, row: &HistoryRow) -> String {
    let order = row.order.as_deref().unwrap_or("–");
    match row.kind {
        TransferKind::Earn => match &row.action {
            Some(action) => action.in_locale(&texts.locale, "").to_owned(),
            None => texts.row_earn(order),
        },
        TransferKind::TakeBack => texts.row_take_back(order),
        // A reward was claimed, or withdrawn.
        TransferKind::Redeem if row.order.is_none() => texts.used(),
        TransferKind::GiveBack if row.order.is_none() => texts.row_adjust(),
        TransferKind::Redeem => texts.row_redeem(order),
        TransferKind::GiveBack => texts.row_give_back(order),
        TransferKind::Issue => texts.row_issue(),
        TransferKind::Expire => texts.expired(),
        TransferKind::Grant => texts.row_grant(),
        TransferKind::Withdraw | TransferKind::Cover => texts.row_adjust(),
    }
}

/// `$120 paid × 1.5`, as far as it is known; after a return, what was kept.
fn reason_of(texts: &Texts, row: &HistoryRow) -> Option<String> {
    let paid = texts.short_money(row.paid.filter(|paid| paid.minor() > 0)?);
    if row.kind != TransferKind::Earn {
        return Some(texts.kept(&paid));
    }
    Some(match row.multiplier.filter(|rate| rate.num() != rate.den()) {
        Some(rate) => {
            let factor = texts.factor(i64::from(rate.num()), i64::from(rate.den()));
            texts.paid_times(&paid, &factor.text)
        }
        None => texts.paid(&paid),
    })
}

fn row(texts: &Texts, row: &HistoryRow, now: Timestamp) -> El {
    let usable = row.active_from.filter(|at| *at > now);
    let of = match row.instrument {
        Instrument::Points => None,
        Instrument::Credit => Some(texts.credit()),
        Instrument::GiftCard => Some(texts.of_gift_card()),
    };
    let moved = match row.amount {
        Some(amount) => texts.money_difference(amount),
        None => texts.difference(row.points),
    };
    let parts = [
        Some(texts.day(row.occurred_at, now)),
        of,
        reason_of(texts, row),
        usable.map(|at| texts.usable_on(&texts.day(at, now))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let chip = usable.map(|_| el("span", "chip").text(&texts.is_pending()));
    let title = el("p", "row")
        .child(el("strong", "strong").text(&title_of(texts, row)))
        .child(el("span", "amount").text(&moved));
    let reasons = el("p", "sub").text(&[&parts.join(" · "), " "].concat()).maybe(chip);
    el("li", "entry").child(title).child(reasons)
}
