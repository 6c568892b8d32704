//! Whose work it is: where many wait for one writer, shops take turns.

use habitue_domain::id::ShopId;

tokio::task_local! {
    static OF: ShopId;
}

/// Does what a shop, or one of its shoppers or visitors, has asked for: what it writes waits in the
/// shop's own lane. Said once, by whoever found out who asks, so that nothing can be forgotten.
pub async fn of<T>(shop: ShopId, work: impl Future<Output = T>) -> T {
    OF.scope(shop, work).await
}

/// The shop for which the caller works, if for one.
pub(crate) fn current() -> Option<ShopId> {
    OF.try_with(|shop| *shop).ok()
}
