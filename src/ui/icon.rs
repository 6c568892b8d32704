//! Line icons, drawn for this widget on a grid of 24.

use super::el::{El, svg};
use habitue_domain::tier::PrivilegeKind;

/// A cross.
pub const CLOSE: &str = "M6 6l12 12M18 6L6 18";
/// A house.
pub const HOME: &str = "M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z";
/// A ticket.
pub const TICKET: &str =
    "M4 7h16v3.2a1.9 1.9 0 0 0 0 3.6V17H4v-3.2a1.9 1.9 0 0 0 0-3.6zM14 7.5v2m0 2v1m0 2v2";
/// A star.
pub const STAR: &str = "M12 3l2.6 5.5 6 .8-4.4 4.2 1.1 6L12 16.6 6.7 19.5l1.1-6L3.4 9.3l6-.8z";
/// A clock that runs backwards.
pub const HISTORY: &str = "M12 7.5V12l3 2M4.6 7A9 9 0 1 1 3 12M4 3v4.5h4.5";
/// A clock.
pub const CLOCK: &str = "M12 7v5l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z";
/// A tick.
pub const CHECK: &str = "M5 12.5l5 5 9-11";
/// A cloud with nothing below it.
pub const CLOUD: &str =
    "M7 18a4 4 0 0 1-.6-7.95A6 6 0 0 1 18 9.6 4.2 4.2 0 0 1 17.4 18zM12 10v3.5m0 2v.1";
/// A minus sign.
pub const MINUS: &str = "M5 12h14";
/// A plus sign.
pub const PLUS: &str = "M12 5v14M5 12h14";

/// The icon of a privilege.
pub const fn of_privilege(kind: PrivilegeKind) -> &'static str {
    match kind {
        PrivilegeKind::EarlyAccess => CLOCK,
        PrivilegeKind::FreeShipping => {
            "M3 7h11v9H3zM14 10h4l3 3v3h-7M7 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"
        }
        PrivilegeKind::PriorityQueue => "M13 3L5 13.5h5.5L10 21l8.5-11H13z",
        PrivilegeKind::DedicatedContact => {
            "M4 13a8 8 0 0 1 16 0M4 13v4h3v-5H4zm16 0v4h-3v-5h3zM17 17c0 3-2 3-4 3"
        }
        PrivilegeKind::Gift => {
            "M4 9h16v4H4zM5.5 13v7h13v-7M12 9v11M12 9c-5 0-5-6-2-6 2 0 2 6 2 6zm0 0c5 0 5-6 2-6-2 0-2 6-2 6z"
        }
        PrivilegeKind::Experience => {
            "M12 3v3m0 12v3M3 12h3m12 0h3M5.6 5.6l2.2 2.2m8.4 8.4l2.2 2.2m0-12.8l-2.2 2.2m-8.4 8.4l-2.2 2.2M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z"
        }
    }
}

/// Draws one; the words beside it say what it means.
pub fn icon(path: &'static str) -> El {
    svg("svg")
        .set("class", "h")
        .set("viewBox", "0 0 24 24")
        .set("aria-hidden", "true")
        .child(svg("path").set("d", path))
}
