//! The store on a real database, whichever `database.rs` gives.

#[cfg(test)]
mod database;
#[cfg(test)]
mod fault;
#[cfg(test)]
mod open;
#[cfg(test)]
mod skipped;
