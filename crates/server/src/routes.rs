//! Handlers, by concept: extract → make `now` → load, decide, save in one transaction → reply.

pub mod action;
pub mod batch;
pub mod code;
pub mod consent;
pub mod contact;
pub mod credit;
pub mod gift_card;
pub mod health;
pub mod history;
pub mod hold;
pub mod hook;
pub mod issued;
pub mod join;
pub mod leave;
pub mod me;
pub mod member;
pub mod newsletter;
pub mod notice;
pub mod order;
pub mod points;
pub mod program;
pub mod quote;
pub mod session;
pub mod visit;
