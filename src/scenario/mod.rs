//! What a scenario file says, resolved: nothing left to look up, nothing left to default.
//!
//! Two stages: `Raw…` types hold what the user wrote, with spans that point at the text; [`Scenario`]
//! is what it means. All problems of a file are reported at once, each pointing at its text.

mod resolved;

pub use crate::model::{Expectation, Limit, Percentile};
pub use resolved::{
    Admissions, Arrivals, Cleanup, ClosedLoad, Fault, FloodLoad, Group, Load, OpenLoad, Polling, Repeats, Scenario,
    Share, Ttl,
};
