//! The HTTP room: routes, authority, configuration and the command line of `habitue`.

pub mod app;
pub mod asset;
pub mod auth;
pub mod body;
pub mod booking;
pub mod calendar;
pub mod cli;
pub mod clock;
pub mod error;
pub mod facts;
pub mod idempotent;
pub mod job;
pub mod limit;
pub mod listen;
pub mod load;
pub mod log;
pub mod metric;
pub mod observe;
pub mod openapi;
pub mod programs;
pub mod release;
pub mod routes;
pub mod secret;
pub mod segment;
pub mod shop;
pub mod verify;
