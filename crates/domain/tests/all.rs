//! All tests of the rules in one program: for whoever builds them a thousand times, as the search
//! for mutants does (`cargo xtask test mutants`). `cargo test` builds each by itself.

#[path = "edges.rs"]
mod edges;
#[path = "fuzz.rs"]
mod fuzz;
#[path = "laws.rs"]
mod laws;
#[path = "vectors.rs"]
mod vectors;
