//! The server as its callers see it: the real router on a real database, with a standing clock.

#[cfg(test)]
mod action;
#[cfg(test)]
mod adjust;
#[cfg(test)]
mod asset;
#[cfg(test)]
mod auth;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod checkout;
#[cfg(test)]
mod cluster;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod connect;
#[cfg(test)]
mod connection;
#[cfg(test)]
mod consent;
#[cfg(test)]
#[path = "../../../store/tests/it/database.rs"]
mod database;
#[cfg(test)]
mod earning;
#[cfg(test)]
mod expiry;
#[cfg(test)]
mod fault;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod instruments;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod law;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod load;
#[cfg(test)]
mod mailbox;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod measure;
#[cfg(test)]
mod newsletter;
#[cfg(test)]
mod observed;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod outbox;
#[cfg(test)]
mod page;
#[cfg(test)]
mod process;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod race;
#[cfg(test)]
mod real;
#[cfg(test)]
mod rewards;
#[cfg(test)]
mod sender;
#[cfg(test)]
mod served;
#[cfg(test)]
#[path = "../../../store/tests/it/skipped.rs"]
mod skipped;
#[cfg(test)]
mod statement;
#[cfg(test)]
mod tier;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod webhook;
#[cfg(test)]
mod wire;
