//! What happened to the points, page by page.

use super::{Face, Store, report};
use crate::client::{Failure, Request, read};
use crate::session;
use crate::ui::go;
use habitue_api::history::{HistoryPage, HistoryRow};
use habitue_api::path;

/// The rows of the history that are known.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Newest first.
    pub rows: Vec<HistoryRow>,
    /// Where the next page begins.
    pub next: Option<i64>,
    /// Whether it is on its way.
    pub is_loading_more: bool,
    /// Why it did not come.
    pub failure: Option<Failure>,
}

impl Store {
    /// Asks for the history, if nobody has yet.
    pub fn want_history(self) {
        if self.history.with_untracked(Option::is_none) {
            self.history.set(Some(Face::Loading));
            self.fetch_history(History::default());
        }
    }

    /// Asks for the next page.
    pub fn more_history(self) {
        if let Some(Face::Ready(mut history)) = self.history.get_untracked()
            && !history.is_loading_more
        {
            history.is_loading_more = true;
            self.history.set(Some(Face::Ready(history.clone())));
            self.fetch_history(history);
        }
    }

    fn fetch_history(self, mut history: History) {
        go(async move {
            let mut address = path::HISTORY.to_owned() + "?limit=20";
            if let Some(before) = history.next {
                address.push_str("&before=");
                address.push_str(&before.to_string());
            }
            let reply = session::send_as_shopper(&Request::get(&address)).await;
            history.is_loading_more = false;
            history.failure = None;
            let reply = reply.and_then(read::<HistoryPage>).inspect_err(report);
            let face = match reply {
                Ok(page) => {
                    history.rows.extend(page.rows);
                    history.next = page.next;
                    Face::Ready(history)
                }
                // The rows that are there stay; "Show more" may be pressed again.
                Err(failure) if history.rows.is_empty() => Face::Failed(failure),
                Err(failure) => Face::Ready(History { failure: Some(failure), ..history }),
            };
            self.history.set(Some(face));
        });
    }
}
