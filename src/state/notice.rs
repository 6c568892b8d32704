//! Says that the member has seen which points end soon: the time before an end begins with it.

use super::Store;
use crate::client::Request;
use crate::session;
use crate::ui::go;
use habitue_api::path;

impl Store {
    /// Says it, once a page; where it does not arrive, the next page says it.
    pub fn tell(self) {
        if self.is_told.get_untracked() {
            return;
        }
        self.is_told.set(true);
        go(async {
            let seen =
                Request { method: "POST", path: path::NOTICE, idempotency_key: None, body: None };
            drop(session::act(seen).await);
        });
    }
}
