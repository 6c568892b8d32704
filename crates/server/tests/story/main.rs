//! One story that executes every query of the store, on whichever engine `database.rs` gives.
//!
//! The statements are counted: a query that the story does not reach is named. The run on
//! PostgreSQL (`cargo xtask test postgres`) proves that each of them means the same there.

#[cfg(test)]
mod action;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod consent;
#[cfg(test)]
#[path = "../../../store/tests/it/database.rs"]
mod database;
#[cfg(test)]
mod expiry;
#[cfg(test)]
#[expect(dead_code, reason = "the story needs a part of it only")]
#[path = "../it/harness.rs"]
mod harness;
#[cfg(test)]
mod instruments;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod rewards;
#[cfg(test)]
mod story;
#[cfg(test)]
mod tier;
#[cfg(test)]
mod trips;
