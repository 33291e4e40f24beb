//! The load generator on a real server: what it records, that it hides nothing, and that threads change nothing.
#![allow(clippy::unwrap_used, reason = "a test without its server ends at once, and the error says why")]

mod records;
mod stall;
mod support;
mod threads;
mod virtual_time;
