//! Joining the program: the shopper's own act, under the terms that were shown.

use super::{Face, Scene, Store, report, sentence, tell_identified};
use crate::client::{self, Failure, Request, read};
use crate::config::env;
use crate::i18n::texts;
use crate::session;
use crate::ui::{go, status};
use habitue_api::join::JoinRequest;
use habitue_api::me::Me;
use habitue_api::path;
use habitue_api::program::ProgramCard;
use std::sync::Arc;

impl Store {
    /// The shopper joins the program, under the terms that were shown.
    pub fn join(self) {
        let Face::Ready(scene) = self.scene.get_untracked() else {
            return;
        };
        if self.is_joining.get_untracked() {
            return;
        }
        self.is_joining.set(true);
        self.join_refusal.set(None);
        go(async move {
            let body = JoinRequest { terms_version: scene.program.terms.version.clone() };
            match session::act(Request::post(path::JOIN, &body)).await.and_then(read::<Me>) {
                Ok(me) => {
                    // The address that the shop vouches for counts from now on.
                    self.consent.forget();
                    self.consent.has_joined.set(true);
                    self.replace_me(me);
                    status::toast(self, texts().joined());
                    tell_identified(true);
                }
                Err(failure) => self.refuse_join(&failure).await,
            }
            self.is_joining.set(false);
        });
    }

    async fn refuse_join(self, failure: &Failure) {
        report(failure);
        if failure.code() == "terms_changed"
            && let Ok(program) = newest_program().await
            && let Face::Ready(scene) = self.scene.get_untracked()
        {
            self.scene.set(Face::Ready(Scene { program, ..scene }));
        }
        self.join_refusal.set(Some(sentence(failure)));
    }
}

/// The program as it is now, not as the loader keeps it.
async fn newest_program() -> Result<Arc<ProgramCard>, Failure> {
    let key = env().ok_or(Failure::Unreachable)?.key();
    let card = client::send(&Request::get(path::PROGRAM), &key).await?;
    read(card).map(Arc::new)
}
