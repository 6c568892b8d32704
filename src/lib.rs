//! The widget of Habitué: draws state, sends intents, decides nothing.
//!
//! `public/habitue.js` is on the page first and loads this crate when a shopper wants something.
//! It calls [`embed`]; from there on: [`state`] holds what is known and carries intents out,
//! [`client`] is the only file that opens a connection, and each concept has one screen under its
//! own name. What a cart costs is asked of `habitue_domain`, the same lines as on the server.
//!
//! Screens are plain functions from state to a view: no component macro, no fetch, no effect that
//! copies state into state. They are written with Leptos' builder (`ui/el.rs`), which keeps them
//! small and off `innerHTML`, so that the widget runs under Trusted Types.

mod app;
mod card;
mod client;
mod config;
mod consent;
mod coupon;
pub mod embed;
mod event;
mod format;
mod history;
mod home;
mod i18n;
mod join;
mod json;
mod panel;
mod payment;
mod redeem;
mod session;
mod state;
mod theme;
mod tier;
mod ui;
mod welcome;

/// Two kilobytes of brotli smaller than the allocator of the standard library, and as fast for a
/// heap of this size.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
