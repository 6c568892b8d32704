//! The contract between Habitué's server and everybody who calls it.
//!
//! Every path stands once in [`path`], every error once in [`problem`]; the other modules hold the
//! requests and replies of one concept each, under the concept's name. Money is
//! `{ "minor": 1999, "currency": "EUR" }`, times are RFC 3339 in UTC, lists are paged by key.
//! Requests refuse unknown fields; readers of replies ignore them.

pub mod action;
pub mod batch;
pub mod card;
pub mod claim;
pub mod code;
pub mod consent;
pub mod credit;
pub mod gift_card;
pub mod history;
pub mod hold;
pub mod issued;
pub mod join;
pub mod me;
pub mod measure;
pub mod member;
pub mod newsletter;
pub mod order;
pub mod path;
pub mod points;
pub mod problem;
pub mod program;
pub mod quote;
pub mod reward;
pub mod session;
pub mod statement;
pub mod tier;
