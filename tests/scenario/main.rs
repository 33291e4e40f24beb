//! Scenario files: what they mean, and every way to get them wrong.
#![allow(clippy::unwrap_used, reason = "what cannot be prepared ends a test, and the error says why")]

mod arrivals;
mod files;
mod meaning;
mod problems_of_bursts;
mod problems_of_load;
mod problems_of_names;
mod problems_of_promises;
mod problems_of_quantities;
mod reference;
mod refused;
mod schema;
mod shipped;
