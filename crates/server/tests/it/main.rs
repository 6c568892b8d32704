//! The server as its callers see it: the real router on a real database, with a standing clock.

mod auth;
mod bad_input;
mod checkout;
mod harness;
mod idempotency;
mod openapi;
mod orders;
mod process;
