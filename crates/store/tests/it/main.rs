//! The store on a real database.

#[cfg(test)]
mod open;
