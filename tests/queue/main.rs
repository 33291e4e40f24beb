//! The designs and the seam, on a real server.
#![allow(clippy::unwrap_used, reason = "what cannot be prepared ends a test, and the error says why")]

mod designs;
mod expiry;
mod models;
mod scores;
mod seam;
mod support;
