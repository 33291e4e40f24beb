//! The transport and the loop of our own, held against the `redis` crate and against what they promise.
#![allow(clippy::unwrap_used, reason = "what cannot be prepared ends a test, and the error says why")]

mod allocations;
mod oracle;
mod pacing;
mod promises;
mod support;
mod times;
